//! How often one client, and all of them together, may ask: a bucket of a second's worth for each (governor's GCRA, the
//! Generic Cell Rate Algorithm of ATM: ITU-T I.371).
//!
//! A connection takes its client's bucket along, so that a request costs no look-up. A bucket that nobody has used for a
//! second is full again, and like a new one: it can be thrown away, so that the table holds those who were here of late.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use ipnet::IpNet;

/// A bucket that was not used for so long is full.
const FULL_AGAIN: Duration = Duration::from_secs(1);
/// Below so many clients nobody looks for those that are gone.
const FEW: usize = 1024;
/// More clients than this within a second are not told apart.
const MOST: usize = 65_536;

/// How many requests a second are answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rates {
    /// To one client: an IPv4 address, or a /64 of IPv6. Nothing for any number.
    pub client: Option<NonZeroU32>,
    /// To all together.
    pub total: Option<NonZeroU32>,
    /// Clients in these networks are not counted.
    pub exempt: Vec<IpNet>,
}

/// Who may ask how often.
#[derive(Debug)]
pub(crate) struct Admission {
    rules: ArcSwap<Rules>,
}

/// The rates of one configuration, with the buckets that belong to them.
#[derive(Debug)]
struct Rules {
    rates: Rates,
    total: Option<Arc<DefaultDirectRateLimiter>>,
    clients: Mutex<Clients>,
}

#[derive(Debug, Default)]
struct Clients {
    buckets: HashMap<IpAddr, Bucket>,
    /// At so many, those that are gone are looked for.
    sweep_at: usize,
}

#[derive(Debug)]
struct Bucket {
    limiter: Arc<DefaultDirectRateLimiter>,
    taken: Instant,
}

/// What one connection may ask.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pass {
    client: Option<Arc<DefaultDirectRateLimiter>>,
    total: Option<Arc<DefaultDirectRateLimiter>>,
}

/// Two hundred a second to one client, so that a crowd behind one address is served; loopback is this machine.
impl Default for Rates {
    fn default() -> Self {
        let exempt = ["127.0.0.0/8", "::1/128"].map(|network| network.parse().expect("a network"));
        Self { client: NonZeroU32::new(200), total: None, exempt: exempt.to_vec() }
    }
}

impl Admission {
    pub(crate) fn new(rates: Rates) -> Self {
        Self { rules: ArcSwap::from_pointee(Rules::new(rates)) }
    }

    /// Other rates hold for connections from now on.
    pub(crate) fn follow(&self, rates: Rates) {
        if self.rules.load().rates != rates {
            self.rules.store(Arc::new(Rules::new(rates)));
        }
    }

    /// What a new connection of this client may ask.
    pub(crate) fn admit(&self, client: IpAddr, now: Instant) -> Pass {
        let rules = self.rules.load();
        let client = client.to_canonical();
        if rules.rates.exempt.iter().any(|network| network.contains(&client)) {
            return Pass::default();
        }
        let bucket = rules.rates.client.and_then(|rate| {
            let mut clients = rules.clients.lock().unwrap_or_else(PoisonError::into_inner);
            clients.bucket(one(client), rate, now)
        });
        Pass { client: bucket, total: rules.total.clone() }
    }
}

impl Rules {
    fn new(rates: Rates) -> Self {
        let total = rates.total.map(|rate| Arc::new(RateLimiter::direct(Quota::per_second(rate))));
        Self { rates, total, clients: Mutex::default() }
    }
}

impl Clients {
    fn bucket(
        &mut self,
        client: IpAddr,
        rate: NonZeroU32,
        now: Instant,
    ) -> Option<Arc<DefaultDirectRateLimiter>> {
        if self.buckets.len() >= self.sweep_at.max(FEW) && !self.buckets.contains_key(&client) {
            self.buckets.retain(|_, bucket| {
                Arc::strong_count(&bucket.limiter) > 1
                    || now.saturating_duration_since(bucket.taken) < FULL_AGAIN
            });
            self.sweep_at = self.buckets.len() * 2;
            if self.buckets.len() >= MOST {
                return None;
            }
        }
        let new = || Bucket { limiter: Arc::new(RateLimiter::direct(Quota::per_second(rate))), taken: now };
        let bucket = self.buckets.entry(client).or_insert_with(new);
        bucket.taken = now;
        Some(Arc::clone(&bucket.limiter))
    }
}

