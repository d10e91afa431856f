//! The program under test: which one it is, and running it to its end.
//!
//! Cargo tells only the tests of the crate that owns a program where it is. So `tests/run` builds it and names it in
//! `WEIR_BIN`; without that it is built here, once per test process, in the profile of the tests. Cargo does nothing
//! when it is fresh, and one that is older than its source is never tested.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use super::workspace;
use crate::patience;
use crate::process::Process;

/// Commands other than `run` end by then.
const SOON: Duration = Duration::from_secs(20);

/// Where the program is.
///
/// # Panics
/// When it can't be built.
pub fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| env::var_os("WEIR_BIN").map_or_else(build, PathBuf::from))
}

/// What a command left behind.
#[derive(Clone, Debug)]
pub struct Finished {
    /// Its exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    /// What it printed, on both outputs.
    pub lines: Vec<String>,
}

/// Runs `weir` with these arguments to its end.
///
/// # Panics
/// When it does not end.
pub fn run_to_end(folder: &Path, arguments: &[&str]) -> Finished {
    end_of(Process::start("weir", Command::new(program()).args(arguments).current_dir(folder)))
}

/// What a command leaves behind that ends by itself.
///
/// # Panics
/// When it does not end.
pub fn end_of(mut process: Process) -> Finished {
    let code = process.wait_for_end(SOON).code();
    // The last lines are read by threads of their own; they are complete once nobody holds the pipes.
    let lines = patience::wait_for("the last line of weir", SOON, || process.complete_lines());
    Finished { code, lines }
}

fn build() -> PathBuf {
    let exe = env::current_exe().expect("a process knows its program");
    // target/<profile>/deps/<test>
    let profile = exe.ancestors().nth(2).expect("tests are built below target/<profile>/deps");
    let release = profile.file_name().is_some_and(|name| name == "release");
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["build", "--offline", "--quiet", "-p", "weir"])
        .args(release.then_some("--release"))
        .current_dir(workspace())
        .stdin(Stdio::null())
        .status()
        .expect("cargo starts");
    assert!(status.success(), "cargo build -p weir failed");
    profile.join("weir")
}
