//! A common question, read without copying more than its name.
//!
//! Anything else is not judged here: None leaves it to the general path.

use crate::metrics::Transport;
use crate::name::MAX_NAME;
use crate::options::{Cookie, Options, Subnet};
use crate::query::{Edns, IN, MIN_UDP, Query};
use crate::record::Type;
use crate::wire::{self, HEADER};

/// The shortest question for the root.
const SHORTEST: usize = HEADER + 5;
/// Longer ones are not common.
const LONGEST: usize = 512;
/// RD, in the third byte.
const RD: u8 = 0x01;
/// CD, in the fourth byte.
const CD: u8 = 0x10;
/// RA and the response code, in the fourth byte: zero in a question. Other bits there (AD, Z) change nothing.
const UNUSUAL: u8 = 0x8f;
/// QDCOUNT to NSCOUNT of a question.
const COUNTS: [u8; 6] = [0, 1, 0, 0, 0, 0];
/// An OPT record up to its options, its owner with it.
const OPT: usize = 11;

/// A lower-case name on the stack.
#[derive(Debug)]
pub(super) struct Key {
    bytes: [u8; MAX_NAME],
    length: usize,
}

/// A common question.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ask<'a> {
    pub(super) id: [u8; 2],
    /// RD and CD as they stand in the third and fourth byte of an answer.
    pub(super) flags: [u8; 2],
    /// Name, type and class, as they stand in the message.
    pub(super) question: &'a [u8],
    pub(super) kind: Type,
    pub(super) opt: Option<Opt<'a>>,
}

/// Its OPT record.
#[derive(Clone, Copy, Debug)]
pub(super) struct Opt<'a> {
    pub(super) size: u16,
    pub(super) dnssec_ok: bool,
    pub(super) cookie: Option<Cookie<'a>>,
    /// Large resolvers send it with each question to servers that answer it.
    pub(super) subnet: Option<Subnet<'a>>,
}

impl<'a> Ask<'a> {
    /// Reads a message.
    pub(super) fn parse(message: &'a [u8]) -> Option<Self> {
        if !(SHORTEST..=LONGEST).contains(&message.len()) {
            return None;
        }
        let header = message.first_chunk::<HEADER>()?;
        let usual = header[2] & !RD == 0 && header[3] & UNUSUAL == 0 && header[4..10] == COUNTS;
        if !usual {
            return None;
        }
        let end = HEADER + wire::name_length(&message[HEADER..])? + 4;
        let question = message.get(HEADER..end)?;
        let &[k0, k1, c0, c1] = question.last_chunk::<4>()?;
        let kind = Type(u16::from_be_bytes([k0, k1]));
        if u16::from_be_bytes([c0, c1]) != IN || !is_common(kind) {
            return None;
        }
        let rest = &message[end..];
        let opt = match header[10..] {
            [0, 0] if rest.is_empty() => None,
            [0, 1] => Some(Opt::parse(rest)?),
            _ => return None,
        };
        let flags = [header[2] & RD, header[3] & CD];
        Some(Self { id: [header[0], header[1]], flags, question, kind, opt })
    }

    /// How long the answer may be.
    pub(super) fn limit(&self) -> usize {
        let edns = self.opt.map(|opt| Edns { version: 0, size: opt.size });
        usize::from(edns.map_or(MIN_UDP, |edns| Query::udp_limit(Some(edns))))
    }
}

/// Whether tables may answer: DS may be the parent's, and of the types that no zone holds only ANY is known.
fn is_common(kind: Type) -> bool {
    kind == Type::ANY || (kind != Type::DS && !kind.is_meta())
}

impl<'a> Opt<'a> {
    /// Reads what stands behind the question: one OPT record of version 0 and nothing else.
    fn parse(rest: &'a [u8]) -> Option<Self> {
        let (fixed, options) = rest.split_first_chunk::<OPT>()?;
        let &[0, 0, 41, s0, s1, 0, 0, flags, _, l0, l1] = fixed else { return None };
        if usize::from(u16::from_be_bytes([l0, l1])) != options.len() {
            return None;
        }
        let options = Options::parse(options, Transport::Udp).ok()?;
        (!options.nsid).then_some(Self {
            size: u16::from_be_bytes([s0, s1]),
            dnssec_ok: flags & 0x80 != 0,
            cookie: options.cookie,
            subnet: options.subnet,
        })
    }
}

impl Key {
    pub(super) fn new() -> Self {
        Self { bytes: [0; MAX_NAME], length: 0 }
    }

    /// Takes the name that a question begins with. Lengths of labels are below the letters, so that all bytes are
    /// folded alike.
    pub(super) fn set(&mut self, question: &[u8]) {
        self.length = question.len().saturating_sub(4).min(MAX_NAME);
        for (byte, spelled) in self.bytes.iter_mut().zip(&question[..self.length]) {
            *byte = spelled.to_ascii_lowercase();
        }
    }

    /// The name.
    pub(super) fn as_wire(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}
