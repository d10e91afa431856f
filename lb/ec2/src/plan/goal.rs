//! What is aimed at: what the hours want, unless somebody started the instance by hand.

use jiff::{SignedDuration, Timestamp};

use super::{Facts, Goal};
use crate::desired::StartedByHand;
use crate::intent::Power;
use crate::observed::Instance;

/// A start that we ordered just before a closing may bear a time after it: EC2 notes when it began to work on it.
const LATE_START: SignedDuration = SignedDuration::from_mins(2);

/// The goal for an instance that was found, and why.
pub(super) fn goal(facts: &Facts<'_>, instance: &Instance) -> (Goal, String) {
    let because = facts.intent.because.clone();
    match facts.intent.power {
        Power::On => (Goal::Serve, because),
        Power::Unmanaged => (Goal::Leave, because),
        Power::Off => match by_hand(facts, instance) {
            Some(launched) => (
                Goal::Leave,
                format!(
                    "{because}, but somebody started it after that, at {launched:.0}: it is left running until the next \
                     closing (started_by_hand)"
                ),
            ),
            None => (Goal::Stop, because),
        },
    }
}

/// When somebody else started it since it was to be off, if it still runs and that is respected.
fn by_hand(facts: &Facts<'_>, instance: &Instance) -> Option<Timestamp> {
    let launched = instance.launched.filter(|_| instance.state.is_up())?;
    let closed = facts.intent.since?;
    let kept = facts.desired.started_by_hand == StartedByHand::Keep;
    (kept && launched.duration_since(closed) > LATE_START).then_some(launched)
}
