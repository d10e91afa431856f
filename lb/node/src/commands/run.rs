//! `weir run`: serve until asked to stop.

use std::process::ExitCode;

use super::Done;
use crate::cli::RunArgs;
use crate::commands::check;
use crate::config::{Config, LoadError};
use crate::daemon::Daemon;
use crate::descriptors;
use crate::logging;

/// Serves until SIGTERM or SIGINT.
pub(crate) fn run(args: &RunArgs) -> Done {
    logging::start(args.log_format);
    let config = match Config::load(&args.config) {
        Ok(config) => config,
        Err(LoadError::Faults(faults)) => {
            check::print(&faults);
            return Ok(ExitCode::FAILURE);
        }
        Err(error) => return Err(error.into()),
    };
    if let Err(error) = descriptors::raise_limit() {
        tracing::warn!(%error, "open_files_limit_stays");
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let stop = Daemon::stop_signal()?;
        Daemon::start(config, Some(args.config.clone())).await?.run_until(stop).await?;
        Ok(ExitCode::SUCCESS)
    })
}
