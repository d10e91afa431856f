//! Laws of the world, whoever steers in it: nobody is lost, nothing is negative, nothing carries more than it can.

use clap::ValueEnum;

use super::super::crowd::Recipe;
use super::super::policy::{Answer, Name};
use super::super::scenario::Scenario;
use super::super::site::CAPACITY;
use super::*;
use crate::sim::policy::Sight;

const SEED: u64 = 11;

fn setting(scenario: Scenario, lag: u32) -> Setting {
    let capacity: Vec<f64> = CAPACITY.iter().map(|capacity| capacity * 0.02).collect();
    let card = scenario.card(&capacity);
    let (mean_stay, burst, ttl, resolvers, poll_every) = (600.0, 3.0, 60, 200, 60);
    let site = Site { capacity, card, ttl, mean_stay, burst, resolvers, poll_every };
    let plan = scenario.plan(&site);
    Setting { site, plan, detect_down: 6, detect_up: 10, lag, mistakes: Mistakes::default() }
}

fn crowd(setting: &Setting, load: f64) -> Crowd {
    Crowd::new(&Recipe { load, zipf: 1.0, violators: true }, &setting.site, &setting.plan, SEED)
}

impl World<'_> {
    /// Counts everybody who has come, in every way that there is.
    fn census(&self, now: u32) {
        let come = self.crowd.arrivals(now).end;
        let mut counted = [0_u32; 4];
        for viewer in 0..u32::try_from(self.statuses.len()).expect("a small crowd") {
            let Status { phase, interface } = self.statuses[index(viewer)];
            let end = self.crowd.viewers[index(viewer)].end;
            let has_place = interface != NOWHERE;
            let counts = match phase {
                Phase::Unborn => {
                    assert!(viewer >= come, "seed {SEED}, second {now}: {viewer} came and was not placed");
                    continue;
                }
                Phase::Gone => {
                    assert!(end <= now && !has_place, "seed {SEED}, second {now}: {viewer} left too early");
                    3
                }
                Phase::Starting => 0,
                Phase::Running => 1,
                Phase::Stalled => 2,
            };
            assert!(phase == Phase::Gone || end > now, "seed {SEED}, second {now}: {viewer} has overstayed");
            let waits = |ring: &Ring| ring.waiting().filter(|&other| other == viewer).count();
            if phase == Phase::Stalled {
                assert!(
                    !has_place && waits(&self.retries) == 1,
                    "seed {SEED}, second {now}: {viewer} gave up"
                );
            }
            if phase == Phase::Starting {
                assert!(
                    has_place && waits(&self.starts) > 0,
                    "seed {SEED}, second {now}: {viewer} never starts"
                );
            }
            counted[counts] += 1;
        }
        let running: u32 = self.interfaces.iter().map(Interface::viewers).sum();
        assert_eq!((counted[1], counted[2]), (running, self.stalled), "seed {SEED}, second {now}");
        assert_eq!(counted.iter().sum::<u32>(), come, "seed {SEED}, second {now}: somebody was lost");
        for (interface, assigned) in self.interfaces.iter().zip(&self.assigned) {
            assert!(*assigned > interface.demand() - 1e-6, "seed {SEED}, second {now}: sent {assigned}");
        }
    }
}

#[test]
fn no_viewer_is_lost_whatever_happens_and_whoever_steers() {
    for &name in Name::value_variants() {
        for scenario in [Scenario::Fail, Scenario::Flap] {
            let setting = setting(scenario, 0);
            let crowd = crowd(&setting, 0.7);
            let mut policy = name.make(&setting.site, &Dice::new(SEED, Stream::Policy));
            let mut world = World::new(&setting, &crowd, policy.as_mut(), SEED);
            for now in 0..setting.plan.seconds {
                world.second(now);
                if now % 1000 == 0 || (3898..3932).contains(&now) {
                    world.census(now);
                }
            }
        }
    }
}

#[test]
fn nothing_is_negative_and_nothing_carries_more_than_it_can() {
    for &name in Name::value_variants() {
        for &scenario in Scenario::value_variants() {
            let setting = setting(scenario, 0);
            let crowd = crowd(&setting, 0.95);
            let mut policy = name.make(&setting.site, &Dice::new(SEED, Stream::Policy));
            let run = World::new(&setting, &crowd, policy.as_mut(), SEED).run();
            let total = setting.site.total();
            let told = |second: usize| {
                format!("{name:?}, {scenario:?}, seed {SEED}, second {second} from the first")
            };
            assert_eq!(run.end(), setting.plan.seconds);
            for (second, moment) in run.moments.iter().enumerate() {
                let fine = moment.max >= moment.mean - 1e-9 && moment.mean > 0.0 && moment.max.is_finite();
                assert!(fine, "{}: {moment:?}", told(second));
                assert!(moment.delivered <= moment.wanted.min(total) + 1e-6, "{}: {moment:?}", told(second));
                assert!(moment.short + moment.stalled <= moment.viewers, "{}: {moment:?}", told(second));
            }
            assert!(run.utilisation.iter().all(|used| *used >= 0.0 && used.is_finite()), "{}", told(0));
            for (second, weights) in run.weights.chunks(run.interfaces).enumerate() {
                let sum: f64 = weights.iter().sum();
                let whole = (sum - 1.0).abs() < 1e-6 || sum == 0.0;
                let fine = weights.iter().all(|weight| *weight >= 0.0);
                assert!(whole && fine, "{}: {weights:?}", told(second));
            }
        }
    }
}

