//! Questions by chance: the names of the zones and their neighbours, all types, and all that a header and an OPT record
//! may say. The same seed asks the same.

use std::collections::BTreeSet;

use fastrand::Rng;

use crate::names::{INTERFACES, POOL, ZONES};
use crate::question::{Edns, IN, Oddity, QUERY, Question, Transport};

/// The types that the zones have, and those that have rules of their own.
pub(crate) const KINDS: [u16; 31] = [
    1, 2, 5, 6, 12, 13, 15, 16, 28, 33, 35, 37, 39, 43, 44, 46, 47, 48, 50, 52, 53, 61, 62, 64, 65, 99, 255,
    257, 65280, 65281, 65400,
];

/// Types that are asked for and never held: none, OPT, the whole range of questions, and the last.
const META: [u16; 12] = [0, 41, 128, 248, 249, 250, 251, 252, 253, 254, 255, 65535];

const ODD: [Oddity; 10] = [
    Oddity::Trailing,
    Oddity::NoQuestion,
    Oddity::HasAnswer,
    Oddity::HasAuthority,
    Oddity::HasAdditional,
    Oddity::TwoOpts,
    Oddity::OwnedOpt,
    Oddity::TornOption,
    Oddity::BadCookie,
    Oddity::BadSubnet,
];

/// Those that Knot never answers; waiting for that takes its time, so they are few.
const UNREADABLE: [Oddity; 5] = [
    Oddity::Uncounted,
    Oddity::TwoQuestions,
    Oddity::PointsToHeader,
    Oddity::PointsToItself,
    Oddity::CutQuestion,
];

