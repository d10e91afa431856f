//! The law of weights, first form: by what each interface can still carry within its group.
//!
//! A pure function of loads; it knows nothing of verdicts or names. Its properties, each a test: never negative; an
//! unusable interface gets nothing; a full one gets nothing while another has room; groups cap their members
//! together; equal shares when nothing is known; always somebody as long as anybody is usable.
//!
//! Refused: weights by measured load alone ("least loaded"), which sends everybody to the interface that was just
//! emptied by its own death, and a target utilisation, which needs a number that nobody knows beforehand.
//!
//! The modules below are the second form, which also knows what was sent and not yet seen: [`control::Law`] puts them
//! together, each of the others holds one idea. It steers in `weir-bench sim`; the state does not carry it yet.

pub mod capacity;
pub mod comeback;
pub mod control;
pub mod expected;
pub mod fill;
pub mod guard;
pub mod hidden;
pub mod inflow;
pub mod pairs;
pub mod promised;
pub mod smooth;

use crate::snapshot::Reason;
use crate::units::{BytesPerSec, Weight};

/// The weight of an interface that has all of a pool's room: shares come out in thousandths, so that noise in the
/// last digits of a rate does not move an answer.
pub const LAW_SCALE: u32 = 1000;

/// What the law must know of one interface.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Load {
    /// What it can carry, when known.
    pub capacity: Option<BytesPerSec>,
    /// What it carries, smoothed; nothing known counts as nothing carried.
    pub rate: Option<BytesPerSec>,
    /// What its whole group can still carry, when known, and which group that is.
    pub group: (usize, Option<BytesPerSec>),
    /// Whether viewers may be sent there.
    pub usable: bool,
}

/// Weighs a pool's interfaces, in their order, and says what decided.
pub fn weights(loads: &[Load]) -> (Vec<Weight>, Reason) {
    let Some(least) = loads.iter().filter_map(|load| load.capacity).min() else {
        return (portions(loads, |_| 1.0), Reason::NothingKnown);
    };
    // An unknown capacity counts as the smallest known one: better to send too few there than too many.
    let capacity = |load: &Load| load.capacity.unwrap_or(least);
    let room = rooms(loads, capacity);
    if room.iter().any(|&room| room > 0.0) {
        (portions(loads, |index| room[index]), Reason::Headroom)
    } else {
        (portions(loads, |index| capacity(&loads[index]).as_f64()), Reason::Saturated)
    }
}

/// What each usable interface can still carry, cut so that no group's members exceed their group together.
fn rooms(loads: &[Load], capacity: impl Fn(&Load) -> BytesPerSec) -> Vec<f64> {
    let own = |load: &Load| {
        let left = capacity(load).saturating_sub(load.rate.unwrap_or(BytesPerSec::ZERO));
        if load.usable { left.as_f64() } else { 0.0 }
    };
    let cut = |load: &Load| {
        let (group, Some(group_room)) = load.group else { return 1.0 };
        let together: f64 = loads.iter().filter(|other| other.group.0 == group).map(own).sum();
        if together > group_room.as_f64() { group_room.as_f64() / together } else { 1.0 }
    };
    loads.iter().map(|load| own(load) * cut(load)).collect()
}

