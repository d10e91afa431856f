//! A message from a server, read into what is compared.
//!
//! Written by hand, so that no server's library tests itself.

use std::fmt;

/// The types whose data holds names, with the bytes before the first one and the number of names.
const NAMES_IN_DATA: [(u16, usize, usize); 10] = [
    (2, 0, 1),
    (5, 0, 1),
    (6, 0, 2),
    (12, 0, 1),
    (15, 2, 1),
    (17, 0, 2),
    (33, 6, 1),
    (39, 0, 1),
    (64, 2, 1),
    (65, 2, 1),
];

/// The type OPT.
const OPT: u16 = 41;

/// What came back for a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reply {
    /// Nothing, in all the time that it was given.
    Silence,
    /// Bytes that are no message.
    Torn(Vec<u8>),
    /// A message.
    Message(Box<Message>),
}

/// A message whose names are written out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Message {
    /// The header's flags, with opcode and the lower part of the response code.
    pub(crate) flags: u16,
    /// The number of questions, and their bytes.
    pub(crate) question: (u16, Vec<u8>),
    /// Answer, authority, additional without OPT; each in an order of their own.
    pub(crate) sections: [Vec<Record>; 3],
    pub(crate) opt: Option<Opt>,
    /// How many bytes it had.
    pub(crate) length: usize,
}

/// A record; names in it are in lower case. Case does not count, and where a name points into the question it is the
/// question's.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Record {
    pub(crate) owner: Vec<u8>,
    pub(crate) kind: u16,
    pub(crate) class: u16,
    pub(crate) ttl: u32,
    pub(crate) data: Vec<u8>,
}

/// An OPT record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Opt {
    pub(crate) size: u16,
    /// The upper part of the response code.
    pub(crate) upper: u8,
    pub(crate) version: u8,
    /// DO and the flags that mean nothing yet.
    pub(crate) flags: u16,
    /// Codes and data.
    pub(crate) options: Vec<(u16, Vec<u8>)>,
}

impl Reply {
    /// Reads a reply.
    pub(crate) fn read(bytes: &[u8]) -> Self {
        Message::read(bytes).map_or_else(|| Self::Torn(bytes.to_vec()), |good| Self::Message(Box::new(good)))
    }

    /// The message, if it is one.
    pub(crate) fn message(&self) -> Option<&Message> {
        match self {
            Self::Message(message) => Some(message),
            Self::Silence | Self::Torn(_) => None,
        }
    }
}

impl Message {
    /// The response code with its upper part.
    pub(crate) fn code(&self) -> u16 {
        let upper = self.opt.as_ref().map_or(0, |opt| u16::from(opt.upper));
        upper << 4 | self.flags & 0x000f
    }

    /// Whether a flag of the header is set.
    pub(crate) fn has(&self, flag: u16) -> bool {
        self.flags & flag != 0
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader { bytes, at: 0 };
        let (_, flags) = (reader.word()?, reader.word()?);
        let counts = [reader.word()?, reader.word()?, reader.word()?, reader.word()?];
        for _ in 0..counts[0] {
            reader.name()?;
            reader.take(4)?;
        }
        let question = (counts[0], bytes.get(12..reader.at)?.to_vec());
        let (mut sections, mut opt) = ([Vec::new(), Vec::new(), Vec::new()], None);
        for (place, section) in sections.iter_mut().enumerate() {
            for _ in 0..counts[place + 1] {
                let record = reader.record()?;
                if record.kind != OPT {
                    section.push(record);
                } else if place == 2 && opt.is_none() && record.owner == [0] {
                    opt = Some(Opt::read(&record)?);
                } else {
                    return None;
                }
            }
            section.sort();
        }
        (reader.at == bytes.len()).then_some(Self { flags, question, sections, opt, length: bytes.len() })
    }
}

impl Opt {
    fn read(record: &Record) -> Option<Self> {
        let [upper, version, f0, f1] = record.ttl.to_be_bytes();
        let mut reader = Reader { bytes: &record.data, at: 0 };
        let mut options = Vec::new();
        while reader.at < record.data.len() {
            let (code, length) = (reader.word()?, reader.word()?);
            options.push((code, reader.take(length.into())?.to_vec()));
        }
        Some(Self { size: record.class, upper, version, flags: u16::from_be_bytes([f0, f1]), options })
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let taken = self.bytes.get(self.at..self.at + length)?;
        self.at += length;
        Some(taken)
    }

    fn word(&mut self) -> Option<u16> {
        self.take(2).map(|two| u16::from_be_bytes([two[0], two[1]]))
    }