impl Pass {
    /// Whether one more request is answered. One that is too much for its client takes nothing from the others.
    pub(crate) fn permits(&self) -> bool {
        let allows = |limiter: &Option<Arc<DefaultDirectRateLimiter>>| {
            limiter.as_ref().is_none_or(|limiter| limiter.check().is_ok())
        };
        allows(&self.client) && allows(&self.total)
    }
}

/// What is one client: an address, or a network of a host.
fn one(client: IpAddr) -> IpAddr {
    match client {
        IpAddr::V4(_) => client,
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rates(client: u32, total: u32) -> Rates {
        Rates { client: NonZeroU32::new(client), total: NonZeroU32::new(total), ..Rates::default() }
    }

    fn answered(pass: &Pass, asked: usize) -> usize {
        (0..asked).filter(|_| pass.permits()).count()
    }

    fn at(number: u32) -> IpAddr {
        IpAddr::from((0xc633_6400 + number).to_be_bytes())
    }

    #[test]
    fn a_client_is_answered_so_often_over_all_of_its_connections() {
        let admission = Admission::new(rates(10, 0));
        let now = Instant::now();
        let (one, again) = (admission.admit(at(1), now), admission.admit(at(1), now));
        // A bucket may gain a drop while it is emptied.
        assert!(answered(&one, 5) == 5);
        assert!((5..=6).contains(&answered(&again, 100)));
        assert!(answered(&admission.admit(at(2), now), 100) >= 10, "another one has its own");
    }

    #[test]
    fn all_together_are_answered_so_often() {
        let admission = Admission::new(rates(0, 20));
        let answered: usize =
            (0..10).map(|client| answered(&admission.admit(at(client), Instant::now()), 10)).sum();
        assert!((20..=22).contains(&answered), "{answered}");
    }

    #[test]
    fn a_client_that_asks_too_much_takes_nothing_from_the_others() {
        let admission = Admission::new(rates(1, 10));
        let now = Instant::now();
        answered(&admission.admit(at(1), now), 1000);
        let others = (2..8).filter(|&client| admission.admit(at(client), now).permits()).count();
        assert_eq!(others, 6);
    }

    #[test]
    fn hosts_of_one_network_are_one_client_and_exempt_ones_are_not_counted() {
        let admission = Admission::new(rates(1, 1));
        let now = Instant::now();
        let of = |address: &str| admission.admit(address.parse().expect("an address"), now);
        assert_eq!(answered(&of("127.0.0.7"), 50), 50);
        assert_eq!(answered(&of("::ffff:127.0.0.7"), 50), 50);
        assert!(of("2001:db8::1").permits() && !of("2001:db8::2").permits());
    }

    #[test]
    fn those_who_are_gone_are_forgotten_and_those_who_are_connected_are_not() {
        let admission = Admission::new(rates(1, 0));
        let now = Instant::now();
        let kept = admission.admit(at(0), now);
        assert!(kept.permits());
        for round in 1..5_u32 {
            let later = now + Duration::from_secs(2) * round;
            (0..1024_u32).for_each(|client| drop(admission.admit(at(round << 12 | client), later)));
        }
        let rules = admission.rules.load();
        assert!(rules.clients.lock().expect("no panic").buckets.len() <= 2 * FEW + 1);
        assert!(!admission.admit(at(0), now).permits(), "its bucket is the one that it emptied");
    }

    #[test]
    fn other_rates_hold_for_connections_that_come_later() {
        let admission = Admission::new(rates(1, 0));
        let now = Instant::now();
        assert!(answered(&admission.admit(at(1), now), 10) <= 2);
        admission.follow(rates(0, 0));
        assert_eq!(answered(&admission.admit(at(1), now), 10), 10);
    }
}
