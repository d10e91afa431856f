//! One run: viewers come, are placed, run, are cut off, try again and leave, second by second.
//!
//! Order within a second, which is part of what a run means:
//!
//! ```text
//! events → verdicts → measure → policy sees → leave → start → polls → come again, arrive → record
//! ```
//!
//! A second costs a few operations per interface and per viewer whose turn it is; nobody else is looked at. Only a death
//! goes through all viewers, once.

mod measuring;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use super::crowd::Crowd;
use super::dice::{Dice, Stream};
use super::interface::Interface;
use super::mistakes::Mistakes;
use super::policy::{Channel, Newcomer, Policy, Question, Reading, Truth};
use super::ring::Ring;
use super::scenario::{Event, Plan, WARM};
use super::series::{Moment, Series};
use super::site::{LADDER, Site, mean_bitrate};

/// Seconds between two tries of a player on a dead address.
const RETRY: u32 = 5;
/// A player runs one to so many seconds after it was placed.
const START: u32 = 3;
/// From this part of its capacity on, an interface says that it is full.
const FULL: f64 = 0.985;
/// Stands for no interface.
const NOWHERE: u8 = u8::MAX;

/// What does not change from policy to policy.
#[derive(Clone, Debug)]
pub(crate) struct Setting {
    pub(crate) site: Site,
    pub(crate) plan: Plan,
    /// Seconds until the probes have seen a death, and a return.
    pub(crate) detect_down: u32,
    pub(crate) detect_up: u32,
    /// Seconds by which measured rates are late.
    pub(crate) lag: u32,
    /// What those who steer are told wrongly.
    pub(crate) mistakes: Mistakes,
}

/// Where a viewer is in life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Did not arrive yet.
    Unborn,
    /// Was placed, and is about to start.
    Starting,
    Running,
    /// Its interface is dead; it tries again.
    Stalled,
    Gone,
}

#[derive(Clone, Copy, Debug)]
struct Status {
    phase: Phase,
    interface: u8,
}

/// What a resolver has kept.
#[derive(Clone, Copy, Debug)]
struct Kept {
    interfaces: [u8; 4],
    count: u8,
    until: u32,
}

/// The world while it runs.
pub(crate) struct World<'a> {
    setting: &'a Setting,
    crowd: &'a Crowd,
    policy: &'a mut dyn Policy,
    channel: Channel,
    interfaces: Vec<Interface>,
    statuses: Vec<Status>,
    kept: Vec<Kept>,
    starts: Ring,
    retries: Ring,
    polls: Ring,
    verdicts: VecDeque<(u32, usize, bool)>,
    jitter: Dice,
    stalled: u32,
    late: VecDeque<Vec<Reading>>,
    /// The truth for newcomers: demand and capacity, interface by interface.
    assigned: Vec<f64>,
    capacity: Vec<f64>,
    events: usize,
    /// Demand and capacity of each interface, and what was measured, in this second.
    carried: Vec<(f64, f64)>,
    readings: Vec<Reading>,
    series: Series,
}

impl<'a> World<'a> {
    /// A world in which the settled part of the crowd runs.
    pub(crate) fn new(setting: &'a Setting, crowd: &'a Crowd, policy: &'a mut dyn Policy, seed: u64) -> Self {
        let site = &setting.site;
        let interfaces: Vec<_> = site.capacity.iter().map(|&capacity| Interface::new(capacity)).collect();
        let channel = policy.channel();
        let mut world = Self {
            setting,
            crowd,
            policy,
            channel,
            statuses: vec![Status { phase: Phase::Unborn, interface: NOWHERE }; crowd.viewers.len()],
            kept: vec![Kept { interfaces: [0; 4], count: 0, until: 0 }; site.resolvers],
            starts: Ring::new(START),
            retries: Ring::new(RETRY),
            polls: Ring::new(site.poll_every),
            verdicts: VecDeque::new(),
            jitter: Dice::new(seed, Stream::Jitter),
            stalled: 0,
            late: VecDeque::new(),
            assigned: vec![0.0; interfaces.len()],
            capacity: site.capacity.clone(),
            events: 0,
            carried: Vec::new(),
            readings: Vec::new(),
            series: Series::new(WARM, setting.plan.seconds, interfaces.len()),
            interfaces,
        };
        for viewer in 0..crowd.settled() {
            let home = crowd.viewers[index(viewer)].home;
            world.send(viewer, home);
            world.run_now(viewer);
            if channel == Channel::Steering {
                let turn = world.jitter.below(site.poll_every);
                world.polls.put(turn, viewer);
            }
        }
        world
    }

