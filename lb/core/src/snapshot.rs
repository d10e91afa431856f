//! The immutable published state that every answer comes from.
//!
//! One thing is published: health, weights, addresses and times to live can't be seen out of step.

use std::collections::HashMap;
use std::fmt;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use ipnet::IpNet;

use crate::directive::Directive;
use crate::grounds::{Grounds, InterfaceLaw, Steering};
use crate::http_policy::HttpPolicy;
use crate::inventory::{Interface, LeftOut};
use crate::name::{GroupName, HostName, InterfaceName, PoolName, ProbeId};
use crate::pool::OriginTarget;
use crate::report::{Outcome, Timings};
use crate::units::{BytesPerSec, Ttl, Weight};
use crate::verdict::Verdict;

/// Everything that answers, pages and metrics say at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    /// Its number; each published snapshot has a higher one than that before.
    pub generation: u64,
    /// All interfaces: nodes by name, the interfaces of each in the order of its inventory.
    pub interfaces: Vec<InterfaceView>,
    /// All groups, by name.
    pub groups: Vec<GroupView>,
    /// All pools, in the order of the configuration.
    pub pools: Vec<PoolView>,
    /// Addresses that exist and are not used.
    pub left_out: Vec<LeftOut>,
    pub(crate) hosts: HashMap<HostName, usize>,
}

/// An interface and what is measured on it.
#[derive(Clone, Debug, PartialEq)]
pub struct InterfaceView {
    /// The interface itself.
    pub interface: Interface,
    /// What the operator ordered.
    pub order: OrderView,
    /// Bytes sent since its counter was first read, as a counter that never falls.
    pub transmitted: u64,
    /// Bytes received, likewise.
    pub received: u64,
    /// What it sends now, smoothed; absent as long as two samples are missing, or when they are too old.
    pub rate: Option<BytesPerSec>,
    /// Viewer connections on it, when known.
    pub connections: Option<u32>,
    /// What it can still carry, within its group; absent when its capacity is unknown.
    pub headroom: Option<BytesPerSec>,
    /// What the law keeps of it.
    pub law: InterfaceLaw,
}

/// A directive as people see it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OrderView {
    /// What was ordered; `Auto` when nothing was.
    pub directive: Directive,
    /// Why.
    pub reason: Option<String>,
    /// When it ends.
    pub until: Option<Instant>,
}

/// A group and what its members carry together.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupView {
    /// Its name.
    pub name: GroupName,
    /// What it can carry, when somebody has said so.
    pub capacity: Option<BytesPerSec>,
    /// What it can carry, as told or as learned, when anything is known.
    pub effective: Option<BytesPerSec>,
    /// What its members send together, as far as that is known.
    pub rate: BytesPerSec,
    /// What it can still carry, when its capacity is known.
    pub headroom: Option<BytesPerSec>,
}

/// A pool with the weights of its interfaces.
#[derive(Clone, Debug, PartialEq)]
pub struct PoolView {
    /// Its name.
    pub name: PoolName,
    /// The name that viewers resolve.
    pub hostname: HostName,
    /// The time to live of its answers at this moment.
    pub ttl: Ttl,
    /// How many addresses one DNS answer holds, at least one.
    pub answer_count: u8,
    /// Clients in these networks are told private addresses.
    pub private_clients: Vec<IpNet>,
    /// Where redirects point.
    pub origin: OriginTarget,
    /// How its viewers are answered by HTTP.
    pub http: HttpPolicy,
    /// Its interfaces, in the order of [`Snapshot::interfaces`].
    pub members: Vec<Member>,
    /// Why its weights are as they are.
    pub reason: Reason,
    /// What its answers need beside its members.
    pub steering: Steering,
}

/// A pool's interface.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    /// Where it stands in [`Snapshot::interfaces`].
    pub index: usize,
    /// Its name.
    pub name: InterfaceName,
    /// Bound and probed.
    pub address: IpAddr,
    /// What viewers are told.
    pub public_address: IpAddr,
    /// What the probes say.
    pub verdict: Verdict,
    /// Each probe's own view, in the order of the configuration.
    pub probes: Vec<ProbeView>,
    /// What the law gives it.
    pub weight: Weight,
    /// Its part of the whole: weight over the pool's sum, 0 to 1.
    pub share: f64,
    /// Why.
    pub grounds: Grounds,
}

/// What one probe says of a pool's interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbeView {
    /// Which probe.
    pub id: ProbeId,
    /// Its verdict.
    pub verdict: Verdict,
    /// What it saw last.
    pub last: Option<Outcome>,
    /// How long that took.
    pub timings: Timings,
    /// When it last reported.
    pub reported: Option<Instant>,
    /// When its verdict last changed.
    pub since: Option<Instant>,
    /// Passes or failures in a row that speak against the verdict so far.
    pub contrary: u32,
}

