//! What no section can know alone: names that occur twice, names that point nowhere, zones that do not cover a pool.

mod nameserver;
mod zone_text;

use std::collections::HashMap;
use std::fmt::Display;
use std::hash::Hash;

use weir_core::HostName;

pub(super) use self::zone_text::pool_names;

use super::fault::{Faults, Place};
use super::interfaces;
use super::listen::Dns;
use super::node::Node;
use super::{pool, value, zone};
use crate::discovery::DiscoveryMode;

/// All that was read of what the rules look at.
pub(super) struct Everything<'a> {
    pub(super) node: &'a Node,
    pub(super) interfaces: &'a interfaces::Found,
    pub(super) zones: &'a [zone::Found],
    /// Whether each zone of the file could be read; if not, a name that no zone covers may be no fault.
    pub(super) zones_complete: bool,
    pub(super) dns: &'a Dns,
    pub(super) pools: &'a [pool::Found],
    pub(super) faults: &'a Faults,
}

/// Notes a fault for each value that occurred before, and says whether there was none.
pub(super) fn distinct<'p, T: Eq + Hash + Display>(
    values: impl Iterator<Item = (&'p Place, T)>,
    faults: &Faults,
) -> bool {
    let mut all_differ = true;
    let mut first: HashMap<T, &Place> = HashMap::new();
    for (place, value) in values {
        if let Some(earlier) = first.get(&value) {
            let message = format!("\"{value}\" is also {}; make them differ", earlier.seen_from(place));
            faults.push(place, message);
            all_differ = false;
        } else {
            first.insert(value, place);
        }
    }
    all_differ
}

/// Checks every rule.
pub(super) fn check(all: &Everything<'_>) {
    check_interfaces(all);
    check_groups(all);
    distinct(all.zones.iter().map(|zone| (&zone.name, &zone.zone.origin)), all.faults);
    distinct(all.pools.iter().map(|pool| (&pool.name, &pool.pool.pool.name)), all.faults);
    distinct(all.pools.iter().map(|pool| (&pool.hostname, &pool.pool.pool.hostname)), all.faults);
    all.pools.iter().for_each(|pool| check_hostname(pool, all));
    all.zones.iter().for_each(|zone| nameserver::check(zone, all));
    zone_text::check(all);
}

fn check_interfaces(all: &Everything<'_>) {
    let found = all.interfaces;
    let declared = &found.interfaces.declared;
    let pairs = || found.places.iter().zip(declared);
    distinct(pairs().map(|(places, interface)| (&places.name, &interface.name)), all.faults);
    distinct(pairs().map(|(places, interface)| (&places.address, interface.address)), all.faults);
    distinct(
        pairs().filter_map(|(places, interface)| {
            interface.public_address.map(|public| (&places.public_address, public))
        }),
        all.faults,
    );
    let max = found.interfaces.max;
    if found.interfaces.mode == DiscoveryMode::Static && declared.len() > max {
        let count = declared.len();
        all.faults.push(
            &found.max,
            format!("{count} interfaces are declared, more than max = {max}; raise max or remove some"),
        );
    }
}

fn check_groups(all: &Everything<'_>) {
    let groups = &all.interfaces.interfaces.groups;
    distinct(
        all.interfaces.group_places.iter().zip(groups).map(|(place, group)| (place, &group.name)),
        all.faults,
    );
    let default = interfaces::default_group(&all.node.name);
    for (places, interface) in all.interfaces.places.iter().zip(&all.interfaces.interfaces.declared) {
        let Some(group) = &interface.group else { continue };
        if all.interfaces.groups_complete
            && *group != default
            && groups.iter().all(|known| known.name != *group)
        {
            let names = groups.iter().map(|group| &group.name);
            let others = if groups.is_empty() {
                "or remove the key".to_owned()
            } else {
                format!("or choose one of {}", value::quoted(names))
            };
            all.faults
                .push(&places.group, format!("no [[group]] is named \"{group}\"; declare it, {others}"));
        }
    }
}

fn check_hostname(pool: &pool::Found, all: &Everything<'_>) {
    let hostname = &pool.pool.pool.hostname;
    // Without DNS of our own, others answer for the name.
    let needs_zone = all.zones_complete && all.dns.listen.is_anywhere();
    if needs_zone && !all.zones.iter().any(|zone| hostname.is_within(&zone.zone.origin)) {
        let zones = all.zones.iter().map(|zone| &zone.zone.origin);
        let advice = if all.zones.is_empty() {
            "add a [[zone]]".to_owned()
        } else {
            format!("write a name within {}, or add a [[zone]]", value::quoted(zones))
        };
        all.faults.push(&pool.hostname, format!("{hostname} is in no zone; {advice}"));
    }
    if let Some((owner, interface)) = owner_of(hostname, all) {
        let message = format!(
            "{hostname} is already the name of interface {interface} in pool \"{owner}\"; choose another"
        );
        all.faults.push(&pool.hostname, message);
    }
}

/// The pool and the declared interface whose own name this is.
fn owner_of(
    name: &HostName,
    all: &Everything<'_>,
) -> Option<(weir_core::PoolName, weir_core::InterfaceName)> {
    let (label, parent) = HostName::split_first(name.as_str())?;
    let pool = &all.pools.iter().find(|found| found.pool.pool.hostname.as_str() == parent)?.pool.pool;
    let declared = &all.interfaces.interfaces.declared;
    let interface =
        declared.iter().find(|interface| interface.name.as_str() == label && pool.has(&interface.name))?;
    Some((pool.name.clone(), interface.name.clone()))
}