    /// A name in lower case, its pointers followed; they lead backwards only.
    fn name(&mut self) -> Option<Vec<u8>> {
        let (mut name, mut at, mut end, mut before) = (Vec::new(), self.at, None, self.at);
        loop {
            let length = *self.bytes.get(at)?;
            match length {
                0 => {
                    name.push(0);
                    self.at = end.unwrap_or(at + 1);
                    name.make_ascii_lowercase();
                    return (name.len() <= 255).then_some(name);
                }
                1..=63 => {
                    name.extend(self.bytes.get(at..=at + usize::from(length))?);
                    at += 1 + usize::from(length);
                }
                0xc0.. => {
                    end = end.or(Some(at + 2));
                    at = usize::from(length & 0x3f) << 8 | usize::from(*self.bytes.get(at + 1)?);
                    if at >= before {
                        return None;
                    }
                    before = at;
                }
                _ => return None,
            }
        }
    }

    fn record(&mut self) -> Option<Record> {
        let owner = self.name()?;
        let (kind, class) = (self.word()?, self.word()?);
        let ttl = u32::from(self.word()?) << 16 | u32::from(self.word()?);
        let length = usize::from(self.word()?);
        let end = self.at + length;
        let data = match NAMES_IN_DATA.into_iter().find(|(of, ..)| *of == kind) {
            Some((_, before, names)) if length > 0 => {
                let mut data = self.take(before)?.to_vec();
                for _ in 0..names {
                    data.extend(self.name()?);
                }
                data.extend(self.take(end.checked_sub(self.at)?)?);
                data
            }
            _ => self.take(length)?.to_vec(),
        };
        (self.at == end).then_some(Record { owner, kind, class, ttl, data })
    }
}

/// A name in wire form as in zone text.
pub(crate) fn name_text(wire: &[u8]) -> String {
    let (mut text, mut at) = (String::new(), 0);
    while let Some(&length @ 1..) = wire.get(at) {
        for &byte in wire.get(at + 1..).unwrap_or_default().iter().take(length.into()) {
            match byte {
                b'.' | b'\\' => text.extend(['\\', char::from(byte)]),
                b'!'..=b'~' => text.push(char::from(byte)),
                _ => text += &format!("\\{byte:03}"),
            }
        }
        text.push('.');
        at += 1 + usize::from(length);
    }
    if text.is_empty() { ".".to_owned() } else { text }
}

/// Bytes as hexadecimal digits, the first of them only if there are many.
pub(crate) fn hex(bytes: &[u8]) -> String {
    const MOST: usize = 80;
    let digits: String = bytes.iter().take(MOST).map(|byte| format!("{byte:02x}")).collect();
    if bytes.len() > MOST { format!("{digits}... ({} bytes)", bytes.len()) } else { digits }
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Silence => writeln!(f, "    silence"),
            Self::Torn(bytes) => writeln!(f, "    no message: {}", hex(bytes)),
            Self::Message(message) => message.fmt(f),
        }
    }
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = [
            (0x400, "aa"),
            (0x200, "tc"),
            (0x100, "rd"),
            (0x80, "ra"),
            (0x40, "z"),
            (0x20, "ad"),
            (0x10, "cd"),
        ];
        let set: Vec<&str> =
            names.into_iter().filter(|(bit, _)| self.has(*bit)).map(|(_, name)| name).collect();
        let opcode = self.flags >> 11 & 0xf;
        let flags = set.join(" ");
        writeln!(f, "    code {}, opcode {opcode}, flags {flags}, {} bytes", self.code(), self.length)?;
        writeln!(f, "    {} question(s): {}", self.question.0, hex(&self.question.1))?;
        for (name, section) in ["answer", "authority", "additional"].iter().zip(&self.sections) {
            const MOST: usize = 12;
            for record in section.iter().take(MOST) {
                writeln!(f, "    {name:10} {record}")?;
            }
            if section.len() > MOST {
                writeln!(f, "    {name:10} ... {} records", section.len())?;
            }
        }
        if let Some(Opt { size, version, flags, options, .. }) = &self.opt {
            let options: Vec<_> =
                options.iter().map(|(code, data)| format!("{code}={}", hex(data))).collect();
            let options = options.join(" ");
            writeln!(f, "    OPT version {version}, size {size}, flags {flags:04x}, options {options}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { owner, kind, class, ttl, data } = self;
        let data = match (*kind, data.len()) {
            (2 | 5 | 12 | 39, _) => name_text(data),
            _ => hex(data),
        };
        write!(f, "{} {ttl} CLASS{class} TYPE{kind} {data}", name_text(owner))
    }
}
