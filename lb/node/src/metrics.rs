//! The metrics that are read off the snapshot, and those of the shell itself. DNS and HTTP register their own.
//!
//! Labels come from closed sets: pools, interfaces and probe types of the configuration, never from the network.

mod groups;
mod interfaces;
mod law;
mod of_snapshot;
mod pools;
mod register;

use std::sync::Mutex;
use std::time::Instant;

use prometheus::{
    Encoder, Gauge, Histogram, HistogramOpts, HistogramVec, IntCounterVec, IntGauge, Opts, Registry,
    TextEncoder,
};
use weir_core::{Report, Snapshot};

use of_snapshot::OfSnapshot;
use register::{int_gauge, int_gauges};

/// Buckets of probe durations in seconds: from a loopback connect to the longest sensible timeout.
const PROBE_BUCKETS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0];

/// All metrics that this crate keeps.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    /// One scrape at a time: gauges of what is gone are cleared before the rest is set.
    scrape: Mutex<()>,
    of_snapshot: OfSnapshot,
    probe_duration: HistogramVec,
    probes: IntCounterVec,
    reload_successful: IntGauge,
    reload_time: Gauge,
    listeners_failed: IntGauge,
}

impl Metrics {
    /// Registers all metrics of this crate in a new registry.
    ///
    /// # Errors
    /// When two metrics have one name, which a test excludes.
    pub fn new() -> prometheus::Result<Self> {
        let registry = Registry::new();
        let build =
            int_gauges(&registry, "weir_build_info", "1, with the version of the program.", &["version"])?;
        build.with_label_values(&[env!("CARGO_PKG_VERSION")]).set(1);
        let duration = HistogramOpts::new("weir_probe_duration_seconds", "How long probes take.");
        let probe_duration = HistogramVec::new(duration.buckets(PROBE_BUCKETS.to_vec()), &["type"])?;
        let probes = Opts::new("weir_probes_total", "Looks of probes at interfaces, by what they saw.");
        let probes = IntCounterVec::new(probes, &["pool", "interface", "type", "outcome"])?;
        let reload_time = Gauge::new(
            "weir_config_last_reload_success_timestamp_seconds",
            "When the configuration was last read without a fault.",
        )?;
        registry.register(Box::new(probe_duration.clone()))?;
        registry.register(Box::new(probes.clone()))?;
        registry.register(Box::new(reload_time.clone()))?;
        Ok(Self {
            scrape: Mutex::new(()),
            of_snapshot: OfSnapshot::new(&registry)?,
            probe_duration,
            probes,
            reload_successful: int_gauge(
                &registry,
                "weir_config_last_reload_successful",
                "1 if the configuration in force is the file as it was last read.",
            )?,
            reload_time,
            listeners_failed: int_gauge(
                &registry,
                "weir_listeners_failed",
                "Addresses that should be listened on and could not be bound.",
            )?,
            registry,
        })
    }

    /// The registry, for the metrics of the other rooms.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Counts a report of a probe of this type.
    pub fn report(&self, kind: &str, report: &Report) {
        let labels = [report.pool.as_str(), report.interface.as_str(), kind, report.outcome.label()];
        self.probes.with_label_values(&labels).inc();
        self.duration(kind).observe(report.timings.total.as_secs_f64());
    }

    fn duration(&self, kind: &str) -> Histogram {
        self.probe_duration.with_label_values(&[kind])
    }

    /// The configuration was read without a fault, at this time of the wall clock (seconds since 1970).
    pub fn reloaded(&self, at: f64) {
        self.reload_successful.set(1);
        self.reload_time.set(at);
    }

    /// The configuration has faults; the one before stays in force.
    pub fn reload_failed(&self) {
        self.reload_successful.set(0);
    }

    /// So many addresses could not be bound.
    pub fn listeners_failed(&self, count: usize) {
        self.listeners_failed.set(i64::try_from(count).unwrap_or(i64::MAX));
    }

    /// All metrics as Prometheus reads them, with those of the snapshot as it is at `now`.
    ///
    /// # Errors
    /// When a metric cannot be written as text, which does not happen with valid names.
    pub fn text(&self, snapshot: &Snapshot, now: Instant) -> prometheus::Result<Vec<u8>> {
        // A panic in another scrape has left nothing behind that this one does not set anew.
        let _one_at_a_time = self.scrape.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        self.of_snapshot.show(snapshot, now);
        let mut text = Vec::new();
        TextEncoder::new().encode(&self.registry.gather(), &mut text)?;
        Ok(text)
    }
}

#[cfg(test)]
mod tests;
