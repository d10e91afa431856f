//! Response rate limiting: no network is sent more over UDP than it can have asked for.
//!
//! Facts: the source of a datagram may be forged, and then our answers hit somebody who never asked. A victim is a
//! network rather than an address, and forged questions vary the name, so answers are counted per network (/24,
//! /56) and class, whatever they are about. Real clients behind the same network come back over TCP when they are
//! sent a TC, or with a cookie; both are never limited.
//!
//! Each network and class has two buckets out of a table of fixed size, found by a hash whose key nobody knows; an
//! answer is over the limit when both are empty. So a network that shares one bucket with a flood still has its
//! other one. A bucket is one atomic: the time at which it will be full again (the generic cell rate algorithm). No
//! lock, no allocation, nothing to clean up.
//!
//! Refused: governor's keyed limiter, whose map takes a lock and grows with the number of forged sources until
//! somebody sweeps it (measured on one core: 33 ns for one network and 250 ns for random ones, of which it then held
//! 3.4 million; this table: 20 ns and 24 ns, 5 ns for who is exempt); a bucket per name, as steering has one name that
//! everyone asks for.

use std::net::IpAddr;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Instant;

use ipnet::IpNet;

use crate::cookies::CookieState;
use crate::hash::HashKey;
use crate::policy::{LimitMode, LimitPolicy};

/// How many buckets there are: 2^16 of 16 bytes, 1 MiB.
const BUCKETS: usize = 1 << 16;
/// How long a network may save up: a second's worth may leave at once.
const BURST: u64 = NANOS;
const NANOS: u64 = 1_000_000_000;

/// What an answer is, as far as its limit goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Of a name that exists, with data or without: browsers ask for AAAA and HTTPS beside each A.
    Answer,
    /// Of a name that does not exist.
    Negative,
    /// A refusal or a fault.
    Error,
}

/// What is to become of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It leaves.
    Answer,
    /// It leaves though it is over the limit, as limits are only tried out.
    WouldLimit,
    /// It leaves without records and with TC.
    Truncate,
    /// It does not leave.
    Drop,
}

/// The limits at work. One for all threads.
#[derive(Debug)]
pub struct Limits {
    policy: LimitPolicy,
    /// Nanoseconds that an answer of each class costs; 0: nothing.
    costs: [u64; 3],
    exempt: Exempt,
    key: HashKey,
    begun: Instant,
    buckets: Box<[Bucket]>,
}

/// Networks as addresses and masks: a few comparisons.
#[derive(Debug, Default)]
struct Exempt {
    v4: Vec<(u32, u32)>,
    v6: Vec<(u128, u128)>,
}

#[derive(Debug, Default)]
struct Bucket {
    /// When it will be full again, in nanoseconds since `begun`.
    full: AtomicU64,
    /// How many answers were over its limit.
    over: AtomicU32,
}

impl Limits {
    /// Limits by this policy, all buckets full at `now`.
    pub fn new(policy: LimitPolicy, now: Instant) -> Self {
        let cost = |rate: u32| NANOS.checked_div(u64::from(rate)).unwrap_or(0);
        let costs = [policy.answers, policy.negatives, policy.errors].map(cost);
        let exempt = Exempt::new(&policy.exempt);
        let buckets = (0..BUCKETS).map(|_| Bucket::default()).collect();
        Self { policy, costs, exempt, key: HashKey::new(), begun: now, buckets }
    }

    /// Judges one answer to `client` over UDP, and charges it.
    ///
    /// Threads that charge one bucket at once lose nothing: it is one atomic update. A rate of 0 is no limit.
    pub fn check(&self, client: IpAddr, class: Class, now: Instant, cookie: CookieState) -> Verdict {
        let cost = self.costs[class as usize];
        let client = client.to_canonical();
        if cost == 0 || cookie == CookieState::Valid || self.exempt.contains(client) {
            return Verdict::Answer;
        }
        let since = now.saturating_duration_since(self.begun).as_nanos();
        let now = u64::try_from(since).unwrap_or(u64::MAX / 2);
        let [one, other] = self.buckets_of(client, class);
        // Both are charged, whatever the first says.
        let charged = [one.charge(cost, now), other.charge(cost, now)];
        if charged.contains(&true) {
            return Verdict::Answer;
        }
        let nth = one.over.fetch_add(1, Ordering::Relaxed).wrapping_add(1);
        match (self.policy.mode, self.policy.slip) {
            (LimitMode::DryRun, _) => Verdict::WouldLimit,
            (LimitMode::Enforce, slip) if slip > 0 && nth.is_multiple_of(slip) => Verdict::Truncate,
            (LimitMode::Enforce, _) => Verdict::Drop,
        }
    }

    /// The buckets of a network and class, which nobody can choose.
    fn buckets_of(&self, client: IpAddr, class: Class) -> [&Bucket; 2] {
        let mut bytes = [0; 8];
        match client {
            IpAddr::V4(address) => bytes[..3].copy_from_slice(&address.octets()[..3]),
            IpAddr::V6(address) => bytes[..7].copy_from_slice(&address.octets()[..7]),
        }
        bytes[7] = class as u8 | if client.is_ipv4() { 4 } else { 0 };
        let [a, b, c, d, ..] = self.key.hash(u64::from_ne_bytes(bytes)).to_le_bytes();
        let at = |low, high| usize::from(u16::from_le_bytes([low, high]));
        [&self.buckets[at(a, b)], &self.buckets[at(c, d)]]
    }
}

impl Exempt {
    fn new(networks: &[IpNet]) -> Self {
        let mut exempt = Self::default();
        for network in networks {
            match network {
                IpNet::V4(net) => exempt.v4.push((net.network().to_bits(), net.netmask().to_bits())),
                IpNet::V6(net) => exempt.v6.push((net.network().to_bits(), net.netmask().to_bits())),
            }
        }
        exempt
    }

    fn contains(&self, client: IpAddr) -> bool {
        match client {
            IpAddr::V4(client) => self.v4.iter().any(|(network, mask)| client.to_bits() & mask == *network),
            IpAddr::V6(client) => self.v6.iter().any(|(network, mask)| client.to_bits() & mask == *network),
        }
    }
}

impl Bucket {
    /// Takes the cost of one answer, if there is so much in it.
    fn charge(&self, cost: u64, now: u64) -> bool {
        let take = |full: u64| {
            let later = full.max(now) + cost;
            (later - now <= BURST).then_some(later)
        };
        self.full.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).is_ok()
    }
}

#[cfg(test)]
mod tests;
