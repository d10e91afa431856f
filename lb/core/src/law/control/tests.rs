//! The law as a whole: its promises hold whatever it is shown.

mod laws;

use super::*;
use crate::law::audience::{Audience, Bill};
use crate::law::hidden::HiddenLoad;
use crate::law::lane::Nominal;
use crate::law::split::PoolRules;
use crate::units::Ttl;
use proptest::prelude::*;

const GIGABIT: u64 = 1_000_000_000;
const TTL: (Ttl, Ttl) = (Ttl::from_secs(5), Ttl::from_secs(30));
/// The only pool.
const LIVE: usize = 0;

/// What one second shows of an interface, and what the pool thinks of it.
#[derive(Clone, Copy, Debug)]
struct Seen {
    rate: Option<BytesPerSec>,
    refused: Option<bool>,
    resent: Option<f64>,
    standing: Standing,
}

/// A law with one pool of all interfaces, and who stands behind its answers.
struct Scene {
    law: Law,
    audience: Audience,
    start: Instant,
    told: u64,
}

impl Scene {
    fn new(interfaces: &[Nominal], groups: &[Branch]) -> Self {
        let start = Instant::now();
        let mut law = Law::new(Rules::default());
        let rules = PoolRules { lanes: (0..interfaces.len()).collect(), longest: TTL.1, viewer: None };
        law.arrange(&Layout {
            lanes: interfaces.iter().map(|&nominal| (None, nominal)).collect(),
            groups: groups.iter().map(|&branch| (None, branch)).collect(),
            pools: vec![PoolLayout { was: None, places: vec![None; interfaces.len()], rules }],
        });
        let audience = Audience::new(start, interfaces.len(), TTL.1, HiddenLoad::MOST_ROWS);
        Self { law, audience, start, told: 0 }
    }

    /// Interfaces of 10, 10, 25 and 5 Gbit/s.
    fn four() -> Self {
        Self::new(&[10, 10, 25, 5].map(|gigabits| nominal(gigabits, None)), &[])
    }

    fn at(&self, second: u64) -> Instant {
        self.start + Duration::from_secs(second)
    }

    fn see(&mut self, second: u64, seen: &[Seen]) {
        let now = self.at(second);
        self.law.hear(LIVE, &self.audience.brought(now));
        let sights: Vec<Sight> = seen
            .iter()
            .map(|seen| Sight {
                rate: seen.rate,
                refused: seen.refused,
                resent: seen.resent,
                connections: None,
            })
            .collect();
        let standings = seen.iter().map(|seen| seen.standing).collect();
        self.law.see(now, &sights, &[Health { standings, opened: None }]);
        let told = self.told;
        for loss in self.law.losses().iter().filter(|loss| loss.serial > told) {
            self.audience.storm(now, loss.lane, loss.load, loss.inflow);
            self.told = loss.serial;
        }
    }

    /// Shows the same for so many seconds from a second on.
    fn show(&mut self, seconds: std::ops::Range<u64>, seen: &[Seen]) {
        seconds.for_each(|second| self.see(second, seen));
    }

    fn shares(&self) -> &[f64] {
        self.law.shares(LIVE)
    }

    fn place(&mut self, second: u64) -> Option<usize> {
        let now = self.at(second);
        self.law.place(LIVE, now, 0.5)
    }

    fn bill(&mut self, second: u64, resolver: u64) -> Bill {
        let now = self.at(second);
        let (shortest, longest) = TTL;
        let longest = if self.law.is_restless(LIVE, now) { shortest } else { longest };
        self.audience.bill(now, resolver, (shortest, longest))
    }

    fn tell(&mut self, second: u64, resolver: u64, interface: usize) -> Bill {
        let bill = self.bill(second, resolver);
        self.audience.told(&bill, &[interface]);
        bill
    }
}

fn nominal(gigabits: u64, group: Option<usize>) -> Nominal {
    Nominal { capacity: Some(BytesPerSec::from_bits(gigabits * GIGABIT)), group }
}

fn up(gigabits: f64) -> Seen {
    Seen {
        rate: Some(BytesPerSec::from_f64(gigabits * 1.25e8)),
        refused: Some(false),
        resent: None,
        standing: Standing::Up,
    }
}

fn down() -> Seen {
    Seen { standing: Standing::Down, ..up(0.0) }
}

#[test]
fn the_balanced_get_shares_by_capacity() {
    let mut scene = Scene::four();
    scene.show(0..120, &[up(7.0), up(7.0), up(17.5), up(3.5)]);
    for (share, wanted) in scene.shares().iter().zip([0.2, 0.2, 0.5, 0.1]) {
        assert!((share - wanted).abs() < 0.02, "{:?}", scene.shares());
    }
}

