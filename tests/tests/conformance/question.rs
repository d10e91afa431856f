//! A question in bytes, with what it means, as far as a reason for a difference needs it.

use std::fmt;

use crate::message::{hex, name_text};

/// The class IN.
pub(crate) const IN: u16 = 1;
/// The opcode QUERY.
pub(crate) const QUERY: u8 = 0;

/// How a question travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transport {
    Udp,
    Tcp,
}

/// What is wrong or unusual about a message; one thing at a time, so that a difference has one reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Oddity {
    /// Nothing.
    None,
    /// Bytes behind the last record.
    Trailing,
    /// No question, though there is one.
    Uncounted,
    /// No question at all.
    NoQuestion,
    /// The question twice.
    TwoQuestions,
    /// The question's name ends in a pointer into the header.
    PointsToHeader,
    /// The question's name points to itself.
    PointsToItself,
    /// The message ends within its question.
    CutQuestion,
    /// A record in the answer section.
    HasAnswer,
    /// A record in the authority section.
    HasAuthority,
    /// A record in the additional section, before the OPT record.
    HasAdditional,
    /// Two OPT records.
    TwoOpts,
    /// An OPT record whose owner is not the root.
    OwnedOpt,
    /// An option that is longer than its record.
    TornOption,
    /// A cookie of a length that none has.
    BadCookie,
    /// A client subnet that breaks a rule.
    BadSubnet,
}

/// An OPT record to be sent.
#[derive(Clone, Debug)]
pub(crate) struct Edns {
    pub(crate) size: u16,
    pub(crate) version: u8,
    pub(crate) flags: u16,
    /// Codes and data.
    pub(crate) options: Vec<(u16, Vec<u8>)>,
}

/// What is asked.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    pub(crate) id: u16,
    pub(crate) opcode: u8,
    /// RD, Z, AD and CD, as they stand in the header.
    pub(crate) flags: u16,
    /// In wire form, as spelled.
    pub(crate) name: Vec<u8>,
    pub(crate) kind: u16,
    pub(crate) class: u16,
    pub(crate) edns: Option<Edns>,
    pub(crate) oddity: Oddity,
    pub(crate) transport: Transport,
}

impl Question {
    /// A plain question.
    pub(crate) fn plain(name: &[u8], kind: u16) -> Self {
        Self {
            id: 0,
            opcode: QUERY,
            flags: 0,
            name: name.to_vec(),
            kind,
            class: IN,
            edns: None,
            oddity: Oddity::None,
            transport: Transport::Udp,
        }
    }

    /// How many bytes an answer may have.
    pub(crate) fn limit(&self) -> usize {
        match (self.transport, &self.edns) {
            (Transport::Tcp, _) => usize::from(u16::MAX),
            (Transport::Udp, None) => 512,
            (Transport::Udp, Some(edns)) => usize::from(edns.size.clamp(512, 1232)),
        }
    }

    /// Its question section as it should come back.
    pub(crate) fn section(&self) -> Vec<u8> {
        [&self.name[..], &self.kind.to_be_bytes(), &self.class.to_be_bytes()].concat()
    }

    /// Its bytes.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut bytes = self.id.to_be_bytes().to_vec();
        bytes.extend((u16::from(self.opcode) << 11 | self.flags).to_be_bytes());
        let questions = match self.oddity {
            Oddity::Uncounted | Oddity::NoQuestion => 0,
            Oddity::TwoQuestions => 2,
            _ => 1,
        };
        bytes.extend([0, questions, 0, 0, 0, 0, 0, 0]);
        bytes.extend(self.written_section());
        match self.oddity {
            Oddity::CutQuestion => {
                bytes.truncate(bytes.len() - 3);
                return bytes;
            }
            Oddity::HasAnswer => add_address(&mut bytes, 7),
            Oddity::HasAuthority => add_address(&mut bytes, 9),
            Oddity::HasAdditional => add_address(&mut bytes, 11),
            Oddity::TwoOpts => {
                let edns = Edns { size: 1232, version: 0, flags: 0, options: Vec::new() };
                edns.add(&mut bytes, self.oddity);
            }
            _ => {}
        }
        if let Some(edns) = &self.edns {
            edns.add(&mut bytes, self.oddity);
        }
        if self.oddity == Oddity::Trailing {
            bytes.extend([0xde, 0xad, 0xbe, 0xef]);
        }
        bytes
    }

    fn written_section(&self) -> Vec<u8> {
        let section = self.section();
        let pointing = |to: u8| [&[0xc0, to][..], &section[self.name.len()..]].concat();
        match self.oddity {
            Oddity::NoQuestion => Vec::new(),
            Oddity::TwoQuestions => section.repeat(2),
            Oddity::PointsToHeader => pointing(4),
            Oddity::PointsToItself => pointing(12),
            _ => section,
        }
    }
}

impl Edns {
    fn add(&self, bytes: &mut Vec<u8>, oddity: Oddity) {
        let owner: &[u8] = if oddity == Oddity::OwnedOpt { b"\x01a\0" } else { &[0] };
        bytes.extend(owner);
        bytes.extend([0, 41]);
        bytes.extend(self.size.to_be_bytes());
        bytes.extend([0, self.version]);
        bytes.extend(self.flags.to_be_bytes());
        let mut options = Vec::new();
        for (code, data) in &self.options {
            let length = u16::try_from(data.len()).expect("options are short");
            options.extend([code.to_be_bytes(), length.to_be_bytes()].concat());
            options.extend(data);
        }
        if oddity == Oddity::TornOption {
            options.extend([0, 3, 0, 9, 1]);
        }
        bytes.extend(u16::try_from(options.len()).expect("options are few").to_be_bytes());
        bytes.extend(options);
        bytes[11] += 1;
    }
}

/// Adds an address record, and one to the count that stands at `count`.
fn add_address(bytes: &mut Vec<u8>, count: usize) {
    bytes.extend(b"\x01a\0\0\x01\0\x01\0\0\0\x05\0\x04\xc0\0\x02\x01");
    bytes[count] += 1;
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { opcode, flags, kind, class, transport, oddity, .. } = self;
        write!(f, "{transport:?} {} TYPE{kind} CLASS{class} opcode {opcode}", name_text(&self.name))?;
        write!(f, " flags {flags:04x}, oddity {oddity:?}")?;
        if let Some(Edns { size, version, flags, options }) = &self.edns {
            write!(f, ", OPT version {version}, size {size}, flags {flags:04x}")?;
            for (code, data) in options {
                write!(f, " {code}={}", hex(data))?;
            }
        }
        writeln!(f, "\n    {}", hex(&self.bytes()))
    }
}
