//! OPT records (RFC 6891), read from and added to a message by hand.
//!
//! hickory would decode the options too; what it makes of broken ones (a log line at level warn, or a message that
//! can't be decoded at all) is not what a client should get. So it is handed messages without them.

use crate::query::MAX_UDP;
use crate::wire::HEADER;

/// The type OPT.
const OPT: [u8; 2] = [0, 41];
/// The DO bit, in the first of the two bytes of flags.
const DO: u8 = 0x80;
/// The bytes of a record behind its name: type, class, TTL, length of its data.
const FIXED: usize = 10;

/// What the OPT record of a message says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Opt<'a> {
    /// The upper part of an answer's response code.
    pub(crate) upper: u8,
    pub(crate) version: u8,
    pub(crate) dnssec_ok: bool,
    /// Its options as they stand in the message.
    pub(crate) options: &'a [u8],
    /// Where the length of the options stands in the message.
    at: usize,
}

impl<'a> Opt<'a> {
    /// The first OPT record among the additional records, if the message can be read as far as that.
    pub(crate) fn find(message: &'a [u8]) -> Option<Self> {
        let count = |at: usize| message.get(at..at + 2).map(|two| u16::from_be_bytes([two[0], two[1]]));
        let (questions, additional) = (count(4)?, count(10)?);
        let before = u32::from(count(6)?) + u32::from(count(8)?);
        let mut at = HEADER;
        for _ in 0..questions {
            at = skip_name(message, at)? + 4;
        }
        for nth in 0..before + u32::from(additional) {
            let root = message.get(at) == Some(&0);
            at = skip_name(message, at)?;
            let fixed = message.get(at..)?.first_chunk::<FIXED>()?;
            let length = usize::from(u16::from_be_bytes([fixed[8], fixed[9]]));
            let data = message.get(at + FIXED..at + FIXED + length)?;
            if root && nth >= before && fixed[..2] == OPT {
                let dnssec_ok = fixed[6] & DO != 0;
                let (upper, version) = (fixed[4], fixed[5]);
                return Some(Self { upper, version, dnssec_ok, options: data, at: at + FIXED - 2 });
            }
            at += FIXED + length;
        }
        None
    }

    /// Whether there is another one behind it: then nobody can tell which one counts (RFC 6891 section 6.1.1).
    pub(crate) fn has_rival(&self, message: &[u8]) -> bool {
        let mut others = message.to_vec();
        // Its type, which stands eight bytes before the length; this one is no type.
        others[self.at - 8..self.at - 6].fill(0xff);
        Opt::find(&others).is_some()
    }

    /// The message as it were without options.
    pub(crate) fn strip(&self, message: &[u8]) -> Vec<u8> {
        let mut stripped = Vec::with_capacity(message.len());
        stripped.extend_from_slice(&message[..self.at]);
        stripped.extend_from_slice(&[0, 0]);
        stripped.extend_from_slice(&message[self.at + 2 + self.options.len()..]);
        stripped
    }
}

/// Adds our OPT record without options to a message that has none: our size, version 0, the DO bit copied, and the
/// upper part of a response code (RFC 6891 section 6.1).
pub(crate) fn add(message: &mut Vec<u8>, dnssec_ok: bool, upper: u8) {
    let [s0, s1] = MAX_UDP.to_be_bytes();
    let flags = if dnssec_ok { DO } else { 0 };
    message.extend_from_slice(&[0, OPT[0], OPT[1], s0, s1, upper, 0, flags, 0, 0, 0]);
    message[11] += 1;
}

/// Fills the options of a message that ends with an OPT record without any.
pub(crate) fn fill(message: &mut Vec<u8>, options: &[u8]) {
    let Ok(length) = u16::try_from(options.len()) else { return };
    let end = message.len() - 2;
    message.truncate(end);
    message.extend_from_slice(&length.to_be_bytes());
    message.extend_from_slice(options);
}

/// Adds one option to a list.
pub(crate) fn push(options: &mut Vec<u8>, code: u16, data: &[u8]) {
    let Ok(length) = u16::try_from(data.len()) else { return };
    options.extend_from_slice(&code.to_be_bytes());
    options.extend_from_slice(&length.to_be_bytes());
    options.extend_from_slice(data);
}

/// Where a name ends that begins at `at`: behind its zero, or behind the first pointer.
fn skip_name(message: &[u8], mut at: usize) -> Option<usize> {
    loop {
        match *message.get(at)? {
            0 => return Some(at + 1),
            length @ 1..=63 => at += 1 + usize::from(length),
            0xc0..=0xff => return Some(at + 2),
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kit::{question, with_opt};

    #[test]
    fn an_opt_record_is_found_behind_other_records_and_stripped() {
        let plain = question(1, 0, "a.test", 1);
        assert_eq!(Opt::find(&plain), None);
        let message = with_opt(plain.clone(), 4096, 1, 0x8000, &[0, 3, 0, 0]);
        let found = Opt::find(&message).unwrap();
        assert_eq!((found.version, found.dnssec_ok, found.options), (1, true, [0, 3, 0, 0].as_slice()));
        assert_eq!(found.strip(&message), with_opt(plain.clone(), 4096, 1, 0x8000, &[]));
        // A record of a name that points, in front of it.
        let mut behind = plain;
        behind[11] += 1;
        behind.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 5, 0, 4, 192, 0, 2, 1]);
        let behind = with_opt(behind, 512, 0, 0, &[]);
        assert!(Opt::find(&behind).is_some_and(|opt| !opt.dnssec_ok && opt.options.is_empty()));
        // The same as an answer is none.
        let mut moved = message.clone();
        moved.swap(7, 11);
        assert_eq!(Opt::find(&moved), None);
        assert!((0..message.len()).all(|length| Opt::find(&message[..length]).is_none()));
    }

    #[test]
    fn a_second_opt_record_is_the_rival_of_the_first() {
        let one = with_opt(question(1, 0, "a.test", 1), 512, 0, 0, &[0, 3, 0, 0]);
        assert!(!Opt::find(&one).unwrap().has_rival(&one));
        let two = with_opt(one, 1232, 1, 0, &[]);
        let first = Opt::find(&two).unwrap();
        assert!(first.version == 0 && first.has_rival(&two));
    }

    #[test]
    fn an_opt_record_is_added_and_filled() {
        let mut message = question(1, 0, "a.test", 1);
        add(&mut message, true, 1);
        let mut options = Vec::new();
        push(&mut options, 10, &[7; 8]);
        fill(&mut message, &options);
        let found = Opt::find(&message).unwrap();
        assert_eq!((found.options, found.dnssec_ok), (options.as_slice(), true));
        assert_eq!(message[11], 1);
    }
}
