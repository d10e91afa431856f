//! Random events against a shadow model: whatever happens, the snapshot keeps its promises.
//!
//! Each run has a seed, which stands in the message of a failure; `WEIR_SEED=7 cargo test -p weir-core` repeats it.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use weir_core::{
    BytesPerSec, Directive, Dispatcher, Event, Failure, Family, Group, HttpPolicy, Interface, InterfaceName,
    Members, NodeInventory, Order, OriginScheme, OriginTarget, Outcome, Pool, PoolView, ProbeId, ProbeRule,
    Publisher, Report, Sample, Settings, Snapshot, State, Timings, Ttl, TtlBounds, Verdict, Viewer, weigh,
};

const RUNS: u64 = 60;
const STEPS: usize = 600;
const MOST_INTERFACES: usize = 6;
const RISE: u32 = 3;
const FALL: u32 = 2;

/// xorshift64*: reproducible, and good enough to shuffle events.
struct Draw(u64);

impl Draw {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() >> 33).expect("31 bits fit") % bound
    }
}

/// What ought to be so, kept in the plainest way.
#[derive(Default)]
struct Shadow {
    present: BTreeMap<usize, History>,
    orders: BTreeMap<usize, (Directive, Option<Instant>)>,
}

/// All reports of one interface's only probe since it appeared: `true` is a pass.
#[derive(Default)]
struct History(Vec<bool>);

impl History {
    fn verdict(&self) -> Verdict {
        let mut verdict = Verdict::Unknown;
        for end in 1..=self.0.len() {
            let run = |pass: bool| self.0[..end].iter().rev().take_while(|&&p| p == pass).count();
            verdict = match verdict {
                Verdict::Unknown if self.0[end - 1] => Verdict::Up,
                Verdict::Unknown => Verdict::Down,
                Verdict::Up if run(false) >= FALL as usize => Verdict::Down,
                Verdict::Down if run(true) >= RISE as usize => Verdict::Up,
                same => same,
            };
        }
        verdict
    }
}

impl Shadow {
    fn directive(&self, index: usize, now: Instant) -> Directive {
        match self.orders.get(&index) {
            Some(&(directive, until)) if until.is_none_or(|until| now < until) => directive,
            _ => Directive::Auto,
        }
    }

    fn may_be_picked(&self, index: usize, now: Instant) -> bool {
        let history = &self.present[&index];
        match self.directive(index, now) {
            Directive::Drain | Directive::Down => false,
            Directive::Up => true,
            Directive::Auto => history.verdict() == Verdict::Up,
        }
    }
}

struct World {
    draw: Draw,
    now: Instant,
    state: State,
    shadow: Shadow,
    publisher: Publisher,
    dispatcher: Dispatcher,
}

fn name(index: usize) -> InterfaceName {
    format!("eni{index}").parse().expect("a label")
}

fn probe() -> ProbeId {
    ProbeId::new("hls", "http://{address}/playlist.m3u8")
}

fn interface(index: usize) -> Interface {
    Interface {
        name: name(index),
        node: "edge-1".parse().expect("a label"),
        address: format!("10.0.0.{index}").parse().expect("an address"),
        public_address: format!("192.0.2.{index}").parse().expect("an address"),
        device: None,
        capacity: (index != 5).then(|| BytesPerSec::from_bits((index as u64 + 1) * 1_000_000_000)),
        group: (if index < 2 { "card0" } else { "card1" }).parse().expect("a label"),
        cloud: None,
    }
}

impl World {
    fn new(seed: u64) -> Self {
        let mut world = Self {
            draw: Draw(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1),
            now: Instant::now(),
            state: State::new(),
            shadow: Shadow::default(),
            publisher: Publisher::new(),
            dispatcher: Dispatcher::new(),
        };
        let settings = Settings {
            pools: vec![Pool {
                name: "live".parse().expect("a label"),
                hostname: "live.stream.test".parse().expect("a host name"),
                members: Members::All,
                ttl: TtlBounds::new(Ttl::from_secs(5), Ttl::from_secs(30)).expect("ordered"),
                answer_count: 2,
                private_clients: Vec::new(),
                origin: OriginTarget { scheme: OriginScheme::Http, port: 1935, https_port: None },
                http: HttpPolicy::default(),
                viewer: Viewer::default(),
                probes: vec![ProbeRule { id: probe(), rise: RISE, fall: FALL }],
            }],
            groups: vec![Group {
                name: "card0".parse().expect("a label"),
                capacity: Some(BytesPerSec::from_bits(2_000_000_000)),
            }],
        };
        world.state.apply(Event::Configured(settings), world.now);
        world
    }

