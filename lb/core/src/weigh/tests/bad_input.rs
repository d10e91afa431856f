//! Counters that lie and clocks that stall: weights stay near what they were, and nobody is left without a reason.

use super::*;

/// What the four send, in Gbit/s: six tenths of what each carries.
const STEADY: [Option<u64>; 4] = [Some(6), Some(6), Some(15), Some(3)];

/// A world that has settled.
fn settled() -> World {
    let mut world = World::new().all_pass();
    world.send(120, STEADY);
    world
}

impl World {
    /// One second in which one interface's counter reads what `lie` makes of the truth, and the others tell it.
    fn lie(&mut self, liar: usize, lie: impl Fn(u64) -> u64) {
        self.now += Duration::from_secs(1);
        for (index, rate) in STEADY.into_iter().enumerate() {
            self.sent[index] += rate.and_then(gigabits).map_or(0, BytesPerSec::get);
            let transmitted = if index == liar { lie(self.sent[index]) } else { self.sent[index] };
            let sample = Sample {
                at: self.now,
                transmitted,
                received: 0,
                connections: Some(7),
                refused: Some(0),
                tcp: None,
            };
            self.apply(Event::Sample(name(index), sample));
        }
        self.apply(Event::Tick);
    }

    /// Checks that no weight is further from its interface's part of the capacity than this.
    fn assert_near(&self, most: u32) {
        let weights = self.weights();
        let near = weights.iter().zip([2000_u32, 2000, 5000, 1000]).all(|(w, part)| w.abs_diff(part) <= most);
        assert!(near, "{weights:?}");
        assert!(weights.iter().sum::<u32>().abs_diff(10_000) <= 4, "{weights:?}");
    }

    fn expected(&self, index: usize) -> f64 {
        weigh(&self.state, self.now).interfaces[index].law.expected.as_f64() / 1.25e8
    }
}

#[test]
fn a_counter_that_jumps_moves_no_weight() {
    let mut world = settled();
    let before = world.weights();
    for jump in [1 << 40, 1 << 50, u64::MAX / 2] {
        world.lie(0, |sent| sent + jump);
        (0..10).for_each(|_| world.lie(0, |sent| sent + jump));
        world.assert_near(400);
        let rate = weigh(&world.state, world.now).interfaces[0].rate.map(|rate| rate.as_f64() / 1.25e8);
        assert!(rate.is_some_and(|rate| (5.9..6.1).contains(&rate)), "{rate:?}");
        (0..10).for_each(|_| world.lie(0, |sent| sent));
        world.assert_near(400);
    }
    let moved = world.weights().iter().zip(&before).map(|(a, b)| a.abs_diff(*b)).max();
    assert!(moved < Some(400), "{before:?} became {:?}", world.weights());
}

#[test]
fn a_counter_of_32_bits_that_wraps_every_few_seconds_tells_the_same() {
    let mut world = World::new().all_pass();
    (0..120).for_each(|_| world.lie(0, |sent| sent % (1 << 32)));
    assert!((world.expected(0) - 6.0).abs() < 0.5, "{}", world.expected(0));
    world.assert_near(400);
}

#[test]
fn a_counter_that_goes_backwards_costs_one_reading() {
    let mut world = settled();
    let start = world.sent[2];
    for _ in 0..60 {
        world.lie(2, |sent| sent - start);
        world.assert_near(400);
    }
    assert!((world.expected(2) - 15.0).abs() < 1.0, "{}", world.expected(2));
    // One that falls with every reading tells nothing: its load is expected to leave slowly.
    for step in 0..60 {
        world.lie(2, |_| (1 << 60) - (step << 50));
        world.assert_near(1500);
    }
}

/// A frozen counter and a dead interface look alike, so it is left until the probes had their time to tell.
#[test]
fn a_frozen_counter_is_suspect_for_as_long_as_probes_take() {
    let mut world = settled();
    let frozen = world.sent[2];
    (0..3).for_each(|_| world.lie(2, |_| frozen));
    assert_eq!(world.weights()[2], 0);
    assert_eq!(world.pool().members[2].grounds.limit, Limit::Suspect);
    for _ in 0..600 {
        world.lie(2, |_| frozen);
        let weights = world.weights();
        assert!([0, 1, 3].iter().all(|&other| weights[other] > 0), "{weights:?}");
    }
    assert!(world.weights()[2] > 0, "its probes pass: {:?}", world.weights());
    (0..300).for_each(|_| world.lie(2, |sent| sent));
    assert!((world.expected(2) - 15.0).abs() < 1.0, "{}", world.expected(2));
}

#[test]
fn a_clock_that_stalls_for_a_minute_moves_no_weight() {
    let mut world = settled();
    let load = world.expected(2);
    world.now += Duration::from_secs(60);
    world.apply(Event::Tick);
    world.assert_near(400);
    assert!((world.expected(2) / load - 1.0).abs() < 0.02, "{load} became {}", world.expected(2));
    // The first reading after it spans the minute and makes no rate.
    for _ in 0..30 {
        world.lie(0, |sent| sent);
        world.assert_near(400);
    }
}
