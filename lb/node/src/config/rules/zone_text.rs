//! What those who answer from the zones find in their texts, with the lines of the files that people edit.

use weir_core::Pool;
use weir_dns::{PoolNames, ZoneFault, ZoneSpec, Zones};

use super::super::fault::Place;
use super::super::zone;
use super::Everything;
use crate::discovery::DeclaredInterface;

/// Builds the zones, only to hear whether that can be done: what a record may say is known there.
pub(super) fn check(all: &Everything<'_>) {
    let specs: Vec<ZoneSpec> = all.zones.iter().map(|found| found.zone.clone()).collect();
    let pools = all.pools.iter().map(|found| &found.pool.pool);
    let names = pool_names(pools, &all.interfaces.interfaces.declared, &specs);
    let faults = Zones::build(&specs, &names, 0).err().unwrap_or_default();
    let (of_lines, others): (Vec<ZoneFault>, _) = faults.into_iter().partition(|fault| fault.line.is_some());
    of_lines.into_iter().for_each(|fault| report(fault, all));
    // What concerns no line has been noted by the rules above; this only makes sure that nothing slips through.
    if all.faults.is_empty() {
        others.into_iter().for_each(|fault| report(fault, all));
    }
}

fn report(fault: ZoneFault, all: &Everything<'_>) {
    // Two zones of one name are a fault of their own; their texts are told apart by where they come from.
    let same = |zone: &ZoneSpec| Some(&zone.origin) == fault.zone.as_ref() && zone.source == fault.source;
    let zone = all.zones.iter().find(|found| same(&found.zone));
    match (zone, zone.and_then(|zone| zone.text.as_ref()), fault.line) {
        (_, Some(origin), Some(line)) => all.faults.add(origin.fault(all.faults.file(), line, fault.message)),
        (Some(zone::Found { name, .. }), _, _) => all.faults.push(name, fault.message),
        _ => all.faults.push(&Place::whole(all.faults.file()), fault.message),
    }
}

/// The names that those pools take up which lie in a zone, with the interfaces that are known beforehand.
pub(in crate::config) fn pool_names<'a>(
    pools: impl Iterator<Item = &'a Pool>,
    declared: &[DeclaredInterface],
    zones: &[ZoneSpec],
) -> Vec<PoolNames> {
    let ours = |pool: &&Pool| zones.iter().any(|zone| pool.hostname.is_within(&zone.origin));
    let names = |pool: &Pool| PoolNames {
        hostname: pool.hostname.clone(),
        interfaces: declared
            .iter()
            .map(|interface| interface.name.clone())
            .filter(|name| pool.has(name))
            .collect(),
    };
    pools.filter(ours).map(names).collect()
}
