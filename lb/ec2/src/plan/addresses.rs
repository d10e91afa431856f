//! Elastic IPs: each with its interface, none taken without leave, and never the last one in service.

use super::draft::{Draft, Placed};
use super::wiring::Found;
use super::{Action, AlarmKind, Facts};
use crate::desired::Interface as Wanted;
use crate::ids::AllocationId;
use crate::observed::{Address, Association, Instance};

/// The interface's Elastic IP leads to it. An association survives a stop, so one that is as it should be costs no
/// call (EC2 User Guide, "Stop and start your instance").
pub(super) fn associate(
    facts: &Facts<'_>,
    instance: &Instance,
    wanted: &Wanted,
    found: &Found<'_>,
    draft: &mut Draft<'_>,
) {
    let Some(allocation) = &wanted.elastic_ip else { return };
    let Some(address) = facts.observed.address(allocation) else {
        let text =
            format!("{allocation} is not allocated in this region; correct elastic_ip = \"{allocation}\"");
        return draft.alarm(AlarmKind::Address, text);
    };
    if address.association.as_ref().is_some_and(|association| leads_to(association, found)) {
        return;
    }
    if let Some(obstacle) = obstacle(facts, instance, wanted, (address, found)) {
        return draft.alarm(obstacle.0, obstacle.1);
    }
    let reassociate = address.association.is_some() || displaced(found, allocation).is_some();
    let action = Action::Associate {
        allocation: allocation.clone(),
        interface: found.target.clone(),
        private: found.private,
        reassociate,
    };
    let why = format!("viewers of {} are told {}", found.target, address.public);
    match found.placed {
        Placed::InOrder => {
            draft.act(action, why);
        }
        Placed::Deferred => draft.act_after_deferred(action, why),
    }
}

fn leads_to(association: &Association, found: &Found<'_>) -> bool {
    found.seen.is_some_and(|seen| {
        association.interface == seen.id && seen.addresses.first() == Some(&association.private)
    })
}

/// What forbids it, and what to do about that.
fn obstacle(
    facts: &Facts<'_>,
    instance: &Instance,
    wanted: &Wanted,
    (address, found): (&Address, &Found<'_>),
) -> Option<(AlarmKind, String)> {
    if !facts.may_touch(&address.tags) {
        return Some((AlarmKind::Unmanaged, facts.untouchable(address.allocation.as_str())));
    }
    if let Some(seen) = found.seen.filter(|seen| !facts.may_touch(&seen.tags)) {
        return Some((AlarmKind::Unmanaged, facts.untouchable(seen.id.as_str())));
    }
    if let Some(other) = displaced(found, &address.allocation).filter(|_| !wanted.reassociate) {
        let text = format!(
            "{} has {other} already, which {} would displace; set reassociate = true if it may",
            found.target, address.allocation
        );
        return Some((AlarmKind::Address, text));
    }
    let association = address.association.as_ref()?;
    if !wanted.reassociate {
        let of = association.instance.as_ref().map(|of| format!(" of {of}")).unwrap_or_default();
        let text = format!(
            "{} ({}) leads to {}{of} at {}, not to {}; set reassociate = true to take it",
            address.allocation,
            address.public,
            association.interface,
            association.private,
            place(found)
        );
        return Some((AlarmKind::Address, text));
    }
    let holder = association.instance.as_ref().filter(|holder| **holder != instance.id)?;
    let runs = facts.observed.instances.iter().any(|other| other.id == *holder && other.state.is_up());
    (runs && addresses_of(facts, association) <= 1).then(|| {
        let text = format!(
            "{} ({}) is the last address of {holder}, which runs: it is not taken; stop {holder} or give it another first",
            address.allocation, address.public
        );
        (AlarmKind::Address, text)
    })
}

/// How many Elastic IPs lead to the instance that an association leads to.
fn addresses_of(facts: &Facts<'_>, association: &Association) -> usize {
    let same = |address: &&Address| {
        address.association.as_ref().is_some_and(|other| other.instance == association.instance)
    };
    facts.observed.addresses.iter().filter(same).count()
}

/// An interface with the address of it that is meant.
fn place(found: &Found<'_>) -> String {
    let private = found.private.map(|private| format!(" at {private}")).unwrap_or_default();
    format!("{}{private}", found.target)
}

/// The Elastic IP that would no longer lead to the interface.
fn displaced<'a>(found: &Found<'a>, allocation: &AllocationId) -> Option<&'a AllocationId> {
    found.seen?.elastic_ip.as_ref().filter(|other| *other != allocation)
}