/// A source of questions.
pub(crate) struct Chance {
    random: Rng,
    names: Vec<Vec<u8>>,
    /// In chance order; no question has the ID of another one, so that a late answer is never taken for another's.
    ids: Vec<u16>,
}

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        let mut random = Rng::with_seed(seed);
        let mut ids: Vec<u16> = (0..=u16::MAX).collect();
        random.shuffle(&mut ids);
        Self { random, names: names(), ids }
    }

    /// Each name of the zones and each of the types, asked plainly, or with an OPT record of this size.
    pub(crate) fn all_plain(&mut self, size: Option<u16>) -> Vec<Question> {
        let edns = size.map(|size| Edns { size, version: 0, flags: 0x8000, options: Vec::new() });
        let plain = |name: &[u8], kind| Question { edns: edns.clone(), ..Question::plain(name, kind) };
        let pairs = self.names.iter().flat_map(|name| KINDS.map(|kind| plain(name, kind)));
        let mut questions: Vec<Question> = pairs.collect();
        questions.iter_mut().for_each(|question| question.id = self.id());
        questions
    }

    /// So many questions of one transport.
    pub(crate) fn questions(&mut self, count: usize, transport: Transport) -> Vec<Question> {
        (0..count).map(|_| Question { transport, ..self.question() }).collect()
    }

    /// Some that can't be read, so many of each kind.
    pub(crate) fn unreadable(&mut self, count: usize) -> Vec<Question> {
        let kinds = UNREADABLE.into_iter().flat_map(|oddity| std::iter::repeat_n(oddity, count));
        let ask = |oddity| Question { oddity, opcode: QUERY, class: IN, ..self.question() };
        kinds.map(ask).collect()
    }

    fn id(&mut self) -> u16 {
        self.ids.pop().expect("fewer questions than IDs")
    }

    fn question(&mut self) -> Question {
        let mut question = Question { id: self.id(), ..Question::plain(&self.name(), self.kind()) };
        let random = &mut self.random;
        if random.u8(..) < 100 {
            // RD, Z, AD, CD.
            question.flags = [0x100, 0x40, 0x20, 0x10].into_iter().filter(|_| random.bool()).sum();
        }
        if random.u8(..) < 4 {
            question.opcode = random.u8(..16);
        }
        if random.u8(..) < 10 {
            question.class = *random.choice(&[3, 4, 254, 255, 0, random.clone().u16(..)]).unwrap_or(&3);
        }
        if random.u8(..) < 170 {
            question.edns = Some(self.edns());
        }
        if self.random.u8(..) < 12 && question.opcode == QUERY && question.class == IN {
            self.spoil(&mut question);
        }
        question
    }

    fn kind(&mut self) -> u16 {
        match self.random.u8(..) {
            0..20 => self.random.u16(..),
            20..40 => META[self.random.usize(..META.len())],
            // Addresses are what is asked for most.
            40..110 => *self.random.choice(&[1, 28]).unwrap_or(&1),
            _ => KINDS[self.random.usize(..KINDS.len())],
        }
    }

    /// One of the zones' names, or one beside, above or below it.
    fn name(&mut self) -> Vec<u8> {
        let mut name = self.names[self.random.usize(..self.names.len())].clone();
        for _ in 0..[0, 0, 0, 0, 1, 1, 2, 6][self.random.usize(..8)] {
            match self.random.u8(..4) {
                // Its parent, or the root.
                0 if name.len() > 1 => drop(name.drain(..=usize::from(name[0]))),
                // Another first label.
                1 if name.len() > 1 => {
                    name.drain(..=usize::from(name[0]));
                    self.prepend(&mut name);
                }
                _ => self.prepend(&mut name),
            }
        }
        if self.random.u8(..) < 100 {
            self.spell(&mut name);
        }
        name
    }

    /// Puts a label in front, unless the name would be too long.
    fn prepend(&mut self, name: &mut Vec<u8>) {
        let random = &mut self.random;
        let label: Vec<u8> = match random.u8(..6) {
            0 => b"*".to_vec(),
            1 => vec![b'x'; random.usize(1..=63)],
            2 => (0..random.usize(1..6)).map(|_| random.u8(..)).collect(),
            _ => {
                let common: [&[u8]; 8] =
                    [b"a", b"www", b"ns1", b"x", b"_acme-challenge", b"eni0", b"sub", b"mail"];
                common[random.usize(..common.len())].to_vec()
            }
        };
        if name.len() + 1 + label.len() <= 255 {
            let length = u8::try_from(label.len()).expect("labels are short");
            name.splice(0..0, std::iter::once(length).chain(label));
        }
    }

    /// Varies the case of letters (draft-vixie-dnsext-dns0x20). Lengths of labels are below the letters.
    fn spell(&mut self, name: &mut [u8]) {
        for byte in name.iter_mut().filter(|byte| byte.is_ascii_alphabetic()) {
            if self.random.bool() {
                *byte ^= 0x20;
            }
        }
    }

    fn edns(&mut self) -> Edns {
        let random = &mut self.random;
        let size = match random.u8(..4) {
            0 => 1232,
            1 => 4096,
            2 => *random.choice(&[0, 1, 511, 512, 513, 1231, 1233, 65535]).unwrap_or(&0),
            _ => random.u16(..=4096),
        };
        let version = match random.u8(..24) {
            0 => 1,
            1 => random.u8(..),
            _ => 0,
        };
        let flags = match random.u8(..8) {
            0 => random.u16(..),
            1..4 => 0x8000,
            _ => 0,
        };
        let count = [0, 0, 0, 1, 1, 2, 4][random.usize(..7)];
        let options = (0..count).map(|_| self.option()).collect();
        Edns { size, version, flags, options }
    }

    /// An option that follows the rules of its kind.
    fn option(&mut self) -> (u16, Vec<u8>) {
        let random = &mut self.random;
        let mut some = |length: usize| -> Vec<u8> { (0..length).map(|_| random.u8(..)).collect() };
        match some(1)[0] % 9 {
            0 => (3, Vec::new()),
            // A client's cookie; one with a server's that is none of ours.
            1 => (10, some(8)),
            2 => (10, some(24)),
            3 => (8, [&[0, 1, 24, 0][..], &some(3)].concat()),
            4 => (8, [&[0, 2, 56, 0][..], &some(7)].concat()),
            5 => (8, vec![0, 1, 0, 0]),
            6 => (12, vec![0; 20]),
            // Codes that mean nothing yet, and those for experiments.
            7 => (65001, some(5)),
            _ => (1000 + u16::from(some(1)[0]), some(12)),
        }
    }

    /// Makes one thing about a question odd, and nothing else.
    fn spoil(&mut self, question: &mut Question) {
        question.kind = KINDS[self.random.usize(..KINDS.len())];
        question.oddity = ODD[self.random.usize(..ODD.len())];
        match question.oddity {
            // A header alone: NSD is silent, and waiting for that takes its time.
            Oddity::NoQuestion => {
                let version = if self.random.u8(..4) == 0 { 1 } else { 0 };
                question.edns = Some(Edns { version, ..self.edns() });
            }
            Oddity::TwoOpts
            | Oddity::OwnedOpt
            | Oddity::TornOption
            | Oddity::BadCookie
            | Oddity::BadSubnet => {
                question.edns = Some(self.odd_edns(question.oddity));
            }
            _ => {}
        }
    }

    fn odd_edns(&mut self, oddity: Oddity) -> Edns {
        let mut edns = Edns { version: 0, size: 1232, options: Vec::new(), ..self.edns() };
        let random = &mut self.random;
        match oddity {
            Oddity::BadCookie => {
                let length = *random.choice(&[0, 1, 7, 9, 15, 41, 60]).unwrap_or(&0);
                edns.options = vec![(10, vec![7; length])];
            }
            Oddity::BadSubnet => {
                let bad: [&[u8]; 8] = [
                    &[],
                    &[0, 1, 24],
                    &[0, 1, 24, 24, 192, 0, 2],
                    &[0, 3, 8, 0, 1],
                    &[0, 1, 33, 0, 192, 0, 2, 1, 0],
                    &[0, 1, 16, 0, 192, 0, 0],
                    &[0, 1, 24, 0, 192, 0],
                    &[0, 1, 20, 0, 192, 0, 0xf8],
                ];
                edns.options = vec![(8, bad[random.usize(..bad.len())].to_vec())];
            }
            _ => {}
        }
        edns
    }
}

