//! The same questions to weir, NSD and Knot, and a reason for each difference.

use std::collections::{BTreeMap, BTreeSet};

use fastrand::Rng;

use crate::allowed::ALLOWED;
use crate::chance::Chance;
use crate::difference::{Aspect, Case, Peer};
use crate::exchange::{Clients, WINDOW};
use crate::laws;
use crate::message::Reply;
use crate::question::{Question, Transport};
use crate::servers::Servers;

/// Questions by chance: over UDP and over TCP.
const BY_UDP: usize = 9_000;
const BY_TCP: usize = 2_000;

/// Questions that can't be read, of each kind.
const UNREADABLE: usize = 6;

/// So many questions are compared at least.
const AT_LEAST: usize = 20_000;

/// So many differences of a kind are shown in full.
const SHOWN: usize = 3;

/// What came of all comparisons.
#[derive(Default)]
struct Tally {
    asked: usize,
    /// With how many peers weir agrees without any excuse: with none, one, both.
    agrees: [usize; 3],
    /// How often each entry of the table was needed.
    used: BTreeMap<&'static str, usize>,
    /// What has no excuse, by peer and aspects, with some of them in words.
    left: BTreeMap<String, (usize, Vec<String>)>,
    /// Laws that weir broke.
    broken: Vec<String>,
}

/// Compares; the seed is of the questions by chance.
pub(crate) fn compare(seed: u64) {
    let mut servers = Servers::start();
    let clients = Clients::new(servers.addresses);
    let mut chance = Chance::new(seed);
    let mut questions = chance.all_plain(None);
    questions.extend(chance.all_plain(Some(1232)));
    questions.extend(chance.unreadable(UNREADABLE));
    questions.extend(chance.questions(BY_UDP, Transport::Udp));
    questions.extend(chance.questions(BY_TCP, Transport::Tcp));
    let mut tally = Tally::default();
    for window in windows(&questions, seed) {
        let replies = clients.ask(window);
        window.iter().zip(&replies).for_each(|(question, replies)| tally.add(question, replies));
    }
    servers.ours.weir.is_well();
    tally.judge(seed);
}

/// Questions that travel alike, so many at a time; in mixed order, as NSD limits how many errors it sends a second.
fn windows(questions: &[Question], seed: u64) -> Vec<&[Question]> {
    let alike = questions.chunk_by(|one, other| one.transport == other.transport);
    let mut windows: Vec<&[Question]> = alike.flat_map(|alike| alike.chunks(WINDOW)).collect();
    Rng::with_seed(seed).shuffle(&mut windows);
    windows
}

impl Tally {
    fn add(&mut self, question: &Question, replies: &[Reply; 3]) {
        self.asked += 1;
        let [weir, nsd, knot] = replies;
        self.broken.extend(laws::broken(question, weir));
        let cases = [
            Case { question, weir, peer: Peer::Nsd, theirs: nsd, others: knot },
            Case { question, weir, peer: Peer::Knot, theirs: knot, others: nsd },
        ];
        let equal = cases.iter().filter(|case| self.explain(case)).count();
        self.agrees[equal] += 1;
    }

    /// Looks for excuses of each aspect of a difference; whether there is no difference.
    fn explain(&mut self, case: &Case<'_>) -> bool {
        let differences = case.differences();
        let mut left = BTreeSet::new();
        for &aspect in &differences {
            match ALLOWED.iter().find(|entry| entry.excuses(aspect, case)) {
                Some(entry) => *self.used.entry(entry.name).or_default() += 1,
                None => drop(left.insert(aspect)),
            }
        }
        if !left.is_empty() {
            self.keep(case, &left);
        }
        differences.is_empty()
    }

    fn keep(&mut self, case: &Case<'_>, left: &BTreeSet<Aspect>) {
        let (count, shown) = self.left.entry(format!("{:?} {left:?}", case.peer)).or_default();
        *count += 1;
        if shown.len() < SHOWN {
            shown.push(case.to_string());
        }
    }

    fn judge(&self, seed: u64) {
        let [none, one, both] = self.agrees;
        eprintln!(
            "{} questions: {both} answered like both peers, {one} like one, {none} like none",
            self.asked
        );
        for entry in ALLOWED {
            let used = self.used.get(entry.name).copied().unwrap_or_default();
            eprintln!("{used:6} {}: {}", entry.name, entry.reason);
        }
        for (kind, (count, shown)) in &self.left {
            eprintln!("== {count} without a reason: {kind}");
            shown.iter().for_each(|case| eprintln!("{case}"));
        }
        self.broken.iter().take(10).for_each(|words| eprintln!("{words}"));
        assert!(self.broken.is_empty(), "weir broke {} laws (seed {seed})", self.broken.len());
        assert!(self.left.is_empty(), "there are differences without a reason (seed {seed})");
        assert!(self.asked >= AT_LEAST, "{} questions are too few", self.asked);
        let stale = ALLOWED.iter().map(|entry| entry.name).filter(|name| !self.used.contains_key(name));
        assert_eq!(stale.collect::<Vec<_>>(), [""; 0], "not needed any more (seed {seed})");
    }
}
