//! Starting and stopping.

use jiff::{SignedDuration, Timestamp};

use super::draft::Draft;
use super::{Action, AlarmKind, Condition, Facts, service, wiring};
use crate::observed::{Instance, State};

/// EC2 may have room again after so long; until then the next type of the list is tried.
const ROOM_FORGOTTEN: SignedDuration = SignedDuration::from_mins(10);

/// It is to run.
pub(super) fn serve(facts: &Facts<'_>, instance: &Instance, because: &str, draft: &mut Draft<'_>) {
    match instance.state {
        State::Running => {}
        State::Pending => draft.wait(Condition::Running, "it starts"),
        State::Stopping => {
            draft.wait(Condition::Stopped, "it still stops");
            start(facts, instance, because, draft);
        }
        State::Stopped => start(facts, instance, because, draft),
        State::ShuttingDown | State::Terminated => return,
    }
    care(facts, instance, draft);
}

/// While it runs it has its interfaces and addresses, and serves.
pub(super) fn care(facts: &Facts<'_>, instance: &Instance, draft: &mut Draft<'_>) {
    wiring::wire(facts, instance, draft);
    service::serve(facts, instance, draft);
}

/// It is to be off.
pub(super) fn stop(facts: &Facts<'_>, instance: &Instance, because: &str, draft: &mut Draft<'_>) {
    match instance.state {
        State::Running => {}
        // EC2 refuses to stop what starts (IncorrectInstanceState).
        State::Pending => draft.wait(Condition::Running, "it still starts"),
        State::Stopping => return draft.wait(Condition::Stopped, "it stops"),
        State::Stopped | State::ShuttingDown | State::Terminated => return,
    }
    if instance.stop_protected == Some(true) {
        // Draining what then goes on running would only send viewers away.
        return draft.alarm(
            AlarmKind::StopProtected,
            format!(
                "{} is protected against stops, so it is neither drained nor stopped ({because}); to let it stop: aws ec2 \
                 modify-instance-attribute --instance-id {} --no-disable-api-stop",
                instance.id, instance.id
            ),
        );
    }
    service::empty(facts, instance, because, draft);
    draft.act_in_order(Action::Stop { instance: instance.id.clone() }, because);
}

fn start(facts: &Facts<'_>, instance: &Instance, because: &str, draft: &mut Draft<'_>) {
    if let Some(to) = wanted_type(facts, instance) {
        let why = format!(
            "it is a {}; of on_no_capacity.instance_types this is the first that EC2 did not refuse lately, or the one \
             refused longest ago",
            instance.instance_type
        );
        draft.act_in_order(Action::ChangeType { instance: instance.id.clone(), to: to.to_owned() }, why);
    }
    tell_lack_of_room(facts, draft);
    draft.act_in_order(Action::Start { instance: instance.id.clone() }, because);
    draft.wait(Condition::Running, "interfaces are attached and addresses associated to what runs");
}

/// The type that it is to be started as, if it is another one: the first of the list for which there was room when
/// it was last tried, or, if there was none for any, the one that was refused longest ago.
fn wanted_type<'a>(facts: &Facts<'a>, instance: &Instance) -> Option<&'a str> {
    let types = &facts.desired.no_capacity.instance_types;
    let refused = |kind: &String| {
        let key = (facts.desired.name.clone(), kind.clone());
        let at = facts.setbacks.no_capacity.get(&key).copied();
        at.filter(|&at| facts.now.duration_since(at) < ROOM_FORGOTTEN)
    };
    let best = types.iter().find(|kind| refused(kind).is_none());
    let best = best.or_else(|| types.iter().min_by_key(|kind| refused(kind)))?;
    (*best != instance.instance_type).then_some(best.as_str())
}

fn tell_lack_of_room(facts: &Facts<'_>, draft: &mut Draft<'_>) {
    let name = &facts.desired.name;
    let refused: Vec<&str> = facts
        .setbacks
        .no_capacity
        .keys()
        .filter(|(of, _)| of == name)
        .map(|(_, kind)| kind.as_str())
        .collect();
    let wanted_since = facts.intent.since.unwrap_or(facts.now);
    let waited = facts.now.duration_since(wanted_since);
    if !refused.is_empty() && waited >= signed(facts.desired.no_capacity.give_up_after) {
        draft.alarm(
            AlarmKind::NoCapacity,
            format!(
                "EC2 has had no room for {name} as {} since {wanted_since:.0}; it is tried again, and again. Add types to \
                 on_no_capacity.instance_types, or reserve capacity",
                refused.join(", ")
            ),
        );
    }
}

/// A length of time as jiff has it; configured ones are far below its limit.
pub(super) fn signed(duration: std::time::Duration) -> SignedDuration {
    SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX)
}

/// A time after another one; the end of all times if it were later than that.
pub(super) fn after(time: Timestamp, duration: std::time::Duration) -> Timestamp {
    time.checked_add(signed(duration)).unwrap_or(Timestamp::MAX)
}
