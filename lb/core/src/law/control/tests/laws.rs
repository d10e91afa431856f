//! The laws of the law, as properties.

use super::*;
use crate::law::fill::{Vessel, fill};

const SECOND_OF_A_THOUSAND: Duration = Duration::from_millis(50);

fn rates(count: usize, part: std::ops::Range<f64>) -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(part, count..=count)
}

proptest! {
    /// What is poured, before bounds and smoothing: whoever has more room is not given less, others being the same.
    #[test]
    fn more_room_never_means_a_smaller_part(
        vessels in prop::collection::vec((0.1_f64..50.0, 0.0_f64..50.0), 1..12),
        amount in 0.01_f64..100.0,
        (wider, emptier) in (0.0_f64..20.0, 0.0_f64..1.0),
    ) {
        let mut vessels: Vec<Vessel> =
            vessels.into_iter().map(|(capacity, carried)| Vessel { capacity, carried }).collect();
        let before = fill(&vessels, amount)[0];
        vessels[0].carried *= emptier;
        vessels[0].capacity += wider;
        let after = fill(&vessels, amount)[0];
        prop_assert!(after >= before - 1e-9 * amount, "{before} became {after}: {vessels:?}");
    }

    /// Of the law as a whole, when it is not smoothed: of interfaces alike, the emptier has no smaller share.
    #[test]
    fn of_two_alike_the_emptier_has_no_smaller_share(parts in rates(6, 0.0..1.0)) {
        let mut scene = Scene::new(&[nominal(10, None); 6], &[]);
        let seen: Vec<Seen> = parts.iter().map(|part| up(10.0 * part)).collect();
        scene.see(0, &seen);
        for (one, share) in parts.iter().zip(scene.shares()) {
            for (other, others) in parts.iter().zip(scene.shares()) {
                prop_assert!(one > other || share + 1e-9 >= *others, "{parts:?}: {:?}", scene.shares());
            }
        }
    }

    #[test]
    fn no_step_moves_a_share_by_more_than_the_slew_limit(
        seconds in prop::collection::vec(rates(4, 0.5..0.98), 2..120),
    ) {
        let mut scene = Scene::four();
        let mut before: Option<Vec<f64>> = None;
        for (second, parts) in (0..).zip(&seconds) {
            let seen: Vec<Seen> = parts.iter().zip([10.0, 10.0, 25.0, 5.0]).map(|(p, c)| up(p * c)).collect();
            scene.see(second, &seen);
            let after = scene.shares().to_vec();
            let limit = scene.law.rules.pace.slew + 1e-9;
            for (before, after) in before.iter().flatten().zip(&after) {
                prop_assert!((before - after).abs() <= limit, "second {second}: {before} became {after}");
            }
            before = Some(after);
        }
    }

    /// Two cards on one instance; whatever their members show, and whether or not anybody said what they carry.
    #[test]
    fn no_group_is_promised_more_than_it_carries(
        said in (prop::option::of(1.0_f64..30.0), prop::option::of(1.0_f64..30.0), prop::option::of(1.0_f64..50.0)),
        seconds in prop::collection::vec((rates(4, 0.0..1.2), any::<[bool; 4]>()), 1..40),
    ) {
        let branch = |gigabits: Option<f64>, parent| Branch { capacity: gigabits.map(|g| g * 1.25e8), parent };
        let groups = [branch(said.0, Some(2)), branch(said.1, Some(2)), branch(said.2, None)];
        let homes = [(10, 0), (10, 0), (25, 1), (5, 1)];
        let mut scene = Scene::new(&homes.map(|(gigabits, home)| nominal(gigabits, Some(home))), &groups);
        for (second, (parts, refused)) in (0..).zip(&seconds) {
            let one = |((part, (gigabits, _)), &refused): ((&f64, &(u64, usize)), &bool)| Seen {
                refused: Some(refused),
                ..up(part * *gigabits as f64)
            };
            let seen: Vec<Seen> = parts.iter().zip(&homes).zip(refused).map(one).collect();
            scene.see(second, &seen);
            for group in 0..3 {
                let Some(most) = scene.law.group(group) else { continue };
                let inside = |lane: &usize| group == 2 || homes[*lane].1 == group;
                let sum: f64 = (0..4).filter(inside).map(|lane| scene.law.within(lane).as_f64()).sum();
                // Each is told in whole bytes.
                prop_assert!(sum <= most.as_f64() + 4.0, "group {group}: {sum} of {most}, second {second}");
            }
        }
    }

    /// As long as there is room for what is poured, no group is filled beyond what it carries.
    #[test]
    fn no_group_is_filled_beyond_what_it_carries(
        own in prop::collection::vec((0.1_f64..50.0, 0.0_f64..1.0, prop::option::of(0_usize..3)), 1..20),
        most in prop::collection::vec(0.1_f64..60.0, 3..=3),
        part in 0.0_f64..1.0,
    ) {
        let tree: Vec<Branch> =
            most.iter().map(|&most| Branch { capacity: Some(most), parent: None }).collect();
        let home: Vec<Option<usize>> = own.iter().map(|&(.., home)| home).collect();
        let mut capacities: Vec<f64> = own.iter().map(|&(capacity, ..)| capacity).collect();
        cut(&mut capacities, &home, &tree);
        let vessels: Vec<Vessel> = capacities
            .iter()
            .zip(&own)
            .map(|(&capacity, &(_, used, _))| Vessel { capacity, carried: used * capacity })
            .collect();
        let room: f64 = vessels.iter().map(|vessel| vessel.capacity - vessel.carried).sum();
        let got = fill(&vessels, part * room);
        for (group, most) in most.iter().enumerate() {
            let members = vessels.iter().zip(&got).zip(&home).filter(|(_, home)| **home == Some(group));
            let sum: f64 = members.map(|((vessel, got), _)| vessel.carried + got).sum();
            prop_assert!(sum <= most * (1.0 + 1e-9), "group {group}: {sum} of {most}");
        }
    }
}

