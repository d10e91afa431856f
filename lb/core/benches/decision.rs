//! What one dispatch decision costs: the bill, the pick of two of four members, and the note of what was told.
//!
//! Run `cargo bench -p weir-core --bench decision`. Time passes in the bench as it does on the wire: who asks again has
//! waited beyond the time to live, or nothing would be learned and the bench would flatter.

use std::collections::BTreeSet;
use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, Instant};

use criterion::Criterion;
use weir_core::law::hidden::HiddenLoad;
use weir_core::{Ask, Audience, Dispatcher, Family, Grounds, Member, Ttl, Verdict, Weight};

const TTL: (Ttl, Ttl) = (Ttl::from_secs(5), Ttl::from_secs(30));
/// Resolvers of the reference world, and viewers per second of all of them: 7,700 who stay for twenty minutes.
const RESOLVERS: u64 = 1_000;
const VIEWERS_PER_SECOND: f64 = 6.4;
/// So many questions are drawn beforehand; then they come again, later.
const QUESTIONS: usize = 1 << 16;

/// One pool of four, as the DNS listener keeps it.
struct Desk {
    audience: Audience,
    known: Dispatcher,
    newcomers: Dispatcher,
    picked: Vec<usize>,
}

impl Desk {
    fn new(start: Instant) -> Self {
        let members = members();
        let mut dispatcher = Dispatcher::new();
        dispatcher.follow(&members, Family::V4);
        Self {
            audience: Audience::new(start, members.len(), TTL.1, HiddenLoad::MOST_ROWS),
            newcomers: dispatcher.clone(),
            known: dispatcher,
            picked: Vec::with_capacity(4),
        }
    }

    /// One decision; says for how long the answer may be kept.
    fn decide(&mut self, now: Instant, resolver: u64) -> Ttl {
        let bill = self.audience.bill(now, resolver, TTL);
        let dispatcher = if bill.newcomer { &mut self.newcomers } else { &mut self.known };
        self.picked.clear();
        let ask = Ask { family: Family::V4, count: 2, cost: bill.cost() };
        dispatcher.pick_among_followed(ask, &mut self.picked);
        self.audience.told(&bill, &self.picked);
        bill.ttl
    }
}

fn members() -> Vec<Member> {
    let member = |(index, weight): (usize, u32)| Member {
        index,
        name: format!("eni{index}").parse().expect("a label"),
        address: IpAddr::V4(Ipv4Addr::LOCALHOST),
        public_address: IpAddr::V4(Ipv4Addr::LOCALHOST),
        verdict: Verdict::Up,
        probes: Vec::new(),
        weight: Weight::new(weight),
        share: 0.0,
        grounds: Grounds::default(),
    };
    [2013, 1987, 5021, 979].into_iter().enumerate().map(member).collect()
}

/// Numbers in [0, 1), the same in every run (SplitMix64).
struct Dice(u64);

impl Dice {
    fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    #[allow(clippy::cast_precision_loss, reason = "53 bits fit")]
    fn unit(&mut self) -> f64 {
        (self.number() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// Who asks when, as in the world: each resolver when its first viewer comes after its answer has expired.
fn questions(start: Instant) -> Vec<(Duration, u64)> {
    let mut dice = Dice(1);
    let mut desk = Desk::new(start);
    #[allow(clippy::cast_precision_loss, reason = "a thousand")]
    let weight = |rank: u64| 1.0 / rank as f64;
    let all: f64 = (1..=RESOLVERS).map(weight).sum();
    let mut wait = |rank| -(1.0 - dice.unit()).ln() * all / (VIEWERS_PER_SECOND * weight(rank));
    let mut due: BTreeSet<(Duration, u64)> =
        (1..=RESOLVERS).map(|rank| (Duration::from_secs_f64(wait(rank)), rank)).collect();
    let mut asked = Vec::with_capacity(QUESTIONS);
    while asked.len() < QUESTIONS {
        let (at, rank) = due.pop_first().expect("everybody asks again");
        let ttl = desk.decide(start + at, Dice(rank).number());
        asked.push((at, Dice(rank).number()));
        due.insert((
            at + Duration::from_secs(ttl.as_secs().into()) + Duration::from_secs_f64(wait(rank)),
            rank,
        ));
    }
    asked
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("decision");
    let start = Instant::now();

    let (mut desk, mut now) = (Desk::new(start), start);
    group.bench_function("one resolver, every time beyond its TTL", |bench| {
        bench.iter(|| {
            now += Duration::from_millis(5_600);
            black_box(desk.decide(now, black_box(7)))
        });
    });

    let (mut desk, mut now) = (Desk::new(start), start);
    group.bench_function("one resolver that repeats itself", |bench| {
        bench.iter(|| {
            now += Duration::from_micros(10);
            black_box(desk.decide(now, black_box(7)))
        });
    });

    // The moments are made outside of what is timed.
    let asked = questions(start);
    let round = asked.last().map_or(Duration::ZERO, |(at, _)| *at);
    let (mut desk, mut epoch) = (Desk::new(start), start);
    group.bench_function("1,000 resolvers by Zipf 1.0", |bench| {
        bench.iter_custom(|decisions| {
            let (mut left, mut taken) = (usize::try_from(decisions).unwrap_or(usize::MAX), Duration::ZERO);
            while left > 0 {
                let due: Vec<_> = asked.iter().take(left).map(|&(at, key)| (epoch + at, key)).collect();
                (left, epoch) = (left - due.len(), epoch + round);
                let begun = Instant::now();
                for &(now, resolver) in &due {
                    black_box(desk.decide(now, resolver));
                }
                taken += begun.elapsed();
            }
            taken
        });
    });

    group.bench_function("of that, the pick alone", |bench| {
        bench.iter(|| {
            desk.picked.clear();
            let ask = Ask { family: Family::V4, count: 2, cost: black_box(77) };
            desk.known.pick_among_followed(ask, &mut desk.picked);
        });
    });

    let (mut desk, mut forged, mut now) = (Desk::new(start), 0_u64, start);
    group.bench_function("forged ones that ask once", |bench| {
        bench.iter(|| {
            forged += 1;
            now += Duration::from_micros(10);
            black_box(desk.decide(now, black_box(forged)))
        });
    });

    // The second question comes 0.6 seconds after the first, or it would count as a repetition.
    let (mut desk, mut questions, mut now) = (Desk::new(start), 0_u64, start);
    group.bench_function("forged ones that ask twice", |bench| {
        bench.iter(|| {
            questions += 1;
            now += Duration::from_micros(10);
            let again = if questions.is_multiple_of(2) { 0 } else { 30_000 };
            black_box(desk.decide(now, black_box(1_000_000 + questions / 2 - again)))
        });
    });
    group.finish();
    criterion.final_summary();
}
