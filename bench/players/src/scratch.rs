//! One read buffer per thread, so that a waiting viewer owns none.
//!
//! A viewer waits until its socket is readable, and only then borrows the buffer, within one poll and without an
//! await. With a buffer in each viewer, 5,000 of them would hold as many times its size for nothing.

use std::cell::RefCell;
use std::io;

use tokio::net::TcpStream;

/// As much as one read takes: a tenth of a typical segment, and it stays in a core's second-level cache.
const SCRATCH: usize = 64 * 1024;

thread_local! {
    static BUFFER: RefCell<Box<[u8]>> = RefCell::new(vec![0; SCRATCH].into_boxed_slice());
}

/// Lends the thread's buffer to `use_it`, which must not borrow it again.
pub(crate) fn with<T>(use_it: impl FnOnce(&mut [u8]) -> T) -> T {
    BUFFER.with_borrow_mut(|buffer| use_it(buffer))
}

/// Waits for bytes and shows them to `take`; an empty slice is the end of the stream.
pub(crate) async fn receive<T>(stream: &TcpStream, mut take: impl FnMut(&[u8]) -> T) -> io::Result<T> {
    loop {
        stream.readable().await?;
        match with(|buffer| stream.try_read(buffer).map(|length| take(&buffer[..length]))) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            outcome => return outcome,
        }
    }
}
