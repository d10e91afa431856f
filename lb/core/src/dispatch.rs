//! Picks by deficit instead of by dice: each interface is handed its exact share.
//!
//! The task is the chairman assignment problem: at each pick every member earns its share, and the one that is
//! picked pays one whole. R. Tijdeman, "The chairman assignment problem", Discrete Mathematics 32 (1980), gives the
//! rule that keeps each member within 1 - 1/(2n - 2) of its exact share after *every* pick: among those that have
//! earned at least 1/(2n - 2), pick the one that would reach 1 - 1/(2n - 2) first.
//!
//! Answers may differ in what they cost. A cheap one goes to whoever would get a dear one now, and pays what it costs: if
//! its own size decided, it would go to whoever waits longest for a dear one, which is a small member most of the time.
//! What is dear is forgotten slowly; when several are owed more than that, the one that is owed most is picked. (With
//! equal costs all this is Tijdeman's rule.)
//!
//! Over a stretch that starts at any later pick the difference is that of its two ends, so it stays below two. No
//! rule can hold a stretch at one for all weights: that would make every member's picks a Beatty sequence, and
//! those rarely fit together (Fraenkel's conjecture; the test below searches a small case to its end).
//!
//! An answer of several names the picked one first. Resolvers rotate or shuffle what they are told (Unbound's
//! `rrset-roundrobin`, BIND's `rrset-order`), so many a viewer gets any of the answer's members instead. The first
//! is picked as if it were alone; those that come after it keep an account of their own, with the shares in which
//! they are members ([`seats`]).
//!
//! Refused: a random draw by weight (off by the root of the number of picks), and "largest credit first" for the
//! first of an answer, which is simpler and can be off by more than one with many members.

mod alone;
mod seats;

use std::ops::{Mul, Sub};

use crate::name::InterfaceName;
use crate::snapshot::{Family, Member, PoolView};
use alone::Alone;
use seats::Seats;

/// In so many answers what dear ones cost is forgotten.
const FADES: i64 = 64;

/// Hands out one pool's interfaces of one family in the proportion of their weights.
///
/// Credits are kept in units of 1/sum of one answer's cost; their sum is zero. One that leaves takes its credit
/// along, and the rest are set off against each other; a change of weights keeps them.
#[derive(Clone, Debug, Default)]
pub struct Dispatcher {
    accounts: Vec<Account>,
    sum: i64,
    /// What dear answers cost of late.
    scale: i64,
    alone: Alone,
    seats: Seats,
}

/// What an answer wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ask {
    /// Members of this family.
    pub family: Family,
    /// So many of them, if there are.
    pub count: usize,
    /// What the answer costs the one that pays, in ordinary answers; zero counts as one.
    pub cost: u32,
}

#[derive(Clone, Debug)]
struct Account {
    name: InterfaceName,
    /// Where the member stands in the pool's list.
    index: usize,
    weight: i64,
    credit: i64,
}

impl Dispatcher {
    /// A dispatcher that owes nobody anything.
    pub fn new() -> Self {
        Self::default()
    }

    /// Picks up to `count` members of one family for one answer, and pushes their indices in `pool.members`.
    ///
    /// The first one is picked by the exact rule and pays for the answer; those after it are picked so that each is
    /// among the answer's members as often as its weight says, as far as an answer without repetition can. Nothing
    /// is pushed when no member of the family has a weight.
    pub fn pick(&mut self, pool: &PoolView, family: Family, count: usize, picked: &mut Vec<usize>) {
        self.pick_at_cost(pool, Ask { family, count, cost: 1 }, picked);
    }

    /// Like [`Dispatcher::pick`], for an answer that costs more than an ordinary one. Then no member ever has more
    /// than one answer's cost above its exact share as the first.
    pub fn pick_at_cost(&mut self, pool: &PoolView, ask: Ask, picked: &mut Vec<usize>) {
        self.follow(&pool.members, ask.family);
        self.pick_among_followed(ask, picked);
    }

    /// Like [`Dispatcher::pick_at_cost`], without looking at the pool again: for a caller that knows that it followed
    /// these very members of this family last.
    pub fn pick_among_followed(&mut self, ask: Ask, picked: &mut Vec<usize>) {
        let cost = i64::from(ask.cost.max(1));
        let Some(first) = self.charge(cost) else { return };
        let index = self.accounts[first].index;
        picked.push(index);
        match (ask.count, self.accounts.len()) {
            (0 | 1, _) | (_, 1) => {}
            (2, _) if self.alone.decide(self.accounts[first].weight, self.sum, cost) => {}
            (2, 2) => picked.push(self.accounts[1 - first].index),
            (count, all) if count >= all => self.name_the_rest(picked),
            (count, _) => self.seats.name_the_rest(index, count, cost, picked),
        }
    }

    /// Names everybody who is not named yet, in the order in which they are next in line.
    fn name_the_rest(&self, picked: &mut Vec<usize>) {
        for _ in 1..self.accounts.len() {
            let next = self
                .accounts
                .iter()
                .filter(|account| !picked.contains(&account.index))
                .max_by_key(|account| (account.credit, account.weight));
            picked.extend(next.map(|account| account.index));
        }
    }

