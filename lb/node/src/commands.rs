//! What each command does.

pub(crate) mod challenge;
pub(crate) mod check;
pub(crate) mod demo;
pub(crate) mod drain;
pub(crate) mod run;
pub(crate) mod status;

/// How a command ends: with its exit code, or with an error that `main` prints (and exit code 1).
pub(crate) type Done = Result<std::process::ExitCode, anyhow::Error>;
