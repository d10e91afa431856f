//! A DNS client for volume: one question, one datagram, the addresses of the answer in their order.
//!
//! It is written by hand, so that the server's library does not test itself.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

/// On one machine nothing is lost and nothing takes longer.
const TIMEOUT: Duration = Duration::from_secs(2);

/// Record types that are asked for here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// IPv4 addresses.
    A = 1,
    /// IPv6 addresses.
    Aaaa = 28,
}

/// The answer to a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The response code; 0 is no error.
    pub code: u8,
    /// Whether the server speaks for the zone.
    pub authoritative: bool,
    /// The IPv4 addresses of the answer section, in their order.
    pub addresses: Vec<Ipv4Addr>,
    /// The time to live of the first record, in seconds.
    pub ttl: Option<u32>,
}

/// A socket that asks one server. It is connected: the kernel hands it only datagrams that come from the very
/// address and port that were asked.
#[derive(Debug)]
pub struct Client {
    socket: UdpSocket,
}

impl Client {
    /// Asks from any address.
    ///
    /// # Errors
    /// When no socket can be had.
    pub fn new(server: SocketAddr) -> io::Result<Self> {
        Self::from(IpAddr::V4(Ipv4Addr::UNSPECIFIED), server)
    }

    /// Asks from this address.
    ///
    /// # Errors
    /// When no socket can be had.
    pub fn from(source: IpAddr, server: SocketAddr) -> io::Result<Self> {
        let socket = UdpSocket::bind((source, 0))?;
        socket.connect(server)?;
        socket.set_read_timeout(Some(TIMEOUT))?;
        Ok(Self { socket })
    }

    /// Waits no longer than this for an answer: for servers that may not be there yet.
    ///
    /// # Errors
    /// When the kernel refuses it.
    pub fn patient_for(self, timeout: Duration) -> io::Result<Self> {
        self.socket.set_read_timeout(Some(timeout))?;
        Ok(self)
    }

    /// Asks for the IPv4 addresses of a name.
    ///
    /// # Errors
    /// When nothing comes back in time, or no DNS answer.
    pub fn ask(&self, name: &str) -> io::Result<Answer> {
        self.ask_for(name, Type::A)
    }

    /// Asks for records of a type.
    ///
    /// # Errors
    /// When nothing comes back in time, or no DNS answer.
    pub fn ask_for(&self, name: &str, wanted: Type) -> io::Result<Answer> {
        static NUMBER: AtomicU16 = AtomicU16::new(1);
        let id = NUMBER.fetch_add(1, Ordering::Relaxed);
        self.socket.send(&query(id, name, wanted))?;
        let mut buffer = [0_u8; 4096];
        loop {
            let length = self.socket.recv(&mut buffer)?;
            let bytes = &buffer[..length];
            // An answer to an earlier question that came too late is not ours.
            if bytes.get(..2) == Some(&id.to_be_bytes()) {
                return parse(bytes)
                    .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "not a DNS answer"));
            }
        }
    }
}

/// The bytes of a question.
///
/// # Panics
/// When a label of the name is longer than 63 bytes.
pub fn query(id: u16, name: &str, wanted: Type) -> Vec<u8> {
    let mut bytes = id.to_be_bytes().to_vec();
    // No flags; one question, nothing else.
    bytes.extend([0, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
    for label in name.split('.') {
        let length = u8::try_from(label.len()).ok().filter(|&length| length < 64).expect("labels are short");
        bytes.push(length);
        bytes.extend(label.as_bytes());
    }
    bytes.extend([0, 0, wanted as u8, 0, 1]);
    bytes
}

fn parse(bytes: &[u8]) -> Option<Answer> {
    let word = |at: usize| Some(u16::from_be_bytes([*bytes.get(at)?, *bytes.get(at + 1)?]));
    let (flags, questions, records) = (word(2)?, word(4)?, word(6)?);
    if flags & 0x8000 == 0 {
        return None;
    }
    let mut at = 12;
    for _ in 0..questions {
        at = skip_name(bytes, at)? + 4;
    }
    let mut answer = Answer {
        code: bytes[3] & 0x0f,
        authoritative: flags & 0x0400 != 0,
        addresses: Vec::new(),
        ttl: None,
    };
    for _ in 0..records {
        at = skip_name(bytes, at)?;
        let (kind, length) = (word(at)?, usize::from(word(at + 8)?));
        answer.ttl.get_or_insert(u32::from(word(at + 4)?) << 16 | u32::from(word(at + 6)?));
        let data = bytes.get(at + 10..at + 10 + length)?;
        if kind == Type::A as u16 {
            answer.addresses.push(Ipv4Addr::from(<[u8; 4]>::try_from(data).ok()?));
        }
        at += 10 + length;
    }
    Some(answer)
}

/// The place after a name. A pointer ends it.
fn skip_name(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        match *bytes.get(at)? {
            0 => return Some(at + 1),
            length if length & 0xc0 == 0xc0 => return Some(at + 2),
            length => at += 1 + usize::from(length),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_in_its_order() {
        let mut bytes = query(7, "live.stream.test", Type::A);
        bytes[2..4].copy_from_slice(&[0x84, 0x00]);
        bytes[7] = 2;
        for last in [12, 11] {
            bytes.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 30, 0, 4, 198, 51, 100, last]);
        }
        let answer = parse(&bytes).unwrap();
        assert_eq!(answer.addresses, [Ipv4Addr::new(198, 51, 100, 12), Ipv4Addr::new(198, 51, 100, 11)]);
        assert_eq!((answer.code, answer.authoritative, answer.ttl), (0, true, Some(30)));
    }

    #[test]
    fn a_cut_answer_is_none() {
        let whole = query(7, "a.test", Type::A);
        assert_eq!(parse(&whole), None);
        assert_eq!(parse(&whole[..5]), None);
    }
}
