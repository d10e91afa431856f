//! Metrics of one kind, made and registered in one step; and what they show of what is not known.

use prometheus::{CounterVec, GaugeVec, IntGauge, IntGaugeVec, Opts, Registry};
use weir_core::BytesPerSec;

/// Gauges of reals.
pub(super) fn gauges(
    registry: &Registry,
    name: &str,
    help: &str,
    labels: &[&str],
) -> prometheus::Result<GaugeVec> {
    let gauges = GaugeVec::new(Opts::new(name, help), labels)?;
    registry.register(Box::new(gauges.clone()))?;
    Ok(gauges)
}

/// Gauges of whole numbers.
pub(super) fn int_gauges(
    registry: &Registry,
    name: &str,
    help: &str,
    labels: &[&str],
) -> prometheus::Result<IntGaugeVec> {
    let gauges = IntGaugeVec::new(Opts::new(name, help), labels)?;
    registry.register(Box::new(gauges.clone()))?;
    Ok(gauges)
}

/// A single gauge of whole numbers.
pub(super) fn int_gauge(registry: &Registry, name: &str, help: &str) -> prometheus::Result<IntGauge> {
    let gauge = IntGauge::new(name, help)?;
    registry.register(Box::new(gauge.clone()))?;
    Ok(gauge)
}

/// Counters.
pub(super) fn counters(
    registry: &Registry,
    name: &str,
    help: &str,
    labels: &[&str],
) -> prometheus::Result<CounterVec> {
    let counters = CounterVec::new(Opts::new(name, help), labels)?;
    registry.register(Box::new(counters.clone()))?;
    Ok(counters)
}

/// A gauge of what is not known is not shown.
pub(super) fn set(gauges: &GaugeVec, labels: &[&str], rate: Option<BytesPerSec>) {
    if let Some(rate) = rate {
        gauges.with_label_values(labels).set(rate.as_f64());
    }
}
