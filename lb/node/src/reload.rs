//! SIGHUP: reads the configuration again. A file with a fault changes nothing, and says all of its faults.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use weir_core::Event;
use weir_dns::Answerer;
use weir_edge::Edge;

use crate::config::{Config, LoadError};
use crate::failure::Chain;
use crate::metrics::Metrics;

/// Everyone whom a new configuration concerns.
#[derive(Debug)]
pub struct Reload {
    /// The file.
    pub path: PathBuf,
    /// Those who follow it by themselves.
    pub config: watch::Sender<Arc<Config>>,
    /// The control task.
    pub events: mpsc::Sender<Event>,
    /// The zones.
    pub answerer: Arc<Answerer>,
    /// What HTTP answers.
    pub edge: Arc<Edge>,
    /// Whether it worked.
    pub metrics: Arc<Metrics>,
}

impl Reload {
    /// Waits for SIGHUP until it is asked to stop.
    pub async fn on_hangup(self, mut hangup: Signal, stop: CancellationToken) {
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                received = hangup.recv() => match received {
                    Some(()) => self.now().await,
                    None => return,
                },
            }
        }
    }

    /// The signal that a reload is asked for by.
    ///
    /// # Errors
    /// When the kernel refuses to tell us of signals.
    pub fn hangup() -> std::io::Result<Signal> {
        signal(SignalKind::hangup())
    }

    async fn now(&self) {
        match Config::load(&self.path) {
            Ok(config) => self.put_in_force(config).await,
            Err(error) => {
                self.metrics.reload_failed();
                say_faults(&error);
            }
        }
    }

    async fn put_in_force(&self, config: Config) {
        for key in self.config.borrow().needs_restart(&config) {
            tracing::warn!(key, "key_needs_a_restart");
        }
        // The zones first: a pool's name must lie in a zone before it is answered.
        self.answerer.replace_zones(config.zones(zone_serial()));
        self.answerer.replace_policy(config.dns().policy.clone());
        self.edge.replace_rates(config.http().rates.clone());
        if self.events.send(Event::Configured(config.settings())).await.is_err() {
            return;
        }
        self.config.send_replace(Arc::new(config));
        self.metrics.reloaded(seconds_since_1970());
        tracing::info!(file = %self.path.display(), "configuration_reloaded");
    }
}

/// The time of the wall clock, as metrics write it.
pub fn seconds_since_1970() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64())
}

/// The serial number of zones that are built now: seconds since 1970, which rises (RFC 1982) until 2106 and beyond.
pub fn zone_serial() -> u32 {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    u32::try_from(seconds & u64::from(u32::MAX)).unwrap_or(u32::MAX)
}

fn say_faults(error: &LoadError) {
    match error {
        LoadError::Faults(faults) => {
            for fault in faults {
                tracing::error!(%fault, "configuration_fault");
            }
            tracing::error!(faults = faults.len(), "configuration_kept");
        }
        error => tracing::error!(error = %Chain(error), "configuration_kept"),
    }
}
