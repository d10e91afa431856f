//! The law as a whole: its promises hold whatever it is shown.

use super::*;
use crate::units::Ttl;
use proptest::prelude::*;

const GIGABIT: u64 = 1_000_000_000;

fn nominal(gigabits: u64, group: Option<usize>) -> Nominal {
    Nominal { capacity: BytesPerSec::from_bits(gigabits * GIGABIT), group }
}

fn up(gigabits: f64) -> Sight {
    Sight {
        rate: Some(BytesPerSec::from_f64(gigabits * 1.25e8)),
        refused: Some(false),
        standing: Standing::Up,
    }
}

fn down() -> Sight {
    Sight { standing: Standing::Down, ..up(0.0) }
}

/// A law with interfaces of 10, 10, 25 and 5 Gbit/s.
fn law(start: Instant) -> Law {
    let interfaces = [10, 10, 25, 5].map(|gigabits| nominal(gigabits, None));
    Law::new(start, Rules::default(), &interfaces, Vec::new())
}

/// Shows the same for so many seconds from a second on.
fn show(law: &mut Law, start: Instant, seconds: std::ops::Range<u64>, sights: &[Sight]) {
    for second in seconds {
        law.see(start + Duration::from_secs(second), sights);
    }
}

#[test]
fn the_balanced_get_shares_by_capacity() {
    let start = Instant::now();
    let mut law = law(start);
    show(&mut law, start, 0..120, &[up(7.0), up(7.0), up(17.5), up(3.5)]);
    for (share, wanted) in law.shares().iter().zip([0.2, 0.2, 0.5, 0.1]) {
        assert!((share - wanted).abs() < 0.02, "{:?}", law.shares());
    }
}

#[test]
fn a_dead_interface_has_no_share_and_no_load() {
    let start = Instant::now();
    let mut law = law(start);
    let healthy = [up(7.0), up(7.0), up(17.5), up(3.5)];
    show(&mut law, start, 0..60, &healthy);
    let mut sights = healthy;
    sights[1] = down();
    show(&mut law, start, 60..61, &sights);
    assert!(law.shares()[1] == 0.0 && law.expected(1) == BytesPerSec::ZERO, "{:?}", law.shares());
}

#[test]
fn a_collapsed_interface_is_left_with_the_second_sample() {
    let start = Instant::now();
    let mut law = law(start);
    let healthy = [up(7.0), up(7.0), up(17.5), up(3.5)];
    show(&mut law, start, 0..60, &healthy);
    let mut sights = healthy;
    sights[1] = up(0.0);
    show(&mut law, start, 60..61, &sights);
    assert!(law.shares()[1] > 0.0);
    show(&mut law, start, 61..62, &sights);
    assert!(law.shares()[1] == 0.0, "{:?}", law.shares());
}

#[test]
fn one_that_is_drained_gets_nothing_and_is_no_suspect() {
    let start = Instant::now();
    let mut law = law(start);
    let mut sights = [up(7.0), up(7.0), up(17.5), up(3.5)];
    sights[2].standing = Standing::Drained;
    show(&mut law, start, 0..10, &sights);
    assert!(law.shares()[2] == 0.0 && law.expected(2) > BytesPerSec::ZERO);
}

#[test]
fn when_nothing_plays_capacities_decide() {
    let start = Instant::now();
    let mut law = law(start);
    show(&mut law, start, 0..10, &[down(); 4]);
    assert_eq!(law.shares(), [0.2, 0.2, 0.5, 0.1]);
    assert!(law.place(start, 0.5).is_some());
}

#[test]
fn a_saturated_interface_gets_nothing_while_another_has_room() {
    let start = Instant::now();
    let mut law = law(start);
    let mut sights = [up(7.0), up(7.0), up(15.0), up(3.5)];
    sights[2].refused = Some(true);
    show(&mut law, start, 0..60, &sights);
    assert!(law.shares()[2] < 1e-9, "{:?}", law.shares());
    assert_ne!(law.place(start + Duration::from_secs(60), 0.5), Some(2));
}

#[test]
fn a_group_is_promised_no_more_than_it_carries() {
    let start = Instant::now();
    let card = Branch { capacity: Some(14.0 * 1.25e8), parent: None };
    let interfaces = [nominal(10, Some(0)), nominal(10, Some(0)), nominal(25, None), nominal(5, None)];
    let mut law = Law::new(start, Rules::default(), &interfaces, vec![card]);
    show(&mut law, start, 0..300, &[up(4.9), up(4.9), up(17.5), up(3.5)]);
    let on_card = law.shares()[0] + law.shares()[1];
    assert!((on_card - 14.0 / 44.0).abs() < 0.03, "{:?}", law.shares());
}

#[test]
fn a_redirect_counts_at_once() {
    let start = Instant::now();
    let interfaces = [nominal(1, None), nominal(1, None)];
    let mut law = Law::new(start, Rules::default(), &interfaces, Vec::new());
    show(&mut law, start, 0..1, &[up(0.5), up(0.5)]);
    let placed: Vec<_> = (0..100).filter_map(|_| law.place(start, 0.5)).collect();
    assert_eq!(placed.iter().filter(|&&interface| interface == 0).count(), 50);
}

#[test]
fn a_thousand_interfaces_are_weighed_exactly() {
    let start = Instant::now();
    let card = Branch { capacity: Some(5e11), parent: None };
    let interfaces: Vec<Nominal> =
        (0..1000).map(|i| nominal(1 + i % 40, (i % 2 == 0).then_some(0))).collect();
    let mut law = Law::new(start, Rules::default(), &interfaces, vec![card]);
    let sights: Vec<Sight> = (0..1000_u32).map(|i| up(f64::from(i % 37) * 0.1)).collect();
    show(&mut law, start, 0..30, &sights);
    assert!((law.shares().iter().sum::<f64>() - 1.0).abs() < 1e-9);
}