/// Whole numbers in the proportion of `part`, the usable interfaces' parts adding up to about [`LAW_SCALE`].
/// Whoever has a part at all gets at least one.
fn portions(loads: &[Load], part: impl Fn(usize) -> f64) -> Vec<Weight> {
    let usable = |index: usize| loads[index].usable;
    let sum: f64 = (0..loads.len()).filter(|&index| usable(index)).map(&part).sum();
    let portion = |index: usize| {
        let part = part(index);
        if !usable(index) || part <= 0.0 || sum <= 0.0 {
            return Weight::ZERO;
        }
        // Between 0 and LAW_SCALE, as part <= sum.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let portion = (part / sum * f64::from(LAW_SCALE)).round() as u32;
        Weight::new(portion.max(1))
    };
    (0..loads.len()).map(portion).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn gigabits(n: u64) -> Option<BytesPerSec> {
        Some(BytesPerSec::from_bits(n * 1_000_000_000))
    }

    fn load(capacity: u64, rate: u64) -> Load {
        Load { capacity: gigabits(capacity), rate: gigabits(rate), group: (0, None), usable: true }
    }

    fn numbers(loads: &[Load]) -> Vec<u32> {
        weights(loads).0.into_iter().map(Weight::get).collect()
    }

    #[test]
    fn weights_follow_what_is_left() {
        assert_eq!(numbers(&[load(10, 5), load(10, 0), load(25, 20)]), [250, 500, 250]);
    }

    #[test]
    fn nothing_known_means_equal_shares() {
        let blank = Load { usable: true, ..Load::default() };
        assert_eq!(weights(&[blank; 3]), (vec![Weight::new(333); 3], Reason::NothingKnown));
    }

    #[test]
    fn an_unknown_capacity_counts_as_the_smallest_known_one() {
        let unknown = Load { capacity: None, ..load(0, 0) };
        assert_eq!(numbers(&[load(10, 0), load(5, 0), unknown]), [500, 250, 250]);
    }

    #[test]
    fn a_full_interface_gets_nothing_while_another_has_room() {
        assert_eq!(numbers(&[load(10, 11), load(10, 9)]), [0, 1000]);
    }

    #[test]
    fn when_all_are_full_capacity_decides() {
        let (weights, reason) = weights(&[load(10, 10), load(30, 31)]);
        assert_eq!((weights, reason), (vec![Weight::new(250), Weight::new(750)], Reason::Saturated));
    }

    #[test]
    fn a_group_caps_its_members_together() {
        // Two of 10 Gbit/s share 10; the third has 10 for itself.
        let shared = Load { group: (1, gigabits(10)), ..load(10, 0) };
        assert_eq!(numbers(&[shared, shared, load(10, 0)]), [250, 250, 500]);
    }

    fn any_load() -> impl Strategy<Value = Load> {
        let rate = || prop::option::of((0_u64..100).prop_map(|n| BytesPerSec::from_bits(n * 1_000_000_000)));
        (rate(), rate(), 0_usize..3, rate(), any::<bool>()).prop_map(
            |(capacity, rate, group, group_room, usable)| Load {
                capacity,
                rate,
                group: (group, group_room),
                usable,
            },
        )
    }

    proptest! {
        #[test]
        fn somebody_is_picked_as_long_as_anybody_is_usable(
            loads in prop::collection::vec(any_load(), 0..20),
        ) {
            // A capacity of zero cannot be configured.
            prop_assume!(loads.iter().all(|load| load.capacity != Some(BytesPerSec::ZERO)));
            let (weights, _) = weights(&loads);
            prop_assert_eq!(weights.len(), loads.len());
            let picked = weights.iter().any(|weight| weight.is_some());
            prop_assert_eq!(picked, loads.iter().any(|load| load.usable));
            for (weight, load) in weights.iter().zip(&loads) {
                prop_assert!(load.usable || !weight.is_some());
                prop_assert!(weight.get() <= LAW_SCALE);
            }
        }

        #[test]
        fn more_load_never_means_more_weight(
            loads in prop::collection::vec(any_load(), 2..10), more in 1_u64..50,
        ) {
            prop_assume!(loads.iter().all(|load| load.capacity != Some(BytesPerSec::ZERO)));
            let mut heavier = loads.clone();
            let extra = BytesPerSec::from_bits(more * 1_000_000_000);
            heavier[0].rate = Some(loads[0].rate.unwrap_or_default().saturating_add(extra));
            let ((before, was), (after, is)) = (weights(&loads), weights(&heavier));
            prop_assume!(was == Reason::Headroom && is == Reason::Headroom);
            prop_assert!(after[0] <= before[0]);
        }
    }
}