    fn step(&mut self) {
        let index = self.draw.below(MOST_INTERFACES);
        match self.draw.below(20) {
            0 => self.toggle(index),
            1 => self.order(index),
            2..=4 => self.sample(index),
            5..=7 => {
                self.now += Duration::from_millis(self.draw.next() % 3_000);
                self.state.apply(Event::Tick, self.now);
            }
            _ => self.report(index),
        }
    }

    fn toggle(&mut self, index: usize) {
        if self.shadow.present.remove(&index).is_none() {
            self.shadow.present.insert(index, History::default());
        }
        let interfaces = self.shadow.present.keys().map(|&index| interface(index)).collect();
        let node = "edge-1".parse().expect("a label");
        let inventory = NodeInventory { node, interfaces, left_out: Vec::new() };
        self.state.apply(Event::Inventory(inventory), self.now);
    }

    fn order(&mut self, index: usize) {
        let all = [Directive::Auto, Directive::Drain, Directive::Down, Directive::Up];
        let directive = all[self.draw.below(all.len())];
        let until = (self.draw.below(2) == 0).then(|| self.now + Duration::from_secs(self.draw.next() % 60));
        self.shadow.orders.insert(index, (directive, until));
        let order = Order { directive, reason: "drawn".to_owned(), until };
        self.state.apply(Event::Ordered(name(index), order), self.now);
    }

    fn sample(&mut self, index: usize) {
        // Any number at all: resets, wraps and nonsense included.
        let transmitted = self.draw.next() >> (self.draw.below(64));
        let sample = Sample {
            at: self.now,
            transmitted,
            received: self.draw.next(),
            connections: Some(1),
            refused: None,
            tcp: None,
        };
        self.state.apply(Event::Sample(name(index), sample), self.now);
    }

    fn report(&mut self, index: usize) {
        let pass = self.draw.below(10) < 6;
        if let Some(history) = self.shadow.present.get_mut(&index) {
            history.0.push(pass);
        }
        let outcome = if pass { Outcome::Pass } else { Outcome::Fail(Failure::Refused) };
        let pool = "live".parse().expect("a label");
        let report =
            Report { pool, interface: name(index), probe: probe(), outcome, timings: Timings::default() };
        self.state.apply(Event::Report(report), self.now);
    }

    fn check(&mut self) {
        let snapshot = weigh(&self.state, self.now);
        let generation = self.publisher.publish(snapshot);
        let snapshot = self.publisher.reader().load();
        assert_eq!(snapshot.generation, generation);
        let pool = &snapshot.pools[0];
        assert_eq!(pool.members.len(), self.shadow.present.len());
        self.check_weights(&snapshot, pool);
        self.check_answer(pool);
    }

    fn check_weights(&self, snapshot: &Snapshot, pool: &PoolView) {
        let present: Vec<usize> = self.shadow.present.keys().copied().collect();
        let anybody = present.iter().any(|&index| self.shadow.may_be_picked(index, self.now));
        for (member, &index) in pool.members.iter().zip(&present) {
            assert_eq!(member.name, name(index));
            assert_eq!(member.verdict, self.shadow.present[&index].verdict());
            let order = &snapshot.interfaces[member.index].order;
            assert_eq!(order.directive, self.shadow.directive(index, self.now));
            if anybody && !self.shadow.may_be_picked(index, self.now) {
                assert!(!member.weight.is_some(), "{} must not be picked: {pool:?}", member.name);
            }
            assert!(member.share >= 0.0 && member.share <= 1.0);
        }
        assert_eq!(anybody, !present.is_empty() && !pool.reason.failed_open(), "{:?}", pool.reason);
        let shares: f64 = pool.members.iter().map(|member| member.share).sum();
        assert!(present.is_empty() || (shares - 1.0).abs() < 1e-9, "shares sum to {shares}");
    }

    fn check_answer(&mut self, pool: &PoolView) {
        let mut picked = Vec::new();
        self.dispatcher.pick(pool, Family::V4, pool.answer_count.into(), &mut picked);
        assert_eq!(picked.is_empty(), pool.members.is_empty(), "an answer is never empty");
        assert!(picked.iter().all(|&index| pool.members[index].weight.is_some()));
    }
}

#[test]
fn whatever_happens_the_snapshot_keeps_its_promises() {
    let seeds = match std::env::var("WEIR_SEED") {
        Ok(seed) => {
            let seed: u64 = seed.parse().expect("WEIR_SEED is a whole number");
            seed..seed + 1
        }
        Err(_) => 0..RUNS,
    };
    for seed in seeds {
        println!("WEIR_SEED={seed}");
        let mut world = World::new(seed);
        for _ in 0..STEPS {
            world.step();
            world.check();
        }
    }
}
