mod bad_input;
mod handed;

use std::time::Duration;

use super::*;
use crate::counter::Sample;
use crate::directive::{Directive, Order};
use crate::event::{Event, Settings};
use crate::grounds::SignalKind;
use crate::http_policy::HttpPolicy;
use crate::inventory::{Group, NodeInventory};
use crate::law::audience::Arrivals;
use crate::law::redirects::Reservations;
use crate::name::{InterfaceName, ProbeId};
use crate::pool::{Members, OriginScheme, OriginTarget, ProbeRule, TtlBounds, Viewer};
use crate::report::{Failure, Outcome, Report, Timings};
use crate::state::Effect;

fn gigabits(n: u64) -> Option<BytesPerSec> {
    Some(BytesPerSec::from_bits(n * 1_000_000_000))
}

fn name(index: usize) -> InterfaceName {
    format!("eni{index}").parse().expect("a label")
}

fn probe() -> ProbeId {
    ProbeId::new("tcp", "tcp://{address}:1935")
}

/// The reference configuration's world: 10 + 10 Gbit/s on a card of 20, 25 + 5 on one of 30.
struct World {
    state: State,
    now: Instant,
    sent: [u64; 4],
}

impl World {
    fn new() -> Self {
        let mut world = Self { state: State::new(), now: Instant::now(), sent: [0; 4] };
        let group = |name: &str, n| Group { name: name.parse().expect("a label"), capacity: gigabits(n) };
        world.apply(Event::Configured(Settings {
            pools: vec![Pool {
                name: "live".parse().expect("a label"),
                hostname: "live.stream.test".parse().expect("a host name"),
                members: Members::All,
                ttl: TtlBounds::new(Ttl::from_secs(5), Ttl::from_secs(30)).expect("ordered"),
                answer_count: 2,
                private_clients: vec!["10.0.0.0/8".parse().expect("a network")],
                origin: OriginTarget { scheme: OriginScheme::Http, port: 1935, https_port: None },
                http: HttpPolicy::default(),
                viewer: Viewer::default(),
                probes: vec![ProbeRule { id: probe(), rise: 2, fall: 2 }],
            }],
            groups: vec![group("card0", 20), group("card1", 30)],
        }));
        world.apply(Event::Inventory(inventory()));
        world
    }

    fn apply(&mut self, event: Event) -> Effect {
        self.state.apply(event, self.now)
    }

    fn report(&mut self, index: usize, outcome: Outcome) -> Effect {
        self.apply(Event::Report(Report {
            pool: "live".parse().expect("a label"),
            interface: name(index),
            probe: probe(),
            outcome,
            timings: Timings::default(),
        }))
    }

    /// All pass, and their slow start is over.
    fn all_pass(mut self) -> Self {
        (0..4).for_each(|index| {
            self.report(index, Outcome::Pass);
        });
        self.pass(15);
        self
    }

    fn order(&mut self, index: usize, directive: Directive, until: Option<Instant>) {
        let order = Order { directive, reason: "test".to_owned(), until };
        self.apply(Event::Ordered(name(index), order));
    }

    /// Lets interfaces send at these rates, in Gbit/s, for so many seconds; those without one give no samples.
    fn send(&mut self, seconds: u64, rates: [Option<u64>; 4]) {
        for _ in 0..seconds {
            self.now += Duration::from_secs(1);
            for (index, rate) in rates.iter().enumerate() {
                let Some(rate) = rate.and_then(gigabits) else { continue };
                self.sent[index] += rate.get();
                let sample = Sample {
                    at: self.now,
                    transmitted: self.sent[index],
                    received: 0,
                    connections: Some(7),
                    refused: Some(0),
                    tcp: None,
                };
                self.apply(Event::Sample(name(index), sample));
            }
            self.apply(Event::Tick);
        }
    }

    /// Lets so many seconds pass without a sample.
    fn pass(&mut self, seconds: u64) {
        self.send(seconds, [None; 4]);
    }