#[test]
fn one_that_becomes_saturated_is_left_at_once_and_answers_are_short() {
    let start = Instant::now();
    let mut law = law(start);
    let mut sights = [up(7.0), up(7.0), up(17.5), up(3.5)];
    show(&mut law, start, 0..200, &sights);
    let calm = start + Duration::from_secs(199);
    assert_eq!(law.bill(calm, 7).ttl, Ttl::from_secs(30));
    sights[2] = Sight { refused: Some(true), ..up(15.0) };
    show(&mut law, start, 200..203, &sights);
    assert!(law.shares()[2] < 1e-9, "{:?}", law.shares());
    assert_eq!(law.bill(start + Duration::from_secs(203), 8).ttl, Ttl::from_secs(10));
}

/// A million forged resolvers, each of which asks once, between the questions of real ones.
#[test]
fn a_flood_of_forged_resolvers_costs_no_balance() {
    let start = Instant::now();
    let mut law = law(start);
    let healthy = [up(7.0), up(7.0), up(17.5), up(3.5)];
    let mut forged = 1_u64 << 40;
    for second in 0..600_u64 {
        let now = start + Duration::from_secs(second);
        law.see(now, &healthy);
        for real in 1..=20 {
            let bill = law.bill(now, real);
            law.told(now, real, &bill, &[2]);
        }
        for _ in 0..if second > 300 { 3400 } else { 0 } {
            forged += 1;
            let bill = law.bill(now, forged);
            assert!(bill.newcomer && bill.viewers <= 1.0);
            law.told(now, forged, &bill, &[3]);
        }
    }
    // All forged answers named the smallest one; the law believes that no more came than can have come.
    let load = law.expected(3).as_f64() / (5.0 * 1.25e8);
    assert!((0.6..1.0).contains(&load), "{load}");
}

#[test]
fn counters_that_jump_freeze_or_go_missing_leave_nobody_without_a_share() {
    let start = Instant::now();
    let mut law = law(start);
    let healthy = [up(7.0), up(7.0), up(17.5), up(3.5)];
    show(&mut law, start, 0..100, &healthy);
    let mut strange = healthy;
    strange[0] = up(1e9);
    show(&mut law, start, 100..101, &strange);
    show(&mut law, start, 101..160, &healthy);
    assert!(law.shares()[0] > 0.1, "{:?}", law.shares());
    // A clock that stalls for a minute.
    show(&mut law, start, 220..230, &healthy);
    assert!(law.shares().iter().all(|&share| share > 0.05), "{:?}", law.shares());
    strange[0].rate = None;
    show(&mut law, start, 230..300, &strange);
    assert!(law.shares()[0] > 0.1, "{:?}", law.shares());
}

#[test]
fn one_that_is_not_measured_any_more_gets_its_share_of_the_capacity() {
    let start = Instant::now();
    let mut law = law(start);
    let mut sights = [up(7.0), up(7.0), up(17.5), up(3.5)];
    show(&mut law, start, 0..100, &sights);
    sights[2].rate = None;
    show(&mut law, start, 100..1000, &sights);
    assert!((law.shares()[2] - 0.5).abs() < 0.05, "{:?}", law.shares());
    let nothing = sights.map(|sight| Sight { rate: None, ..sight });
    show(&mut law, start, 1000..1400, &nothing);
    for (share, wanted) in law.shares().iter().zip([0.2, 0.2, 0.5, 0.1]) {
        assert!((share - wanted).abs() < 0.02, "{:?}", law.shares());
    }
}

fn any_sight() -> impl Strategy<Value = Sight> {
    let standing = prop_oneof![
        6 => Just(Standing::Up),
        1 => Just(Standing::Drained),
        1 => Just(Standing::Down),
    ];
    (prop::option::of(any::<u64>()), prop::option::of(any::<bool>()), standing).prop_map(
        |(rate, refused, standing)| Sight {
            rate: rate.map(|rate| BytesPerSec::new(rate >> (rate % 64))),
            refused,
            standing,
        },
    )
}

proptest! {
    #[test]
    fn whatever_it_sees_shares_are_shares(
        seconds in prop::collection::vec((prop::collection::vec(any_sight(), 4..=4), 0_u64..90), 1..60),
        keys in prop::collection::vec(1_u64..20, 60..=60),
    ) {
        let start = Instant::now();
        let mut law = law(start);
        let mut now = start;
        for ((sights, later), key) in seconds.iter().zip(keys) {
            now += Duration::from_secs(*later);
            law.see(now, sights);
            let sum: f64 = law.shares().iter().sum();
            prop_assert!((sum - 1.0).abs() < 1e-9, "{:?}", law.shares());
            prop_assert!(law.shares().iter().all(|&share| (0.0..=1.0).contains(&share)));
            let alive = sights.iter().any(|sight| sight.standing == Standing::Up);
            for (sight, share) in sights.iter().zip(law.shares()) {
                prop_assert!(!alive || sight.standing != Standing::Down || *share == 0.0);
            }
            let bill = law.bill(now, key);
            prop_assert!(bill.viewers >= 1.0 && bill.viewers.is_finite() && bill.ttl >= Ttl::from_secs(5));
            let placed = law.place(now, 0.5).expect("there are four");
            law.told(now, key, &bill, &[placed]);
        }
    }
}
