//! Valid questions, made invalid in the ways in which messages are.

use super::A;
use super::messages::{names, variants};
use crate::fast::ask::Ask;
use crate::kit::{Numbers, question, question_end};

/// Names that the fast path knows, or knows that there are none.
const COMMON: [&str; 15] = [
    "",
    "live.",
    "eni0.live.",
    "eni3.live.",
    "dual.x.",
    "six.dual.x.",
    "ns1.",
    "mail.",
    "ent.",
    "missing.",
    "txt6.",
    "txt7.",
    "txt10.",
    "txt14.",
    "txt18.",
];
/// Types that are asked for; a quarter of the questions is of any other.
const KINDS: [u16; 8] = [A, A, 28, 16, 16, 16, 6, 255];

/// Zone text of names whose answers are about as long as answers may be: so many strings, 63 bytes each; and the two of
/// the kit's world that fit no datagram.
pub(super) fn long_text() -> String {
    let strings = |count: usize| (0..count).map(move |n| format!("txt{count} TXT \"{n:050}\"\n"));
    let glue =
        (0..60).map(|n| format!("big TXT \"{n:050}\"\nwide NS ns{n}.wide\nns{n}.wide A 192.0.2.{n}\n"));
    [6, 7, 10, 14, 18].into_iter().flat_map(strings).chain(glue).collect()
}

/// Makes messages that are the same in every run with the same seed.
pub(super) struct Mutator {
    /// Every name of the kit's world in every variant.
    seeds: Vec<Vec<u8>>,
    /// The common names in the variants that the fast path reads.
    common: Vec<Vec<u8>>,
    numbers: Numbers,
}

impl Mutator {
    pub(super) fn new(seed: u64) -> Self {
        let seeds = names().iter().flat_map(|name| variants(name, A)).collect();
        let wire = |name: &str| {
            let question = question(0, 0, &format!("{name}stream.test"), A);
            question[12..question.len() - 4].to_vec()
        };
        let common = COMMON.iter().flat_map(|name| variants(&wire(name), A));
        let common = common.filter(|message| Ask::parse(message).is_some()).collect();
        Self { seeds, common, numbers: Numbers(seed) }
    }

    /// The next message, mutated once, twice or three times.
    pub(super) fn next(&mut self) -> Vec<u8> {
        let mut message = self.valid();
        for _ in 0..[1, 1, 1, 2, 3][self.numbers.below(5)] {
            self.mutate(&mut message);
        }
        message
    }

    fn valid(&mut self) -> Vec<u8> {
        let seeds = if self.numbers.below(4) == 0 { &self.seeds } else { &self.common };
        let mut message = seeds[self.numbers.below(seeds.len())].clone();
        let kind = match self.numbers.below(4) {
            0 => u16::from_be_bytes([self.numbers.byte() & 1, self.numbers.byte()]),
            _ => KINDS[self.numbers.below(KINDS.len())],
        };
        let end = question_end(&message);
        message[end - 4..end - 2].copy_from_slice(&kind.to_be_bytes());
        message
    }

    fn mutate(&mut self, message: &mut Vec<u8>) {
        let numbers = &mut self.numbers;
        let length = message.len();
        if length == 0 {
            return message.push(numbers.byte());
        }
        let at = numbers.below(length);
        match numbers.below(20) {
            0 => message[at] ^= 1 << numbers.below(8),
            1 => message[at] = numbers.byte(),
            2 => message.insert(at, numbers.byte()),
            3 => drop(message.drain(at..length.min(at + 1 + numbers.below(8)))),
            4 => message.truncate(at),
            5 => double_the_tail(message, numbers),
            6 => splice(message, &self.seeds[numbers.below(self.seeds.len())], at),
            7 => step(message, numbers),
            8 => point(message, at, numbers),
            9 => count(message, numbers),
            10 => message.extend((0..numbers.below(4)).map(|_| numbers.byte())),
            // The others leave many a question common.
            11..14 => rename(message, numbers),
            14 | 15 => message.iter_mut().take(2).for_each(|byte| *byte = numbers.byte()),
            16 => flag(message, numbers),
            _ => resize(message, numbers),
        }
    }
}

