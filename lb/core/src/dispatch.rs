//! Picks by deficit instead of by dice: each interface is handed its exact share.
//!
//! The task is the chairman assignment problem: at each pick every member earns its share, and the one that is
//! picked pays one whole. R. Tijdeman, "The chairman assignment problem", Discrete Mathematics 32 (1980), gives the
//! rule that keeps each member within 1 - 1/(2n - 2) of its exact share after *every* pick: among those that have
//! earned at least 1/(2n - 2), pick the one that would reach 1 - 1/(2n - 2) first.
//!
//! Over a stretch that starts at any later pick the difference is that of its two ends, so it stays below two. No
//! rule can hold a stretch at one for all weights: that would make every member's picks a Beatty sequence, and
//! those rarely fit together (Fraenkel's conjecture; the test below searches a small case to its end).
//!
//! Refused: a random draw by weight (off by the root of the number of picks), and "largest credit first", which
//! is simpler and can be off by more than one with many members.

use crate::name::InterfaceName;
use crate::snapshot::{Family, Member, PoolView};

/// Hands out one pool's interfaces of one family in the proportion of their weights.
///
/// Credits are kept in units of 1/sum of one answer's cost; their sum is zero. One that leaves takes its credit
/// along, and the rest are set off against each other; a change of weights keeps them.
#[derive(Clone, Debug, Default)]
pub struct Dispatcher {
    accounts: Vec<Account>,
    sum: i64,
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
    /// The first one is picked by the exact rule and pays for the answer; those after it are the ones that are
    /// next in line. Nothing is pushed when no member of the family has a weight.
    pub fn pick(&mut self, pool: &PoolView, family: Family, count: usize, picked: &mut Vec<usize>) {
        self.pick_at_cost(pool, Ask { family, count, cost: 1 }, picked);
    }

    /// Like [`Dispatcher::pick`], for an answer that costs more than an ordinary one. Then no member ever has more
    /// than one answer's cost above its exact share.
    pub fn pick_at_cost(&mut self, pool: &PoolView, ask: Ask, picked: &mut Vec<usize>) {
        self.follow(&pool.members, ask.family);
        self.pick_among_followed(ask, picked);
    }

    /// Like [`Dispatcher::pick_at_cost`], without looking at the pool again: for a caller that knows that it followed
    /// these very members of this family last.
    pub fn pick_among_followed(&mut self, ask: Ask, picked: &mut Vec<usize>) {
        let Some(first) = self.charge(i64::from(ask.cost.max(1))) else { return };
        picked.push(self.accounts[first].index);
        let rest = ask.count.min(self.accounts.len());
        for _ in 1..rest {
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
    /// within a few sums times costs: all products fit an `i128`, all credits an `i64`.
    fn charge(&mut self, cost: i64) -> Option<usize> {
        let members = i64::try_from(self.accounts.len()).ok().filter(|&n| n > 0)?;
        for account in &mut self.accounts {
            account.credit += account.weight * cost;
        }
        let whole = i128::from(self.sum) * i128::from(cost);
        let parts = i128::from((2 * members - 2).max(1));
        let due = |account: &Account| i128::from(account.credit) * parts >= whole;
        // What is missing until the credit reaches (1 - 1/parts) of a whole, times parts.
        let missing = |account: &Account| whole * (parts - 1) - i128::from(account.credit) * parts;
        let sooner = |a: &Account, b: &Account| {
            // missing/weight, cross-multiplied; a weight here is never zero.
            (missing(a) * i128::from(b.weight)).cmp(&(missing(b) * i128::from(a.weight)))
        };
        let places = 0..self.accounts.len();
        let payer = places
            .clone()
            .filter(|&i| due(&self.accounts[i]))
            .min_by(|&i, &j| sooner(&self.accounts[i], &self.accounts[j]))
            .or_else(|| places.max_by_key(|&i| self.accounts[i].credit))?;
        self.accounts[payer].credit -= self.sum * cost;
        Some(payer)
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
        let credit_of = |name: &InterfaceName| {
            let old = before.iter().find(|account| account.name == *name)?;
            // Credits are parts of the old sum: bring them to parts of the new one.
            let scaled = i128::from(old.credit) * i128::from(sum) / i128::from(self.sum.max(1));
            i64::try_from(scaled).ok()
        };
        self.accounts = usable()
            .map(|(index, member)| Account {
                name: member.name.clone(),
                index,
                weight: i64::from(member.weight.get()),
                credit: credit_of(&member.name).unwrap_or(0),
            })
            .collect();
        self.sum = sum;
        self.settle();
    }

    /// Sets the credits off against each other, so that their sum is zero again.
    fn settle(&mut self) {
        let Ok(members) = i64::try_from(self.accounts.len()) else { return };
        if members == 0 {
            return;
        }
        let excess: i64 = self.accounts.iter().map(|account| account.credit).sum();
        let (each, rest) = (excess / members, excess % members);
        for account in &mut self.accounts {
            account.credit -= each;
        }
        self.accounts[0].credit -= rest;
    }
}

#[cfg(test)]
mod tests;
