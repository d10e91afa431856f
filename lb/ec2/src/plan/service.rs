//! Serving and ceasing to serve: the node's pools healthy before viewers come, viewers gone before a stop.

use std::time::Duration;

use jiff::Timestamp;

use super::draft::Draft;
use super::power::{after, signed};
use super::{Action, AlarmKind, Condition, Facts};
use crate::observed::{Instance, Node, NodeInterface, NodeState, Order};

/// A drain outlives the wait for viewers by this: should nobody come back to stop the instance, its viewers do.
const DRAIN_OUTLIVES: Duration = Duration::from_secs(3600);

/// The node is healthy, and what we drained serves again.
pub(super) fn serve(facts: &Facts<'_>, instance: &Instance, draft: &mut Draft<'_>) {
    if facts.desired.node.is_none() {
        return;
    }
    let until = after(instance.launched.unwrap_or(facts.now), facts.desired.ready_within);
    if !instance.state.is_up() {
        // What its node will say is not known yet.
        let until = after(facts.now, facts.desired.ready_within);
        return draft.wait(Condition::Ready { until }, "its stream has to play before viewers come");
    }
    match facts.node() {
        Node::Answers(state) => lift_and_wait(facts, state, until, draft),
        Node::NotAsked => draft.wait(Condition::Ready { until }, "its node has not been asked yet"),
        Node::Silent { why } if facts.now < until => {
            draft.wait(Condition::Ready { until }, format!("its node does not answer yet: {why}"));
        }
        Node::Silent { why } => draft.alarm(
            AlarmKind::NodeSilent,
            format!("{} runs, but its node does not answer: {why}", facts.desired.name),
        ),
    }
}

fn lift_and_wait(facts: &Facts<'_>, state: &NodeState, until: Timestamp, draft: &mut Draft<'_>) {
    let ours = |interface: &&NodeInterface| matches!(interface.order, Order::DrainedByUs { .. });
    let drained: Vec<&NodeInterface> = state.interfaces.iter().filter(ours).collect();
    let (up, waiting): (Vec<_>, Vec<_>) = drained.into_iter().partition(|interface| interface.is_up);
    if !up.is_empty() {
        draft.act(lift(facts, &up), "it is to serve, and they play");
    }
    let troubles = state.troubles.join("; ");
    if facts.now < until {
        if !waiting.is_empty() {
            draft
                .wait(Condition::Ready { until }, format!("not playing yet: {}", names(&waiting).join(", ")));
            draft.act_in_order(lift(facts, &waiting), "they are drained until they play");
        } else if !state.troubles.is_empty() {
            draft.wait(Condition::Ready { until }, troubles);
        }
        return;
    }
    if !waiting.is_empty() {
        let waiting = names(&waiting).join(", ");
        let text = format!("{}: {waiting} stay drained, as they do not play", facts.desired.name);
        draft.alarm(AlarmKind::NotReady, text);
    }
    if !state.troubles.is_empty() {
        draft.alarm(AlarmKind::NotReady, format!("{} is not healthy: {troubles}", facts.desired.name));
    }
}

fn lift(facts: &Facts<'_>, interfaces: &[&NodeInterface]) -> Action {
    Action::Lift { node: facts.desired.name.clone(), interfaces: names(interfaces) }
}

/// Its node sends nobody any more, and those who are there have left or have had their time.
pub(super) fn empty(facts: &Facts<'_>, instance: &Instance, because: &str, draft: &mut Draft<'_>) {
    if facts.desired.node.is_none() {
        return;
    }
    let below = facts.desired.drain.below_viewers;
    match facts.node() {
        Node::Answers(state) => {
            let serving: Vec<_> =
                state.interfaces.iter().filter(|interface| interface.order == Order::None).collect();
            if !serving.is_empty() {
                let until = after(after(facts.now, facts.desired.drain.at_most), DRAIN_OUTLIVES);
                let interfaces = names(&serving);
                draft.act_in_order(
                    Action::Drain { node: facts.desired.name.clone(), interfaces, until },
                    because,
                );
            }
            let viewers = viewers(state);
            let until = if serving.is_empty() {
                drained_until(facts, instance, state)
            } else {
                after(facts.now, facts.desired.drain.at_most)
            };
            if viewers.is_none_or(|viewers| viewers >= below) && facts.now < until {
                let there = viewers.map_or_else(
                    || "viewers are not counted there".to_owned(),
                    |viewers| format!("{viewers} are there"),
                );
                draft.wait(Condition::Drained { below, until }, there);
            }
        }
        Node::NotAsked => draft.wait(
            Condition::Drained { below, until: waited_until(facts, instance) },
            "its node has not been asked yet",
        ),
        Node::Silent { why } => {
            draft.alarm(
                AlarmKind::NodeSilent,
                format!("{} is to stop, but its node cannot be told to drain: {why}", facts.desired.name),
            );
            let until = waited_until(facts, instance);
            if facts.now < until {
                draft.wait(Condition::Drained { below, until }, "its node does not say how many are there");
            }
        }
    }
}

/// Until when viewers are waited for: the drain's own end tells when it began, so nothing has to be remembered. If all
/// was drained by others, they have their time from when the stop came to be wanted.
fn drained_until(facts: &Facts<'_>, instance: &Instance, state: &NodeState) -> Timestamp {
    let ends = state.interfaces.iter().filter_map(|interface| match interface.order {
        Order::DrainedByUs { until } => until,
        Order::None | Order::HeldByOthers => None,
    });
    match ends.max() {
        Some(end) => end.checked_sub(signed(DRAIN_OUTLIVES)).unwrap_or(Timestamp::MIN),
        None => waited_until(facts, instance),
    }
}

/// Without the node, viewers have their time from when the stop came to be wanted, or from its start if that was later.
fn waited_until(facts: &Facts<'_>, instance: &Instance) -> Timestamp {
    let began = facts.intent.since.max(instance.launched);
    began.map_or(facts.now, |began| after(began, facts.desired.drain.at_most))
}

/// Viewers of all interfaces; `None` if one does not count them.
fn viewers(state: &NodeState) -> Option<u32> {
    state.interfaces.iter().try_fold(0_u32, |sum, interface| Some(sum.saturating_add(interface.viewers?)))
}

fn names(interfaces: &[&NodeInterface]) -> Vec<String> {
    interfaces.iter().map(|interface| interface.name.clone()).collect()
}
