//! What the snapshot says of pools.

use prometheus::{GaugeVec, IntGaugeVec, Registry};
use weir_core::{PoolView, Verdict};

use super::register::{gauges, int_gauges};

/// The metrics of pools and their interfaces.
#[derive(Debug)]
pub(super) struct OfPools {
    up: IntGaugeVec,
    weight: IntGaugeVec,
    share: GaugeVec,
    ttl: IntGaugeVec,
    failed_open: IntGaugeVec,
    viewer: GaugeVec,
}

impl OfPools {
    /// Registers them.
    pub(super) fn new(registry: &Registry) -> prometheus::Result<Self> {
        let r = registry;
        let both = ["pool", "interface"];
        Ok(Self {
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
            viewer: gauges(
                r,
                "weir_pool_viewer_bytes_per_second",
                "What one viewer of a pool counts until the counters show it.",
                &["pool"],
            )?,
        })
    }

    /// Shows these pools and no others.
    pub(super) fn show(&self, pools: &[PoolView]) {
        for gauges in [&self.up, &self.weight, &self.ttl, &self.failed_open] {
            gauges.reset();
        }
        for gauges in [&self.share, &self.viewer] {
            gauges.reset();
        }
        for pool in pools {
            let name = pool.name.as_str();
            self.ttl.with_label_values(&[name]).set(pool.ttl.as_secs().into());
            self.failed_open.with_label_values(&[name]).set(pool.reason.failed_open().into());
            self.viewer.with_label_values(&[name]).set(pool.steering.viewer.as_f64());
            for member in &pool.members {
                let labels = [name, member.name.as_str()];
                self.up.with_label_values(&labels).set((member.verdict == Verdict::Up).into());
                self.weight.with_label_values(&labels).set(member.weight.get().into());
                self.share.with_label_values(&labels).set(member.share);
            }
        }
    }
}