    fn pool(&self) -> PoolView {
        weigh(&self.state, self.now).pools.remove(0)
    }

    fn weights(&self) -> Vec<u32> {
        self.pool().members.iter().map(|member| member.weight.get()).collect()
    }
}

fn inventory() -> NodeInventory {
    let interface = |index: usize, n, card: &str| Interface {
        name: name(index),
        node: "edge-1".parse().expect("a label"),
        address: format!("127.0.0.1{}", index + 1).parse().expect("an address"),
        public_address: format!("198.51.100.1{}", index + 1).parse().expect("an address"),
        device: Some("lo".to_owned()),
        capacity: gigabits(n),
        group: card.parse().expect("a label"),
        cloud: None,
    };
    NodeInventory {
        node: "edge-1".parse().expect("a label"),
        interfaces: vec![
            interface(0, 10, "card0"),
            interface(1, 10, "card0"),
            interface(2, 25, "card1"),
            interface(3, 5, "card1"),
        ],
        left_out: Vec::new(),
    }
}

#[test]
fn healthy_interfaces_share_by_headroom() {
    let mut world = World::new().all_pass();
    assert_eq!(world.weights(), [2000, 2000, 5000, 1000]);
    world.send(60, [Some(1), Some(1), Some(15), Some(0)]);
    let weights = world.weights();
    assert!(weights[2] < 3000 && weights[0] > 2000 && weights[0] == weights[1], "{weights:?}");
    let pool = world.pool();
    assert_eq!(pool.reason, Reason::Headroom);
    let grounds = pool.members[2].grounds;
    let wanted = gigabits(15).expect("given").as_f64();
    assert!((grounds.expected.as_f64() / wanted - 1.0).abs() < 0.1, "{grounds:?}");
    assert_eq!(grounds.room().get(), grounds.capacity.get() - grounds.expected.get());
}

#[test]
fn one_that_was_measured_and_falls_silent_is_told_as_stale() {
    let mut world = World::new().all_pass();
    world.send(30, [Some(5); 4]);
    let stale = |world: &World| {
        let view = weigh(&world.state, world.now).interfaces.remove(1);
        view.law.signals.iter().filter(|signal| signal.is_stale).map(|signal| signal.kind).collect::<Vec<_>>()
    };
    assert_eq!(stale(&world), []);
    world.send(10, [Some(5), None, Some(5), Some(5)]);
    assert_eq!(stale(&world), [SignalKind::Rate, SignalKind::Connections, SignalKind::Refusals]);
    world.send(200, [Some(5), None, Some(5), Some(5)]);
    assert_eq!(world.pool().members[1].grounds.limit, Limit::Unmeasured);
    world.pass(260);
    assert_eq!((world.pool().reason, world.weights()), (Reason::Unmeasured, vec![2000, 2000, 5000, 1000]));
}

#[test]
fn one_that_fails_gets_nothing_and_comes_back_after_rise() {
    let mut world = World::new().all_pass();
    let fail = || Outcome::Fail(Failure::Refused);
    assert_eq!(world.report(0, fail()), Effect::Publish, "it wavers: the time to live shrinks");
    assert_eq!((world.weights()[0], world.pool().ttl), (2000, Ttl::from_secs(5)));
    assert_eq!(world.report(0, fail()), Effect::Publish);
    assert_eq!(world.weights()[0], 0);
    world.report(0, Outcome::Pass);
    assert_eq!(world.weights()[0], 0);
    world.report(0, Outcome::Pass);
    assert!((1..1000).contains(&world.weights()[0]), "it starts slowly");
    assert_eq!(world.pool().members[0].grounds.limit, Limit::SlowStart);
    world.pass(15);
    assert_eq!(world.weights()[0], 2000);
}