#[test]
fn a_dead_interface_has_a_share_only_when_its_pool_fails_open() {
    let mut scene = Scene::four();
    let mut seen = [up(7.0), up(7.0), up(17.5), up(3.5)];
    seen[1] = down();
    scene.show(0..30, &seen);
    assert!(scene.shares()[1] == 0.0, "{:?}", scene.shares());
    let opened = Health { standings: vec![Standing::Down; 4], opened: Some(vec![true; 4]) };
    let sights = [Sight::default(); 4];
    scene.law.see(scene.start + Duration::from_secs(30), &sights, &[opened]);
    assert_eq!(scene.shares(), [0.2, 0.2, 0.5, 0.1]);
}

/// The bench has the figure of an optimised build; this one only fails when the work grows with the square.
#[test]
fn a_thousand_interfaces_are_weighed_in_no_time() {
    let interfaces: Vec<Nominal> = (0..1000).map(|index| nominal(1 + index % 40, None)).collect();
    let mut scene = Scene::new(&interfaces, &[]);
    let seen: Vec<Seen> = (0..1000_u32).map(|index| up(f64::from(index % 37) * 0.02)).collect();
    let mut least = Duration::MAX;
    for second in 0..30 {
        let begun = Instant::now();
        scene.see(5 * second, &seen);
        least = least.min(begun.elapsed());
    }
    assert!(least < SECOND_OF_A_THOUSAND, "{least:?}");
}

/// A million that ask twice count as resolvers: they have a rate. Yet the table does not grow, and what the law believes
/// to come stays bounded by what is measured.
#[test]
fn a_million_forged_resolvers_that_ask_twice_grow_nothing() {
    let mut scene = Scene::four();
    let healthy = [up(7.0), up(7.0), up(17.5), up(3.5)];
    for second in 0..300 {
        scene.see(second, &healthy);
        (1..=20).for_each(|real| {
            scene.tell(second, real, 2);
        });
        for forged in 0..3_400 {
            // Each asks in two seconds that follow each other; all are told the smallest interface.
            scene.tell(second, (second / 2) << 32 | 1 << 31 | forged, 3);
        }
    }
    assert!(scene.audience.known() <= 8 * 8_192, "{}", scene.audience.known());
    let load = scene.law.expected(3).as_f64() / (5.0 * 1.25e8);
    assert!((0.6..1.0).contains(&load), "{load}");
}
