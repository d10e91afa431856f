use proptest::prelude::*;

use crate::dispatch::tests::{first, pool};
use crate::dispatch::{Ask, Dispatcher};
use crate::snapshot::{Family, PoolView};

/// What each member's share of the answers is to be, as a numerator and a denominator; by the words of the rule, and
/// beside how the dispatcher finds it.
fn shares(weights: &[u32], count: usize) -> Vec<(i64, i64)> {
    let all: i64 = weights.iter().map(|&weight| i64::from(weight)).sum();
    let is_heavy = |weight: u32| 2 * i64::from(weight) > all;
    if count == 2 && weights.iter().any(|&weight| is_heavy(weight)) {
        // The one that has more than half is in each answer, and alone in some.
        let share = |&weight: &u32| if is_heavy(weight) { (1, 1) } else { (2 * i64::from(weight), all) };
        return weights.iter().map(share).collect();
    }
    let mut always = vec![false; weights.len()];
    loop {
        let open = || (0..weights.len()).filter(|&place| !always[place]);
        let seats = i64::try_from(count + open().count() - weights.len()).expect("few");
        let sum: i64 = open().map(|place| i64::from(weights[place])).sum();
        let share =
            |place: usize| if always[place] { (1, 1) } else { (seats * i64::from(weights[place]), sum) };
        let too_much = open().find(|&place| share(place).0 > sum);
        let Some(place) = too_much else { return (0..weights.len()).map(share).collect() };
        always[place] = true;
    }
}

fn answer(dispatcher: &mut Dispatcher, pool: &PoolView, count: usize) -> Vec<usize> {
    let mut picked = Vec::new();
    dispatcher.pick(pool, Family::V4, count, &mut picked);
    picked
}

/// Weights of all sizes, and how many of them, but not all, an answer names.
fn cases() -> impl Strategy<Value = (Vec<u32>, usize)> {
    let weight = prop_oneof![1_u32..6, 1_u32..1 << 20, (0_u32..20).prop_map(|bit| 1 << bit)];
    (prop::collection::vec(weight, 3..20), 2_usize..9)
        .prop_map(|(weights, count)| (weights.clone(), count.min(weights.len() - 1)))
}

proptest! {
    #[test]
    fn each_is_a_member_of_its_share_of_answers_within_three((weights, count) in cases()) {
        let pool = pool(&weights);
        let shares = shares(&weights, count);
        let (mut dispatcher, mut alone) = (Dispatcher::new(), Dispatcher::new());
        let mut counts = vec![0_i64; weights.len()];
        for answers in 1..=1_000_i64 {
            let mut picked = answer(&mut dispatcher, &pool, count);
            // The first is who it would be without the others, so that its bound is the same.
            prop_assert_eq!(picked[0], first(&mut alone, &pool));
            picked.sort_unstable();
            picked.dedup();
            prop_assert!(picked.len() == count || (count == 2 && picked.len() == 1));
            picked.iter().for_each(|&index| counts[index] += 1);
            for (count, (share, whole)) in counts.iter().zip(&shares) {
                prop_assert!((count * whole - answers * share).abs() < 3 * whole);
                prop_assert!(share < whole || *count == answers);
            }
        }
    }

    #[test]
    fn with_costs_nobody_is_three_of_the_dearest_answers_off(
        (weights, count) in cases(),
        costs in prop::collection::vec(1_u32..100, 1..500),
    ) {
        let pool = pool(&weights);
        let shares = shares(&weights, count);
        let dearest = i64::from(*costs.iter().max().expect("at least one"));
        let mut dispatcher = Dispatcher::new();
        let mut paid = vec![0_i64; weights.len()];
        let mut spent = 0_i64;
        for &cost in &costs {
            let mut picked = Vec::new();
            dispatcher.pick_at_cost(&pool, Ask { family: Family::V4, count, cost }, &mut picked);
            picked.iter().for_each(|&index| paid[index] += i64::from(cost));
            spent += i64::from(cost);
            // What one that is sometimes named alone is owed comes on top: half of an answer, either way.
            for (paid, (share, whole)) in paid.iter().zip(&shares) {
                prop_assert!(2 * (paid * whole - spent * share).abs() < 7 * dearest * whole);
            }
        }
    }

    #[test]
    fn weights_and_counts_may_change_at_any_time_and_credits_stay_bounded(
        changes in prop::collection::vec(
            (prop::collection::vec(0_u32..1 << 20, 6), 1_usize..7, 0_usize..20),
            1..60,
        ),
    ) {
        let mut dispatcher = Dispatcher::new();
        for (weights, count, answers) in changes {
            let pool = pool(&weights);
            for _ in 0..answers {
                answer(&mut dispatcher, &pool, count);
            }
            let seats = &dispatcher.seats;
            if seats.count > 0 {
                prop_assert_eq!(seats.accounts.iter().map(|seat| seat.credit).sum::<i64>(), 0);
            }
            for seat in &seats.accounts {
                prop_assert!(seat.credit.abs() <= 4 * seats.unit, "{} of {}", seat.credit, seats.unit);
            }
        }
    }
}

/// How often each is the first, and a member, of so many answers.
fn counted(weights: &[u32], count: usize, answers: usize) -> (Vec<usize>, Vec<usize>) {
    let pool = pool(weights);
    let mut dispatcher = Dispatcher::new();
    let (mut firsts, mut members) = (vec![0; weights.len()], vec![0; weights.len()]);
    for _ in 0..answers {
        let picked = answer(&mut dispatcher, &pool, count);
        firsts[picked[0]] += 1;
        picked.iter().for_each(|&index| members[index] += 1);
    }
    (firsts, members)
}

/// The table of the manual.
#[test]
fn shares_as_first_and_as_member_over_one_period() {
    for (weights, count, firsts, members) in [
        (&[3, 1][..], 1, &[3, 1][..], &[3, 1][..]),
        (&[3, 1], 2, &[3, 1], &[4, 2]),
        (&[4, 3, 2, 1], 1, &[4, 3, 2, 1], &[4, 3, 2, 1]),
        (&[4, 3, 2, 1], 2, &[4, 3, 2, 1], &[8, 6, 4, 2]),
        (&[8, 1, 1], 2, &[8, 1, 1], &[10, 2, 2]),
        (&[4, 2, 1, 1], 3, &[4, 2, 1, 1], &[8, 8, 4, 4]),
    ] {
        let period = firsts.iter().sum();
        let (seen_firsts, seen_members) = counted(weights, count, period);
        assert_eq!((&seen_firsts[..], &seen_members[..]), (firsts, members), "{weights:?} {count}");
    }
}

#[test]
fn what_was_owed_to_a_member_is_not_forgotten_when_weights_change() {
    // Two of three even members: after one answer the third is owed a seat, and gets it although it weighs a bit less now.
    let mut dispatcher = Dispatcher::new();
    let named = answer(&mut dispatcher, &pool(&[1000, 1000, 1000]), 2);
    let owed = (0..3).find(|index| !named.contains(index)).expect("one is left");
    let mut weights = [1000; 3];
    weights[owed] = 990;
    assert!(answer(&mut dispatcher, &pool(&weights), 2).contains(&owed));
}
