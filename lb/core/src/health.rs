//! Which interfaces of a pool may be picked, by verdicts and orders: the first rule that leaves any.
//!
//! 1. those that play (verdict up, or ordered up) and are not ordered away (drain, down);
//! 2. those that have not been probed, if nothing of the pool has been probed yet;
//! 3. failed open: those that play, though they are being drained;
//! 4. failed open: all that are not ordered down;
//! 5. failed open: all.
//!
//! Failing open is better than an empty answer: a probe can be wrong about all, a resolver keeps an empty answer,
//! and a viewer who is sent somewhere may still play. Then capacities decide, since the rate of a dead interface
//! says that it has all the room of the world.

use crate::directive::Directive;
use crate::law::lane::Standing;
use crate::law::split::Health;
use crate::snapshot::Reason;
use crate::verdict::Verdict;

/// What is known of one interface of a pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Condition {
    pub(crate) verdict: Verdict,
    pub(crate) directive: Directive,
}

impl Condition {
    fn plays(self) -> bool {
        self.verdict == Verdict::Up || self.directive == Directive::Up
    }

    fn is_wanted(self) -> bool {
        !matches!(self.directive, Directive::Drain | Directive::Down)
    }

    fn standing(self) -> Standing {
        match (self.plays(), self.directive) {
            (true, Directive::Auto | Directive::Up) => Standing::Up,
            (true, Directive::Drain) => Standing::Drained,
            // What is ordered down may still play for those who are there.
            (true, Directive::Down) => Standing::OrderedDown,
            (false, _) => Standing::Down,
        }
    }
}

/// Who may be picked, and why if the pool had to fail open.
pub(crate) fn health(conditions: &[Condition]) -> (Health, Option<Reason>) {
    let unprobed = conditions.iter().all(|condition| condition.verdict == Verdict::Unknown);
    type Rule<'a> = (&'a dyn Fn(Condition) -> bool, Option<Reason>);
    let rules: [Rule<'_>; 5] = [
        (&|one| one.plays() && one.is_wanted(), None),
        (&|one| unprobed && one.is_wanted(), Some(Reason::NotProbedYet)),
        (&|one| one.plays() && one.directive == Directive::Drain, Some(Reason::OnlyDrainedPlay)),
        (&|one| one.directive != Directive::Down, Some(Reason::NothingHealthy)),
        (&|_| true, Some(Reason::NothingHealthy)),
    ];
    let apply = |(rule, reason): Rule<'_>| {
        let usable: Vec<bool> = conditions.iter().copied().map(rule).collect();
        usable.contains(&true).then_some((usable, reason))
    };
    let standings = conditions.iter().map(|condition| condition.standing()).collect();
    let (usable, reason) = rules.into_iter().find_map(apply).unwrap_or_default();
    (Health { standings, opened: reason.is_some().then_some(usable) }, reason)
}
