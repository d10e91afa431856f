//! How many players may be moved at a time.
//!
//! A player that was answered has a lease until it is to ask again: those who have one are the pool's players. Within the
//! time to live no more than the pool's part of them is moved away from an interface that plays, so that an order of the
//! operator, or a mistake of ours, moves no crowd. Who has to wait asks again soon, or the last would wait for twice the
//! time that the rest needs.
//!
//! Time is counted in sixteenths of the time to live, in a ring; leases end a sixteenth early at most, and a move counts a
//! sixteenth longer, so that the bound holds.

use std::time::{Duration, Instant};

use weir_core::{SteeringRules, Ttl};

/// Slots of the time to live.
const PARTS: u64 = 16;
/// Slots of the ring: the time to live ahead and behind, and some to spare.
const SLOTS: usize = 64;
/// One who has to wait asks again after this part of the time to live.
const SOON: u32 = 8;
/// Times to live are spread over the last part of this size, so that those who came together do not stay together.
const SPREAD: f64 = 0.3;

/// The players of one pool, and how many of them were moved of late.
#[derive(Clone, Debug)]
pub(crate) struct Moves {
    started: Instant,
    ttl: Ttl,
    /// The slot of the last look.
    slot: u64,
    players: u64,
    /// How many leases end in each slot.
    ends: [u32; SLOTS],
    /// How many were moved in each slot.
    moved: [u32; SLOTS],
}

impl Moves {
    pub(crate) fn new(now: Instant, ttl: Ttl) -> Self {
        let none = [0; SLOTS];
        Self { started: now, ttl, slot: 0, players: 0, ends: none, moved: none }
    }

    /// The players that have a lease.
    pub(crate) fn players(&self) -> u64 {
        self.players
    }

    /// Time passes; a new time to live begins a new count.
    pub(crate) fn pass(&mut self, now: Instant, ttl: Ttl) {
        if self.ttl != ttl {
            *self = Self::new(now, ttl);
        }
        let slot = self.slot_of(now);
        let passed = slot.saturating_sub(self.slot).min(SLOTS as u64);
        for slot in slot + 1 - passed..=slot {
            let place = place(slot);
            self.players -= u64::from(std::mem::take(&mut self.ends[place]));
            self.moved[place] = 0;
        }
        self.slot = slot.max(self.slot);
    }

    /// Whether one more player may be moved; if so, it is counted.
    pub(crate) fn may_move(&mut self, rules: SteeringRules) -> bool {
        let behind = (0..=PARTS).filter_map(|back| self.slot.checked_sub(back));
        let moved: u64 = behind.map(|slot| u64::from(self.moved[place(slot)])).sum();
        // The one who asks has no lease at this moment. One player alone may always move.
        let most = ((self.players + 1) * u64::from(rules.most_moved) / 100).max(1);
        if moved >= most {
            return false;
        }
        self.moved[place(self.slot)] += 1;
        true
    }

    /// Until when an answered player is to keep its answer: less than the time to live by a part that `draw` in [0, 1)
    /// tells; soon, if it waits for its turn to move. It is one of the pool's players until then.
    pub(crate) fn lease(&mut self, waits: bool, draw: f64) -> Ttl {
        let longest = if waits { self.ttl.as_secs().div_ceil(SOON) } else { self.ttl.as_secs() };
        // Between one second and the longest time to live.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let ttl = ((f64::from(longest) * (1.0 - SPREAD * draw)).round() as u32).max(1);
        let slots = u64::from(ttl) * PARTS / u64::from(self.ttl.as_secs().max(1));
        self.ends[place(self.slot + slots.clamp(1, 2 * PARTS))] += 1;
        self.players += 1;
        Ttl::from_secs(ttl)
    }

    fn slot_of(&self, now: Instant) -> u64 {
        let past = now.saturating_duration_since(self.started);
        let slot = Duration::from_secs(u64::from(self.ttl.as_secs().max(1))).as_nanos() / u128::from(PARTS);
        u64::try_from(past.as_nanos() / slot.max(1)).unwrap_or(u64::MAX)
    }
}

/// Where a slot stands in the ring.
const fn place(slot: u64) -> usize {
    // Less than the slots of the ring.
    #[allow(clippy::cast_possible_truncation)]
    let slot = slot as usize;
    slot % SLOTS
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: SteeringRules = SteeringRules { ttl: Ttl::from_secs(10), most_moved: 25 };

    #[test]
    fn no_more_than_the_part_moves_within_the_time_to_live() {
        let start = Instant::now();
        let mut moves = Moves::new(start, RULES.ttl);
        (0..400).for_each(|_| {
            moves.lease(false, 0.0);
        });
        assert_eq!(moves.players(), 400);
        let moved = (0..400).filter(|_| moves.may_move(RULES)).count();
        assert_eq!(moved, 100);
        moves.pass(start + Duration::from_secs(9), RULES.ttl);
        assert!(!moves.may_move(RULES), "not before the time to live is over");
        // Everybody asked again meanwhile.
        (0..400).for_each(|_| {
            moves.lease(false, 0.0);
        });
        moves.pass(start + Duration::from_secs(11), RULES.ttl);
        assert_eq!((0..400).filter(|_| moves.may_move(RULES)).count(), 100);
    }

    #[test]
    fn a_player_that_does_not_come_back_counts_no_longer() {
        let start = Instant::now();
        let mut moves = Moves::new(start, RULES.ttl);
        (0..100).for_each(|draw| {
            moves.lease(false, f64::from(draw) / 100.0);
        });
        for hour in 1..3 {
            moves.pass(start + Duration::from_secs(3600 * hour), RULES.ttl);
            assert_eq!(moves.players(), 0);
        }
    }

    #[test]
    fn one_player_alone_may_move_and_a_changed_time_to_live_begins_anew() {
        let start = Instant::now();
        let mut moves = Moves::new(start, RULES.ttl);
        moves.lease(false, 0.0);
        assert!(moves.may_move(RULES) && !moves.may_move(RULES));
        moves.pass(start + Duration::from_secs(1), Ttl::from_secs(20));
        assert!(moves.may_move(RULES));
    }

    #[test]
    fn those_who_wait_come_back_soon_and_nobody_later_than_the_time_to_live() {
        let mut moves = Moves::new(Instant::now(), RULES.ttl);
        for draw in [0.0, 0.5, 0.99] {
            let (ttl, soon) = (moves.lease(false, draw).as_secs(), moves.lease(true, draw).as_secs());
            assert!((7..=10).contains(&ttl), "{ttl}");
            assert!((1..=2).contains(&soon), "{soon}");
        }
    }
}
