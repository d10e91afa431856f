//! The few bytes of a message that are read and written by hand.
//!
//! hickory decodes and encodes whole messages; OPT records are in `opt`. What it does not do: answer what it can't decode with the question
//! echoed, point from an answer's names into the question, and cut an answer that is too large.

/// The length of a message's header.
pub(crate) const HEADER: usize = 12;

const QR: u8 = 0x80;
const TC: u8 = 0x02;
const OPCODE: u8 = 0x78;
const RD: u8 = 0x01;
const CD: u8 = 0x10;

/// FORMERR.
pub(crate) const FORMERR: u8 = 1;
/// SERVFAIL.
pub(crate) const SERVFAIL: u8 = 2;
/// NOTIMP.
pub(crate) const NOTIMP: u8 = 4;

/// A message that may be answered: long enough, and not itself an answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked<'a> {
    header: &'a [u8; HEADER],
    message: &'a [u8],
}

impl<'a> Asked<'a> {
    /// Takes a message, unless it is too short to have an ID, or an answer: those are never answered, so that two
    /// servers can't be set on each other.
    pub(crate) fn new(message: &'a [u8]) -> Option<Self> {
        let header = message.first_chunk::<HEADER>()?;
        (header[2] & QR == 0).then_some(Self { header, message })
    }

    /// The opcode.
    pub(crate) fn opcode(self) -> u8 {
        (self.header[2] & OPCODE) >> 3
    }

    /// Whether it says that it has no question.
    pub(crate) fn has_no_question(self) -> bool {
        self.header[4..6] == [0, 0]
    }

    /// The question with its type and class as it stands in the message, if there is exactly one and its name is
    /// written out; nothing stands before it that it could point to.
    pub(crate) fn question(self) -> Option<&'a [u8]> {
        if self.header[4..6] != [0, 1] {
            return None;
        }
        let length = name_length(&self.message[HEADER..])? + 4;
        self.message.get(HEADER..HEADER + length)
    }

    /// A message of this response code that echoes the question, if that can be read, and says nothing else.
    pub(crate) fn refusal(self, code: u8) -> Vec<u8> {
        let question = self.question();
        let mut message = Vec::with_capacity(HEADER + question.map_or(0, <[u8]>::len));
        message.extend_from_slice(&self.header[..2]);
        message.push(QR | (self.header[2] & (OPCODE | RD)));
        message.push((self.header[3] & CD) | code);
        message.extend_from_slice(&[0, u8::from(question.is_some()), 0, 0, 0, 0, 0, 0]);
        message.extend_from_slice(question.unwrap_or_default());
        message
    }
}

/// The length of an uncompressed name at the beginning of `bytes`.
pub(crate) fn name_length(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        match *bytes.get(at)? {
            0 if at < crate::name::MAX_NAME => return Some(at + 1),
            length @ 1..=63 => at += 1 + usize::from(length),
            _ => return None,
        }
    }
}

/// Cuts an answer that did not fit to its question, and says so: TC, and no records. Half a set of records would be
/// of no use to anyone (RFC 2181 section 9).
pub(crate) fn cut(message: &mut Vec<u8>, question: &[u8]) {
    message.truncate(HEADER + question.len());
    if let Some(header) = message.first_chunk_mut::<HEADER>() {
        header[2] |= TC;
        header[6..].fill(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUERY: &[u8] = b"\x12\x34\x01\x10\x00\x01\0\0\0\0\0\0\x04LiVe\x04test\0\0\x01\0\x01";

    #[test]
    fn a_refusal_echoes_id_opcode_and_question_and_copies_rd_and_cd() {
        let refusal = Asked::new(QUERY).unwrap().refusal(FORMERR);
        assert_eq!(&refusal[..HEADER], b"\x12\x34\x81\x11\x00\x01\0\0\0\0\0\0");
        assert_eq!(&refusal[HEADER..], &QUERY[HEADER..]);
    }

    #[test]
    fn what_is_short_or_an_answer_is_not_asked() {
        assert!((0..HEADER).all(|length| Asked::new(&QUERY[..length]).is_none()));
        let mut response = QUERY.to_vec();
        response[2] |= QR;
        assert!(Asked::new(&response).is_none());
    }

    #[test]
    fn a_question_is_whole_and_written_out_or_none() {
        for length in HEADER..QUERY.len() {
            assert_eq!(Asked::new(&QUERY[..length]).unwrap().question(), None, "{length}");
        }
        let pointing = b"\0\0\0\0\x00\x01\0\0\0\0\0\0\xc0\x0c\0\x01\0\x01";
        assert_eq!(Asked::new(pointing).unwrap().question(), None);
        let endless = [QUERY[..HEADER].to_vec(), b"\x01a".repeat(128), b"\0\0\x01\0\x01".to_vec()].concat();
        assert_eq!(Asked::new(&endless).unwrap().question(), None);
    }

    #[test]
    fn an_answer_that_is_cut_keeps_its_question() {
        let mut message = [QUERY, &[7; 100]].concat();
        cut(&mut message, &QUERY[HEADER..]);
        assert_eq!(&message[2..HEADER], b"\x03\x10\x00\x01\0\0\0\0\0\0");
        assert_eq!(&message[HEADER..], &QUERY[HEADER..]);
    }
}
