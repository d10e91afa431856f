//! What it costs to weigh: a second of the law for a thousand interfaces, and a snapshot of a thousand pools.
//!
//! Run `cargo bench -p weir-core --bench weighing`.

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::Criterion;
use weir_core::law::capacity::Branch;
use weir_core::law::control::{Law, Layout, PoolLayout};
use weir_core::law::lane::{Nominal, Sight, Standing};
use weir_core::law::rules::Rules;
use weir_core::law::split::{Health, PoolRules};
use weir_core::{
    BytesPerSec, Event, HttpPolicy, Interface, Members, NodeInventory, OriginScheme, OriginTarget, Pool,
    Sample, Settings, State, Ttl, TtlBounds, Viewer, weigh,
};

/// Interfaces in the one pool, and pools in the other bench.
const MANY: usize = 1_000;

/// A law with one pool of a thousand interfaces, four to a card.
fn law() -> Law {
    let gigabits = |index: usize| 1 + index as u64 % 40;
    let nominal = |index: usize| Nominal {
        capacity: Some(BytesPerSec::from_bits(gigabits(index) * 1_000_000_000)),
        group: Some(index / 4),
    };
    let rules = PoolRules { lanes: (0..MANY).collect(), longest: Ttl::from_secs(30), viewer: None };
    let mut law = Law::new(Rules::default());
    law.arrange(&Layout {
        lanes: (0..MANY).map(|index| (None, nominal(index))).collect(),
        groups: (0..MANY / 4).map(|_| (None, Branch { capacity: Some(2e9), parent: None })).collect(),
        pools: vec![PoolLayout { was: None, places: vec![None; MANY], rules }],
    });
    law
}

/// What a second shows of them; some send much again.
fn sights() -> Vec<Sight> {
    let sight = |index: usize| Sight {
        rate: Some(BytesPerSec::from_bits((index as u64 % 37) * 400_000_000)),
        refused: Some(index.is_multiple_of(97)),
        resent: Some(0.002 * (index % 13) as f64),
        connections: Some(200),
    };
    (0..MANY).map(sight).collect()
}

/// A thousand pools of the same four interfaces, all measured.
fn state(start: Instant) -> State {
    let mut state = State::new();
    let pool = |index: usize| Pool {
        name: format!("pool{index}").parse().expect("a label"),
        hostname: format!("pool{index}.stream.test").parse().expect("a host name"),
        members: Members::All,
        ttl: TtlBounds::new(Ttl::from_secs(5), Ttl::from_secs(30)).expect("ordered"),
        answer_count: 2,
        private_clients: Vec::new(),
        origin: OriginTarget { scheme: OriginScheme::Http, port: 80, https_port: None },
        http: HttpPolicy::default(),
        viewer: Viewer::default(),
        probes: Vec::new(),
    };
    let settings = Settings { pools: (0..MANY).map(pool).collect(), groups: Vec::new() };
    state.apply(Event::Configured(settings), start);
    let interface = |index: usize| Interface {
        name: format!("eni{index}").parse().expect("a label"),
        node: "edge-1".parse().expect("a label"),
        address: format!("192.0.2.{index}").parse().expect("an address"),
        public_address: format!("192.0.2.{index}").parse().expect("an address"),
        device: None,
        capacity: Some(BytesPerSec::from_bits(10_000_000_000)),
        group: format!("card{index}").parse().expect("a label"),
        cloud: None,
    };
    let interfaces = (1..=4).map(interface).collect();
    let node = "edge-1".parse().expect("a label");
    state.apply(Event::Inventory(NodeInventory { node, interfaces, left_out: Vec::new() }), start);
    state
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("weighing");
    let start = Instant::now();

    let sights = sights();
    let healths = [Health { standings: vec![Standing::Up; MANY], opened: None }];
    for (name, seconds) in [("a second of 1,000 interfaces", 1), ("the same, when shares are due", 5)] {
        let (mut law, mut now) = (law(), start);
        group.bench_function(name, |bench| {
            bench.iter(|| {
                now += Duration::from_secs(seconds);
                law.see(now, black_box(&sights), &healths);
            });
        });
    }

    let mut state = state(start);
    let (mut now, mut sent) = (start, 0);
    group.bench_function("a second of 1,000 pools of four interfaces", |bench| {
        bench.iter(|| {
            now += Duration::from_secs(1);
            sent += 100_000_000;
            for index in 1..=4 {
                let sample = Sample {
                    at: now,
                    transmitted: sent,
                    received: 0,
                    connections: Some(100),
                    refused: Some(0),
                    tcp: None,
                };
                state.apply(Event::Sample(format!("eni{index}").parse().expect("a label"), sample), now);
            }
            state.apply(Event::Tick, now)
        });
    });
    group.bench_function("the snapshot of them", |bench| bench.iter(|| weigh(black_box(&state), now)));
    group.finish();
    criterion.final_summary();
}
