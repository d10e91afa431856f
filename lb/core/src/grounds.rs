//! What stands behind weights, in numbers: for those who ask why, and for redirects.

use std::fmt;
use std::time::Instant;

use crate::law::redirects::{Berth, Reservations};
use crate::law::split::Limit;
use crate::units::{BytesPerSec, Ttl};

/// Why a pool's interface has its weight.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Grounds {
    /// What it can carry within its groups; when nobody has said so and nothing was learned, what is assumed.
    pub capacity: BytesPerSec,
    /// What it is expected to carry: what was sent there, less what has left, set right by what is measured.
    pub expected: BytesPerSec,
    /// What made the weight what it is.
    pub limit: Limit,
    /// What decides whether it gets the next redirect; absent if it gets none.
    pub berth: Option<Berth>,
}

/// What answers of a pool need beside its members.
#[derive(Clone, Debug, PartialEq)]
pub struct Steering {
    /// The shortest time to live of an answer, for resolvers with many viewers.
    pub shortest_ttl: Ttl,
    /// The longest of quiet times.
    pub longest_ttl: Ttl,
    /// How many rows of resolvers may be remembered: many pools have fewer each, so that all together take the memory of
    /// one.
    pub resolver_rows: usize,
    /// What one viewer counts until the counters show it.
    pub viewer: BytesPerSec,
    /// Interfaces of the pool that died in the last seconds.
    pub losses: Vec<Lost>,
}

/// An interface of a pool died, and its viewers come back.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lost {
    /// Rises with every loss.
    pub serial: u64,
    /// Its place in the pool.
    pub member: usize,
    /// What it carried.
    pub load: BytesPerSec,
    /// The new load per second that came to all interfaces, in bytes per second.
    pub inflow: f64,
}

/// How much of what it can carry an interface is expected to carry. The bounds are those that operators of Wowza servers
/// colour by (I. Beyer, nerdian.ca, 2012: 75, 85 and 99 %).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Band {
    /// Below 75 %.
    Light,
    /// From 75 % on.
    Fair,
    /// From 85 % on.
    Busy,
    /// From 99 % on, or when it refuses what it is sent.
    Full,
}

/// A kind of measurement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SignalKind {
    /// Bytes per second, by the kernel's counters.
    Rate,
    /// Viewer connections.
    Connections,
    /// Packets that the card or its queue refused.
    Refusals,
    /// What TCP sends again, and how fast it delivers.
    Delivery,
    /// What steered players measure.
    Players,
}

/// A measurement and its age.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signal {
    /// Which.
    pub kind: SignalKind,
    /// When it was last seen; absent if it never was.
    pub seen: Option<Instant>,
    /// Whether it was seen once and is not any more.
    pub is_stale: bool,
}

/// What the law keeps of an interface.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct InterfaceLaw {
    /// What it is expected to carry.
    pub expected: BytesPerSec,
    /// What it can carry, as told or as learned, without its group; absent if nothing is known.
    pub effective: Option<BytesPerSec>,
    /// How much of that is used; absent if nothing is known.
    pub band: Option<Band>,
    /// Whether it, or its group, carries all that it can.
    pub is_full: bool,
    /// Whether its rate collapsed while nobody was told to leave.
    pub is_suspect: bool,
    /// What of redirects and of steering the expected load has taken in so far.
    pub reserved: Reservations,
    /// The part of the bytes that TCP had sent before, in the last second.
    pub resent: Option<f64>,
    /// At which rate TCP delivers on a busy connection.
    pub delivery: Option<BytesPerSec>,
    /// At which rate steered players say that they download, on average.
    pub players: Option<BytesPerSec>,
    /// Each measurement and its age.
    pub signals: Vec<Signal>,
}

impl Default for Steering {
    fn default() -> Self {
        let second = Ttl::from_secs(1);
        let (viewer, losses) = (BytesPerSec::ZERO, Vec::new());
        Self { shortest_ttl: second, longest_ttl: second, resolver_rows: 1, viewer, losses }
    }
}

impl Grounds {
    /// What it can still carry.
    pub fn room(&self) -> BytesPerSec {
        self.capacity.saturating_sub(self.expected)
    }
}

impl Band {
    /// From these parts of the capacity on.
    const BOUNDS: [(Self, f64); 3] = [(Self::Full, 0.99), (Self::Busy, 0.85), (Self::Fair, 0.75)];

    /// The band of a load.
    pub fn of(load: BytesPerSec, capacity: BytesPerSec) -> Self {
        let used = load.as_f64() / capacity.as_f64().max(f64::MIN_POSITIVE);
        Self::BOUNDS.into_iter().find(|&(_, from)| used >= from).map_or(Self::Light, |(band, _)| band)
    }

    /// A word for it, from a closed set.
    pub fn code(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Fair => "fair",
            Self::Busy => "busy",
            Self::Full => "full",
        }
    }
}

impl SignalKind {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Rate, Self::Connections, Self::Refusals, Self::Delivery, Self::Players];

    /// A word for it, from a closed set.
    pub fn code(self) -> &'static str {
        match self {
            Self::Rate => "rate",
            Self::Connections => "connections",
            Self::Refusals => "refusals",
            Self::Delivery => "delivery",
            Self::Players => "players",
        }
    }
}

impl Limit {
    /// A word for it, from a closed set.
    pub fn code(self) -> &'static str {
        match self {
            Self::Room => "room",
            Self::Floor => "floor",
            Self::Cap => "cap",
            Self::SlowStart => "slow_start",
            Self::Full => "full",
            Self::Held => "held",
            Self::Suspect => "suspect",
            Self::Drained => "drained",
            Self::OrderedDown => "ordered_down",
            Self::Down => "down",
            Self::Opened => "failed_open",
            Self::Unmeasured => "unmeasured",
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Room => "as much as it has room for, so that all come to the same level",
            Self::Floor => {
                "it has no room beside the others, and keeps the least share so that it is not forgotten"
            }
            Self::Cap => "it has more room than that, but no interface becomes everybody's answer at once",
            Self::SlowStart => "it came back a moment ago and starts slowly",
            Self::Full => "it carries all that it can, while another has room",
            Self::Held => "it failed again and again, and is held out for a while",
            Self::Suspect => "its rate collapsed although nobody was told to leave",
            Self::Drained => "it is being drained",
            Self::OrderedDown => "it was ordered down",
            Self::Down => "it does not play",
            Self::Opened => "nothing plays that may be used, so capacity decides",
            Self::Unmeasured => "its rate is not known, so capacity decides",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bands_begin_at_three_quarters_at_85_and_at_99_percent() {
        let band = |percent| Band::of(BytesPerSec::new(percent), BytesPerSec::new(100));
        assert_eq!([74, 75, 84].map(band), [Band::Light, Band::Fair, Band::Fair]);
        assert_eq!([85, 98, 99, 500].map(band), [Band::Busy, Band::Busy, Band::Full, Band::Full]);
    }
}
