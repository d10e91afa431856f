//! Weir itself: the law of `weir-core`, and its dispatcher, which hands out the law's shares.

use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, Instant};

use weir_core::law::audience::{Audience, Bill, Billing};
use weir_core::law::capacity::Branch;
use weir_core::law::control::{Law, Layout, PoolLayout};
use weir_core::law::hidden::HiddenLoad;
use weir_core::law::lane::{self, Nominal, Standing};
use weir_core::law::rules::{Parts, Rules};
use weir_core::law::split::{Health, PoolRules};
use weir_core::{
    Ask, BytesPerSec, Dispatcher, Family, Grounds, Member, OriginScheme, OriginTarget, PoolView, Reason,
    Steering, Ttl, Verdict, Weight,
};

use super::super::dice::Dice;
use super::super::site::{Site, mean_bitrate};
use super::{Answer, Channel, Newcomer, Policy, Question, Sight};

/// Bytes per second of one Mbit/s.
const MEGABIT: f64 = 125_000.0;
/// A share of one as a weight.
const WHOLE: f64 = 65_536.0;
/// The only pool.
const LIVE: usize = 0;

/// The law at work in one channel.
#[derive(Debug)]
pub(super) struct Weir {
    channel: Channel,
    count: usize,
    rules: Rules,
    layout: Layout,
    ttl: (Ttl, Ttl),
    start: Instant,
    law: Law,
    audience: Audience,
    /// The last loss that the audience heard of.
    told: u64,
    pool: PoolView,
    known: Dispatcher,
    newcomers: Dispatcher,
    picked: Vec<usize>,
    sights: Vec<lane::Sight>,
    health: [Health; 1],
    dice: Dice,
}

impl Weir {
    /// With so many addresses in an answer.
    pub(super) fn new(channel: Channel, count: usize, site: &Site, dice: Dice) -> Self {
        let rules = Rules {
            mean_stay: Duration::from_secs_f64(site.mean_stay),
            grain: rate(site.burst),
            ..Rules::default()
        };
        let start = Instant::now();
        let layout = layout(site);
        let mut weir = Self {
            channel,
            count,
            law: Law::new(rules.clone()),
            audience: Audience::new(start, 0, Ttl::MAX, 1),
            told: 0,
            pool: pool(site.capacity.len()),
            ttl: (Ttl::from_secs(5.min(site.ttl)), Ttl::from_secs(site.ttl)),
            rules,
            layout,
            start,
            known: Dispatcher::new(),
            newcomers: Dispatcher::new(),
            picked: Vec::new(),
            sights: Vec::new(),
            health: [Health::default()],
            dice,
        };
        weir.begin();
        weir
    }

    /// Knows nothing.
    fn begin(&mut self) {
        self.law = Law::new(self.rules.clone());
        self.law.arrange(&self.layout);
        let interfaces = self.pool.members.len();
        self.audience = Audience::new(self.start, interfaces, self.ttl.1, HiddenLoad::MOST_ROWS);
        let Parts { hidden_load, ttl_by_resolver, .. } = self.rules.parts;
        self.audience.set_manner(Billing { hidden_load, ttl_by_resolver, ..Billing::default() });
        self.told = 0;
    }

    fn at(&self, now: u32) -> Instant {
        self.start + Duration::from_secs(now.into())
    }

    /// Who is in an answer of this bill.
    fn pick(&mut self, bill: &Bill) {
        self.picked.clear();
        let dispatcher = if bill.newcomer { &mut self.newcomers } else { &mut self.known };
        let ask = Ask { family: Family::V4, count: self.count, cost: bill.cost() };
        dispatcher.pick_at_cost(&self.pool, ask, &mut self.picked);
    }
}

impl Policy for Weir {
    fn keep(&mut self, parts: Parts) {
        self.rules.parts = parts;
        self.begin();
    }

    fn channel(&self) -> Channel {
        self.channel
    }

    fn see(&mut self, sight: &Sight<'_>) {
        let late = usize::try_from(sight.age).unwrap_or(usize::MAX);
        if late != self.rules.late {
            self.rules.late = late;
            self.begin();
        }
        let now = self.at(sight.now);
        self.law.hear(LIVE, &self.audience.brought(now));
        self.sights.clear();
        self.sights.extend(sight.readings.iter().map(|reading| lane::Sight {
            rate: Some(rate(reading.rate)),
            refused: reading.full,
            resent: reading.resent,
            connections: Some(reading.connections),
        }));
        let [health] = &mut self.health;
        health.standings.clear();
        let standing = |alive| if alive { Standing::Up } else { Standing::Down };
        health.standings.extend(sight.readings.iter().map(|reading| standing(reading.alive)));
        self.law.see(now, &self.sights, &self.health);
        for loss in self.law.losses() {
            if loss.serial > self.told {
                self.audience.storm(now, loss.lane, loss.load, loss.inflow);
                self.told = loss.serial;
            }
        }
        for (member, &share) in self.pool.members.iter_mut().zip(self.law.shares(LIVE)) {
            // Between 0 and WHOLE.
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            let weight = (share * WHOLE).round() as u32;
            member.weight = Weight::new(weight);
        }
    }

    fn weights(&self) -> &[f64] {
        self.law.shares(LIVE)
    }

    fn answer(&mut self, question: Question) -> Answer {
        let now = self.at(question.now);
        let resolver = question.resolver as u64 + 1;
        let (shortest, longest) = self.ttl;
        let longest = if self.law.is_restless(LIVE, now) { shortest } else { longest };
        let bill = self.audience.bill(now, resolver, (shortest, longest));
        self.pick(&bill);
        self.audience.told(&bill, &self.picked);
        Answer::new(self.picked.iter().copied(), bill.ttl.as_secs())
    }

