//! A question in our own words.

use crate::name::Name;
use crate::record::Type;

/// A question that was decoded, with what its header and its OPT record say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Query {
    pub(crate) opcode: u8,
    pub(crate) name: Name,
    pub(crate) kind: Type,
    pub(crate) class: u16,
    pub(crate) edns: Option<Edns>,
}

/// What an OPT record says (RFC 6891), but for its options, which no answer depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Edns {
    pub(crate) version: u8,
    pub(crate) size: u16,
}

/// The class IN; there is nothing to say in any other.
pub(crate) const IN: u16 = 1;

/// The opcode QUERY, the only one that is implemented.
pub(crate) const QUERY: u8 = 0;

/// The largest answer that leaves over UDP, and the size that our OPT records state: no fragments on any path that
/// carries IPv6 (1280 bytes less the headers).
pub(crate) const MAX_UDP: u16 = 1232;

/// The largest answer over UDP to a client that states no size (RFC 1035 section 4.2.1).
pub(crate) const MIN_UDP: u16 = 512;

impl Query {
    /// How large an answer over UDP may be: what the client takes, at least 512 and at most 1232 bytes.
    pub(crate) fn udp_limit(edns: Option<Edns>) -> u16 {
        edns.map_or(MIN_UDP, |edns| edns.size.clamp(MIN_UDP, MAX_UDP))
    }
}
