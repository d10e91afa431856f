//! The TXT records by which a certificate authority sees that a name is ours (ACME DNS-01, RFC 8555 section 8.4).
//!
//! Facts of the world: a certificate client has a value published at `_acme-challenge.<name>`, asks the authority to
//! look, and takes it down, all within minutes. A certificate for a name and its wildcard needs two values at one
//! name at the same time. The authority asks from several places at once, and may ask name by name from the top
//! (RFC 9156), so that a name above a challenge must not be denied.
//!
//! Invariant: a set of challenges never changes, it is replaced; it is bounded; a value that has expired is not seen
//! by any question, whether or not somebody has swept it out.
//!
//! Pieces: the set and what a question sees of it (here, pure), where a challenge may be ([`rules`]), what may be wrong
//! ([`fault`]), and the set in force ([`board`]).
//!
//! Refused: keeping challenges on the disk (they outlive their use in minutes, and a client that fails starts anew);
//! a wildcard that ends at the names above a challenge, as RFC 4592 has it for empty non-terminals: getting a
//! certificate for a name that viewers find by a wildcard would take that name away from them.

mod board;
mod fault;
mod rules;

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use weir_core::{HostName, Ttl};

use crate::name::Name;
use crate::record::{Data, RrSet};

pub(crate) use board::Board;
pub use fault::ChallengeError;
pub(crate) use rules::judge;

/// So many values are held in all; beyond it new ones are refused.
pub const MOST_CHALLENGES: usize = 100;
/// So many values are held at one name: 8 of 44 bytes fit into the smallest datagram.
pub const MOST_CHALLENGES_AT_A_NAME: usize = 8;
/// A value is held no longer than this: authorities look within minutes.
pub const LONGEST_CHALLENGE: Duration = Duration::from_secs(3_600);
/// The longest value: one string of a TXT record (RFC 1035 section 3.3.14).
const LONGEST_VALUE: usize = 255;
/// The label in front of a name that is to be proven (RFC 8555 section 8.4).
const LABEL: &str = "_acme-challenge";

/// Not to be remembered (RFC 1035 section 3.2.1): a second value may follow the first within a second, and a resolver
/// that still remembered the set of one would fail the other.
const TTL: Ttl = Ttl::from_secs(0);

/// `_acme-challenge.` and the name that is to be proven.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChallengeName(Name);

/// What has to stand at the name: 1 to 255 characters of base64url (RFC 4648 section 5), without padding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChallengeValue(Data);

/// Values by name, each until its time.
#[derive(Clone, Debug, Default)]
pub(crate) struct Challenges {
    by_name: BTreeMap<Name, Vec<Held>>,
}

/// One value.
#[derive(Clone, Debug)]
struct Held {
    data: Data,
    until: Instant,
}

/// What one question sees of the challenges: those that hold at its time. By default there are none.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Current<'a>(Option<(&'a Challenges, Instant)>);

// ── Names and values ────────────────────────────────────────────────────────────────────────────────────────────────

impl ChallengeName {
    /// The name as it is looked up.
    pub(crate) fn name(&self) -> &Name {
        &self.0
    }
}

/// With or without the label in front, a wildcard's asterisk, and a dot at the end; each client passes another form.
/// A wildcard is proven at the name below which it stands (RFC 8555 section 7.1.3).
impl FromStr for ChallengeName {
    type Err = ChallengeError;

    fn from_str(text: &str) -> Result<Self, ChallengeError> {
        let fault =
            || ChallengeError::Name { name: text.chars().filter(|c| !c.is_control()).take(80).collect() };
        let bare = match text.split_once('.') {
            Some((label, rest)) if label.eq_ignore_ascii_case(LABEL) || label == "*" => rest,
            _ => text,
        };
        let host: HostName = bare.parse().map_err(|_| fault())?;
        let labels = std::iter::once(LABEL).chain(host.as_str().split('.'));
        Name::from_labels(labels.map(str::as_bytes)).map(Self).ok_or_else(fault)
    }
}

/// Without a dot at its end.
impl fmt::Display for ChallengeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for ChallengeValue {
    type Err = ChallengeError;

    fn from_str(text: &str) -> Result<Self, ChallengeError> {
        let good = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        let length = u8::try_from(text.len()).ok().filter(|&length| length > 0 && text.bytes().all(good));
        let length = length.ok_or(ChallengeError::Value { most: LONGEST_VALUE })?;
        Ok(Self([&[length], text.as_bytes()].concat().into()))
    }
}

// ── The set ─────────────────────────────────────────────────────────────────────────────────────────────────────────

impl Challenges {
    /// These and one more until `until`, less those that have expired. One that is there already holds until then
    /// instead.
    pub(crate) fn with(
        &self,
        name: &ChallengeName,
        value: &ChallengeValue,
        until: Instant,
        now: Instant,
    ) -> Result<Self, ChallengeError> {
        let (mut next, _) = self.without(name, value, now);
        if next.count(now) >= MOST_CHALLENGES {
            return Err(ChallengeError::Full { most: MOST_CHALLENGES });
        }
        let here = next.by_name.entry(name.0.clone()).or_default();
        if here.len() >= MOST_CHALLENGES_AT_A_NAME {
            return Err(ChallengeError::FullHere { name: name.to_string(), most: MOST_CHALLENGES_AT_A_NAME });
        }
        here.push(Held { data: Arc::clone(&value.0), until });
        Ok(next)
    }

    /// These without one, and without those that have expired; and whether that one was there.
    pub(crate) fn without(&self, name: &ChallengeName, value: &ChallengeValue, now: Instant) -> (Self, bool) {
        let mut next = self.clone();
        let mut found = false;
        for (at, values) in &mut next.by_name {
            values.retain(|held| {
                let meant = *at == name.0 && held.data == value.0;
                found |= meant && held.holds(now);
                held.holds(now) && !meant
            });
        }
        next.by_name.retain(|_, values| !values.is_empty());
        (next, found)
    }

    /// How many hold.
    pub(crate) fn count(&self, now: Instant) -> usize {
        self.by_name.values().flatten().filter(|held| held.holds(now)).count()
    }

    /// What a question at `now` sees.
    pub(crate) fn at(&self, now: Instant) -> Current<'_> {
        Current(Some((self, now)))
    }
}

impl Held {
    fn holds(&self, now: Instant) -> bool {
        now < self.until
    }
}

impl Current<'_> {
    /// The TXT records of a name; None when it has none.
    pub(crate) fn set(self, name: &Name) -> Option<RrSet> {
        let (challenges, now) = self.0?;
        let values = challenges.by_name.get(name)?;
        let data: Vec<Data> =
            values.iter().filter(|held| held.holds(now)).map(|held| Arc::clone(&held.data)).collect();
        (!data.is_empty()).then_some(RrSet { ttl: TTL, data })
    }

    /// Whether there is one at a name or below it. Looks at each of the hundred at most.
    pub(crate) fn any_within(self, name: &Name) -> bool {
        self.0.is_some_and(|(challenges, now)| {
            let mut values = challenges.by_name.iter().filter(|(at, _)| at.is_within(name.as_wire()));
            values.any(|(_, values)| values.iter().any(|held| held.holds(now)))
        })
    }
}

#[cfg(test)]
mod tests;
