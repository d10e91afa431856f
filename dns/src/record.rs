//! Records in our own words: a type, a time to live, and data as bytes.
//!
//! Data is kept as it stands on the wire, without compression: RFC 3597 section 4 allows that for every type, and
//! whatever answers (this path or a faster one) copies it.

use std::fmt;
use std::sync::Arc;

use weir_core::Ttl;

use crate::name::Name;

/// A record type by its number; the unknown ones are as good as the known (RFC 3597).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Type(pub(crate) u16);

/// A record's data in wire form.
pub(crate) type Data = Arc<[u8]>;

/// One record of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) owner: Name,
    pub(crate) kind: Type,
    pub(crate) ttl: Ttl,
    pub(crate) data: Data,
}

/// All records of one owner and type; they have one time to live (RFC 2181 section 5.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RrSet {
    pub(crate) ttl: Ttl,
    pub(crate) data: Vec<Data>,
}

impl Type {
    pub(crate) const A: Self = Self(1);
    pub(crate) const NS: Self = Self(2);
    pub(crate) const CNAME: Self = Self(5);
    pub(crate) const SOA: Self = Self(6);
    pub(crate) const PTR: Self = Self(12);
    pub(crate) const HINFO: Self = Self(13);
    pub(crate) const MX: Self = Self(15);
    pub(crate) const TXT: Self = Self(16);
    pub(crate) const AAAA: Self = Self(28);
    pub(crate) const SRV: Self = Self(33);
    pub(crate) const DNAME: Self = Self(39);
    pub(crate) const DS: Self = Self(43);
    pub(crate) const SVCB: Self = Self(64);
    pub(crate) const HTTPS: Self = Self(65);
    pub(crate) const IXFR: Self = Self(251);
    pub(crate) const AXFR: Self = Self(252);
    pub(crate) const ANY: Self = Self(255);

    /// Whether it is an address of a host.
    pub(crate) fn is_address(self) -> bool {
        self == Self::A || self == Self::AAAA
    }

    /// Whether it exists in questions and pseudo-records only (RFC 6895 section 3.1), so that no zone holds it.
    pub(crate) fn is_meta(self) -> bool {
        matches!(self.0, 0 | 41 | 128..=255 | 65535)
    }
}

/// The mnemonic of the types that zone text usually holds, else `TYPE` and the number (RFC 3597 section 5).
impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match *self {
            Self::A => "A",
            Self::NS => "NS",
            Self::CNAME => "CNAME",
            Self::SOA => "SOA",
            Self::PTR => "PTR",
            Self::HINFO => "HINFO",
            Self::MX => "MX",
            Self::TXT => "TXT",
            Self::AAAA => "AAAA",
            Self::SRV => "SRV",
            Self::DNAME => "DNAME",
            Self::DS => "DS",
            Self::SVCB => "SVCB",
            Self::HTTPS => "HTTPS",
            Self(number) => return write!(f, "TYPE{number}"),
        })
    }
}

impl fmt::Debug for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl RrSet {
    /// This set and another of the same owner and type as one, with the shorter time to live.
    pub(crate) fn joined_with(mut self, other: Option<&Self>) -> Self {
        for data in other.into_iter().flat_map(|other| &other.data) {
            if !self.data.contains(data) {
                self.data.push(Arc::clone(data));
            }
        }
        self.ttl = other.map_or(self.ttl, |other| self.ttl.min(other.ttl));
        self
    }

    /// The set as rows of an answer under `owner`.
    pub(crate) fn rows<'a>(&'a self, owner: &'a Name, kind: Type) -> impl Iterator<Item = Row> + 'a {
        self.data.iter().map(move |data| Row {
            owner: owner.clone(),
            kind,
            ttl: self.ttl,
            data: Arc::clone(data),
        })
    }
}
