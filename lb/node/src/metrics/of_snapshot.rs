//! The metrics that are read off the snapshot.

use std::time::Instant;

use prometheus::{IntGauge, Registry};
use weir_core::Snapshot;

use super::groups::OfGroups;
use super::interfaces::OfInterfaces;
use super::law::OfLaw;
use super::pools::OfPools;
use super::register::int_gauge;

/// What a snapshot shows.
#[derive(Debug)]
pub(super) struct OfSnapshot {
    interfaces: OfInterfaces,
    law: OfLaw,
    groups: OfGroups,
    pools: OfPools,
    generation: IntGauge,
    left_out: IntGauge,
}

impl OfSnapshot {
    /// Registers them.
    pub(super) fn new(registry: &Registry) -> prometheus::Result<Self> {
        Ok(Self {
            interfaces: OfInterfaces::new(registry)?,
            law: OfLaw::new(registry)?,
            groups: OfGroups::new(registry)?,
            pools: OfPools::new(registry)?,
            generation: int_gauge(registry, "weir_snapshot_generation", "Number of the published snapshot.")?,
            left_out: int_gauge(
                registry,
                "weir_addresses_left_out",
                "Addresses of the node that are not used.",
            )?,
        })
    }

    /// Sets them to what a snapshot says at `now`. What was there before and is gone is not shown any more.
    pub(super) fn show(&self, snapshot: &Snapshot, now: Instant) {
        self.generation.set(i64::try_from(snapshot.generation).unwrap_or(i64::MAX));
        self.left_out.set(i64::try_from(snapshot.left_out.len()).unwrap_or(i64::MAX));
        self.interfaces.show(&snapshot.interfaces);
        self.law.show(&snapshot.interfaces, now);
        self.groups.show(&snapshot.groups);
        self.pools.show(&snapshot.pools);
    }
}
