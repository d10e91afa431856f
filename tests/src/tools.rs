//! Programs that a test needs, and the rule for when they are missing.

use std::env;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What a test cannot do without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// A program in the search path, or in one of the folders for administrators.
    Program(&'static str),
    /// A file, such as a module of a server.
    File(&'static str),
    /// A file of a package that `tests/npm` names, as npm puts it below `node_modules`.
    Npm(&'static str),
    /// The rights of root.
    Root,
}

/// nginx with its RTMP module.
pub const NGINX: &[Need] = &[Need::Program("nginx"), Need::File(crate::origin::RTMP_MODULE)];

/// Whether all is there. If not, it says what is missing: `skipped: needs nginx`.
///
/// # Panics
/// When something is missing and `WEIR_TESTS=all` is set: then a skip is a failure.
pub fn needs(wanted: &[Need]) -> bool {
    let missing: Vec<String> = wanted.iter().filter(|need| !need.is_met()).map(ToString::to_string).collect();
    if missing.is_empty() {
        return true;
    }
    let sentence = format!("skipped: needs {}", missing.join(", "));
    assert!(env::var("WEIR_TESTS").as_deref() != Ok("all"), "{sentence} (and WEIR_TESTS=all allows no skip)");
    // Not by a macro: the words of tests that pass are kept back, and nobody would see that one was skipped. If even
    // that cannot be written, there is nobody to tell.
    let _ = writeln!(std::io::stderr(), "{sentence}");
    false
}

/// Where a program is; `None` when it is not installed.
pub fn find(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    // Administrators' folders are missing in the search path of other users, though what is in them runs.
    let more = ["/usr/local/sbin", "/usr/sbin", "/sbin"].map(PathBuf::from);
    env::split_paths(&path).chain(more).map(|folder| folder.join(program)).find(|path| path.is_file())
}

/// Where npm puts the packages of `tests/npm`.
pub fn npm_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("npm/node_modules")
}

/// Holds the machine for one test: those that measure times must not run beside each other in one process.
pub fn alone() -> MutexGuard<'static, ()> {
    static MACHINE: Mutex<()> = Mutex::new(());
    // A test that failed before left nothing behind that the next one relies on.
    MACHINE.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Need {
    fn is_met(self) -> bool {
        match self {
            Self::Program(name) => find(name).is_some(),
            Self::File(path) => PathBuf::from(path).exists(),
            Self::Npm(path) => npm_folder().join(path).exists(),
            // SAFETY: geteuid has no preconditions and cannot fail.
            Self::Root => unsafe { libc::geteuid() == 0 },
        }
    }
}

impl std::fmt::Display for Need {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Program(text) | Self::File(text) => f.write_str(text),
            Self::Npm(path) => write!(f, "{path} (npm ci --prefix tests/npm)"),
            Self::Root => f.write_str("root"),
        }
    }
}