#[test]
fn answers_are_short_lived_before_a_verdict_flips_and_until_it_has_settled() {
    let mut world = World::new().all_pass();
    let (shortest, longest) = (Ttl::from_secs(5), Ttl::from_secs(30));
    let ttl_after = |world: &mut World, seconds| {
        world.pass(seconds);
        world.pool().ttl
    };
    assert_eq!(ttl_after(&mut world, 104), shortest, "all came up 119 s ago");
    assert_eq!(ttl_after(&mut world, 1), longest);
    world.report(0, Outcome::Fail(Failure::Refused));
    assert_eq!(ttl_after(&mut world, 0), shortest, "one may go down");
    world.report(0, Outcome::Pass);
    assert_eq!(ttl_after(&mut world, 0), longest, "it did not");
    world.report(0, Outcome::Fail(Failure::Refused));
    world.report(0, Outcome::Fail(Failure::Refused));
    assert_eq!(ttl_after(&mut world, 119), shortest, "its viewers come back");
    assert_eq!(ttl_after(&mut world, 1), longest);
}

#[test]
fn before_any_report_all_are_answered_and_the_reason_is_said() {
    let pool = World::new().pool();
    assert_eq!(pool.reason, Reason::NotProbedYet);
    assert!(pool.members.iter().all(|member| member.weight.is_some()));
}

#[test]
fn one_that_was_never_probed_waits_while_another_plays() {
    let mut world = World::new();
    world.report(1, Outcome::Pass);
    assert_eq!(world.weights(), [0, 10_000, 0, 0]);
}

#[test]
fn when_all_fail_all_are_answered_by_capacity_and_the_reason_is_said() {
    let mut world = World::new();
    world.send(20, [None, None, Some(25), None]);
    (0..4).for_each(|index| {
        world.report(index, Outcome::Fail(Failure::NoMedia));
    });
    assert_eq!(world.weights(), [2000, 2000, 5000, 1000]);
    assert_eq!((world.pool().reason, world.pool().ttl), (Reason::NothingHealthy, Ttl::from_secs(5)));
}

#[test]
fn an_order_and_a_verdict_do_not_hide_each_other() {
    let mut world = World::new().all_pass();
    world.order(2, Directive::Drain, None);
    let pool = world.pool();
    assert_eq!((pool.members[2].weight, pool.members[2].verdict), (Weight::ZERO, Verdict::Up));
    assert_eq!(pool.members[2].grounds.limit, Limit::Drained);
    world.order(2, Directive::Auto, None);
    world.pass(30);
    assert!(world.weights()[2] > 4700, "{:?}", world.weights());
}

#[test]
fn one_that_plays_and_is_ordered_down_is_not_said_to_be_drained() {
    let mut world = World::new().all_pass();
    world.order(2, Directive::Down, None);
    let pool = world.pool();
    assert_eq!((pool.members[2].weight, pool.members[2].verdict), (Weight::ZERO, Verdict::Up));
    assert_eq!(pool.members[2].grounds.limit.to_string(), "it was ordered down");
    (0..3).for_each(|_| {
        world.report(2, Outcome::Fail(Failure::Refused));
    });
    assert_eq!(world.pool().members[2].grounds.limit.to_string(), "it does not play");
}

#[test]
fn an_order_ends_by_itself() {
    let mut world = World::new().all_pass();
    world.order(0, Directive::Drain, Some(world.now + Duration::from_secs(60)));
    assert_eq!(world.weights()[0], 0);
    world.now += Duration::from_secs(60);
    assert_eq!(world.apply(Event::Tick), Effect::Publish);
    assert!(world.weights()[0] > 0);
    assert_eq!(world.state.orders().count(), 0);
}

#[test]
fn one_that_is_ordered_up_is_answered_though_its_probes_fail() {
    let mut world = World::new().all_pass();
    (0..4).for_each(|index| {
        world.report(index, Outcome::Fail(Failure::Refused));
        world.report(index, Outcome::Fail(Failure::Refused));
    });
    world.order(3, Directive::Up, None);
    assert_eq!(world.weights(), [0, 0, 0, 10_000]);
}

