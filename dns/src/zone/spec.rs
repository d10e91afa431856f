//! What a zone is made from.

use weir_core::{HostName, InterfaceName, Ttl};

/// A zone as configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZoneSpec {
    /// The zone's name.
    pub origin: HostName,
    /// Its name servers, the first of which stands in the SOA; at least one.
    pub nameservers: Vec<HostName>,
    /// The mailbox of who answers for it, its `@` written as a dot (RFC 1035 section 3.3.13).
    pub contact: HostName,
    /// How long resolvers may remember that a name or a type does not exist (RFC 2308).
    pub negative_ttl: Ttl,
    /// The time to live of records that state none.
    pub default_ttl: Ttl,
    /// Further records as zone text (RFC 1035 section 5); names in it are relative to the zone.
    pub text: String,
    /// Where the text comes from, for messages: a file's name, or the key of the configuration.
    pub source: String,
}

/// The names that a pool takes up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolNames {
    /// The name that viewers resolve; it has to lie in one of the zones.
    pub hostname: HostName,
    /// Interfaces that are known beforehand, whose names below the host name no record may take.
    pub interfaces: Vec<InterfaceName>,
}
