//! Who comes after the first of an answer: each member is in its exact share of the answers.
//!
//! An answer of k has k seats, each for another member. A member's share of the answers is to be k times its share of
//! the weight, so that whoever takes any one of an answer's members, and not the first, gets them by weight too.
//! Nobody can sit twice: one that would have more than a whole share sits in every answer, and what it can't take
//! goes to the others by their weights, of whom the next may then have too much, and so on (water filling).
//!
//! ```text
//!  weights  k   as the first      as a member       of one that takes any member
//!  3:1      2   .75 .25           1 .50             .75 .25 (named alone in half of the answers: see `alone`)
//!  8:1:1    2   .80 .10 .10       1 .20 .20         .80 .10 .10 (likewise, in six of ten)
//!  4:3:2:1  2   .40 .30 .20 .10   .80 .60 .40 .20   .40 .30 .20 .10
//!  4:2:1:1  3   .50 .25 .13 .13   1 1 .50 .50       .33 .33 .17 .17
//! ```
//!
//! So one that takes any member gets shares of the weight, with two in an answer exactly. With more, a share above 1/k
//! becomes 1/k, which is as far as answers without repetition can go, and then the others have more.
//!
//! At each answer everyone earns its share of it, and each that sits in it pays a whole. The first was picked
//! already; those that always sit earn what they pay; and what is left goes to the largest credits.
//!
//! Bounds: no credit reaches three answers (of the dearest cost, if costs differ). That is measured and not proven: a
//! search for bad weights of up to 24 members found 2.53 above and 1.99 below, and the tests hold three. The first
//! comes when it must, also when its member has had its seats; no rule for the others can make up for that at once.
//!
//! Refused: weighted inclusion without the account of the first (gdnsd's multi mode), in which nobody can say what a
//! member really gets; and picking the members first and one of them as the first, which loses Tijdeman's bound.

use std::cmp::Reverse;

use super::{Account, rescale, settle};
use crate::name::InterfaceName;

/// Answers of a higher cost count as this one here, so that 2^10 weights below 2^20, times this, times 2^4 answers,
/// fit an `i64`.
const DEAREST: i64 = 1 << 28;

/// The accounts of those that are members of answers, in units of 1/`unit` of an ordinary answer.
#[derive(Clone, Debug, Default)]
pub(super) struct Seats {
    /// Those that always sit first.
    accounts: Vec<Seat>,
    /// So many always sit; their credits rest.
    always: usize,
    /// For answers of so many; zero as long as that is not known.
    count: usize,
    unit: i64,
}

#[derive(Clone, Debug)]
struct Seat {
    /// Where the member stands in the pool's list.
    index: usize,
    weight: i64,
    /// Its share of an ordinary answer.
    earns: i64,
    credit: i64,
}

impl Seats {
    /// Takes over who is a member now, given where each was in the pool's list before.
    pub(super) fn follow(&mut self, members: &[Account], before: impl Fn(&InterfaceName) -> Option<usize>) {
        let old = std::mem::take(&mut self.accounts);
        let credit = |index: usize| old.iter().find(|seat| seat.index == index).map(|seat| seat.credit);
        self.accounts = members
            .iter()
            .map(|member| Seat {
                index: member.index,
                weight: member.weight,
                earns: 0,
                credit: before(&member.name).and_then(credit).unwrap_or(0),
            })
            .collect();
        self.count = 0;
    }

    /// Names who comes after `first`, for an answer of `count`, which is more than one and fewer than there are.
    pub(super) fn name_the_rest(&mut self, first: usize, count: usize, cost: i64, picked: &mut Vec<usize>) {
        if self.count != count {
            self.share_out(count);
        }
        let cost = cost.min(DEAREST);
        let (always, open) = self.accounts.split_at_mut(self.always);
        picked.extend(always.iter().map(|seat| seat.index).filter(|&index| index != first));
        let mut own = None;
        for (place, seat) in open.iter_mut().enumerate() {
            seat.credit += seat.earns * cost;
            if seat.index == first {
                own = Some(place);
            }
        }
        // Those that sit are moved to the front, so that the rest is behind them.
        let whole = self.unit * cost;
        let mut sitting = 0;
        if let Some(own) = own {
            open[own].credit -= whole;
            open.swap(0, own);
            sitting = 1;
        }
        for seated in sitting..count - always.len() {
            let mut next = seated;
            for place in seated + 1..open.len() {
                if open[place].comes_before(&open[next]) {
                    next = place;
                }
            }
            open[next].credit -= whole;
            picked.push(open[next].index);
            open.swap(seated, next);
        }
    }

    /// Finds out what each earns in answers of `count`, and brings the credits to parts of that.
    fn share_out(&mut self, count: usize) {
        self.count = count;
        self.accounts.sort_unstable_by_key(|seat| (Reverse(seat.weight), seat.index));
        let mut weights: i64 = self.accounts.iter().map(|seat| seat.weight).sum();
        let mut seats = i64::try_from(count).unwrap_or(i64::MAX);
        self.always = 0;
        for seat in &self.accounts {
            if seats * seat.weight < weights {
                break;
            }
            self.always += 1;
            weights -= seat.weight;
            seats -= 1;
        }
        let before = std::mem::replace(&mut self.unit, weights);
        for (place, seat) in self.accounts.iter_mut().enumerate() {
            seat.earns = if place < self.always { weights } else { seats * seat.weight };
            seat.credit = rescale(seat.credit, before, weights);
        }
        settle(&mut self.accounts, |seat| &mut seat.credit);
    }
}

impl Seat {
    /// Whether it is the one to sit, of the two.
    fn comes_before(&self, other: &Self) -> bool {
        let tie = || (self.weight, other.index) > (other.weight, self.index);
        self.credit > other.credit || (self.credit == other.credit && tie())
    }
}

#[cfg(test)]
mod tests;