#[test]
fn what_is_drained_yet_plays_is_better_than_what_is_dead() {
    let mut world = World::new().all_pass();
    world.order(1, Directive::Drain, None);
    for index in [0, 2, 3] {
        world.report(index, Outcome::Fail(Failure::Refused));
        world.report(index, Outcome::Fail(Failure::Refused));
    }
    assert_eq!(world.weights(), [0, 10_000, 0, 0]);
    assert_eq!(world.pool().reason, Reason::OnlyDrainedPlay);
}

#[test]
fn one_that_is_ordered_down_is_the_last_to_be_answered() {
    let mut world = World::new();
    for index in 0..4 {
        world.report(index, Outcome::Fail(Failure::Refused));
    }
    world.order(0, Directive::Down, None);
    assert_eq!(world.weights()[0], 0);
    (1..4).for_each(|index| world.order(index, Directive::Down, None));
    assert!(world.weights().iter().all(|&weight| weight > 0));
}

#[test]
fn a_new_inventory_keeps_what_is_known_of_the_interfaces_that_stay() {
    let mut world = World::new().all_pass();
    let mut fewer = inventory();
    fewer.interfaces.remove(3);
    assert_eq!(world.apply(Event::Inventory(fewer.clone())), Effect::Publish);
    assert_eq!(world.apply(Event::Inventory(fewer)), Effect::Wait, "the same again changes nothing");
    assert_eq!(world.weights(), [2222, 2222, 5556]);
    world.apply(Event::Inventory(inventory()));
    assert_eq!(world.weights()[3], 0, "one that returns is probed first");
}

#[test]
fn one_that_moves_to_another_address_is_judged_anew() {
    let mut world = World::new().all_pass();
    let mut moved = inventory();
    moved.interfaces[0].address = "127.0.0.99".parse().expect("an address");
    world.apply(Event::Inventory(moved));
    assert_eq!(world.pool().members[0].verdict, Verdict::Unknown);
}

#[test]
fn a_reload_keeps_verdicts_of_probes_that_stay() {
    let mut world = World::new().all_pass();
    let mut settings = world.state.settings().clone();
    settings.pools[0].probes[0].fall = 5;
    settings.pools[0].ttl = TtlBounds::new(Ttl::from_secs(1), Ttl::from_secs(2)).expect("ordered");
    assert_eq!(world.apply(Event::Configured(settings.clone())), Effect::Publish);
    assert_eq!(world.apply(Event::Configured(settings)), Effect::Wait);
    assert!(world.pool().members.iter().all(|member| member.verdict == Verdict::Up));
}

#[test]
fn a_rate_without_fresh_samples_is_unknown() {
    let mut world = World::new().all_pass();
    world.send(20, [Some(8), None, None, None]);
    assert!(weigh(&world.state, world.now).interfaces[0].rate.is_some());
    world.now += Duration::from_secs(6);
    let view = weigh(&world.state, world.now).interfaces.remove(0);
    assert_eq!((view.rate, view.connections), (None, None));
}

#[test]
fn names_are_found_as_pool_and_as_interface_below_it() {
    use crate::snapshot::Found;
    let world = World::new();
    let snapshot = weigh(&world.state, world.now);
    assert!(matches!(snapshot.find("live.stream.test"), Some(Found::Pool(_))));
    assert!(matches!(snapshot.find("eni3.live.stream.test"), Some(Found::Interface(_, m)) if m.index == 3));
    assert_eq!(snapshot.find("eni9.live.stream.test"), None);
    assert_eq!(snapshot.find("stream.test"), None);
}

#[test]
fn private_clients_are_told_the_address_that_is_bound() {
    let pool = World::new().pool();
    let told =
        |client: &str| pool.members[0].address_for(&pool, client.parse().expect("an address")).to_string();
    assert_eq!(told("10.1.2.3"), "127.0.0.11");
    assert_eq!(told("::ffff:10.1.2.3"), "127.0.0.11");
    assert_eq!(told("192.0.2.1"), "198.51.100.11");
}
