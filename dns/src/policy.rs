//! What the operator decides about the service as a whole: who may ask how much, and what is told beside answers.
//!
//! A plain value with defaults that suit a public server; replaced as a whole at a reload, like the zones.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::num::NonZeroU8;
use std::time::Duration;

use ipnet::{IpNet, Ipv4Net};

/// The most bytes of a name that we tell (NSID and CHAOS): a TXT string holds 255, and the options of an answer
/// have to fit into 512 bytes beside the longest question.
const MAX_TOLD: usize = 128;

/// Protection and standard extras.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DnsPolicy {
    /// What NSID is answered with (RFC 5001), to those who ask; none: nothing.
    pub nsid: Option<Told>,
    /// What the names of class CHAOS are answered with.
    pub chaos: Chaos,
    /// What cookies are for.
    pub cookies: CookiePolicy,
    /// How much is answered to one network over UDP; none: anything.
    pub limits: Option<LimitPolicy>,
    /// What connections may take.
    pub tcp: TcpPolicy,
    /// How many threads answer over UDP on each address that is bound from now on.
    pub workers: NonZeroU8,
}

/// Some bytes about us that anybody may have, at most 128.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told(Vec<u8>);

/// The names of class CHAOS (RFC 4892); refused unless set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chaos {
    /// For `id.server` and `hostname.bind`.
    pub id: Option<Told>,
    /// For `version.server` and `version.bind`.
    pub version: Option<Told>,
}

/// What is done about cookies (RFC 7873).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CookiePolicy {
    /// They are ignored.
    Off,
    /// Who sends one is given one, and a valid one exempts from the limits.
    #[default]
    Answer,
    /// Beyond that, who sends one over UDP that is not valid is answered BADCOOKIE and a good one, nothing else. Who
    /// sends none is answered as ever.
    Enforce,
}

/// Limits of what is answered to one client network over UDP, per second.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LimitPolicy {
    /// Answers of names that exist. One name is asked for by everyone, so the name does not count, only who asks.
    pub answers: u32,
    /// Answers that a name does not exist.
    pub negatives: u32,
    /// Refusals and faults.
    pub errors: u32,
    /// Every how manieth answer that is over the limit leaves as an empty one with TC, which sends whoever really
    /// asked to TCP; 1: each, 0: none.
    pub slip: u32,
    /// Who is never limited.
    pub exempt: Vec<IpNet>,
    /// Whether it is done or only counted.
    pub mode: LimitMode,
}

/// Whether limits act.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LimitMode {
    /// They do.
    #[default]
    Enforce,
    /// They count what they would do, and all is answered.
    DryRun,
}

/// Limits of connections, of all listeners together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TcpPolicy {
    /// How long a connection may take from one answer to the end of its next question, and to take an answer.
    pub idle: Duration,
    /// How many connections are open; for one more, the one that asked nothing for the longest time is closed.
    pub connections: usize,
    /// How many of those may be of one client, an address of IPv4 or a /64 of IPv6, so that none can keep all others out;
    /// one more is closed at once.
    pub per_client: usize,
}

/// Cookies and limits on, nothing told, one thread for each address.
impl Default for DnsPolicy {
    fn default() -> Self {
        Self {
            nsid: None,
            chaos: Chaos::default(),
            cookies: CookiePolicy::default(),
            limits: Some(LimitPolicy::default()),
            tcp: TcpPolicy::default(),
            workers: NonZeroU8::MIN,
        }
    }
}

impl Told {
    /// These bytes, unless there are none or more than 128.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Option<Self> {
        let bytes = bytes.into();
        (1..=MAX_TOLD).contains(&bytes.len()).then_some(Self(bytes))
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// 5,000 answers, 500 denials and 500 refusals a second to one network, every other answer over that as TC; our own
/// machine is exempt. A large public resolver asks from few networks, and for few names again and again only as fast
/// as their times to live end, so 5,000 are far above what anyone needs who does not mean harm.
impl Default for LimitPolicy {
    fn default() -> Self {
        let exempt = vec![
            IpNet::from(Ipv4Net::new_assert(Ipv4Addr::new(127, 0, 0, 0), 8)),
            IpNet::from(IpAddr::from(Ipv6Addr::LOCALHOST)),
        ];
        Self { answers: 5000, negatives: 500, errors: 500, slip: 2, exempt, mode: LimitMode::Enforce }
    }
}

/// 10 seconds, 1,024 connections, 64 of one client. An idle connection holds some 10 KiB, so that they all hold 10 MiB.
impl Default for TcpPolicy {
    fn default() -> Self {
        Self { idle: Duration::from_secs(10), connections: 1024, per_client: 64 }
    }
}
