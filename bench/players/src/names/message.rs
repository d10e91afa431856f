//! The two DNS messages that a resolver needs: an A query, and its answer (RFC 1035 section 4).

use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use thiserror::Error;

/// The most addresses that are kept of one answer.
const MAX_ADDRESSES: usize = 16;

const HEADER: usize = 12;
const TYPE_A: u16 = 1;
const CLASS_IN: u16 = 1;

/// Why a name has no address.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum NameError {
    #[error("not a host name")]
    Name,
    #[error("no DNS server to ask")]
    NoServer,
    #[error("no answer in time")]
    Timeout,
    #[error("the answer's response code is {0}")]
    Code(u8),
    #[error("the answer has no address")]
    Empty,
    #[error("cannot send a query: {0}")]
    Socket(io::ErrorKind),
}

/// The addresses of a name, and how long they may be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) addresses: Vec<IpAddr>,
    pub(super) ttl: Duration,
}

/// Writes the query for the A records of `name`, recursion desired, as stub resolvers send it.
pub(super) fn query(id: u16, name: &str) -> Result<Vec<u8>, NameError> {
    let mut message = Vec::with_capacity(HEADER + name.len() + 6);
    message.extend(id.to_be_bytes());
    message.extend([0x01, 0x00, 0, 1, 0, 0, 0, 0, 0, 0]);
    let name = name.strip_suffix('.').unwrap_or(name);
    // RFC 1035 section 2.3.4: 255 bytes on the wire are 253 characters.
    if name.len() > 253 {
        return Err(NameError::Name);
    }
    for label in name.split('.') {
        let length = u8::try_from(label.len()).ok().filter(|length| (1..=63).contains(length));
        message.push(length.ok_or(NameError::Name)?);
        message.extend(label.as_bytes());
    }
    message.push(0);
    message.extend(TYPE_A.to_be_bytes());
    message.extend(CLASS_IN.to_be_bytes());
    Ok(message)
}

/// Reads a datagram as the answer to `query`. `None`: it is damaged or answers something else; keep waiting.
pub(super) fn answer(query: &[u8], datagram: &[u8]) -> Option<Result<Answer, NameError>> {
    let (head, question) = query.split_at_checked(HEADER)?;
    let mut rest = Reader(datagram);
    let reply = rest.take(HEADER)?;
    let is_reply = reply[2] & 0x80 != 0;
    if reply[..2] != head[..2] || !is_reply || reply[4..6] != head[4..6] {
        return None;
    }
    // Length bytes and the type and class are no letters, so the whole section compares without regard to case.
    if !rest.take(question.len())?.eq_ignore_ascii_case(question) {
        return None;
    }
    match reply[3] & 0x0F {
        0 => records(rest, u16::from_be_bytes([reply[6], reply[7]])).map(|answer| match answer {
            answer if answer.addresses.is_empty() => Err(NameError::Empty),
            answer => Ok(answer),
        }),
        code => Some(Err(NameError::Code(code))),
    }
}