#[test]
fn a_dead_interface_has_no_share_and_no_load() {
    let mut scene = Scene::four();
    let healthy = [up(7.0), up(7.0), up(17.5), up(3.5)];
    scene.show(0..60, &healthy);
    let mut sights = healthy;
    sights[1] = down();
    scene.show(60..61, &sights);
    assert!(scene.shares()[1] == 0.0 && scene.law.expected(1) == BytesPerSec::ZERO, "{:?}", scene.shares());
}

#[test]
fn a_collapsed_interface_is_left_with_the_second_sample() {
    let mut scene = Scene::four();
    let healthy = [up(7.0), up(7.0), up(17.5), up(3.5)];
    scene.show(0..60, &healthy);
    let mut sights = healthy;
    sights[1] = up(0.0);
    scene.show(60..61, &sights);
    assert!(scene.shares()[1] > 0.0);
    scene.show(61..62, &sights);
    assert!(scene.shares()[1] == 0.0, "{:?}", scene.shares());
}

#[test]
fn one_that_is_drained_gets_nothing_and_is_no_suspect() {
    let mut scene = Scene::four();
    let mut sights = [up(7.0), up(7.0), up(17.5), up(3.5)];
    sights[2].standing = Standing::Drained;
    scene.show(0..10, &sights);
    assert!(scene.shares()[2] == 0.0 && scene.law.expected(2) > BytesPerSec::ZERO);
}

#[test]
fn when_nothing_plays_capacities_decide() {
    let mut scene = Scene::four();
    scene.show(0..10, &[down(); 4]);
    assert_eq!(scene.shares(), [0.2, 0.2, 0.5, 0.1]);
    let mut placed = [0; 4];
    (0..100).filter_map(|_| scene.place(10)).for_each(|interface| placed[interface] += 1);
    assert!(placed.iter().all(|&count| count > 5) && placed[2] > 40, "{placed:?}");
}

#[test]
fn a_saturated_interface_gets_nothing_while_another_has_room() {
    let mut scene = Scene::four();
    let mut sights = [up(7.0), up(7.0), up(15.0), up(3.5)];
    sights[2].refused = Some(true);
    scene.show(0..60, &sights);
    assert!(scene.shares()[2] < 1e-9, "{:?}", scene.shares());
    assert_ne!(scene.place(60), Some(2));
}

#[test]
fn a_group_is_promised_no_more_than_it_carries() {
    let card = Branch { capacity: Some(14.0 * 1.25e8), parent: None };
    let interfaces = [nominal(10, Some(0)), nominal(10, Some(0)), nominal(25, None), nominal(5, None)];
    let mut scene = Scene::new(&interfaces, &[card]);
    scene.show(0..300, &[up(4.9), up(4.9), up(17.5), up(3.5)]);
    let on_card = scene.shares()[0] + scene.shares()[1];
    assert!((on_card - 14.0 / 44.0).abs() < 0.03, "{:?}", scene.shares());
}

#[test]
fn a_redirect_counts_at_once() {
    let mut scene = Scene::new(&[nominal(1, None), nominal(1, None)], &[]);
    scene.show(0..1, &[up(0.5), up(0.5)]);
    let placed: Vec<_> = (0..100).filter_map(|_| scene.place(0)).collect();
    assert_eq!(placed.iter().filter(|&&interface| interface == 0).count(), 50);
}

#[test]
fn a_thousand_interfaces_are_weighed_exactly() {
    let card = Branch { capacity: Some(5e11), parent: None };
    let interfaces: Vec<Nominal> =
        (0..1000).map(|i| nominal(1 + i % 40, (i % 2 == 0).then_some(0))).collect();
    let mut scene = Scene::new(&interfaces, &[card]);
    let sights: Vec<Seen> = (0..1000_u32).map(|i| up(f64::from(i % 37) * 0.1)).collect();
    scene.show(0..30, &sights);
    assert!((scene.shares().iter().sum::<f64>() - 1.0).abs() < 1e-9);
}

#[test]
fn one_that_becomes_saturated_is_left_at_once_and_answers_are_short() {
    let mut scene = Scene::four();
    let mut sights = [up(7.0), up(7.0), up(17.5), up(3.5)];
    scene.show(0..200, &sights);
    assert_eq!(scene.bill(199, 7).ttl, Ttl::from_secs(30));
    sights[2] = Seen { refused: Some(true), ..up(15.0) };
    scene.show(200..203, &sights);
    assert!(scene.shares()[2] < 1e-9, "{:?}", scene.shares());
    assert_eq!(scene.bill(203, 8).ttl, Ttl::from_secs(5));
}

