//! What resolvers are told, as the desk gets to know them.

use std::net::Ipv4Addr;
use std::time::Duration;

use weir_core::{BytesPerSec, Lost};

use super::*;
use crate::kit;

/// A desk, and the pool `live` with even weights and times to live from 5 to 20 seconds.
struct Scene {
    desk: Desk,
    snapshot: Snapshot,
    start: Instant,
}

impl Scene {
    fn new() -> Self {
        let mut snapshot = kit::snapshot([1, 1, 1, 1]);
        let pool = &mut snapshot.pools[0];
        pool.ttl = pool.steering.longest_ttl;
        Self { desk: Desk::default(), snapshot, start: Instant::now() }
    }

    /// What a resolver is told at a moment, in seconds.
    fn ask(&self, resolver: u32, at: f64) -> (Vec<usize>, u32) {
        let turn = Turn {
            pool: &self.snapshot.pools[0],
            generation: None,
            family: Family::V4,
            client: IpAddr::V4(Ipv4Addr::from_bits(resolver)),
            now: self.start + Duration::from_secs_f64(at),
        };
        let (picked, ttl) = self.desk.pick(turn);
        (picked, ttl.as_secs())
    }

    fn brought(&self, at: f64) -> PoolBrought {
        let now = self.start + Duration::from_secs_f64(at);
        self.desk.brought(&self.snapshot, now).remove(0)
    }
}

#[test]
fn one_with_many_viewers_is_told_a_shorter_time_than_one_with_few() {
    let scene = Scene::new();
    assert_eq!(scene.ask(1, 0.0).1, 20, "nothing is known of a newcomer");
    // The first waits a second beyond each answer, the second half a minute: ten viewers are there in ten seconds.
    let (mut now, mut busy, mut idle) = (0.0, 20, 20);
    for _ in 0..40 {
        now += f64::from(busy) + 1.0;
        busy = scene.ask(1, now).1;
    }
    for round in 0..40 {
        idle = scene.ask(2, 50.0 * f64::from(round)).1;
    }
    assert!((9..=11).contains(&busy) && idle == 20, "{busy} {idle}");
}

#[test]
fn what_answers_brought_is_told_once() {
    let scene = Scene::new();
    for round in 0..20 {
        scene.ask(1, 25.0 * f64::from(round));
    }
    let viewers =
        |brought: &PoolBrought| brought.to.iter().map(|(_, arrivals)| arrivals.viewers).sum::<f64>();
    let first = scene.brought(480.0);
    assert_eq!(first.pool.as_str(), "live");
    assert_eq!(
        first.to.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(),
        ["eni0", "eni1", "eni2", "eni3"]
    );
    assert!(viewers(&first) >= 20.0 && first.viewers_per_second > 0.1, "{first:?}");
    // Later only what the answer that is still valid brings.
    let second = scene.brought(481.0);
    assert!((viewers(&second) - first.viewers_per_second).abs() < 0.01, "{second:?}");
}

#[test]
fn when_nothing_plays_all_are_named_in_turn_whatever_was_owed() {
    let mut scene = Scene::new();
    for round in 0..20 {
        scene.ask(1, 25.0 * f64::from(round));
    }
    // The only resolver lost all of its viewers, so whoever is named next owes for all of them.
    let lost = |member| Lost { serial: 1, member, load: BytesPerSec::new(90_000_000), inflow: 100_000.0 };
    let (told, _) = scene.ask(1, 500.0);
    scene.snapshot.pools[0].steering.losses.push(lost(told[0]));
    scene.ask(1, 600.0);
    scene.snapshot.pools[0].reason = weir_core::Reason::NothingHealthy;
    let mut counts = [0; 4];
    (0..20).for_each(|_| counts[scene.ask(1, 601.0).0[0]] += 1);
    assert_eq!(counts, [5; 4]);
}

#[test]
fn forged_resolvers_use_up_nobodys_turn() {
    let scene = Scene::new();
    let mut counts = [0; 4];
    for round in 0..400 {
        for forged in 0..7 {
            scene.ask(1000 + round * 7 + forged, f64::from(round) * 25.0);
        }
        counts[scene.ask(1, f64::from(round) * 25.0).0[0]] += 1;
    }
    assert!(kit::follow(&counts, &[1, 1, 1, 1]), "{counts:?}");
}

#[test]
fn viewers_of_a_dead_interface_come_back_where_their_resolver_points_or_cost_its_next_answer() {
    let mut scene = Scene::new();
    for round in 0..20 {
        scene.ask(1, 25.0 * f64::from(round));
    }
    let (told, _) = scene.ask(1, 500.0);
    scene.brought(500.0);
    let (load, inflow) = (BytesPerSec::new(10_000_000), 50_000.0);
    let lost = Lost { serial: 1, member: told[0], load, inflow };
    scene.snapshot.pools[0].steering.losses.push(lost);
    let saved = |brought: &PoolBrought| brought.to.iter().map(|(_, to)| to.saved).collect::<Vec<_>>();
    let after = saved(&scene.brought(501.0));
    assert!(after[told[1]] > 0.0 && after[told[0]] == 0.0, "{after:?}");
    assert_eq!(saved(&scene.brought(502.0)), [0.0; 4], "it is told once");
}
