//! Logs are events with fields, on standard error; `RUST_LOG` sets the level.

use std::io::IsTerminal;

use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt;
use tracing_subscriber::prelude::*;

use crate::cli::LogFormat;

/// What is logged when `RUST_LOG` says nothing: hickory would log two lines for each query at `info`.
const DEFAULT_FILTER: &str = "info,hickory_server=warn,hickory_net=warn,hickory_proto=warn";

/// Starts to log. A second call changes nothing.
pub(crate) fn start(format: LogFormat) {
    let wanted = std::env::var("RUST_LOG").ok();
    let filter: Option<Targets> = wanted.as_deref().and_then(|wanted| wanted.parse().ok());
    let understood = wanted.is_none() || filter.is_some();
    let filter = filter.unwrap_or_else(|| DEFAULT_FILTER.parse().expect("the default is a filter"));
    let log = fmt::layer().with_writer(std::io::stderr).with_ansi(std::io::stderr().is_terminal());
    // The only failure is that a log was started before, and then that one goes on.
    let _ = match format {
        LogFormat::Text => {
            tracing_subscriber::registry().with(log.with_target(false).with_filter(filter)).try_init()
        }
        LogFormat::Json => {
            tracing_subscriber::registry().with(log.json().flatten_event(true).with_filter(filter)).try_init()
        }
    };
    if !understood {
        tracing::warn!(example = "RUST_LOG=info,weir=debug", "rust_log_not_understood");
    }
}