    fn redirect(&mut self, newcomer: &Newcomer<'_>) -> usize {
        let draw = self.dice.unit();
        self.law.place(LIVE, self.at(newcomer.now), draw).unwrap_or(0)
    }

    fn poll(&mut self, interface: usize, viewer: &Newcomer<'_>) -> usize {
        let draws = (self.dice.unit(), self.dice.unit());
        self.law.steer(LIVE, self.at(viewer.now), interface, draws)
    }
}

/// The interfaces and the card of a site, and one pool of all of them.
fn layout(site: &Site) -> Layout {
    let on_card = |index: usize| site.card.as_ref().is_some_and(|card| card.members.contains(&index));
    let nominal = |(index, &capacity): (usize, &f64)| {
        (None, Nominal { capacity: Some(rate(capacity)), group: on_card(index).then_some(0) })
    };
    let branch = |capacity: f64| Branch {
        capacity: capacity.is_finite().then(|| rate(capacity).as_f64()),
        parent: None,
    };
    let interfaces = site.capacity.len();
    let rules = PoolRules {
        lanes: (0..interfaces).collect(),
        longest: Ttl::from_secs(site.ttl),
        viewer: Some(rate(mean_bitrate())),
    };
    Layout {
        lanes: site.capacity.iter().enumerate().map(nominal).collect(),
        groups: site.card.iter().map(|card| (None, branch(card.capacity))).collect(),
        pools: vec![PoolLayout { was: None, rules, places: vec![None; interfaces] }],
    }
}

fn rate(megabits: f64) -> BytesPerSec {
    BytesPerSec::from_f64(megabits * MEGABIT)
}

/// A pool of so many members, for the dispatcher.
fn pool(count: usize) -> PoolView {
    let member = |index: usize| {
        let address = IpAddr::V4(Ipv4Addr::LOCALHOST);
        Member {
            index,
            name: format!("eth{index}").parse().expect("it is a label"),
            address,
            public_address: address,
            verdict: Verdict::Up,
            probes: Vec::new(),
            weight: Weight::ZERO,
            share: 0.0,
            grounds: Grounds::default(),
        }
    };
    PoolView {
        name: "live".parse().expect("it is a label"),
        hostname: "live.stream.test".parse().expect("it is a host name"),
        ttl: Ttl::from_secs(30),
        answer_count: 1,
        private_clients: Vec::new(),
        origin: OriginTarget { scheme: OriginScheme::Http, port: 80, https_port: None },
        members: (0..count).map(member).collect(),
        reason: Reason::Headroom,
        http: weir_core::HttpPolicy::default(),
        steering: Steering::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::dice::Stream;
    use super::super::Reading;
    use super::*;

    /// By how much the viewers of twenty resolvers of very different size differ from the law's shares at worst, as a
    /// part of all, while so many forged resolvers a second, in the mean, ask once or twice each.
    fn error_of_real_viewers(forged_per_second: u32, times: u32) -> f64 {
        let site = Site {
            capacity: vec![10_000.0, 10_000.0, 25_000.0, 5_000.0],
            card: None,
            ttl: 30,
            mean_stay: 1200.0,
            burst: 30.0,
            resolvers: 20,
            poll_every: 60,
        };
        let mut weir = Weir::new(Channel::Dns, 1, &site, Dice::new(1, Stream::Policy));
        let readings: Vec<Reading> = site
            .capacity
            .iter()
            .map(|capacity| Reading { rate: 0.7 * capacity, alive: true, ..Reading::default() })
            .collect();
        let mut dice = Dice::new(2, Stream::Arrivals);
        let (mut next, mut error, mut all) = ([0.0; 20], [0.0; 4], 0.0);
        let (mut before, mut forged) = (1 << 32, 1 << 32);
        for now in 0..14_400_u32 {
            weir.see(&Sight { now, age: 0, readings: &readings });
            for (resolver, due) in (1_u32..).zip(&mut next) {
                let rate = 0.3 / f64::from(resolver);
                if f64::from(now) >= *due {
                    let answer = weir.answer(Question { now, resolver: resolver as usize });
                    let kept = f64::from(answer.ttl);
                    *due = f64::from(now) + kept + -(1.0 - dice.unit()).ln() / rate;
                    if now > 1200 {
                        let viewers = rate * kept + 1.0;
                        all += viewers;
                        error[usize::from(answer.interfaces()[0])] += viewers;
                        let shares = weir.weights().iter().zip(&mut error);
                        shares.for_each(|(share, error)| *error -= viewers * share);
                    }
                }
            }
            // Those that ask twice do so in two seconds that follow each other. How many ask is drawn, as one who asks in
            // step with the account would meet it in the same state each time.
            let many = if forged_per_second > 0 { dice.below(2 * forged_per_second) } else { 0 };
            (0..many as usize).for_each(|one| {
                weir.answer(Question { now, resolver: forged + one });
            });
            if times > 1 {
                (before..forged).for_each(|resolver| {
                    weir.answer(Question { now, resolver });
                });
            }
            before = forged;
            forged += many as usize;
        }
        error.iter().map(|error: &f64| error.abs() / all).fold(0.0, f64::max)
    }

    #[test]
    fn a_million_forged_resolvers_cost_no_balance() {
        for forged in [0, 150] {
            let error = error_of_real_viewers(forged, 1);
            assert!(error < 0.02, "{forged} a second: {error}");
        }
    }

    /// They count as resolvers from then on, and their answers cost more than those of most real ones, and bring nobody. Who
    /// gets a cheap answer among dear ones must not depend on what it costs.
    #[test]
    fn forged_resolvers_that_ask_twice_cost_no_balance_either() {
        let error = error_of_real_viewers(150, 2);
        assert!(error < 0.03, "{error}");
    }
}