    /// Runs to the end.
    pub(crate) fn run(mut self) -> Series {
        for now in 0..self.setting.plan.seconds {
            self.second(now);
        }
        self.series
    }

    fn second(&mut self, now: u32) {
        self.happen(now);
        let mut moment = self.measure(now);
        self.leave(now);
        self.start(now);
        self.poll(now);
        self.place(now);
        if now >= WARM {
            self.record(&mut moment);
        }
    }

    fn happen(&mut self, now: u32) {
        while let Some(&(at, event)) = self.setting.plan.events.get(self.events)
            && at <= now
        {
            self.events += 1;
            match event {
                Event::Down(dead) => self.die(now, dead),
                Event::Up(back) => {
                    self.interfaces[back].alive = true;
                    self.interfaces[back].orphans = 0;
                    self.verdicts.push_back((now + self.setting.detect_up, back, true));
                }
                Event::Capacity(interface, capacity) => {
                    self.interfaces[interface].capacity = capacity;
                    self.capacity[interface] = capacity;
                }
                // The crowd was drawn with it.
                Event::Rush(_) => {}
            }
        }
        let interfaces = &mut self.interfaces;
        self.verdicts.retain(|&(at, interface, alive)| {
            // What was overtaken by another change was never seen.
            if at == now && interfaces[interface].alive == alive {
                interfaces[interface].verdict = alive;
            }
            at > now
        });
    }

    fn die(&mut self, now: u32, dead: usize) {
        self.interfaces[dead].alive = false;
        self.interfaces[dead].orphans = self.interfaces[dead].viewers();
        self.verdicts.push_back((now + self.setting.detect_down, dead, false));
        for viewer in 0..self.crowd.arrivals(now).start {
            if usize::from(self.statuses[index(viewer)].interface) == dead {
                self.recall(viewer);
                self.statuses[index(viewer)].phase = Phase::Stalled;
                self.stalled += 1;
                let again = now + 1 + self.jitter.below(RETRY);
                self.retries.put(again, viewer);
            }
        }
    }

    fn leave(&mut self, now: u32) {
        let crowd = self.crowd;
        for &viewer in crowd.leavers(now) {
            self.recall(viewer);
            self.calm(viewer);
            self.statuses[index(viewer)].phase = Phase::Gone;
        }
    }

    fn start(&mut self, now: u32) {
        let turn = self.starts.take(now);
        for &viewer in &turn {
            if self.statuses[index(viewer)].phase == Phase::Starting {
                self.run_now(viewer);
            }
        }
        self.starts.spare(now, turn);
    }

    fn poll(&mut self, now: u32) {
        if self.channel != Channel::Steering {
            return;
        }
        let turn = self.polls.take(now);
        for &viewer in &turn {
            let Status { phase, interface } = self.statuses[index(viewer)];
            if phase == Phase::Gone {
                continue;
            }
            if phase == Phase::Running {
                let newcomer = newcomer(self.crowd, viewer, now, (&self.assigned, &self.capacity));
                let target = self.policy.poll(interface.into(), &newcomer);
                if target != usize::from(interface) && self.interfaces[target].alive {
                    self.series.moves += 1;
                    self.recall(viewer);
                    self.send(viewer, u8::try_from(target).unwrap_or(NOWHERE));
                    self.run_now(viewer);
                }
            }
            self.polls.put(now + self.setting.site.poll_every, viewer);
        }
    }

    /// Places those who come again, then those who arrive.
    fn place(&mut self, now: u32) {
        let turn = self.retries.take(now);
        for &viewer in &turn {
            if self.statuses[index(viewer)].phase != Phase::Gone {
                self.try_place(now, viewer);
            }
        }
        self.retries.spare(now, turn);
        let poll_every = self.setting.site.poll_every;
        for viewer in self.crowd.arrivals(now) {
            if self.channel == Channel::Steering {
                let turn = now + 1 + self.jitter.below(poll_every);
                self.polls.put(turn, viewer);
            }
            self.try_place(now, viewer);
        }
    }

