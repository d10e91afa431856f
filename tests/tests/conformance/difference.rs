//! How two replies to the same question differ.

use std::fmt;

use crate::message::{Message, Opt, Record, Reply};
use crate::question::Question;

/// One thing in which two replies can differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Aspect {
    /// Only one of them is a message.
    Presence,
    /// The response code, its upper part included.
    Code,
    /// QR and opcode.
    Opcode,
    Authoritative,
    Truncated,
    RecursionDesired,
    RecursionAvailable,
    /// The reserved bit of the header.
    Reserved,
    AuthenticData,
    CheckingDisabled,
    /// The question section, byte by byte.
    Question,
    Answer,
    Authority,
    Additional,
    /// One of them has an OPT record.
    Opt,
    /// The version in it.
    Version,
    /// DO, and the flags that mean nothing yet.
    OptFlags,
}

use Aspect::{
    Additional, Answer, AuthenticData, Authoritative, Authority, CheckingDisabled, Code, Opcode, OptFlags,
    Presence, RecursionAvailable, RecursionDesired, Reserved, Truncated, Version,
};

/// The flags of the header.
const FLAGS: [(Aspect, u16); 8] = [
    (Opcode, 0xf800),
    (Authoritative, 0x0400),
    (Truncated, 0x0200),
    (RecursionDesired, 0x0100),
    (RecursionAvailable, 0x0080),
    (Reserved, 0x0040),
    (AuthenticData, 0x0020),
    (CheckingDisabled, 0x0010),
];

/// One of the peers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Peer {
    Nsd,
    Knot,
}

/// A question with weir's answer and the peers', seen from one of these.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Case<'a> {
    pub(crate) question: &'a Question,
    pub(crate) weir: &'a Reply,
    pub(crate) peer: Peer,
    /// Of this peer.
    pub(crate) theirs: &'a Reply,
    /// Of the other one.
    pub(crate) others: &'a Reply,
}

/// All in which two replies differ.
pub(crate) fn between(one: &Reply, other: &Reply) -> Vec<Aspect> {
    match (one, other) {
        (Reply::Message(one), Reply::Message(other)) => of_messages(one, other),
        _ if one == other => Vec::new(),
        _ => vec![Presence],
    }
}

fn of_messages(one: &Message, other: &Message) -> Vec<Aspect> {
    let mut aspects = Vec::new();
    let mut note = |differs: bool, aspect| aspects.extend(differs.then_some(aspect));
    note(one.code() != other.code(), Code);
    for (aspect, mask) in FLAGS {
        note((one.flags ^ other.flags) & mask != 0, aspect);
    }
    note(one.question != other.question, Aspect::Question);
    for (place, aspect) in [Answer, Authority, Additional].into_iter().enumerate() {
        note(one.sections[place] != other.sections[place], aspect);
    }
    match (&one.opt, &other.opt) {
        (Some(one), Some(other)) => {
            note(one.version != other.version, Version);
            note(one.flags != other.flags, OptFlags);
        }
        (None, None) => {}
        _ => note(true, Aspect::Opt),
    }
    aspects
}

impl Case<'_> {
    /// In what weir and this peer differ.
    pub(crate) fn differences(&self) -> Vec<Aspect> {
        between(self.weir, self.theirs)
    }

    /// Whether weir does what the other peer does.
    pub(crate) fn other_agrees(&self, aspect: Aspect) -> bool {
        !between(self.weir, self.others).contains(&aspect)
    }

    /// weir's message and this peer's.
    pub(crate) fn messages(&self) -> Option<[&Message; 2]> {
        Some([self.weir.message()?, self.theirs.message()?])
    }

    /// weir's OPT record and this peer's.
    pub(crate) fn opts(&self) -> [Option<&Opt>; 2] {
        [self.weir, self.theirs].map(|reply| reply.message().and_then(|message| message.opt.as_ref()))
    }

    /// weir's response code and this peer's.
    pub(crate) fn codes(&self) -> Option<[u16; 2]> {
        self.messages().map(|both| both.map(Message::code))
    }

    /// A section of weir's message and of this peer's: 0 answer, 1 authority, 2 additional.
    pub(crate) fn sections(&self, place: usize) -> [&[Record]; 2] {
        self.messages().map_or([&[], &[]], |both| both.map(|message| &message.sections[place][..]))
    }
}

impl fmt::Display for Case<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (nsd, knot) = match self.peer {
            Peer::Nsd => (self.theirs, self.others),
            Peer::Knot => (self.others, self.theirs),
        };
        let Self { question, weir, peer, .. } = self;
        writeln!(f, "differs from {peer:?} in {:?}: {question}", self.differences())?;
        write!(f, "  weir:\n{weir}  NSD:\n{nsd}  Knot:\n{knot}")
    }
}
