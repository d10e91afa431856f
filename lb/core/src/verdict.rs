//! One judge for each probe of each interface of a pool: reports in, verdict out, with hysteresis.
//!
//! ```text
//!             first pass                      `fall` failures in a row
//!  Unknown ───────────────► Up ─────────────────────────────────────────► Down
//!     │                      ▲                                             │ ▲
//!     │                      └─────────────────────────────────────────────┘ │
//!     │                             `rise` passes in a row                   │
//!     └──────────────────────────────────────────────────────────────────────┘
//!             first failure
//! ```
//!
//! The first report decides at once, as in gdnsd: at the start there is no history to be careful about. A warning
//! counts neither way: it leaves what speaks against the verdict as it is.

use std::fmt;
use std::time::Instant;

use crate::pool::ProbeRule;
use crate::report::{Outcome, Timings};
use crate::snapshot::ProbeView;

/// What the probes say of an interface.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// No report yet.
    #[default]
    Unknown,
    /// It plays.
    Up,
    /// It does not.
    Down,
}

/// Judges the reports of one probe of one interface.
#[derive(Clone, Debug, Default)]
pub struct Judge {
    verdict: Verdict,
    /// Reports in a row that speak against the verdict.
    contrary: u32,
    since: Option<Instant>,
    last: Option<(Instant, Outcome, Timings)>,
}

impl Judge {
    /// What it says now.
    pub fn verdict(&self) -> Verdict {
        self.verdict
    }

    /// Whether reports speak against the verdict, so that it may flip soon.
    pub fn wavers(&self) -> bool {
        self.contrary > 0
    }

    /// Takes a report.
    pub fn hear(&mut self, rule: &ProbeRule, outcome: Outcome, timings: Timings, now: Instant) {
        let says = match outcome {
            Outcome::Pass => Some(Verdict::Up),
            Outcome::Fail(_) => Some(Verdict::Down),
            Outcome::Warn(_) => None,
        };
        self.last = Some((now, outcome, timings));
        match says {
            Some(said) if said == self.verdict => self.contrary = 0,
            Some(said) => {
                self.contrary = self.contrary.saturating_add(1);
                if self.contrary >= self.needed(rule) {
                    (self.verdict, self.contrary, self.since) = (said, 0, Some(now));
                }
            }
            None => {}
        }
    }

    /// Contrary reports in a row that flip the verdict.
    fn needed(&self, rule: &ProbeRule) -> u32 {
        match self.verdict {
            Verdict::Unknown => 1,
            Verdict::Up => rule.fall.max(1),
            Verdict::Down => rule.rise.max(1),
        }
    }

    /// What people are shown of it.
    pub(crate) fn view(&self, rule: &ProbeRule) -> ProbeView {
        let (reported, last, timings) = match &self.last {
            Some((at, outcome, timings)) => (Some(*at), Some(outcome.clone()), *timings),
            None => (None, None, Timings::default()),
        };
        ProbeView {
            id: rule.id.clone(),
            verdict: self.verdict,
            last,
            timings,
            reported,
            since: self.since,
            contrary: self.contrary,
        }
    }
}

impl Verdict {
    /// The worst of several probes' verdicts: one failing probe is enough. Without any probe an interface is up.
    pub fn worst(verdicts: impl IntoIterator<Item = Self>) -> Self {
        verdicts.into_iter().fold(Self::Up, |worst, verdict| match (worst, verdict) {
            (Self::Down, _) | (_, Self::Down) => Self::Down,
            (Self::Unknown, _) | (_, Self::Unknown) => Self::Unknown,
            (Self::Up, Self::Up) => Self::Up,
        })
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Unknown => "unknown",
            Self::Up => "up",
            Self::Down => "down",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::name::ProbeId;
    use crate::report::Failure;
    use proptest::prelude::*;

    fn rule(rise: u32, fall: u32) -> ProbeRule {
        ProbeRule { id: ProbeId::new("tcp", "tcp://{address}:1935"), rise, fall }
    }

    fn hear(judge: &mut Judge, rule: &ProbeRule, outcome: Outcome) -> Verdict {
        judge.hear(rule, outcome, Timings::default(), Instant::now());
        judge.verdict()
    }

    #[test]
    fn the_first_report_decides() {
        let fail = || Outcome::Fail(Failure::Refused);
        assert_eq!(hear(&mut Judge::default(), &rule(3, 3), Outcome::Pass), Verdict::Up);
        assert_eq!(hear(&mut Judge::default(), &rule(3, 3), fail()), Verdict::Down);
    }

    #[test]
    fn a_warning_neither_fails_nor_clears() {
        let rule = rule(1, 2);
        let mut judge = Judge::default();
        hear(&mut judge, &rule, Outcome::Pass);
        assert_eq!(hear(&mut judge, &rule, Outcome::Fail(Failure::Refused)), Verdict::Up);
        assert_eq!(hear(&mut judge, &rule, Outcome::Warn(Failure::NoMedia)), Verdict::Up);
        assert_eq!(hear(&mut judge, &rule, Outcome::Fail(Failure::Refused)), Verdict::Down);
    }

    proptest! {
        /// A slow restatement of the rule: the verdict flips exactly when the last `rise` or `fall` reports agree.
        #[test]
        fn a_verdict_flips_after_as_many_reports_in_a_row_as_the_rule_says(
            rise in 1_u32..5, fall in 1_u32..5, passes in prop::collection::vec(any::<bool>(), 1..200),
        ) {
            let rule = rule(rise, fall);
            let mut judge = Judge::default();
            let mut expected = if passes[0] { Verdict::Up } else { Verdict::Down };
            for (end, &pass) in passes.iter().enumerate() {
                let outcome = if pass { Outcome::Pass } else { Outcome::Fail(Failure::Refused) };
                let (needed, contrary) = match expected {
                    Verdict::Up => (fall, false),
                    _ => (rise, true),
                };
                let run = passes[..=end].iter().rev().take_while(|&&p| p == contrary).count();
                if run >= needed as usize {
                    expected = if contrary { Verdict::Up } else { Verdict::Down };
                }
                prop_assert_eq!(hear(&mut judge, &rule, outcome), expected);
            }
        }

        #[test]
        fn one_probe_that_fails_is_enough(verdicts in prop::collection::vec(0_u8..3, 0..6)) {
            let verdicts: Vec<_> = verdicts
                .into_iter()
                .map(|v| [Verdict::Unknown, Verdict::Up, Verdict::Down][usize::from(v)])
                .collect();
            let worst = Verdict::worst(verdicts.iter().copied());
            prop_assert_eq!(worst == Verdict::Down, verdicts.contains(&Verdict::Down));
            prop_assert_eq!(worst == Verdict::Up, verdicts.iter().all(|&v| v == Verdict::Up));
        }
    }
}