    fn try_place(&mut self, now: u32, viewer: u32) {
        let interface = self.choose(now, viewer);
        if self.interfaces[usize::from(interface)].alive {
            self.calm(viewer);
            self.send(viewer, interface);
            let start = now + 1 + self.jitter.below(START);
            self.starts.put(start, viewer);
        } else {
            let status = &mut self.statuses[index(viewer)];
            self.stalled += u32::from(status.phase != Phase::Stalled);
            status.phase = Phase::Stalled;
            self.retries.put(now + RETRY, viewer);
        }
    }

    fn choose(&mut self, now: u32, viewer: u32) -> u8 {
        if self.channel != Channel::Dns {
            let newcomer = newcomer(self.crowd, viewer, now, (&self.assigned, &self.capacity));
            return u8::try_from(self.policy.redirect(&newcomer)).unwrap_or(NOWHERE);
        }
        let resolver = usize::from(self.crowd.viewers[index(viewer)].resolver);
        if self.kept[resolver].until <= now {
            self.series.questions += 1;
            let answer = self.policy.answer(Question { now, resolver });
            let kept = &mut self.kept[resolver];
            let given = answer.interfaces();
            kept.interfaces[..given.len()].copy_from_slice(given);
            kept.count = u8::try_from(given.len()).unwrap_or(1);
            kept.until = now + answer.ttl.max(self.crowd.holds[resolver]);
        }
        let kept = &self.kept[resolver];
        let choices = &kept.interfaces[..usize::from(kept.count)];
        if let [only] = choices {
            return *only;
        }
        let first = choices[index(self.jitter.below(kept.count.into()))];
        // Who finds the address dead tries the next at once.
        let alive = |&interface: &u8| self.interfaces[usize::from(interface)].alive;
        if alive(&first) { first } else { choices.iter().copied().find(alive).unwrap_or(first) }
    }

    fn record(&mut self, moment: &mut Moment) {
        let running: u32 = self.interfaces.iter().map(Interface::viewers).sum();
        moment.stalled = self.stalled;
        moment.viewers = running + self.stalled;
        moment.wanted += f64::from(self.stalled) * mean_bitrate();
        self.series.moments.push(*moment);
        self.series.weights.extend_from_slice(self.policy.weights());
    }

    // ── One viewer ───────────────────────────────────────────────────────────────────────────────────────────────

    /// Sends a viewer to an interface; it starts later.
    fn send(&mut self, viewer: u32, interface: u8) {
        self.assigned[usize::from(interface)] += self.rung(viewer).1;
        self.statuses[index(viewer)] = Status { phase: Phase::Starting, interface };
    }

    fn run_now(&mut self, viewer: u32) {
        let rung = self.rung(viewer).0;
        let status = &mut self.statuses[index(viewer)];
        status.phase = Phase::Running;
        self.interfaces[usize::from(status.interface)].running[rung] += 1;
    }

    /// Takes a viewer off the interface that it was sent to, if any.
    fn recall(&mut self, viewer: u32) {
        let (rung, bitrate) = self.rung(viewer);
        let status = &mut self.statuses[index(viewer)];
        if status.interface == NOWHERE {
            return;
        }
        let interface = usize::from(status.interface);
        self.assigned[interface] -= bitrate;
        if status.phase == Phase::Running {
            self.interfaces[interface].running[rung] -= 1;
        }
        status.interface = NOWHERE;
    }

    /// Is no longer counted as stalled.
    fn calm(&mut self, viewer: u32) {
        self.stalled -= u32::from(self.statuses[index(viewer)].phase == Phase::Stalled);
    }

    fn rung(&self, viewer: u32) -> (usize, f64) {
        let rung = usize::from(self.crowd.viewers[index(viewer)].rung);
        (rung, LADDER[rung])
    }
}

fn newcomer<'a>(crowd: &Crowd, viewer: u32, now: u32, truth: (&'a [f64], &'a [f64])) -> Newcomer<'a> {
    let bitrate = LADDER[usize::from(crowd.viewers[index(viewer)].rung)];
    Newcomer { now, bitrate, truth: Truth { demand: truth.0, capacity: truth.1 } }
}

fn index(number: u32) -> usize {
    usize::try_from(number).expect("a machine that runs this has addresses of 32 bits or more")
}
