//! The metrics that are read off the snapshot, and those of the shell itself. DNS and HTTP register their own.
//!
//! Labels come from closed sets: pools, interfaces and probe types of the configuration, never from the network.

use std::sync::Mutex;

use prometheus::{
    CounterVec, Encoder, Gauge, GaugeVec, Histogram, HistogramOpts, HistogramVec, IntCounterVec, IntGauge,
    IntGaugeVec, Opts, Registry, TextEncoder,
};
use weir_core::{BytesPerSec, Report, Snapshot, Verdict};

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

#[derive(Debug)]
struct OfSnapshot {
    transmitted: CounterVec,
    received: CounterVec,
    rate: GaugeVec,
    capacity: GaugeVec,
    headroom: GaugeVec,
    connections: GaugeVec,
    directive: GaugeVec,
    group_rate: GaugeVec,
    group_capacity: GaugeVec,
    up: IntGaugeVec,
    weight: IntGaugeVec,
    share: GaugeVec,
    ttl: IntGaugeVec,
    failed_open: IntGaugeVec,
    generation: IntGauge,
    left_out: IntGauge,
}

fn gauges(registry: &Registry, name: &str, help: &str, labels: &[&str]) -> prometheus::Result<GaugeVec> {
    let gauges = GaugeVec::new(Opts::new(name, help), labels)?;
    registry.register(Box::new(gauges.clone()))?;
    Ok(gauges)
}

fn int_gauges(
    registry: &Registry,
    name: &str,
    help: &str,
    labels: &[&str],
) -> prometheus::Result<IntGaugeVec> {
    let gauges = IntGaugeVec::new(Opts::new(name, help), labels)?;
    registry.register(Box::new(gauges.clone()))?;
    Ok(gauges)
}

fn int_gauge(registry: &Registry, name: &str, help: &str) -> prometheus::Result<IntGauge> {
    let gauge = IntGauge::new(name, help)?;
    registry.register(Box::new(gauge.clone()))?;
    Ok(gauge)
}

fn counters(registry: &Registry, name: &str, help: &str, labels: &[&str]) -> prometheus::Result<CounterVec> {
    let counters = CounterVec::new(Opts::new(name, help), labels)?;
    registry.register(Box::new(counters.clone()))?;
    Ok(counters)
}

impl OfSnapshot {
    fn new(registry: &Registry) -> prometheus::Result<Self> {
        let r = registry;
        let interface = ["interface"];
        let both = ["pool", "interface"];
        Ok(Self {
            transmitted: counters(
                r,
                "weir_interface_transmit_bytes_total",
                "Bytes sent by an interface.",
                &interface,
            )?,
            received: counters(
                r,
                "weir_interface_receive_bytes_total",
                "Bytes received by an interface.",
                &interface,
            )?,
            rate: gauges(
                r,
                "weir_interface_transmit_bytes_per_second",
                "Smoothed send rate of an interface.",
                &interface,
            )?,
            capacity: gauges(
                r,
                "weir_interface_capacity_bytes_per_second",
                "What an interface can carry.",
                &interface,
            )?,
            headroom: gauges(
                r,
                "weir_interface_headroom_bytes_per_second",
                "What an interface can still carry, within its group.",
                &interface,
            )?,
            connections: gauges(
                r,
                "weir_interface_connections",
                "Established connections to the origin on an interface.",
                &interface,
            )?,
            directive: gauges(
                r,
                "weir_interface_directive",
                "1 for the directive in force.",
                &["interface", "directive"],
            )?,
            group_rate: gauges(
                r,
                "weir_group_transmit_bytes_per_second",
                "Send rate of a group's interfaces together.",
                &["group"],
            )?,
            group_capacity: gauges(
                r,
                "weir_group_capacity_bytes_per_second",
                "What a group's interfaces can carry together.",
                &["group"],
            )?,
            up: int_gauges(r, "weir_interface_up", "1 if the probes of a pool pass on an interface.", &both)?,
            weight: int_gauges(r, "weir_interface_weight", "Weight of an interface in a pool.", &both)?,
            share: gauges(
                r,
                "weir_interface_share_ratio",
                "Share of a pool's new viewers that an interface gets, 0 to 1.",
                &both,
            )?,
            ttl: int_gauges(r, "weir_pool_ttl_seconds", "Time to live of a pool's DNS answers.", &["pool"])?,
            failed_open: int_gauges(
                r,
                "weir_pool_failed_open",
                "1 while a pool answers interfaces that do not play, because none does.",
                &["pool"],
            )?,
            generation: int_gauge(r, "weir_snapshot_generation", "Number of the published snapshot.")?,
            left_out: int_gauge(r, "weir_addresses_left_out", "Addresses of the node that are not used.")?,
        })
    }

