//! The file that nodes share their secrets by.

use std::io;
use std::path::PathBuf;
use std::time::SystemTime;

use super::{Secrets, SecretsFault};

/// The largest file that is read.
const MAX_FILE: u64 = 64 * 1024;

/// A file of secrets that is read again when it has changed. Whoever owns it asks every few seconds.
#[derive(Debug)]
pub struct SecretFile {
    path: PathBuf,
    seen: Option<(SystemTime, u64)>,
}

/// Why a file of secrets could not be read.
#[derive(Debug, thiserror::Error)]
pub enum SecretFileFault {
    /// It can't be opened or read.
    #[error("can't read the cookie secrets in {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// It says something else.
    #[error("no cookie secrets in {}", path.display())]
    Fault {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: SecretsFault,
    },
}

impl SecretFile {
    /// The file of this path, not read yet.
    pub fn new(path: PathBuf) -> Self {
        Self { path, seen: None }
    }

    /// The secrets, if the file is new or was written since they were read. A fault is told once for each state of
    /// the file; the secrets read before stay good.
    ///
    /// # Errors
    /// When the file can't be read or says something else; a missing one is an error of kind `NotFound` each time.
    pub fn read_if_changed(&mut self) -> Result<Option<Secrets>, SecretFileFault> {
        let fault = |source| SecretFileFault::Read { path: self.path.clone(), source };
        let facts = std::fs::metadata(&self.path).map_err(fault)?;
        let seen = (facts.modified().map_err(fault)?, facts.len());
        if self.seen == Some(seen) {
            return Ok(None);
        }
        if facts.len() > MAX_FILE {
            return Err(fault(io::Error::new(io::ErrorKind::FileTooLarge, "it is larger than 64 KiB")));
        }
        let text = std::fs::read_to_string(&self.path).map_err(fault)?;
        self.seen = Some(seen);
        let secrets = text.parse();
        secrets.map(Some).map_err(|source| SecretFileFault::Fault { path: self.path.clone(), source })
    }
}
