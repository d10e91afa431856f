//! What changed from one snapshot to the next, as events for the log: each change once, with its reason.

use weir_core::{Member, OrderView, PoolView, ProbeView, Reason, Snapshot, Verdict};

/// A change that an operator wants to read about.
#[derive(Debug, PartialEq)]
pub enum Change<'a> {
    /// An interface is there now.
    Appeared(&'a weir_core::Interface),
    /// An interface is gone.
    Left(&'a weir_core::Interface),
    /// An address exists and is not used.
    LeftOut(&'a weir_core::LeftOut),
    /// The probes of a pool say something else of an interface.
    Verdict(&'a PoolView, &'a Member),
    /// An operator ordered something, or the order ended.
    Order(&'a str, &'a OrderView),
    /// A pool's weights come about in another way.
    Reason(&'a PoolView),
}

/// Lists what changed.
pub fn between<'a>(before: &'a Snapshot, after: &'a Snapshot) -> Vec<Change<'a>> {
    let mut changes = Vec::new();
    for view in &after.interfaces {
        match before.interface(&view.interface.name) {
            None => changes.push(Change::Appeared(&view.interface)),
            Some(old) if old.interface.address != view.interface.address => {
                changes.push(Change::Left(&old.interface));
                changes.push(Change::Appeared(&view.interface));
            }
            Some(_) => {}
        }
        let order = before.interface(&view.interface.name).map(|old| old.order.clone()).unwrap_or_default();
        if order != view.order {
            changes.push(Change::Order(view.interface.name.as_str(), &view.order));
        }
    }
    let gone = |view: &&weir_core::InterfaceView| after.interface(&view.interface.name).is_none();
    changes.extend(before.interfaces.iter().filter(gone).map(|view| Change::Left(&view.interface)));
    changes.extend(after.left_out.iter().filter(|out| !before.left_out.contains(out)).map(Change::LeftOut));
    for pool in &after.pools {
        pool_changes(before.pool(&pool.name), pool, &mut changes);
    }
    changes
}

fn pool_changes<'a>(before: Option<&'a PoolView>, after: &'a PoolView, changes: &mut Vec<Change<'a>>) {
    let verdict_was = |member: &Member| {
        let old = before.and_then(|pool| pool.members.iter().find(|old| old.name == member.name));
        old.map_or(Verdict::Unknown, |old| old.verdict)
    };
    let turned = after.members.iter().filter(|member| verdict_was(member) != member.verdict);
    changes.extend(turned.map(|member| Change::Verdict(after, member)));
    // Before its first interface a pool has nothing to say.
    let was = before.map_or(Reason::NoInterface, |pool| pool.reason);
    if was != after.reason {
        changes.push(Change::Reason(after));
    }
}

/// Logs what changed.
pub fn log(before: &Snapshot, after: &Snapshot) {
    for change in between(before, after) {
        write(&change);
    }
}

fn write(change: &Change<'_>) {
    match change {
        Change::Appeared(interface) => tracing::info!(
            interface = %interface.name, address = %interface.address,
            public_address = %interface.public_address, "interface_appeared"
        ),
        Change::Left(interface) => {
            tracing::warn!(interface = %interface.name, address = %interface.address, "interface_left");
        }
        Change::LeftOut(out) => tracing::warn!(
            address = %out.address, device = out.device.as_deref(), why = %out.why,
            "address_left_out"
        ),
        Change::Order(interface, order) => tracing::info!(
            interface, directive = %order.directive, reason = order.reason.as_deref().unwrap_or(""),
            "directive_changed"
        ),
        Change::Verdict(pool, member) => verdict(pool, member),
        // At the start nobody has been probed yet: that is the order of things, not a fault.
        Change::Reason(pool) if pool.reason.failed_open() && pool.reason != Reason::NotProbedYet => {
            tracing::error!(pool = %pool.name, reason = %pool.reason, "pool_failed_open");
        }
        Change::Reason(pool) => {
            tracing::info!(pool = %pool.name, reason = %pool.reason, "pool_weighed");
        }
    }
}

fn verdict(pool: &PoolView, member: &Member) {
    let (pool, interface) = (&pool.name, &member.name);
    if member.verdict == Verdict::Down {
        let failing = member.probes.iter().find(|probe| probe.verdict == Verdict::Down);
        let failure = failing.and_then(|probe| probe.last.as_ref()?.failure());
        let failure = failure.map(ToString::to_string).unwrap_or_default();
        let probe = failing.map(|probe| aimed(probe, member)).unwrap_or_default();
        tracing::warn!(%pool, %interface, %probe, failure, "interface_down");
    } else {
        tracing::info!(%pool, %interface, verdict = %member.verdict, "interface_verdict");
    }
}

/// The probe as it was aimed at this interface.
fn aimed(probe: &ProbeView, member: &Member) -> String {
    probe.id.as_str().replace("{address}", &member.address.to_string())
}
