//! What changed from one snapshot to the next, as events for the log: each change once, with its reason.

mod loads;

use std::time::Instant;

use weir_core::{
    Band, InterfaceLaw, InterfaceView, Member, OrderView, PoolView, ProbeView, Reason, Signal, Snapshot,
    Verdict,
};

use loads::Loads;

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
    /// The rate of an interface collapsed while nobody was told to leave, or it is trusted again.
    Suspect(&'a InterfaceView),
    /// An interface carries all that it can, or has room again.
    Full(&'a InterfaceView),
    /// An interface is expected to carry another part of what it can.
    Band(&'a InterfaceView, Band),
    /// A measurement of an interface is not seen any more, or is again.
    Signal(&'a str, &'a Signal),
    /// A pool's weights come about in another way.
    Reason(&'a PoolView),
}

/// Lists what changed, but for how full interfaces are: that is for [`Log`] to follow.
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
        let law = before.interface(&view.interface.name).map(|old| old.law.clone()).unwrap_or_default();
        law_changes(&law, view, &mut changes);
    }
    let gone = |view: &&InterfaceView| after.interface(&view.interface.name).is_none();
    changes.extend(before.interfaces.iter().filter(gone).map(|view| Change::Left(&view.interface)));
    changes.extend(after.left_out.iter().filter(|out| !before.left_out.contains(out)).map(Change::LeftOut));
    for pool in &after.pools {
        pool_changes(before.pool(&pool.name), pool, &mut changes);
    }
    changes
}

fn law_changes<'a>(before: &InterfaceLaw, view: &'a InterfaceView, changes: &mut Vec<Change<'a>>) {
    let law = &view.law;
    if before.is_suspect != law.is_suspect {
        changes.push(Change::Suspect(view));
    }
    let was_stale =
        |signal: &Signal| before.signals.iter().any(|old| old.kind == signal.kind && old.is_stale);
    let turned = law.signals.iter().filter(|signal| was_stale(signal) != signal.is_stale);
    changes.extend(turned.map(|signal| Change::Signal(view.interface.name.as_str(), signal)));
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

/// Writes changes to the log.
#[derive(Debug, Default)]
pub struct Log {
    loads: Loads,
}

impl Log {
    /// Logs what changed, and how full interfaces are once that has held for a while.
    pub fn tell(&mut self, before: &Snapshot, after: &Snapshot, now: Instant) {
        for change in between(before, after).into_iter().chain(self.loads.follow(&after.interfaces, now)) {
            write(&change);
        }
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
        Change::Suspect(view) => suspect(view),
        Change::Full(view) => full(view),
        Change::Band(view, band) => self::band(view, *band),
        Change::Signal(interface, signal) => self::signal(interface, signal),
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

fn suspect(view: &InterfaceView) {
    let (interface, expected) = (&view.interface.name, view.law.expected);
    if view.law.is_suspect {
        let rate = view.rate.unwrap_or_default();
        tracing::warn!(%interface, %rate, %expected, "interface_suspect");
    } else {
        tracing::info!(%interface, "interface_trusted");
    }
}

fn full(view: &InterfaceView) {
    let (interface, expected) = (&view.interface.name, view.law.expected);
    let capacity = view.law.effective.unwrap_or_default();
    if view.law.is_full {
        tracing::warn!(%interface, %expected, %capacity, "interface_full");
    } else {
        let band = view.law.band.map_or("", Band::code);
        tracing::info!(%interface, %expected, %capacity, band, "interface_has_room");
    }
}

fn band(view: &InterfaceView, band: Band) {
    let (interface, expected) = (&view.interface.name, view.law.expected);
    let (capacity, code) = (view.law.effective.unwrap_or_default(), band.code());
    if band == Band::Full {
        tracing::warn!(%interface, %expected, %capacity, band = code, "interface_band");
    } else {
        tracing::info!(%interface, %expected, %capacity, band = code, "interface_band");
    }
}

fn signal(interface: &str, signal: &Signal) {
    let kind = signal.kind.code();
    if signal.is_stale {
        tracing::warn!(interface, signal = kind, "signal_stale");
    } else {
        tracing::info!(interface, signal = kind, "signal_back");
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

#[cfg(test)]
mod tests;
