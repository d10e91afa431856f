//! What holds in every world.

use proptest::prelude::*;
use weir_ec2::desired::Source;
use weir_ec2::intent::Power;
use weir_ec2::observed::{Attachment, Order, State};
use weir_ec2::plan::{Condition, Step};

use crate::world::{EDGE, OTHER, World, allocation, interface_id};

fn worlds() -> impl Strategy<Value = World> {
    let states = prop::sample::select(vec![State::Pending, State::Running, State::Stopping, State::Stopped]);
    let powers = prop::sample::select(vec![Power::On, Power::Off, Power::Unmanaged]);
    // For each address: the interface that it leads to, if any; for the free interface: what it hangs on.
    let leads = prop::collection::vec(prop::option::of(prop::sample::select(vec![0_u32, 2, 9])), 3);
    let hangs = prop::sample::select(vec![None, Some(EDGE), Some(OTHER)]);
    (states, powers, leads, hangs, any::<[bool; 4]>()).prop_map(|(state, power, leads, hangs, flags)| {
        let mut world = World::seed();
        world.add_other();
        world.edge_mut().state = state;
        world.edge_mut().stop_protected = Some(flags[0]);
        world.observed.interfaces[1].attachment = hangs.map(|instance| Attachment {
            instance: instance.parse().expect("it is an id"),
            device_index: 2,
            network_card: 0,
            is_settled: flags[1],
        });
        for (number, leads) in (0..).zip(leads) {
            if let Some(to) = leads {
                world.associate(&allocation(number), &interface_id(to));
            }
        }
        world.desired.interfaces.iter_mut().for_each(|interface| interface.reassociate = flags[2]);
        if flags[3] {
            world.desired.node = None;
        }
        world.intent.power = power;
        world
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// Whatever is found, doing what the plan says leads to where nothing is left to do; `settle` panics otherwise.
    #[test]
    fn what_is_done_needs_no_doing_again(mut world in worlds()) {
        world.settle();
        prop_assert!(world.plan().steps.is_empty());
        prop_assert_eq!(world.settle(), 0);
    }

    /// No plan takes the last address of an instance that runs, its own or another, but for a stop.
    #[test]
    fn no_plan_removes_the_last_address_in_service(mut world in worlds()) {
        world.settle();
        prop_assert!(!world.fell_silent);
    }

    /// From whatever is found: open leads to running, closed leads to stopped. Each pass plans from what it sees alone.
    #[test]
    fn a_day_ends_as_it_should(mut world in worlds()) {
        world.observed.interfaces[1].attachment = None;
        world.edge_mut().stop_protected = Some(false);
        world.want(Power::On, "open");
        world.settle();
        prop_assert_eq!(world.edge().state, State::Running);
        world.want(Power::Off, "closed");
        world.settle();
        prop_assert_eq!(world.edge().state, State::Stopped);
    }
}

#[test]
fn an_association_survives_a_stop_and_costs_no_call() {
    let mut world = World::seed();
    // Start, create, two attached, three associated.
    assert_eq!(world.settle(), 7);
    world.want(Power::Off, "closed");
    // Drain and stop.
    assert_eq!(world.settle(), 2);
    world.want(Power::On, "open");
    // Start, and end the drain.
    assert_eq!(world.settle(), 2);
}

#[test]
fn the_last_address_of_a_running_instance_is_not_taken() {
    let mut world = World::seed();
    world.add_other();
    world.associate(&allocation(0), &interface_id(9));
    world.desired.interfaces.iter_mut().for_each(|interface| interface.reassociate = true);
    world.settle();
    let plan = world.plan();
    assert_eq!(plan.alarms.len(), 1, "{plan}");
    assert!(plan.alarms[0].text.contains("is the last address of i-0000000000000002"), "{plan}");
}

#[test]
fn what_does_not_bear_the_tag_is_not_touched() {
    let mut world = World::seed();
    world.edge_mut().tags.clear();
    assert!(world.plan().steps.is_empty());
    let mut world = World::seed();
    world.observed.interfaces[1].tags.clear();
    world.observed.addresses[0].tags.clear();
    world.settle();
    assert_eq!(world.plan().alarms.len(), 2, "{}", world.plan());
    assert!(matches!(world.desired.interfaces[2].source, Source::Existing(_)));
    assert_eq!(world.observed.interfaces[1].attachment, None);
}

#[test]
fn what_somebody_started_after_the_hours_is_left_running() {
    let mut world = World::seed();
    world.want(Power::Off, "closed since 15:30");
    world.edge_mut().state = State::Running;
    world.edge_mut().launched = Some(world.now + jiff::SignedDuration::from_hours(2));
    world.now += jiff::SignedDuration::from_hours(3);
    world.settle();
    assert_eq!(world.edge().state, State::Running, "{}", world.plan());
    world.want(Power::Off, "closed since the next 15:30");
    world.settle();
    assert_eq!(world.edge().state, State::Stopped, "{}", world.plan());
}

#[test]
fn a_protected_instance_is_not_drained_in_vain() {
    let mut world = World::seed();
    world.settle();
    world.edge_mut().stop_protected = Some(true);
    world.want(Power::Off, "closed");
    assert_eq!(world.settle(), 0);
    assert!(world.plan().alarms[0].text.contains("--no-disable-api-stop"));
}

#[test]
fn viewers_have_their_time_where_somebody_else_drained_before() {
    let mut world = World::seed();
    world.settle();
    world.order(&Order::HeldByOthers);
    world.want(Power::Off, "closed");
    let plan = world.plan();
    let Step::Await(Condition::Drained { until, .. }) = plan.steps[0].step else { panic!("{plan}") };
    assert_eq!(until.duration_since(world.now).as_secs(), 1200, "{plan}");
}

#[test]
fn a_drain_is_not_ended_before_the_interface_plays() {
    let mut world = World::seed();
    world.settle();
    world.order(&Order::DrainedByUs { until: None });
    world.break_streams();
    let plan = world.plan();
    let codes: Vec<_> = plan.steps.iter().map(|planned| matches!(planned.step, Step::Do(_))).collect();
    // First the wait, then what follows it.
    assert_eq!(codes, [false, true], "{plan}");
}
