//! Who is full, where nobody counts refused packets: one that sends much again while most of the others do not.
//!
//! Bytes are sent again where a queue overflows, and on bad ways to the viewers. The ways are the same for all interfaces
//! of a machine, as viewers are spread over them; so what most of them send again is the ways' doing, and what one has
//! beyond that is its own.

use super::lane::Sight;

/// Much is more than this part of the bytes,
const MUCH: f64 = 0.02;
/// and so many times what most of the others send again.
const TIMES_THE_OTHERS: f64 = 3.0;

/// Whether each sends much again, and most of the others do not.
pub(super) fn strained(sights: &[Sight]) -> Vec<bool> {
    let mut all: Vec<f64> = sights.iter().filter_map(|sight| sight.resent).collect();
    all.sort_unstable_by(f64::total_cmp);
    let is_strained = |sight: &Sight| {
        let Some(own) = sight.resent.filter(|&own| own > MUCH) else { return false };
        middle_of_others(&all, own).is_some_and(|middle| own > TIMES_THE_OTHERS * middle)
    };
    sights.iter().map(is_strained).collect()
}

/// The middle of all values, in their order, but one of this size; of an even number the larger of the middle two: one
/// that rests sends nothing again, and says nothing.
fn middle_of_others(all: &[f64], own: f64) -> Option<f64> {
    let place = all.partition_point(|&value| value < own);
    let middle = all.len().checked_sub(1)? / 2;
    all.get(if middle < place { middle } else { middle + 1 }).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of<const N: usize>(resent: [f64; N]) -> Vec<bool> {
        strained(&resent.map(|part| Sight { resent: Some(part), ..Sight::default() }))
    }

    #[test]
    fn one_or_two_that_send_much_again_beside_others_that_do_not_are_strained() {
        assert_eq!(of([0.05, 0.002, 0.003, 0.002]), [true, false, false, false]);
        assert_eq!(of([0.05, 0.04, 0.003, 0.002]), [true, true, false, false]);
        assert_eq!(of([0.05, 0.002]), [true, false]);
    }

    #[test]
    fn where_most_send_much_again_it_is_the_ways_to_the_viewers() {
        assert_eq!(of([0.05, 0.04, 0.05, 0.002]), [false; 4]);
        assert_eq!(of([0.05, 0.05]), [false; 2]);
        assert_eq!(of([0.05]), [false]);
        assert_eq!(strained(&[Sight::default(); 3]), [false; 3]);
    }

    #[test]
    fn a_little_is_nothing() {
        assert_eq!(of([0.015, 0.0, 0.0, 0.0]), [false; 4]);
    }
}