/// Sends everybody everywhere, and keeps what it was shown.
struct Witness {
    ttl: u32,
    weights: Vec<f64>,
    seen: Vec<(u32, u32, Vec<Reading>)>,
}

impl Policy for Witness {
    fn channel(&self) -> Channel {
        Channel::Dns
    }

    fn see(&mut self, sight: &Sight<'_>) {
        self.seen.push((sight.now, sight.age, sight.readings.to_vec()));
    }

    fn weights(&self) -> &[f64] {
        &self.weights
    }

    fn answer(&mut self, question: Question) -> Answer {
        Answer::new([question.resolver % 4, (question.resolver + 1) % 4], self.ttl)
    }

    fn redirect(&mut self, _newcomer: &Newcomer<'_>) -> usize {
        unreachable!("it answers resolvers only")
    }
}

fn witness(setting: &Setting, load: f64) -> (Witness, Series) {
    let mut witness = Witness { ttl: setting.site.ttl, weights: vec![0.25; 4], seen: Vec::new() };
    let run = World::new(setting, &crowd(setting, load), &mut witness, SEED).run();
    (witness, run)
}

#[test]
fn measured_rates_never_exceed_capacity_nor_the_card() {
    let setting = setting(Scenario::Card, 0);
    let (witness, _) = witness(&setting, 1.2);
    let card = setting.site.card.as_ref().expect("the scenario has a card").capacity;
    let mut full = 0;
    for (now, _, readings) in &witness.seen {
        for (reading, capacity) in readings.iter().zip(&setting.site.capacity) {
            assert!((0.0..=*capacity).contains(&reading.rate), "seed {SEED}, second {now}: {readings:?}");
        }
        assert!(
            readings[0].rate + readings[1].rate <= card + 1e-6,
            "seed {SEED}, second {now}: {readings:?}"
        );
        full += usize::from(readings[0].full == Some(true));
    }
    assert!(full > 1000, "the card was hardly ever full: {full}");
}

#[test]
fn a_death_is_known_late_and_its_connections_stay() {
    let (witness, run) = witness(&setting(Scenario::Fail, 0), 0.5);
    let at = |second: u32| witness.seen[index(second)].2[1];
    assert!(at(3899).rate > 0.0 && at(3899).connections > 0);
    let silent = at(3900);
    assert_eq!((silent.rate, silent.alive), (0.0, true), "dead, and nobody knows");
    assert!(silent.connections > 0);
    assert_eq!((at(3905).alive, at(3906).alive), (true, false));
    assert_eq!((at(5109).alive, at(5110).alive), (false, true));
    // With two addresses in each answer, who finds one dead takes the other: the first try after the cut succeeds.
    assert!(run.stalled_at(3900) > 0);
    assert_eq!(run.stalled_at(3905), 0);
}

#[test]
fn a_flap_shorter_than_detection_is_never_seen() {
    let mut setting = setting(Scenario::Flap, 0);
    setting.detect_down = 30;
    let (witness, _) = witness(&setting, 0.5);
    assert!(witness.seen.iter().all(|(_, _, readings)| readings[1].alive));
}

#[test]
fn late_rates_are_those_of_before_and_verdicts_are_of_now() {
    let (prompt, _) = witness(&setting(Scenario::Fail, 0), 0.5);
    let (late, _) = witness(&setting(Scenario::Fail, 30), 0.5);
    for (now, age, readings) in late.seen.iter().skip(30) {
        let before = &prompt.seen[index(now - 30)].2;
        let fresh = &prompt.seen[index(*now)].2;
        assert_eq!(*age, 30);
        for ((reading, before), fresh) in readings.iter().zip(before).zip(fresh) {
            assert!(reading.rate == before.rate && reading.alive == fresh.alive, "seed {SEED}, second {now}");
        }
    }
}

#[test]
fn all_policies_meet_the_same_crowd() {
    let setting = setting(Scenario::Steady, 0);
    let ends = |load| crowd(&setting, load).viewers.iter().map(|viewer| viewer.end).collect::<Vec<_>>();
    assert_eq!(ends(0.7), ends(0.7));
    let people = |name: Name| {
        let crowd = crowd(&setting, 0.7);
        let mut policy = name.make(&setting.site, &Dice::new(SEED, Stream::Policy));
        let run = World::new(&setting, &crowd, policy.as_mut(), SEED).run();
        run.moments.iter().map(|moment| f64::from(moment.viewers)).sum::<f64>() / f64::from(run.end() - WARM)
    };
    // Players start one to three seconds after they were placed, by another stream.
    assert!((people(Name::Rr) - people(Name::RedirIdeal)).abs() < 0.1);
}
