//! What the snapshot says of groups.

use prometheus::{GaugeVec, Registry};
use weir_core::GroupView;

use super::register::{gauges, set};

/// The metrics of groups.
#[derive(Debug)]
pub(super) struct OfGroups {
    rate: GaugeVec,
    capacity: GaugeVec,
    effective: GaugeVec,
}

impl OfGroups {
    /// Registers them.
    pub(super) fn new(registry: &Registry) -> prometheus::Result<Self> {
        let gauges = |name: &str, help: &str| gauges(registry, name, help, &["group"]);
        Ok(Self {
            rate: gauges(
                "weir_group_transmit_bytes_per_second",
                "Send rate of a group's interfaces together.",
            )?,
            capacity: gauges(
                "weir_group_capacity_bytes_per_second",
                "What a group's interfaces can carry together.",
            )?,
            effective: gauges(
                "weir_group_effective_capacity_bytes_per_second",
                "What a group's interfaces can carry together, as told or as learned.",
            )?,
        })
    }

    /// Shows these groups and no others.
    pub(super) fn show(&self, groups: &[GroupView]) {
        for gauges in [&self.rate, &self.capacity, &self.effective] {
            gauges.reset();
        }
        for group in groups {
            let label = [group.name.as_str()];
            self.rate.with_label_values(&label).set(group.rate.as_f64());
            set(&self.capacity, &label, group.capacity);
            set(&self.effective, &label, group.effective);
        }
    }
}