    /// Lets everyone earn, picks the one to pay, and lets it pay. Returns its place in `accounts`.
    ///
    /// Bounds: a weight is below 2^20, there are at most 2^10 members, a cost is below 2^32, and a credit stays
    /// within a few sums times costs: all products fit an `i128`, all credits an `i64`. When no credit, and no whole,
    /// times the parts is above 2^41, what is missing is at most 2^42, and the products with a weight fit an `i64`
    /// too; ordinary answers of some hundred members are such.
    fn charge(&mut self, cost: i64) -> Option<usize> {
        let members = i64::try_from(self.accounts.len()).ok().filter(|&n| n > 0)?;
        let parts = (2 * members - 2).max(1);
        self.scale = cost.max(self.scale - self.scale / FADES);
        let whole = self.sum * self.scale;
        // The bits of all sizes together, so at least the largest.
        let mut sizes = whole;
        for account in &mut self.accounts {
            account.credit += account.weight * self.scale;
            sizes |= account.credit ^ (account.credit >> 63);
        }
        let narrow = sizes.checked_mul(parts).is_some_and(|size| size <= 1 << 41);
        let payer =
            if narrow { self.soonest::<i64>(whole, parts) } else { self.soonest::<i128>(whole, parts) };
        let payer = payer.or_else(|| (0..self.accounts.len()).max_by_key(|&i| self.accounts[i].credit))?;
        let unspent = self.scale - cost;
        if unspent > 0 {
            self.accounts.iter_mut().for_each(|account| account.credit -= account.weight * unspent);
        }
        self.accounts[payer].credit -= self.sum * cost;
        Some(payer)
    }

    /// Of those that have earned a part of a whole, the place of the one that would reach a whole less one part
    /// first; of several, the first in the list.
    fn soonest<T>(&self, whole: i64, parts: i64) -> Option<usize>
    where
        T: Copy + Ord + From<i64> + Mul<Output = T> + Sub<Output = T>,
    {
        let (whole, parts, one, nothing) = (T::from(whole), T::from(parts), T::from(1), T::from(0));
        let goal = whole * (parts - one);
        let mut soonest: Option<(usize, T, T)> = None;
        for (place, account) in self.accounts.iter().enumerate() {
            let credit = T::from(account.credit) * parts;
            if credit < whole {
                continue;
            }
            let (missing, weight) = (goal - credit, T::from(account.weight));
            let sooner = soonest.is_none_or(|(_, least, its)| {
                if missing <= nothing && least <= nothing {
                    // Several are owed more than this answer, as dearer ones came before: the one that is owed most.
                    missing < least
                } else {
                    // missing/weight, cross-multiplied; a weight here is never zero.
                    missing * its < least * weight
                }
            });
            if sooner {
                soonest = Some((place, missing, weight));
            }
        }
        soonest.map(|(place, ..)| place)
    }

    /// Takes over who is a member now, and with which weight.
    pub fn follow(&mut self, members: &[Member], family: Family) {
        let usable =
            || members.iter().enumerate().filter(|(_, m)| m.family() == family && m.weight.is_some());
        let same = usable().count() == self.accounts.len()
            && usable().zip(&self.accounts).all(|((index, member), account)| {
                account.index == index
                    && account.weight == i64::from(member.weight.get())
                    && account.name == member.name
            });
        if same {
            return;
        }
        let sum: i64 = usable().map(|(_, member)| i64::from(member.weight.get())).sum();
        let before = std::mem::take(&mut self.accounts);
        let old = |name: &InterfaceName| before.iter().find(|account| account.name == *name);
        self.accounts = usable()
            .map(|(index, member)| Account {
                name: member.name.clone(),
                index,
                weight: i64::from(member.weight.get()),
                credit: old(&member.name).map_or(0, |old| rescale(old.credit, self.sum, sum)),
            })
            .collect();
        self.sum = sum;
        self.alone = Alone::default();
        settle(&mut self.accounts, |account| &mut account.credit);
        self.seats.follow(&self.accounts, |name| old(name).map(|account| account.index));
    }
}

/// Brings a credit from parts of one sum to parts of another.
fn rescale(credit: i64, from: i64, to: i64) -> i64 {
    let scaled = i128::from(credit) * i128::from(to) / i128::from(from.max(1));
    i64::try_from(scaled).unwrap_or(0)
}

/// Sets credits off against each other, so that their sum is zero again.
fn settle<T>(accounts: &mut [T], credit: impl Fn(&mut T) -> &mut i64) {
    let Ok(members) = i64::try_from(accounts.len()) else { return };
    if members == 0 {
        return;
    }
    let excess: i64 = accounts.iter_mut().map(|account| *credit(account)).sum();
    let (each, rest) = (excess / members, excess % members);
    for account in accounts.iter_mut() {
        *credit(account) -= each;
    }
    *credit(&mut accounts[0]) -= rest;
}

#[cfg(test)]
mod tests;
