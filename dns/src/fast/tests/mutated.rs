//! A million messages that are nearly valid.

use std::slice;

use hickory_proto::op::Message;

use super::mutator::{Mutator, long_text};
use super::twins::Twins;
use super::*;
use crate::{Told, Zones};

/// Each thread has its own.
const SEEDS: [u64; 4] = [0x5eed, 0xbad_5eed, 0x0dd_5eed, 0x01d_5eed];
const EACH: usize = 250_000;

/// What both paths answered, and how often the fast one did.
#[derive(Debug, Default)]
struct Seen {
    answered_fast: usize,
    answered: usize,
    silent: usize,
    /// Answers above 512 bytes.
    long: usize,
    /// Answers that were cut.
    cut: usize,
}

/// Says which message it was when anything panics.
struct Case {
    seed: u64,
    number: usize,
    message: Vec<u8>,
}

impl Drop for Case {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("seed {:#x}, message {}: {:x?}", self.seed, self.number, self.message);
        }
    }
}

#[test]
fn a_million_mutated_messages_never_panic_and_both_paths_say_the_same() {
    let run = |seed| move || mutated(seed, EACH);
    let seen = std::thread::scope(|scope| {
        let threads = SEEDS.map(|seed| scope.spawn(run(seed)));
        threads.map(|thread| thread.join().expect("the thread has said which message it was"))
    });
    for (seed, seen) in SEEDS.into_iter().zip(seen) {
        assert!(seen.answered_fast * 5 > EACH, "seed {seed:#x}: {seen:?}");
        let all = [seen.answered, seen.silent, seen.long, seen.cut];
        assert!(all.iter().all(|count| count * 300 > EACH), "seed {seed:#x}: {seen:?}");
    }
}

/// Compares all, and holds every answer against what is allowed.
fn mutated(seed: u64, count: usize) -> Seen {
    let mut twins = Twins::new(&kit::snapshot([1, 2, 3, 4]));
    let spec = kit::spec(&format!("{}{}", kit::TEXT, long_text()));
    for twin in [&twins.fast, &twins.general] {
        twin.replace_zones(Zones::build(slice::from_ref(&spec), &kit::pool_names(), 8).unwrap());
    }
    // What is told makes answers longer.
    let nsid = Told::new(vec![b'n'; 128]);
    twins.replace_policy(&DnsPolicy { nsid, limits: None, ..DnsPolicy::default() });
    let (mut mutator, mut seen) = (Mutator::new(seed), Seen::default());
    for number in 0..count {
        let case = Case { seed, number, message: mutator.next() };
        match twins.compare(&case.message, VIEWER) {
            Some(answer) => {
                seen.answered += 1;
                seen.long += usize::from(answer.len() > 512);
                seen.cut += usize::from(answer[2] & 2 != 0);
                judge(&case.message, &answer);
                assert!(number % 8 > 0 || Message::from_vec(&answer).is_ok(), "{answer:x?}");
            }
            None => {
                seen.silent += 1;
                assert!(is_never_answered(&case.message));
            }
        }
    }
    seen.answered_fast = twins.answered;
    seen
}

/// Fragments of a header, and answers.
fn is_never_answered(message: &[u8]) -> bool {
    message.len() < 12 || message[2] & 0x80 != 0
}

/// Whether this may be answered by that.
fn judge(message: &[u8], answer: &[u8]) {
    assert!(!is_never_answered(message) && answer.len() >= 12);
    assert_eq!(answer[..2], message[..2], "the question's number");
    assert_eq!(answer[2] & 0xf8, 0x80 | (message[2] & 0x78), "an answer of the same opcode");
    let limit = usize::from(stated_size(message).unwrap_or(0)).clamp(512, 1232);
    assert!(answer.len() <= limit, "{} bytes, {limit} are allowed", answer.len());
}

/// The size in the first OPT record of a message, read as simply as can be.
fn stated_size(message: &[u8]) -> Option<u16> {
    let word = |at: usize| Some(u16::from_be_bytes([*message.get(at)?, *message.get(at + 1)?]));
    let skip_name = |mut at: usize| loop {
        match *message.get(at)? {
            0 => return Some(at + 1),
            0xc0.. => return Some(at + 2),
            length => at += 1 + usize::from(length),
        }
    };
    let mut at = 12;
    for _ in 0..word(4)? {
        at = skip_name(at)? + 4;
    }
    for _ in 0..u32::from(word(6)?) + u32::from(word(8)?) + u32::from(word(10)?) {
        at = skip_name(at)?;
        if word(at)? == 41 {
            return word(at + 2);
        }
        at += 10 + usize::from(word(at + 8)?);
    }
    None
}
