//! A plan in the making: what can be done now comes first, what has to wait comes last.

use jiff::Timestamp;

use super::{Action, Alarm, AlarmKind, Condition, Facts, Planned, Step};

/// Steps and alarms as they are found.
#[derive(Debug)]
pub(super) struct Draft<'a> {
    facts: &'a Facts<'a>,
    steps: Vec<Planned>,
    /// Steps that failed lately, each behind its wait. They must not hold up what does not need them.
    deferred: Vec<Planned>,
    alarms: Vec<Alarm>,
}

/// Whether an action is among the steps that follow one another, so that what needs it may follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Placed {
    /// It is.
    InOrder,
    /// It failed lately and waits for its next try at the end of the plan.
    Deferred,
}

impl<'a> Draft<'a> {
    /// Nothing yet.
    pub(super) fn new(facts: &'a Facts<'a>) -> Self {
        Self { facts, steps: Vec::new(), deferred: Vec::new(), alarms: Vec::new() }
    }

    /// An action that others do not depend on: if it failed lately, it waits without holding up what follows.
    pub(super) fn act(&mut self, action: Action, because: impl Into<String>) -> Placed {
        let because = because.into();
        match self.retry_at(&action) {
            Some((at, what)) => {
                self.deferred.push(Planned { step: Step::Await(Condition::Retry { at }), because: what });
                self.deferred.push(Planned { step: Step::Do(action), because });
                Placed::Deferred
            }
            None => {
                self.steps.push(Planned { step: Step::Do(action), because });
                Placed::InOrder
            }
        }
    }

    /// An action that all that follows depends on.
    pub(super) fn act_in_order(&mut self, action: Action, because: impl Into<String>) {
        if let Some((at, what)) = self.retry_at(&action) {
            self.wait(Condition::Retry { at }, what);
        }
        self.steps.push(Planned { step: Step::Do(action), because: because.into() });
    }

    /// An action that needs one that was deferred.
    pub(super) fn act_after_deferred(&mut self, action: Action, because: impl Into<String>) {
        self.deferred.push(Planned { step: Step::Do(action), because: because.into() });
    }

    /// A wait: what comes after it is what is expected to follow.
    pub(super) fn wait(&mut self, condition: Condition, because: impl Into<String>) {
        self.steps.push(Planned { step: Step::Await(condition), because: because.into() });
    }

    /// Something for somebody to look at.
    pub(super) fn alarm(&mut self, kind: AlarmKind, text: impl Into<String>) {
        self.alarms.push(Alarm { kind, text: text.into() });
    }

    /// How many interfaces this plan attaches to a network card.
    pub(super) fn attaches_to(&self, card: u32) -> usize {
        let steps = self.steps.iter().chain(&self.deferred);
        let attaches = |planned: &&Planned| matches!(&planned.step, Step::Do(Action::Attach { network_card, .. }) if *network_card == card);
        steps.filter(attaches).count()
    }

    /// The steps in order, and the alarms.
    pub(super) fn finish(mut self) -> (Vec<Planned>, Vec<Alarm>) {
        self.steps.append(&mut self.deferred);
        (self.steps, self.alarms)
    }

    /// When an action is tried again, and what happened, if that is not now.
    fn retry_at(&mut self, action: &Action) -> Option<(Timestamp, String)> {
        let setback = self.facts.setbacks.of(&self.facts.desired.name, action)?;
        if setback.needs_somebody {
            self.alarm(AlarmKind::Step, format!("{action}: {}", setback.what));
        }
        (setback.retry_at > self.facts.now).then(|| (setback.retry_at, setback.what.clone()))
    }
}
