//! What failed lately, what EC2 has no room for, and what does not answer.

use std::time::Duration;

use jiff::SignedDuration;
use weir_ec2::desired::NoCapacity;
use weir_ec2::intent::Power;
use weir_ec2::observed::{Node, Order};
use weir_ec2::plan::{Action, AlarmKind, Condition, Plan, Setback, Step};

use crate::world::{World, create, wanted};

/// The world, in which this action failed a moment ago and is tried again in a minute.
fn after_failure(mut world: World, code: &str, needs_somebody: bool) -> World {
    let failed =
        actions(&world.plan()).find(|action| action.code() == code).expect("it is planned").to_string();
    let retry_at = world.now + SignedDuration::from_mins(1);
    let setback = Setback { what: "EC2 did not want to".to_owned(), retry_at, needs_somebody };
    world.setbacks.actions.insert((world.desired.name.clone(), failed), setback);
    world
}

fn actions(plan: &Plan) -> impl Iterator<Item = &Action> {
    plan.steps.iter().filter_map(|planned| match &planned.step {
        Step::Do(action) => Some(action),
        Step::Await(_) => None,
    })
}

/// What is done before anything is waited for.
fn at_once(plan: &Plan) -> Vec<&'static str> {
    let until_wait = plan.steps.iter().map_while(|planned| match &planned.step {
        Step::Do(action) => Some(action.code()),
        Step::Await(_) => None,
    });
    until_wait.collect()
}

fn kinds(plan: &Plan) -> Vec<AlarmKind> {
    plan.alarms.iter().map(|alarm| alarm.kind).collect()
}

/// The world after its start, before anything is attached or associated.
fn running() -> World {
    let mut world = World::seed();
    let plan = world.plan();
    world.pass(&plan);
    world
}

#[test]
fn a_start_that_failed_is_not_tried_again_at_once() {
    let world = after_failure(World::seed(), "start", false);
    let plan = world.plan();
    assert_eq!(at_once(&plan), [""; 0], "{plan}");
    assert!(matches!(plan.steps[0].step, Step::Await(Condition::Retry { .. })), "{plan}");
}

#[test]
fn an_address_that_failed_does_not_hold_up_the_others() {
    let world = after_failure(running(), "associate", false);
    let plan = world.plan();
    assert_eq!(at_once(&plan), ["create_interface", "attach", "associate", "attach", "associate"], "{plan}");
    assert_eq!(actions(&plan).last().map(Action::code), Some("associate"), "{plan}");
}

#[test]
fn what_needs_an_interface_that_could_not_be_created_waits_with_it() {
    let world = after_failure(running(), "create_interface", false);
    let plan = world.plan();
    assert_eq!(at_once(&plan), ["associate", "attach", "associate"], "{plan}");
    let last: Vec<_> = actions(&plan).skip(3).map(Action::code).collect();
    assert_eq!(last, ["create_interface", "attach", "associate"], "{plan}");
}

#[test]
fn a_failure_that_needs_somebody_is_told_until_it_is_over() {
    let mut world = after_failure(running(), "attach", true);
    assert_eq!(kinds(&world.plan()), [AlarmKind::Step], "{}", world.plan());
    world.now += SignedDuration::from_mins(2);
    assert_eq!(kinds(&world.plan()), [AlarmKind::Step], "{}", world.plan());
    assert_eq!(at_once(&world.plan()).len(), 6, "it is tried again all the same: {}", world.plan());
}

#[test]
fn without_room_the_next_type_of_the_list_is_tried() {
    let mut world = World::seed();
    let types = ["c5.2xlarge", "c5.xlarge", "m5.xlarge"];
    let instance_types = types.map(str::to_owned).to_vec();
    world.desired.no_capacity = NoCapacity { instance_types, give_up_after: Duration::from_secs(1800) };
    let refuse = |world: &mut World, kind: &str| {
        world.now += SignedDuration::from_secs(1);
        world.setbacks.no_capacity.insert((world.desired.name.clone(), kind.to_owned()), world.now);
    };
    let becomes = |world: &World| {
        let plan = world.plan();
        actions(&plan).find_map(|action| match action {
            Action::ChangeType { to, .. } => Some(to.clone()),
            _ => None,
        })
    };
    assert_eq!(becomes(&world), None);
    refuse(&mut world, "c5.2xlarge");
    assert_eq!(becomes(&world).as_deref(), Some("c5.xlarge"));
    refuse(&mut world, "c5.xlarge");
    assert_eq!(becomes(&world).as_deref(), Some("m5.xlarge"));
    refuse(&mut world, "m5.xlarge");
    assert_eq!(becomes(&world), None, "all were refused, its own longest ago");
    // After ten minutes EC2 may have room again, and the first of the list is what it should be.
    world.edge_mut().instance_type = "m5.xlarge".to_owned();
    world.now += SignedDuration::from_mins(11);
    assert_eq!(becomes(&world).as_deref(), Some("c5.2xlarge"));
    assert_eq!(kinds(&world.plan()), []);
    world.now += SignedDuration::from_mins(20);
    assert_eq!(kinds(&world.plan()), [AlarmKind::NoCapacity]);
}

#[test]
fn no_interface_is_created_that_would_find_no_place() {
    let mut world = running();
    world.limit_interfaces(2);
    world.desired.interfaces.truncate(2);
    world.desired.interfaces.push(wanted(2, create(2)));
    let plan = world.plan();
    let created = actions(&plan).filter(|action| matches!(action, Action::CreateInterface { .. })).count();
    assert_eq!((created, kinds(&plan)), (1, vec![AlarmKind::Interface]), "{plan}");
}

#[test]
fn an_interface_that_never_plays_raises_an_alarm_and_stays_drained() {
    let mut world = World::seed();
    world.settle();
    world.order(&Order::DrainedByUs { until: None });
    world.break_streams();
    world.now += SignedDuration::from_mins(11);
    let plan = world.plan();
    assert_eq!((plan.steps.len(), kinds(&plan)), (0, vec![AlarmKind::NotReady]), "{plan}");
}

#[test]
fn a_silent_node_is_waited_for_and_then_told() {
    let mut world = World::seed();
    world.settle();
    let silent = Node::Silent { why: "connection refused".to_owned() };
    world.observed.nodes.insert(world.desired.name.clone(), silent);
    let plan = world.plan();
    assert!(
        matches!(plan.steps[..], [ref only] if matches!(only.step, Step::Await(Condition::Ready { .. }))),
        "{plan}"
    );
    world.now += SignedDuration::from_mins(11);
    let plan = world.plan();
    assert_eq!((plan.steps.len(), kinds(&plan)), (0, vec![AlarmKind::NodeSilent]), "{plan}");
}

#[test]
fn viewers_of_a_silent_node_have_their_time_and_no_more() {
    let mut world = World::seed();
    world.settle();
    world.want(Power::Off, "closed");
    let silent = Node::Silent { why: "connection refused".to_owned() };
    world.observed.nodes.insert(world.desired.name.clone(), silent);
    assert_eq!(at_once(&world.plan()), [""; 0], "{}", world.plan());
    world.now += SignedDuration::from_mins(20);
    assert_eq!(at_once(&world.plan()), ["stop"], "{}", world.plan());
    assert_eq!(kinds(&world.plan()), [AlarmKind::NodeSilent]);
}