/// Every name that the zones' text begins a line with, what lies between it and its zone, the pool's, and foreigners.
fn names() -> Vec<Vec<u8>> {
    let mut names = BTreeSet::new();
    for zone in &ZONES {
        let origin = wire(zone.name);
        let text = zone.records();
        let owners =
            text.lines().filter(|line| !line.starts_with(';')).filter_map(|line| line.split(' ').next());
        for owner in owners.filter(|owner| !owner.is_empty()) {
            let mut name = if owner == "@" { origin.clone() } else { joined(&wire(owner), &origin) };
            while name.len() > origin.len() {
                names.insert(name.clone());
                name.drain(..=usize::from(name[0]));
            }
            names.insert(name);
        }
    }
    names.insert(wire(POOL));
    names.extend(INTERFACES.map(|(name, ..)| wire(&format!("{name}.{POOL}"))));
    names.extend(
        ["", "test", "example.com", "www.example.com", "stream.test.example.com", "id.server"].map(wire),
    );
    names.extend(
        ["version.bind", "eni9.live.stream.test", "nowhere.stream.test", "x.wild.stream.test"].map(wire),
    );
    names.extend(["x.y.wild.stream.test", "x.wildalias.stream.test", "x.wildgone.stream.test"].map(wire));
    names.extend(["x.wildloop.stream.test", "host.sub.stream.test", "x.child.stream.test"].map(wire));
    names.extend(["x.dname.stream.test", "www.dname.stream.test", "x.dnamewild.stream.test"].map(wire));
    names.extend(
        ["a.dnamecross.stream.test", "x.dnameout.stream.test", "host.dnamecut.stream.test"].map(wire),
    );
    names.into_iter().collect()
}

/// A name of zone text in wire form, with the root's zero.
pub(crate) fn wire(text: &str) -> Vec<u8> {
    let mut labels = vec![Vec::new()];
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let label = labels.last_mut().expect("there is one from the start");
        match (byte, bytes.clone().next()) {
            (b'\\', Some(b'0'..=b'9')) => {
                let digits: String = bytes.by_ref().take(3).map(char::from).collect();
                label.push(digits.parse().expect("three digits follow a backslash"));
            }
            (b'\\', _) => label.extend(bytes.next()),
            (b'.', _) => labels.push(Vec::new()),
            _ => label.push(byte),
        }
    }
    let long =
        |label: &Vec<u8>| [&[u8::try_from(label.len()).expect("labels are short")], &label[..]].concat();
    let labels = labels.iter().filter(|label| !label.is_empty()).flat_map(long);
    labels.chain([0]).collect()
}

fn joined(front: &[u8], back: &[u8]) -> Vec<u8> {
    [&front[..front.len() - 1], back].concat()
}
