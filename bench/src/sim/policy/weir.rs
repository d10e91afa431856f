//! Weir itself: the law of `weir-core`, and its dispatcher, which hands out the law's shares.

use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, Instant};

use weir_core::law::capacity::Branch;
use weir_core::law::control::{self, Bill, Law, Nominal, Parts, Rules, Standing};
use weir_core::law::pairs::Pairs;
use weir_core::{
    Ask, BytesPerSec, Dispatcher, Family, Member, OriginScheme, OriginTarget, PoolView, Reason, Ttl, Verdict,
    Weight,
};

use super::super::dice::Dice;
use super::super::site::{Site, mean_bitrate};
use super::{Answer, Channel, Newcomer, Policy, Question, Sight};

/// Bytes per second of one Mbit/s.
const MEGABIT: f64 = 125_000.0;
/// A share of one as a weight.
const WHOLE: f64 = 65_536.0;
/// A cost is told in sixteenths of a viewer.
const VIEWER: f64 = 16.0;

/// The law at work in one channel.
#[derive(Debug)]
pub(super) struct Weir {
    channel: Channel,
    count: usize,
    rules: Rules,
    interfaces: Vec<Nominal>,
    tree: Vec<Branch>,
    start: Instant,
    law: Law,
    pool: PoolView,
    known: Dispatcher,
    newcomers: Dispatcher,
    pairs: Pairs,
    picked: Vec<usize>,
    sights: Vec<control::Sight>,
    dice: Dice,
}

impl Weir {
    /// With so many addresses in an answer.
    pub(super) fn new(channel: Channel, count: usize, site: &Site, dice: Dice) -> Self {
        let rules = Rules {
            mean_stay: Duration::from_secs_f64(site.mean_stay),
            mean_rate: rate(mean_bitrate()),
            grain: rate(site.burst),
            ttl: (Ttl::from_secs(5.min(site.ttl)), Ttl::from_secs(site.ttl)),
            ..Rules::default()
        };
        let on_card = |index: usize| site.card.as_ref().is_some_and(|card| card.members.contains(&index));
        let nominal = |(index, &capacity): (usize, &f64)| Nominal {
            capacity: rate(capacity),
            group: on_card(index).then_some(0),
        };
        let interfaces: Vec<Nominal> = site.capacity.iter().enumerate().map(nominal).collect();
        let branch = |capacity: f64| Branch { capacity: Some(rate(capacity).as_f64()), parent: None };
        let tree: Vec<Branch> = site.card.iter().map(|card| branch(card.capacity)).collect();
        let start = Instant::now();
        Self {
            channel,
            count,
            law: Law::new(start, rules.clone(), &interfaces, tree.clone()),
            pool: pool(interfaces.len()),
            rules,
            interfaces,
            tree,
            start,
            known: Dispatcher::new(),
            newcomers: Dispatcher::new(),
            pairs: Pairs::default(),
            picked: Vec::new(),
            sights: Vec::new(),
            dice,
        }
    }

    fn at(&self, now: u32) -> Instant {
        self.start + Duration::from_secs(now.into())
    }

    /// Who is in an answer of this bill.
    fn pick(&mut self, bill: &Bill) {
        self.picked.clear();
        if self.count == 2 && !bill.newcomer {
            self.picked.extend(self.pairs.alone(self.law.shares(), bill.viewers));
        }
        if self.picked.is_empty() {
            let dispatcher = if bill.newcomer { &mut self.newcomers } else { &mut self.known };
            // A cost above u32::MAX saturates: that is what `as` promises here.
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            let cost = (bill.viewers * VIEWER) as u32;
            let ask = Ask { family: Family::V4, count: self.count, cost };
            dispatcher.pick_at_cost(&self.pool, ask, &mut self.picked);
        }
    }
}

impl Policy for Weir {
    fn keep(&mut self, parts: Parts) {
        self.rules.parts = parts;
        self.law = Law::new(self.start, self.rules.clone(), &self.interfaces, self.tree.clone());
    }

    fn channel(&self) -> Channel {
        self.channel
    }

    fn see(&mut self, sight: &Sight<'_>) {
        let late = usize::try_from(sight.age).unwrap_or(usize::MAX);
        if late != self.rules.late {
            self.rules.late = late;
            self.law = Law::new(self.start, self.rules.clone(), &self.interfaces, self.tree.clone());
        }
        self.sights.clear();
        self.sights.extend(sight.readings.iter().map(|reading| control::Sight {
            rate: Some(rate(reading.rate)),
            refused: Some(reading.full),
            standing: if reading.alive { Standing::Up } else { Standing::Down },
        }));
        self.law.see(self.at(sight.now), &self.sights);
        for (member, &share) in self.pool.members.iter_mut().zip(self.law.shares()) {
            // Between 0 and WHOLE.
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            let weight = (share * WHOLE).round() as u32;
            member.weight = Weight::new(weight);
        }
    }

    fn weights(&self) -> &[f64] {
        self.law.shares()
    }

    fn answer(&mut self, question: Question) -> Answer {
        let now = self.at(question.now);
        let resolver = question.resolver as u64 + 1;
        let bill = self.law.bill(now, resolver);
        self.pick(&bill);
        self.law.told(now, resolver, &bill, &self.picked);
        Answer::new(self.picked.iter().copied(), bill.ttl.as_secs())
    }

    fn redirect(&mut self, newcomer: &Newcomer<'_>) -> usize {
        let draw = self.dice.unit();
        self.law.place(self.at(newcomer.now), draw).unwrap_or(0)
    }

    fn poll(&mut self, interface: usize, viewer: &Newcomer<'_>) -> usize {
        let draws = (self.dice.unit(), self.dice.unit());
        self.law.steer(self.at(viewer.now), interface, draws)
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
        }
    };
    PoolView {
        name: "live".parse().expect("it is a label"),
        hostname: "live.stream.test".parse().expect("it is a host name"),
        ttl: Ttl::from_secs(30),
        answer_count: 1,
        private_clients: Vec::new(),
        origin: OriginTarget { scheme: OriginScheme::Http, port: 80 },
        members: (0..count).map(member).collect(),
        reason: Reason::Headroom,
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::dice::Stream;
    use super::super::Reading;
    use super::*;

    /// By how much the viewers of twenty resolvers of very different size differ from the law's shares at worst, as a
    /// part of all, while so many forged resolvers ask once each in every second.
    fn error_of_real_viewers(forged_per_second: usize) -> f64 {
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
            .map(|capacity| Reading { rate: 0.7 * capacity, full: false, alive: true, connections: 0 })
            .collect();
        let mut dice = Dice::new(2, Stream::Arrivals);
        let (mut next, mut error, mut all, mut forged) = ([0.0; 20], [0.0; 4], 0.0, 1 << 32);
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
            for _ in 0..forged_per_second {
                forged += 1;
                weir.answer(Question { now, resolver: forged });
            }
        }
        error.iter().map(|error: &f64| error.abs() / all).fold(0.0, f64::max)
    }

    #[test]
    fn a_million_forged_resolvers_cost_no_balance() {
        for forged in [0, 150] {
            let error = error_of_real_viewers(forged);
            assert!(error < 0.02, "{forged} a second: {error}");
        }
    }
}
