//! How full interfaces are, as it is told in the log: once it has held for a while, for a load near the bound of a band
//! crosses it all the time. Only one that carries all that it can is told at once.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use weir_core::{Band, InterfaceName, InterfaceView};

use super::Change;

/// What has held for so long is told.
const HOLDS: Duration = Duration::from_secs(10);

/// What was told of each interface.
#[derive(Debug, Default)]
pub(super) struct Loads(HashMap<InterfaceName, Told>);

/// How full an interface is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Load {
    /// It has room, and this part of what it can carry is used.
    Band(Band),
    /// It carries all that it can.
    Full,
}

/// What was told of one interface, and what is to be told next.
#[derive(Clone, Copy, Debug)]
struct Told {
    last: Load,
    next: Load,
    since: Instant,
}

impl Loads {
    /// What is to be told of these interfaces at `now`.
    pub(super) fn follow<'a>(&mut self, interfaces: &'a [InterfaceView], now: Instant) -> Vec<Change<'a>> {
        let mut before = std::mem::take(&mut self.0);
        let mut changes = Vec::new();
        for view in interfaces {
            let name = &view.interface.name;
            // A light load is not worth a word, and one that is not known counts as light.
            let light = Load::Band(Band::Light);
            let mut told = before.remove(name).unwrap_or(Told { last: light, next: light, since: now });
            changes.extend(told.follow(view, now));
            self.0.insert(name.clone(), told);
        }
        changes
    }
}

impl Load {
    fn of(view: &InterfaceView) -> Self {
        if view.law.is_full { Self::Full } else { Self::Band(view.law.band.unwrap_or(Band::Light)) }
    }
}

impl Told {
    fn follow<'a>(&mut self, view: &'a InterfaceView, now: Instant) -> Option<Change<'a>> {
        let present = Load::of(view);
        if self.next != present {
            (self.next, self.since) = (present, now);
        }
        let holds = present == Load::Full || now.saturating_duration_since(self.since) >= HOLDS;
        if self.last == present || !holds {
            return None;
        }
        let change = match (self.last, present) {
            (Load::Full, _) | (_, Load::Full) => Change::Full(view),
            (Load::Band(_), Load::Band(band)) => Change::Band(view, band),
        };
        self.last = present;
        Some(change)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example;

    /// One interface that is seen once a second.
    struct World {
        loads: Loads,
        start: Instant,
        second: u64,
    }

    impl World {
        fn new() -> Self {
            Self { loads: Loads::default(), start: Instant::now(), second: 0 }
        }

        /// Lets it be so full for so many seconds; says in which of them what was told.
        fn pass(&mut self, seconds: u64, load: Load) -> Vec<(u64, &'static str)> {
            let mut view = example::snapshot(self.start).interfaces.remove(0);
            view.law.is_full = load == Load::Full;
            view.law.band = Some(if let Load::Band(band) = load { band } else { Band::Full });
            let mut told = Vec::new();
            for _ in 0..seconds {
                self.second += 1;
                let now = self.start + Duration::from_secs(self.second);
                let views = [view.clone()];
                told.extend(self.loads.follow(&views, now).iter().map(|change| match change {
                    Change::Band(_, band) => (self.second, band.code()),
                    Change::Full(view) if view.law.is_full => (self.second, "carries all"),
                    Change::Full(_) => (self.second, "has room"),
                    other => panic!("{other:?}"),
                }));
            }
            told
        }
    }

    #[test]
    fn a_band_is_told_once_when_it_has_held_for_ten_seconds() {
        let mut world = World::new();
        assert_eq!(world.pass(30, Load::Band(Band::Light)), []);
        assert_eq!(world.pass(30, Load::Band(Band::Fair)), [(41, "fair")]);
        assert_eq!(world.pass(30, Load::Band(Band::Full)), [(71, "full")]);
        assert_eq!(world.pass(30, Load::Band(Band::Light)), [(101, "light")]);
    }

    #[test]
    fn a_load_that_wavers_at_a_bound_is_not_told() {
        let mut world = World::new();
        for _ in 0..20 {
            assert_eq!(world.pass(6, Load::Band(Band::Fair)), []);
            assert_eq!(world.pass(6, Load::Band(Band::Busy)), []);
        }
    }

    #[test]
    fn one_that_carries_all_that_it_can_is_told_at_once_and_has_room_again_when_that_has_held() {
        let mut world = World::new();
        assert_eq!(world.pass(3, Load::Full), [(1, "carries all")]);
        assert_eq!(world.pass(6, Load::Band(Band::Busy)), []);
        assert_eq!(world.pass(3, Load::Full), []);
        assert_eq!(world.pass(20, Load::Band(Band::Busy)), [(23, "has room")]);
    }

    #[test]
    fn nothing_is_kept_of_one_that_left() {
        let mut world = World::new();
        world.pass(1, Load::Full);
        assert_eq!(world.loads.follow(&[], world.start), []);
        assert!(world.loads.0.is_empty());
    }
}