/// A million forged resolvers, each of which asks once, between the questions of real ones.
#[test]
fn a_flood_of_forged_resolvers_costs_no_balance() {
    let mut scene = Scene::four();
    let healthy = [up(7.0), up(7.0), up(17.5), up(3.5)];
    let mut forged = 1_u64 << 40;
    for second in 0..600_u64 {
        scene.see(second, &healthy);
        for real in 1..=20 {
            scene.tell(second, real, 2);
        }
        for _ in 0..if second > 300 { 3400 } else { 0 } {
            forged += 1;
            let bill = scene.tell(second, forged, 3);
            assert!(bill.newcomer && bill.viewers <= 1.0);
        }
    }
    // All forged answers named the smallest one; the law believes that no more came than can have come.
    let load = scene.law.expected(3).as_f64() / (5.0 * 1.25e8);
    assert!((0.6..1.0).contains(&load), "{load}");
}

#[test]
fn counters_that_jump_freeze_or_go_missing_leave_nobody_without_a_share() {
    let mut scene = Scene::four();
    let healthy = [up(7.0), up(7.0), up(17.5), up(3.5)];
    scene.show(0..100, &healthy);
    let mut strange = healthy;
    strange[0] = up(1e9);
    scene.show(100..101, &strange);
    scene.show(101..160, &healthy);
    assert!(scene.shares()[0] > 0.1, "{:?}", scene.shares());
    // A clock that stalls for a minute.
    scene.show(220..230, &healthy);
    assert!(scene.shares().iter().all(|&share| share > 0.05), "{:?}", scene.shares());
    strange[0].rate = None;
    scene.show(230..300, &strange);
    assert!(scene.shares()[0] > 0.1, "{:?}", scene.shares());
}

#[test]
fn one_that_is_not_measured_any_more_gets_its_share_of_the_capacity() {
    let mut scene = Scene::four();
    let mut sights = [up(7.0), up(7.0), up(17.5), up(3.5)];
    scene.show(0..100, &sights);
    sights[2].rate = None;
    scene.show(100..1000, &sights);
    assert!((scene.shares()[2] - 0.5).abs() < 0.05, "{:?}", scene.shares());
    let nothing = sights.map(|sight| Seen { rate: None, ..sight });
    scene.show(1000..1400, &nothing);
    for (share, wanted) in scene.shares().iter().zip([0.2, 0.2, 0.5, 0.1]) {
        assert!((share - wanted).abs() < 0.02, "{:?}", scene.shares());
    }
}

fn any_sight() -> impl Strategy<Value = Seen> {
    let standing = prop_oneof![
        6 => Just(Standing::Up),
        1 => Just(Standing::Drained),
        1 => Just(Standing::OrderedDown),
        1 => Just(Standing::Down),
    ];
    let rate = prop::option::of(any::<u64>());
    let signs = (prop::option::of(any::<bool>()), prop::option::of(any::<f64>()));
    (rate, signs, standing).prop_map(|(rate, (refused, resent), standing)| Seen {
        rate: rate.map(|rate| BytesPerSec::new(rate >> (rate % 64))),
        refused,
        resent,
        standing,
    })
}

proptest! {
    #[test]
    fn whatever_it_sees_shares_are_shares(
        seconds in prop::collection::vec((prop::collection::vec(any_sight(), 4..=4), 0_u64..90), 1..60),
        keys in prop::collection::vec(1_u64..20, 60..=60),
    ) {
        let mut scene = Scene::four();
        let mut second = 0;
        for ((sights, later), key) in seconds.iter().zip(keys) {
            second += later;
            scene.see(second, sights);
            let sum: f64 = scene.shares().iter().sum();
            prop_assert!((sum - 1.0).abs() < 1e-9, "{:?}", scene.shares());
            prop_assert!(scene.shares().iter().all(|&share| (0.0..=1.0).contains(&share)));
            let alive = sights.iter().any(|sight| sight.standing == Standing::Up);
            for (sight, share) in sights.iter().zip(scene.shares()) {
                prop_assert!(!alive || sight.standing != Standing::Down || *share == 0.0);
            }
            let placed = scene.place(second).expect("there are four");
            let bill = scene.tell(second, key, placed);
            prop_assert!(bill.viewers >= 1.0 && bill.viewers.is_finite() && bill.ttl >= TTL.0);
        }
    }
}
