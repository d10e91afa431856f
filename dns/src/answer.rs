//! What a question is answered with: one pure function of the question, the names and one snapshot.
//!
//! Everything about an answer is decided here and below; the door only puts it into a message. The same question,
//! names and snapshot give the same answer, but for whose turn it is among a pool's interfaces.

mod lookup;
mod steer;

use std::net::IpAddr;

use weir_core::Snapshot;

use crate::challenges::Current;
use crate::desk::Desk;
use crate::extended::Extended;
use crate::query::{IN, QUERY, Query};
use crate::record::{Row, Type};
use crate::zone::Zones;

pub(crate) use lookup::{HINFO_RFC8482, Standing, standing};

/// An answer before it is a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) code: Code,
    pub(crate) authoritative: bool,
    pub(crate) answers: Vec<Row>,
    pub(crate) authority: Vec<Row>,
    pub(crate) additional: Vec<Row>,
    /// What it counts as.
    pub(crate) kind: Kind,
    /// Why it is a failure; for clients with EDNS.
    pub(crate) extended: Option<Extended>,
}

/// The names that there are beside those of the snapshot.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Names<'a> {
    /// Those of the configuration.
    pub(crate) zones: &'a Zones,
    /// Those of certificate clients; they lie within the zones.
    pub(crate) challenges: Current<'a>,
}

/// Without challenges.
impl<'a> From<&'a Zones> for Names<'a> {
    fn from(zones: &'a Zones) -> Self {
        Self { zones, challenges: Current::default() }
    }
}

/// The response codes that we give.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Code {
    NoError,
    ServFail,
    NxDomain,
    YxDomain,
    NotImp,
    Refused,
    BadVers,
}

/// What a question turned out to be about; the metric's label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A pool's host name, or a CNAME that leads there.
    Pool,
    /// The name of one interface.
    Interface,
    /// Records of a zone's text, or a challenge.
    Static,
    /// No such name, or no such type at it; or a DNAME makes a name that is too long to be one.
    Negative,
    /// A delegation, or a CNAME that leads there.
    Referral,
    /// ANY (RFC 8482).
    Any,
    /// Not ours, another class, or a zone transfer.
    Refused,
    /// Undecodable.
    FormErr,
    /// Another opcode.
    NotImp,
    /// An EDNS version that does not exist yet.
    BadVers,
    /// A pool that is not published, or has no interface.
    ServFail,
    /// A cookie was asked for, or lacking, and nothing else answered.
    Cookie,
}

/// Answers `query` of `client` from one snapshot.
///
/// Challenges are not compiled into anything: a path that answers from tables of its own leaves names whose first
/// label is `_acme-challenge` to this function, and, while there are challenges, all names that it would deny.
pub(crate) fn answer<'a>(
    query: &Query,
    client: IpAddr,
    names: impl Into<Names<'a>>,
    snapshot: &Snapshot,
    desk: &Desk,
) -> Answer {
    if query.opcode != QUERY {
        return Answer::bare(Code::NotImp, Kind::NotImp);
    }
    if query.edns.is_some_and(|edns| edns.version > 0) {
        return Answer::bare(Code::BadVers, Kind::BadVers);
    }
    if query.class != IN || query.kind == Type::AXFR || query.kind == Type::IXFR {
        return Answer::bare(Code::Refused, Kind::Refused);
    }
    let names = names.into();
    if names.zones.find(&query.name, query.kind).is_none() {
        return Answer::bare(Code::Refused, Kind::Refused);
    }
    lookup::Lookup::new(query.kind, client, names, snapshot, desk).run(query.name.clone())
}

impl Answer {
    /// An answer without records or authority.
    pub(crate) fn bare(code: Code, kind: Kind) -> Self {
        Self {
            code,
            authoritative: false,
            answers: Vec::new(),
            authority: Vec::new(),
            additional: Vec::new(),
            kind,
            extended: None,
        }
    }
}

impl Kind {
    /// Every kind, in the order of its declaration.
    pub(crate) const ALL: [Self; 12] = [
        Self::Pool,
        Self::Interface,
        Self::Static,
        Self::Negative,
        Self::Referral,
        Self::Any,
        Self::Refused,
        Self::FormErr,
        Self::NotImp,
        Self::BadVers,
        Self::ServFail,
        Self::Cookie,
    ];

    /// Its label.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Pool => "pool",
            Self::Interface => "interface",
            Self::Static => "static",
            Self::Negative => "negative",
            Self::Referral => "referral",
            Self::Any => "any",
            Self::Refused => "refused",
            Self::FormErr => "formerr",
            Self::NotImp => "notimp",
            Self::BadVers => "badvers",
            Self::ServFail => "servfail",
            Self::Cookie => "cookie",
        }
    }
}

#[cfg(test)]
mod tests;
