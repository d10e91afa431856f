//! An answer, taken apart by hand.

/// What stands in an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reply {
    pub(crate) code: u8,
    pub(crate) authoritative: bool,
    pub(crate) truncated: bool,
    /// Name, type and class, as they stand in the message.
    pub(crate) question: Vec<u8>,
    pub(crate) answers: Vec<Record>,
    /// The types of the records in the authority section.
    pub(crate) authority: Vec<u16>,
}

/// One record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) owner: String,
    pub(crate) kind: u16,
    pub(crate) ttl: u32,
    /// As it stands in the message; of a CNAME the target as text.
    pub(crate) data: Vec<u8>,
}

const CNAME: u16 = 5;
/// Where the question begins.
const HEADER: usize = 12;
/// More than that are a loop.
const MOST_LABELS: usize = 128;

impl Reply {
    /// Reads a message. None if it is no answer to one question of class IN, or ends where it should not.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        let (flags, [questions, answers, authority, additional]) =
            (word(bytes, 2)?, [word(bytes, 4)?, word(bytes, 6)?, word(bytes, 8)?, word(bytes, 10)?]);
        // QR, and opcode 0; nothing additional without OPT in the question.
        if flags & 0xf800 != 0x8000 || questions != 1 || additional != 0 {
            return None;
        }
        let (_, end) = name(bytes, HEADER)?;
        let question = bytes.get(HEADER..end + 4)?.to_vec();
        let mut at = end + 4;
        let answers = (0..answers).map(|_| record(bytes, &mut at)).collect::<Option<_>>()?;
        let authority = (0..authority).map(|_| record(bytes, &mut at)).collect::<Option<Vec<_>>>()?;
        let reply = Self {
            code: bytes[3] & 0x0f,
            authoritative: flags & 0x0400 != 0,
            truncated: flags & 0x0200 != 0,
            question,
            answers,
            authority: authority.into_iter().map(|record| record.kind).collect(),
        };
        (at == bytes.len()).then_some(reply)
    }
}

fn record(bytes: &[u8], at: &mut usize) -> Option<Record> {
    let (owner, end) = name(bytes, *at)?;
    let (kind, class, length) =
        (word(bytes, end)?, word(bytes, end + 2)?, usize::from(word(bytes, end + 8)?));
    let ttl = u32::from(word(bytes, end + 4)?) << 16 | u32::from(word(bytes, end + 6)?);
    let data = bytes.get(end + 10..end + 10 + length)?;
    let data = if kind == CNAME { name(bytes, end + 10)?.0.into_bytes() } else { data.to_vec() };
    *at = end + 10 + length;
    (class == 1).then_some(Record { owner, kind, ttl, data })
}

/// The name at a place, without the dot at its end, and where it ends.
fn name(bytes: &[u8], mut at: usize) -> Option<(String, usize)> {
    let (mut labels, mut end) = (Vec::new(), None);
    for _ in 0..MOST_LABELS {
        match usize::from(*bytes.get(at)?) {
            0 => return Some((labels.join("."), end.unwrap_or(at + 1))),
            pointer if pointer >= 0xc0 => {
                end.get_or_insert(at + 2);
                at = usize::from(word(bytes, at)? & 0x3fff);
            }
            length => {
                let label = bytes.get(at + 1..at + 1 + length)?;
                labels.push(String::from_utf8_lossy(label).into_owned());
                at += 1 + length;
            }
        }
    }
    None
}

fn word(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes([*bytes.get(at)?, *bytes.get(at + 1)?]))
}
