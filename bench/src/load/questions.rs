//! What a load asks: whole messages, each found again by its lane and number, so that every answer can be checked.

use crate::server::zone;

/// Where the digits of a numbered name begin: behind the header, the label's length and its letter.
const DIGITS: usize = 14;

/// The messages of a load. The one of a lane and a number is always the same.
#[derive(Clone, Debug)]
pub(crate) struct Questions {
    messages: Vec<Vec<u8>>,
    numbered: bool,
    expected: Expected,
}

/// What every answer has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expected {
    /// At least one record.
    Records,
    /// No such name.
    NoSuchName,
    /// The question itself, marked as an answer.
    Echo,
}

/// What stands behind the question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Edns {
    /// Nothing.
    None,
    /// An OPT record of 1232 bytes.
    Plain,
    /// The same with a client's cookie (RFC 7873).
    Cookie,
}

impl Questions {
    /// The addresses of so many pools in turn.
    pub(crate) fn of_pools(pools: u16, edns: Edns) -> Self {
        let messages = (0..pools).map(|pool| zone::question(&zone::pool(pool), edns)).collect();
        Self { messages, numbered: false, expected: Expected::Records }
    }

    /// Names that do not exist, half a million of them.
    pub(crate) fn flood(edns: Edns) -> Self {
        Self {
            messages: vec![zone::question("x00000", edns)],
            numbered: true,
            expected: Expected::NoSuchName,
        }
    }

    /// The same, of a peer that answers with what it was asked.
    pub(crate) fn echoed(mut self) -> Self {
        self.expected = Expected::Echo;
        self
    }

    /// Writes the message of a lane and a number into `buffer`; says how long it is.
    pub(super) fn write(&self, lane: u8, number: u16, buffer: &mut [u8]) -> usize {
        let message = &self.messages[usize::from(number) % self.messages.len()];
        buffer[..message.len()].copy_from_slice(message);
        buffer[..2].copy_from_slice(&number.to_be_bytes());
        if self.numbered {
            let (mut rest, digits) = (u32::from(lane) << 16 | u32::from(number), DIGITS..DIGITS + 5);
            for digit in &mut buffer[digits] {
                // The letters from `a` on: sixteen to a digit.
                *digit = b"abcdefghijklmnop"[usize::try_from(rest % 16).unwrap_or(0)];
                rest /= 16;
            }
        }
        message.len()
    }

    /// Whether these bytes answer the message of a lane and the number that they name.
    pub(super) fn is_answered_by(&self, lane: u8, answer: &[u8]) -> bool {
        let mut message = [0; super::ROOM];
        let &[n0, n1, f0, f1, _, questions, a0, a1, ..] = answer else { return false };
        let length = self.write(lane, u16::from_be_bytes([n0, n1]), &mut message);
        let end = zone::question_end(&message[..length]);
        let records = u16::from_be_bytes([a0, a1]);
        let fits = match self.expected {
            Expected::Records => f1 & 15 == 0 && records > 0,
            Expected::NoSuchName => f1 & 15 == 3 && records == 0,
            Expected::Echo => true,
        };
        fits && f0 & 0x80 != 0 && questions == 1 && answer.get(12..end) == Some(&message[12..end])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(questions: &Questions, lane: u8, flags: [u8; 2], records: u8) -> bool {
        let mut message = [0; 128];
        let length = questions.write(lane, 700, &mut message);
        (message[2], message[3], message[7]) = (flags[0], flags[1], records);
        questions.is_answered_by(lane, &message[..length])
    }

    #[test]
    fn an_answer_is_taken_for_its_own_question_only() {
        let pools = Questions::of_pools(3, Edns::Cookie);
        assert!(answered(&pools, 0, [0x84, 0], 1));
        assert!(!answered(&pools, 0, [0x04, 0], 1) && !answered(&pools, 0, [0x84, 3], 1));
        assert!(!answered(&pools, 0, [0x84, 0], 0));
        let flood = Questions::flood(Edns::None);
        assert!(answered(&flood, 2, [0x84, 3], 0) && !answered(&flood, 2, [0x84, 0], 1));
        let mut of_another_lane = [0; 128];
        let length = flood.write(3, 700, &mut of_another_lane);
        (of_another_lane[2], of_another_lane[3]) = (0x84, 3);
        assert!(!flood.is_answered_by(2, &of_another_lane[..length]));
        assert!(flood.is_answered_by(3, &of_another_lane[..length]) && !flood.is_answered_by(3, &[]));
    }
}
