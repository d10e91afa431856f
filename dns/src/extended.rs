//! Why an answer is not what was hoped for, in the words of RFC 8914.
//!
//! Only failures carry one. A pool that failed open is answered in full, so there is nothing to excuse: some
//! resolvers log an extended error as a fault or pass it on, and its answers would be half as long again.
//!
//! 18, Prohibited, is said of names of class CHAOS that the operator has not set, and 21, Not Supported, of all else in
//! another class, as by NSD. NSD also says 18 of a zone transfer, where it means that others may have one. Nobody may
//! have one of us, as a steered zone can't be copied, so that it is 21.
//!
//! Of the other codes that an authoritative server might use, these are not ours:
//! * 3, Stale Answer, is what a resolver says of an answer that it kept because it got no other (section 4.4). What a
//!   pool answers while its measurements are old or its weights are frozen is what its servers have to say now.
//! * 24, Invalid Data, is about a zone that is configured and can't be answered from (section 4.25). Zones with a fault
//!   are never put to use: the process does not start with one, and goes on with the old ones at a reload.
//! * 29, Synthesized, was registered for answers that a resolver makes from what it knows of other names. All answers of
//!   pools are made, and that is no news to anybody who asks.

use weir_core::Snapshot;

use crate::answer::{Answer, Kind};
use crate::chaos;
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
/// Prohibited.
const PROHIBITED: u16 = 18;
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
        Kind::Refused if chaos::could_tell(query) => error(PROHIBITED, ""),
        Kind::Refused if query.class != IN => error(NOT_SUPPORTED, "class"),
        Kind::Refused => error(NOT_AUTHORITATIVE, ""),
        Kind::ServFail if snapshot.generation == 0 => error(NOT_READY, "starting"),
        Kind::ServFail => error(OTHER, "pool without interface"),
        _ => None,
    }
}
