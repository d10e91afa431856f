//! Why an answer is not what was hoped for, in the words of RFC 8914.
//!
//! Only failures carry one. A pool that failed open is answered in full, so there is nothing to excuse: some
//! resolvers log an extended error as a fault or pass it on, and its answers would be half as long again.

use weir_core::Snapshot;

use crate::answer::{Answer, Kind};
use crate::query::{IN, Query};
use crate::record::Type;

/// An extended error: its code and a short text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Extended {
    pub(crate) code: u16,
    pub(crate) text: &'static str,
}

/// Other Error.
const OTHER: u16 = 0;
/// Not Ready.
const NOT_READY: u16 = 14;
/// Not Authoritative.
const NOT_AUTHORITATIVE: u16 = 20;
/// Not Supported.
const NOT_SUPPORTED: u16 = 21;

/// The extended error of an answer, if it has one.
pub(crate) fn of(query: &Query, answer: &Answer, snapshot: &Snapshot) -> Option<Extended> {
    let error = |code, text| Some(Extended { code, text });
    match answer.kind {
        Kind::NotImp => error(NOT_SUPPORTED, "opcode"),
        Kind::Refused if matches!(query.kind, Type::AXFR | Type::IXFR) => {
            error(NOT_SUPPORTED, "zone transfer")
        }
        Kind::Refused if query.class != IN => error(NOT_SUPPORTED, "class"),
        Kind::Refused => error(NOT_AUTHORITATIVE, ""),
        Kind::ServFail if snapshot.generation == 0 => error(NOT_READY, "starting"),
        Kind::ServFail => error(OTHER, "pool without interface"),
        _ => None,
    }
}