/// Where the question ends, as far as that can be seen.
fn tail(message: &[u8]) -> Option<usize> {
    let length = crate::wire::name_length(message.get(12..)?)?;
    Some(12 + length + 4).filter(|&end| end <= message.len())
}

/// Two OPT records; the count knows of it or not.
fn double_the_tail(message: &mut Vec<u8>, numbers: &mut Numbers) {
    let Some(end) = tail(message) else { return };
    message.extend_from_within(end..);
    if numbers.below(4) > 0 {
        message[11] = message[11].wrapping_add(1);
    }
}

/// The head of one message and the end of another, cut at the same place or elsewhere.
fn splice(message: &mut Vec<u8>, other: &[u8], at: usize) {
    message.truncate(at);
    message.extend_from_slice(&other[at.min(other.len())..]);
}

/// A length that is off by one: of a label, of the OPT record's data, or of an option.
fn step(message: &mut [u8], numbers: &mut Numbers) {
    let mut lengths = Vec::new();
    let mut at = 12;
    while let Some(&length @ 1..=63) = message.get(at) {
        lengths.push(at);
        at += 1 + usize::from(length);
    }
    // Behind the root, type and class: the root of the OPT record, its type, size and TTL, and its length.
    let data = at + 5 + 11;
    lengths.extend([at, data - 1, data + 3, data + 15].into_iter().filter(|&place| place < message.len()));
    if lengths.is_empty() {
        return;
    }
    let byte = &mut message[lengths[numbers.below(lengths.len())]];
    *byte = if numbers.below(2) == 0 { byte.wrapping_add(1) } else { byte.wrapping_sub(1) };
}

/// A compression pointer: to the header, to the name, to itself, or out of the message.
fn point(message: &mut [u8], at: usize, numbers: &mut Numbers) {
    let at = if numbers.below(2) == 0 { at } else { 12 };
    let to = [0, 12, at, at + 1, numbers.below(300), 0x3fff][numbers.below(6)];
    let pointer = u16::try_from(to & 0x3fff).expect("fourteen bits") | 0xc000;
    if let Some(place) = message.get_mut(at..at + 2) {
        place.copy_from_slice(&pointer.to_be_bytes());
    }
}

/// A count of records, or of questions, that does not count.
fn count(message: &mut [u8], numbers: &mut Numbers) {
    let (place, value) = (4 + numbers.below(8), [0, 1, 2, 3, 255, numbers.byte()][numbers.below(6)]);
    if let Some(byte) = message.get_mut(place) {
        *byte = value;
    }
}

/// Another letter, or another case, in a name.
fn rename(message: &mut [u8], numbers: &mut Numbers) {
    let Some(end) = tail(message) else { return };
    let place = 12 + numbers.below(end - 12 - 4);
    if message[place].is_ascii_alphanumeric() {
        message[place] =
            if numbers.below(2) == 0 { message[place] ^ 0x20 } else { b'a' + numbers.byte() % 26 };
    }
}

/// Other flags than those of a usual question.
fn flag(message: &mut [u8], numbers: &mut Numbers) {
    let flags = [0x01, 0x10, 0x20, 0x40, 0x80];
    let bit = flags[numbers.below(flags.len())];
    if let Some(byte) = message.get_mut(2 + numbers.below(2)) {
        *byte ^= bit;
    }
}

/// Another size in the OPT record.
fn resize(message: &mut [u8], numbers: &mut Numbers) {
    let sizes = [0, 1, 511, 512, 513, 600, 1231, 1232, 1233, 65535];
    let size: u16 = sizes[numbers.below(sizes.len())];
    if let Some(place) = tail(message).and_then(|end| message.get_mut(end + 3..end + 5)) {
        place.copy_from_slice(&size.to_be_bytes());
    }
}
