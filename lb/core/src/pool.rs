//! A host name that viewers resolve, the interfaces behind it, and how they are judged.

use std::net::IpAddr;
use std::time::Duration;

use ipnet::IpNet;

use crate::http_policy::HttpPolicy;
use crate::name::{HostName, InterfaceName, PoolName, ProbeId};
use crate::units::{BytesPerSec, Ttl};

/// A pool as configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pool {
    /// Its name.
    pub name: PoolName,
    /// The name that viewers resolve.
    pub hostname: HostName,
    /// The interfaces behind it.
    pub members: Members,
    /// The bounds of its answers' time to live.
    pub ttl: TtlBounds,
    /// How many addresses one DNS answer holds; at least one.
    pub answer_count: u8,
    /// Clients in these networks are told an interface's `address` instead of its `public_address`.
    pub private_clients: Vec<IpNet>,
    /// Where redirects point on the chosen interface.
    pub origin: OriginTarget,
    /// How its viewers are answered by HTTP.
    pub http: HttpPolicy,
    /// What its viewers are like.
    pub viewer: Viewer,
    /// How its probes are judged; a pool without any counts every interface as up.
    pub probes: Vec<ProbeRule>,
}

/// Which interfaces a pool has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Members {
    /// Each one that there is (`"*"`).
    All,
    /// These, in this order, as far as they exist.
    Named(Vec<InterfaceName>),
}

/// The shortest and the longest time to live of a pool's answers; `min <= max` holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TtlBounds {
    min: Ttl,
    max: Ttl,
}

/// What a pool's viewers are like on average. The law only needs the order of magnitude: a stay that is wrong by a factor of
/// three costs a point or two of utilisation (`docs/law.md`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Viewer {
    /// What one needs; when it is not told, it is measured.
    pub rate: Option<BytesPerSec>,
    /// How long one stays.
    pub stay: Duration,
}

/// Where the origin listens on each interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OriginTarget {
    /// The scheme of the URLs that viewers are sent to.
    pub scheme: OriginScheme,
    /// Its port.
    pub port: u16,
    /// Where it also speaks HTTPS: those who came over TLS are sent there, as browsers refuse plain HTTP within a page
    /// that came over TLS ("mixed content").
    pub https_port: Option<u16>,
}

/// The scheme of an origin's URLs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OriginScheme {
    /// Plain HTTP.
    Http,
    /// HTTP over TLS.
    Https,
}

/// How the reports of one probe become a verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbeRule {
    /// Which probe.
    pub id: ProbeId,
    /// Passes in a row that bring an interface back; at least one.
    pub rise: u32,
    /// Failures in a row that take it down; at least one.
    pub fall: u32,
}

impl Pool {
    /// Whether an interface belongs to the pool.
    pub fn has(&self, interface: &InterfaceName) -> bool {
        match &self.members {
            Members::All => true,
            Members::Named(names) => names.contains(interface),
        }
    }

    /// Whether a client is told private addresses.
    pub fn is_private(&self, client: IpAddr) -> bool {
        let client = client.to_canonical();
        self.private_clients.iter().any(|network| network.contains(&client))
    }
}

/// Twenty minutes, and a rate that is measured.
impl Default for Viewer {
    fn default() -> Self {
        Self { rate: None, stay: Duration::from_secs(1200) }
    }
}

impl TtlBounds {
    /// Bounds, unless `min` is above `max`.
    pub fn new(min: Ttl, max: Ttl) -> Option<Self> {
        (min <= max).then_some(Self { min, max })
    }

    /// The shortest.
    pub fn min(self) -> Ttl {
        self.min
    }

    /// The longest.
    pub fn max(self) -> Ttl {
        self.max
    }
}

impl OriginTarget {
    /// Scheme and port for those who came over plain HTTP.
    pub fn plain(self) -> (OriginScheme, u16) {
        (self.scheme, self.port)
    }

    /// Scheme and port for those who came over TLS: the same, unless it has a port for them.
    pub fn secure(self) -> (OriginScheme, u16) {
        self.https_port.map_or(self.plain(), |port| (OriginScheme::Https, port))
    }

    /// All ports that viewers may be sent to.
    pub fn ports(self) -> impl Iterator<Item = u16> {
        [Some(self.port), self.https_port].into_iter().flatten()
    }
}

impl OriginScheme {
    /// The scheme as it stands in a URL.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    /// The port that a URL of this scheme need not name.
    pub fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}
