//! The secrets, and the cookies that are made with them.

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::io::Read;
use std::net::IpAddr;
use std::str::FromStr;

use siphasher::sip::SipHasher24;

use super::{Age, CookieState, CookieTime};
use crate::options::Cookie;

/// The only version of server cookies.
const VERSION: u8 = 1;
/// The length of a secret (RFC 9018 section 4.4).
const SECRET: usize = 16;
/// The most secrets: the current one, and the one before or the one to come (RFC 9018 section 5).
const MOST: usize = 2;
/// The client's cookie, version, reserved bytes and time, and an address of IPv6: what is hashed at most.
const HASHED: usize = 8 + 8 + 16;

/// One or two secrets: the first makes cookies, both are taken.
#[derive(Clone, PartialEq, Eq)]
pub struct Secrets {
    current: [u8; SECRET],
    other: Option<[u8; SECRET]>,
}

/// Why a text holds no secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretsFault {
    /// It has no line with a secret.
    #[error("there is no secret in it; write 32 hexadecimal digits on a line")]
    None,
    /// It has more than two.
    #[error("line {line} is a third secret; the current one and one other are the most")]
    TooMany {
        /// Counted from 1.
        line: usize,
    },
    /// A line is something else. What it says is not repeated: it may be most of a secret.
    #[error("line {line} is not 32 hexadecimal digits")]
    NotHex {
        /// Counted from 1.
        line: usize,
    },
}

/// One secret of 32 hexadecimal digits on each line, the current one first; empty lines and those that begin with
/// `#` do not count.
impl FromStr for Secrets {
    type Err = SecretsFault;

    fn from_str(text: &str) -> Result<Self, SecretsFault> {
        let mut secrets = Vec::with_capacity(MOST);
        for (line, text) in (1..).zip(text.lines().map(str::trim)) {
            if text.is_empty() || text.starts_with('#') {
                continue;
            }
            if secrets.len() == MOST {
                return Err(SecretsFault::TooMany { line });
            }
            secrets.push(secret(text).ok_or(SecretsFault::NotHex { line })?);
        }
        let mut secrets = secrets.into_iter();
        let current = secrets.next().ok_or(SecretsFault::None)?;
        Ok(Self { current, other: secrets.next() })
    }
}

/// Without the secrets.
impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secrets").field("other", &self.other.is_some()).finish_non_exhaustive()
    }
}

impl Secrets {
    /// A secret of this process alone, from the kernel; without `/dev/urandom`, from what std seeds its maps with,
    /// which comes from the kernel too.
    pub fn random() -> Self {
        let mut current = [0; SECRET];
        let read = std::fs::File::open("/dev/urandom").and_then(|mut file| file.read_exact(&mut current));
        if read.is_err() {
            let halves: [[u8; 8]; 2] = [1, 2].map(|n| RandomState::new().hash_one(n).to_ne_bytes());
            current.copy_from_slice(halves.as_flattened());
        }
        Self { current, other: None }
    }

    /// Judges the cookie of a question and writes the one of its answer: the same if it is young enough, else a new
    /// one.
    pub(crate) fn judge(
        &self,
        cookie: Cookie<'_>,
        client: IpAddr,
        now: CookieTime,
        back: &mut [u8; 24],
    ) -> CookieState {
        let (of_client, of_server) = back.split_at_mut(8);
        of_client.copy_from_slice(&cookie.client);
        let state = match cookie.server {
            None => CookieState::New,
            Some(server) => match server.first_chunk::<16>() {
                Some(whole) if server.len() == 16 => match self.check(cookie.client, whole, client, now) {
                    Some(Age::Young) => {
                        of_server.copy_from_slice(whole);
                        return CookieState::Valid;
                    }
                    Some(Age::Old) => CookieState::Valid,
                    _ => CookieState::Bad,
                },
                _ => CookieState::Bad,
            },
        };
        of_server.copy_from_slice(&self.make(cookie.client, client, now));
        state
    }

    /// A new server cookie.
    pub(super) fn make(&self, of_client: [u8; 8], client: IpAddr, now: CookieTime) -> [u8; 16] {
        let [t0, t1, t2, t3] = now.0.to_be_bytes();
        let head = [VERSION, 0, 0, 0, t0, t1, t2, t3];
        let hash = hash(&self.current, of_client, head, client);
        let mut cookie = [0; 16];
        cookie[..8].copy_from_slice(&head);
        cookie[8..].copy_from_slice(&hash);
        cookie
    }

    /// The age of a server cookie that we or a node of the same secret made; young only if the current secret did,
    /// so that all are renewed soon after a change.
    fn check(&self, of_client: [u8; 8], server: &[u8; 16], client: IpAddr, now: CookieTime) -> Option<Age> {
        let head = *server.first_chunk::<8>()?;
        let made = CookieTime(u32::from_be_bytes([head[4], head[5], head[6], head[7]]));
        let age = match made.age(now) {
            _ if head[0] != VERSION => return None,
            Age::Over => return None,
            age => age,
        };
        let same = |secret: &[u8; SECRET]| equal(&hash(secret, of_client, head, client), &server[8..]);
        if same(&self.current) {
            // What sets reserved bytes is replaced by what we would make.
            return Some(if head[1..4] == [0; 3] { age } else { Age::Old });
        }
        self.other.as_ref().is_some_and(same).then_some(Age::Old)
    }
}

fn hash(secret: &[u8; SECRET], of_client: [u8; 8], head: [u8; 8], client: IpAddr) -> [u8; 8] {
    let mut bytes = [0; HASHED];
    bytes[..8].copy_from_slice(&of_client);
    bytes[8..16].copy_from_slice(&head);
    let end = match client.to_canonical() {
        IpAddr::V4(address) => {
            bytes[16..20].copy_from_slice(&address.octets());
            20
        }
        IpAddr::V6(address) => {
            bytes[16..].copy_from_slice(&address.octets());
            HASHED
        }
    };
    SipHasher24::new_with_key(secret).hash(&bytes[..end]).to_le_bytes()
}

/// Whether they are the same, in a time that does not tell where they differ.
fn equal(one: &[u8; 8], other: &[u8]) -> bool {
    one.len() == other.len() && one.iter().zip(other).fold(0, |differ, (a, b)| differ | (a ^ b)) == 0
}

fn secret(text: &str) -> Option<[u8; SECRET]> {
    if text.len() != 2 * SECRET || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    u128::from_str_radix(text, 16).ok().map(u128::to_be_bytes)
}
