//! Server cookies (RFC 7873, RFC 9018): who has a valid one has received an answer of ours at his address lately,
//! so it is not forged.
//!
//! A server cookie of version 1 is 16 bytes: version, three reserved ones, the time it was made (seconds modulo
//! 2^32), and SipHash-2-4 of the client's cookie, these 8 bytes and the client's address. Nothing is kept per
//! client. Nodes that share a secret take each other's cookies.

mod file;
mod secrets;

use std::sync::Arc;

use arc_swap::{ArcSwap, Guard};

pub use file::{SecretFile, SecretFileFault};
pub use secrets::{Secrets, SecretsFault};

/// How long a cookie is accepted: one hour (RFC 9018 section 4.3).
const OLDEST: u32 = 3600;
/// How far the clock of the node that made it may be ahead of ours (RFC 9018 section 4.3).
const NEWEST: u32 = 300;
/// From this age on the client is given a new one (RFC 9018 section 4.3).
const REISSUE: u32 = 1800;

/// Seconds since 1970, modulo 2^32: cookies of 2106 are compared as serial numbers (RFC 1982).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CookieTime(pub u32);

/// What the cookie of a question is worth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CookieState {
    /// There is none.
    #[default]
    Absent,
    /// Only the client's: it has not been here before.
    New,
    /// Ours, given to this client at this address, and not too old.
    Valid,
    /// Not that.
    Bad,
}

/// The secrets that cookies are made and checked with, replaceable while questions are answered.
#[derive(Debug)]
pub struct Cookies {
    secrets: ArcSwap<Secrets>,
}

impl Cookies {
    /// Cookies of these secrets.
    pub fn new(secrets: Secrets) -> Self {
        Self { secrets: ArcSwap::from_pointee(secrets) }
    }

    /// Makes and checks cookies with other secrets from now on.
    pub fn replace(&self, secrets: Secrets) {
        self.secrets.store(Arc::new(secrets));
    }

    /// The secrets in force; to be looked up once per question, or per batch of them.
    pub(crate) fn secrets(&self) -> Guard<Arc<Secrets>> {
        self.secrets.load()
    }
}

impl CookieTime {
    /// The present, by the wall clock.
    pub fn now() -> Self {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Self(u32::try_from(since.as_secs() & u64::from(u32::MAX)).unwrap_or_default())
    }

    /// Whether a cookie made at `self` is taken at `now`, and whether it will do for some time yet.
    fn age(self, now: Self) -> Age {
        let age = now.0.wrapping_sub(self.0);
        match age {
            0..REISSUE => Age::Young,
            REISSUE..=OLDEST => Age::Old,
            _ if self.0.wrapping_sub(now.0) <= NEWEST => Age::Young,
            _ => Age::Over,
        }
    }
}

enum Age {
    Young,
    Old,
    Over,
}

#[cfg(test)]
mod tests;