    fn clear(&self) {
        for counters in [&self.transmitted, &self.received] {
            counters.reset();
        }
        for gauges in [
            &self.rate,
            &self.capacity,
            &self.headroom,
            &self.connections,
            &self.directive,
            &self.group_rate,
            &self.group_capacity,
            &self.share,
        ] {
            gauges.reset();
        }
        for gauges in [&self.up, &self.weight, &self.ttl, &self.failed_open] {
            gauges.reset();
        }
    }

    fn show(&self, snapshot: &Snapshot) {
        self.clear();
        self.generation.set(i64::try_from(snapshot.generation).unwrap_or(i64::MAX));
        self.left_out.set(i64::try_from(snapshot.left_out.len()).unwrap_or(i64::MAX));
        self.show_interfaces(snapshot);
        for group in &snapshot.groups {
            let label = [group.name.as_str()];
            self.group_rate.with_label_values(&label).set(group.rate.as_f64());
            set(&self.group_capacity, &label, group.capacity);
        }
        for pool in &snapshot.pools {
            let name = pool.name.as_str();
            self.ttl.with_label_values(&[name]).set(pool.ttl.as_secs().into());
            self.failed_open.with_label_values(&[name]).set(pool.reason.failed_open().into());
            for member in &pool.members {
                let labels = [name, member.name.as_str()];
                self.up.with_label_values(&labels).set((member.verdict == Verdict::Up).into());
                self.weight.with_label_values(&labels).set(member.weight.get().into());
                self.share.with_label_values(&labels).set(member.share);
            }
        }
    }

    // Byte counters are exact in a float up to 2^53, nine petabytes.
    #[allow(clippy::cast_precision_loss)]
    fn show_interfaces(&self, snapshot: &Snapshot) {
        for view in &snapshot.interfaces {
            let label = [view.interface.name.as_str()];
            self.transmitted.with_label_values(&label).inc_by(view.transmitted as f64);
            self.received.with_label_values(&label).inc_by(view.received as f64);
            set(&self.rate, &label, view.rate);
            set(&self.capacity, &label, view.interface.capacity);
            set(&self.headroom, &label, view.headroom);
            if let Some(connections) = view.connections {
                self.connections.with_label_values(&label).set(connections.into());
            }
            let directive = view.order.directive.to_string();
            self.directive.with_label_values(&[label[0], &directive]).set(1.0);
        }
    }
}

/// A gauge of what is not known is not shown.
fn set(gauges: &GaugeVec, labels: &[&str], rate: Option<BytesPerSec>) {
    if let Some(rate) = rate {
        gauges.with_label_values(labels).set(rate.as_f64());
    }
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

    /// All metrics as Prometheus reads them.
    ///
    /// # Errors
    /// When a metric cannot be written as text, which does not happen with valid names.
    pub fn text(&self, snapshot: &Snapshot) -> prometheus::Result<Vec<u8>> {
        // A panic in another scrape has left nothing behind that this one does not set anew.
        let _one_at_a_time = self.scrape.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        self.of_snapshot.show(snapshot);
        let mut text = Vec::new();
        TextEncoder::new().encode(&self.registry.gather(), &mut text)?;
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_metrics_can_be_registered_and_have_our_prefix() {
        let metrics = Metrics::new().expect("no name stands twice");
        metrics.reloaded(1.0);
        let text = String::from_utf8(metrics.text(&Snapshot::empty()).expect("encodes")).expect("is text");
        assert!(text.contains("weir_build_info{version=\""), "{text}");
        assert!(text.lines().all(|line| line.starts_with('#') || line.starts_with("weir_")), "{text}");
    }
}
