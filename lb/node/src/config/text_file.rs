//! Reads a small text file, and refuses a large one: a path to `/dev/zero` must not fill the memory.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// The whole of a text file of at most `limit` bytes.
///
/// # Errors
/// What the system says; `FileTooLarge` above the limit; `InvalidData` when it is not UTF-8.
pub(super) fn read(path: &Path, limit: u64) -> io::Result<String> {
    let mut bytes = Vec::new();
    File::open(path)?.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > limit {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("it has more than {limit} bytes")));
    }
    String::from_utf8(bytes).map_err(|fault| {
        let valid = fault.utf8_error().valid_up_to();
        let line = 1 + fault.as_bytes()[..valid].iter().filter(|&&byte| byte == b'\n').count();
        io::Error::new(io::ErrorKind::InvalidData, format!("line {line} is not UTF-8"))
    })
}