/// Reads the answer section. A stub trusts its server: every A record counts, whatever CNAMEs led to it.
fn records(mut rest: Reader<'_>, count: u16) -> Option<Answer> {
    let mut addresses = Vec::new();
    let mut ttl = u32::MAX;
    for _ in 0..count {
        rest.skip_name()?;
        let (kind, class) = (rest.u16()?, rest.u16()?);
        ttl = ttl.min(rest.u32()?);
        let length = rest.u16()?;
        let data = rest.take(length.into())?;
        if kind == TYPE_A && class == CLASS_IN && addresses.len() < MAX_ADDRESSES {
            addresses.push(Ipv4Addr::from(<[u8; 4]>::try_from(data).ok()?).into());
        }
    }
    // RFC 2181 section 8: a TTL with the top bit set is zero.
    let ttl = if ttl > u32::MAX >> 1 { 0 } else { ttl };
    Some(Answer { addresses, ttl: Duration::from_secs(ttl.into()) })
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn u16(&mut self) -> Option<u16> {
        Some(u16::from_be_bytes(self.take(2)?.try_into().ok()?))
    }

    fn u32(&mut self) -> Option<u32> {
        Some(u32::from_be_bytes(self.take(4)?.try_into().ok()?))
    }

    /// Steps over a name; a compression pointer ends it and is not followed, so there is no loop to guard against.
    fn skip_name(&mut self) -> Option<()> {
        loop {
            match self.take(1)?[0] {
                0 => return Some(()),
                0xC0.. => return self.take(1).map(|_| ()),
                length @ 1..=63 => self.take(length.into())?,
                _ => return None,
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(query: &[u8], code: u8, records: &[(u16, u32, &[u8])]) -> Vec<u8> {
        let mut message = query.to_vec();
        message[2] |= 0x84;
        message[3] = code;
        message[7] = u8::try_from(records.len()).unwrap();
        for (kind, ttl, data) in records {
            message.extend([0xC0, 12]);
            message.extend(kind.to_be_bytes());
            message.extend([0, 1]);
            message.extend(ttl.to_be_bytes());
            message.extend(u16::try_from(data.len()).unwrap().to_be_bytes());
            message.extend(*data);
        }
        message
    }

    #[test]
    fn a_query_asks_for_the_addresses_of_the_name() {
        let message = query(0x1234, "live.test.").unwrap();
        assert_eq!(message, b"\x12\x34\x01\0\0\x01\0\0\0\0\0\0\x04live\x04test\0\0\x01\0\x01");
        for bad in ["", "a..b", &"a".repeat(64), &"a.".repeat(128)] {
            assert_eq!(query(1, bad), Err(NameError::Name), "{bad}");
        }
    }

    #[test]
    fn an_answer_gives_its_addresses_in_order_and_the_shortest_ttl() {
        let asked = query(7, "www.test").unwrap();
        let records: [(u16, u32, &[u8]); 3] =
            [(5, 20, b"\xC0\x10"), (1, 30, &[127, 0, 0, 12]), (1, 30, &[127, 0, 0, 11])];
        let read = answer(&asked, &reply(&asked, 0, &records)).unwrap().unwrap();
        assert_eq!(read.addresses, [IpAddr::from([127, 0, 0, 12]), IpAddr::from([127, 0, 0, 11])]);
        assert_eq!(read.ttl, Duration::from_secs(20));
        assert_eq!(answer(&asked, &reply(&asked, 3, &[])), Some(Err(NameError::Code(3))));
        assert_eq!(answer(&asked, &reply(&asked, 0, &records[..1])), Some(Err(NameError::Empty)));
    }

    #[test]
    fn a_reply_to_another_question_is_not_ours() {
        let asked = query(7, "live.test").unwrap();
        let good = reply(&asked, 0, &[(1, 30, &[127, 0, 0, 1])]);
        let upper = good.to_ascii_uppercase();
        assert!(matches!(answer(&asked, &upper), Some(Ok(_))), "case does not matter");
        let other = query(7, "dead.test").unwrap();
        assert_eq!(answer(&other, &good), None);
        assert_eq!(answer(&query(8, "live.test").unwrap(), &good), None);
        assert_eq!(answer(&asked, &asked), None, "a query is no reply");
        for length in 0..good.len() {
            assert_eq!(answer(&asked, &good[..length]), None);
        }
    }

    #[test]
    fn damaged_answers_never_panic() {
        let asked = query(7, "live.test").unwrap();
        let good = reply(&asked, 0, &[(5, 20, b"\xC0\x10"), (1, 30, &[127, 0, 0, 1])]);
        crate::mutate::damage(11, 20_000, &[&good], |bytes| {
            if let Some(Ok(answer)) = answer(&asked, bytes) {
                assert!(answer.addresses.len() <= MAX_ADDRESSES);
            }
        });
    }
}