/// Why a pool's weights are as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// By what each healthy interface can still carry.
    Headroom,
    /// Every healthy interface is full: by capacity.
    Saturated,
    /// No rate is known: by capacity.
    Unmeasured,
    /// No capacity is known: all count alike.
    NothingKnown,
    /// Failed open: no interface has been probed yet, so all count as up.
    NotProbedYet,
    /// Failed open: nothing that may be used plays, but what is being drained does.
    OnlyDrainedPlay,
    /// Failed open: nothing is healthy, so all count as up.
    NothingHealthy,
    /// The pool has no interface at all.
    NoInterface,
}

/// An address family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Family {
    /// IPv4, answered by A.
    V4,
    /// IPv6, answered by AAAA.
    V6,
}

/// What a host name stands for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Found<'a> {
    /// A pool's own name.
    Pool(&'a PoolView),
    /// The name of one interface below a pool's.
    Interface(&'a PoolView, &'a Member),
}

impl Snapshot {
    /// The snapshot before anything is known.
    pub fn empty() -> Self {
        Self {
            generation: 0,
            interfaces: Vec::new(),
            groups: Vec::new(),
            pools: Vec::new(),
            left_out: Vec::new(),
            hosts: HashMap::new(),
        }
    }

    /// What a host name (lower case, no dot at its end) stands for.
    pub fn find(&self, host: &str) -> Option<Found<'_>> {
        if let Some(&index) = self.hosts.get(host) {
            return self.pools.get(index).map(Found::Pool);
        }
        let (label, rest) = HostName::split_first(host)?;
        let pool = self.pools.get(*self.hosts.get(rest)?)?;
        let member = pool.members.iter().find(|member| member.name.as_str() == label)?;
        Some(Found::Interface(pool, member))
    }

    /// The pool of a name.
    pub fn pool(&self, name: &PoolName) -> Option<&PoolView> {
        self.pools.iter().find(|pool| pool.name == *name)
    }

    /// The interface of a name.
    pub fn interface(&self, name: &InterfaceName) -> Option<&InterfaceView> {
        self.interfaces.iter().find(|view| view.interface.name == *name)
    }

    /// Whether `other` says the same in all but the number.
    pub fn says_the_same(&self, other: &Self) -> bool {
        self.interfaces == other.interfaces
            && self.groups == other.groups
            && self.pools == other.pools
            && self.left_out == other.left_out
    }
}

impl PoolView {
    /// Whether a client is told private addresses.
    pub fn is_private(&self, client: IpAddr) -> bool {
        let client = client.to_canonical();
        self.private_clients.iter().any(|network| network.contains(&client))
    }

    /// Whether any interface of the pool has an address of this family at all.
    pub fn has_family(&self, family: Family) -> bool {
        self.members.iter().any(|member| member.family() == family)
    }
}

impl Member {
    /// The family of what viewers are told.
    pub fn family(&self) -> Family {
        if self.public_address.is_ipv4() { Family::V4 } else { Family::V6 }
    }

    /// The address that a viewer is told: the private one for clients of the pool's own networks.
    pub fn address_for(&self, pool: &PoolView, client: IpAddr) -> IpAddr {
        if pool.is_private(client) { self.private_address() } else { self.public_address }
    }

    /// The address that clients of the pool's own networks are told: the one that is bound, if it is of the family that
    /// other viewers are told.
    pub fn private_address(&self) -> IpAddr {
        if self.address.is_ipv4() == self.public_address.is_ipv4() {
            self.address
        } else {
            self.public_address
        }
    }
}

impl Reason {
    /// Whether the pool failed open: viewers are sent where nothing says that it plays, or against an order.
    pub fn failed_open(self) -> bool {
        matches!(self, Self::NotProbedYet | Self::OnlyDrainedPlay | Self::NothingHealthy)
    }

    /// A word for it, from a closed set.
    pub fn code(self) -> &'static str {
        match self {
            Self::Headroom => "headroom",
            Self::Saturated => "saturated",
            Self::Unmeasured => "unmeasured",
            Self::NothingKnown => "nothing_known",
            Self::NotProbedYet => "not_probed_yet",
            Self::OnlyDrainedPlay => "only_drained_play",
            Self::NothingHealthy => "nothing_healthy",
            Self::NoInterface => "no_interface",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Headroom => "by what each healthy interface can still carry",
            Self::Saturated => "every healthy interface is full: by capacity",
            Self::Unmeasured => "no rate is known: by capacity",
            Self::NothingKnown => "no capacity is known: all count alike",
            Self::NotProbedYet => "failed open: no interface has been probed yet",
            Self::OnlyDrainedPlay => "failed open: only interfaces that are being drained play",
            Self::NothingHealthy => "failed open: no interface plays, all are answered",
            Self::NoInterface => "no interface",
        })
    }
}

impl OrderView {
    /// How long the order still holds at `now`, when it has an end.
    pub fn remaining(&self, now: Instant) -> Option<Duration> {
        self.until.map(|until| until.saturating_duration_since(now))
    }
}
