//! The conditions under which differences are allowed.

use crate::difference::Case;
use crate::message::{Message, Record};
use crate::names::{INTERFACES, NEGATIVE_TTL, POOL, POOL_TTL, ZONES};
use crate::question::Oddity;

const A: u16 = 1;
const NS: u16 = 2;
const CNAME: u16 = 5;
const SOA: u16 = 6;
const HINFO: u16 = 13;
const AAAA: u16 = 28;
const ANY: u16 = 255;

const AA: u16 = 0x400;
const TC: u16 = 0x200;
const RD: u16 = 0x100;
const CD: u16 = 0x10;

/// weir's code and the peer's are these.
pub(crate) fn codes(case: &Case<'_>, weir: u16, theirs: u16) -> bool {
    case.codes() == Some([weir, theirs])
}

/// The peer's code is this one.
pub(crate) fn answered(case: &Case<'_>, theirs: u16) -> bool {
    case.codes().is_some_and(|[_, code]| code == theirs)
}

pub(crate) fn recursion_desired_copied(case: &Case<'_>) -> bool {
    case.weir.message().is_some_and(|weir| weir.flags & RD == case.question.flags & RD)
}

pub(crate) fn checking_disabled_copied(case: &Case<'_>) -> bool {
    case.weir.message().is_some_and(|weir| weir.flags & CD == case.question.flags & CD)
}

/// weir's answer has the question as it was sent.
pub(crate) fn echo(case: &Case<'_>) -> bool {
    case.weir.message().is_some_and(|weir| weir.question == (1, case.question.section()))
}

/// How many options of a code the question has.
pub(crate) fn options(case: &Case<'_>, code: u16) -> usize {
    let edns = case.question.edns.iter();
    edns.flat_map(|edns| &edns.options).filter(|(of, _)| *of == code).count()
}

pub(crate) fn size_one(case: &Case<'_>) -> bool {
    case.question.edns.as_ref().is_some_and(|edns| edns.size == 1)
}

/// weir's answer ends with the record that stands for all, behind the aliases that lead there.
pub(crate) fn any(case: &Case<'_>) -> bool {
    let [weir, theirs] = case.sections(0);
    let mut ends = weir.iter().filter(|record| !theirs.contains(record));
    let end = ends.next().is_some_and(|end| end.kind == HINFO && end.data == b"\x07RFC8482\x00");
    case.question.kind == ANY && end && ends.next().is_none()
}

pub(crate) fn with_records(case: &Case<'_>) -> bool {
    use Oddity::{HasAdditional, HasAnswer, HasAuthority};
    matches!(case.question.oddity, HasAnswer | HasAuthority | HasAdditional)
}

/// The question can't be read, and weir says so, or that the version of its OPT record is unknown.
pub(crate) fn unreadable(case: &Case<'_>) -> bool {
    use Oddity::{CutQuestion, PointsToHeader, PointsToItself, TwoQuestions, Uncounted};
    let newer = case.weir.message().is_some_and(|weir| weir.opt.is_some())
        && case.question.edns.as_ref().is_some_and(|edns| edns.version > 0);
    matches!(case.question.oddity, CutQuestion | PointsToHeader | PointsToItself | TwoQuestions | Uncounted)
        && case.weir.message().is_some_and(|weir| weir.code() == if newer { 16 } else { 1 })
}

/// weir's answer is cut, and the peer's would be if the names in its data were written out.
pub(crate) fn cut_for_want_of_compression(case: &Case<'_>) -> bool {
    let Some([weir, theirs]) = case.messages() else { return false };
    let records = theirs.sections.iter().flatten();
    // A pointer for the owner, and the fixed part of a record.
    let written: usize = records.map(|record| 2 + 10 + record.data.len()).sum();
    let opt = if theirs.opt.is_some() { 11 } else { 0 };
    let options = weir.opt.iter().flat_map(|opt| &opt.options).map(|(_, data)| 4 + data.len()).sum::<usize>();
    weir.has(TC)
        && weir.has(AA)
        && !theirs.has(TC)
        && 12 + theirs.question.1.len() + written + opt + options > case.question.limit()
}

/// weir says that the glue does not fit, and the peer's referral lacks some.
pub(crate) fn glue_left_out(case: &Case<'_>) -> bool {
    let Some([weir, theirs]) = case.messages() else { return false };
    let [_, authority, additional] = &theirs.sections;
    let lacks = |server: &Record| !additional.iter().any(|glue| glue.owner == server.data);
    weir.has(TC)
        && !theirs.has(TC)
        && !theirs.has(AA)
        && authority.iter().filter(|record| record.kind == NS).any(lacks)
}

/// weir's answer is complete and names hosts; the peer adds addresses of those.
pub(crate) fn without_addresses(case: &Case<'_>) -> bool {
    let ([answer, _], [ours, theirs]) = (case.sections(0), case.sections(2));
    let named = |extra: &Record| {
        answer.iter().any(|record| record.data.ends_with(&extra.owner) || in_service(record, extra))
    };
    !answer.is_empty()
        && ours.is_empty()
        && theirs.iter().all(|extra| matches!(extra.kind, A | AAAA) && named(extra))
}

/// Whether the owner of a record is the target of a service binding, behind which parameters follow (RFC 9460).
fn in_service(binding: &Record, extra: &Record) -> bool {
    matches!(binding.kind, 64 | 65)
        && binding.data.get(2..).is_some_and(|data| data.starts_with(&extra.owner))
}

/// weir follows eight links and no more, where the peer goes on.
pub(crate) fn eight_links(case: &Case<'_>) -> bool {
    let [ours, theirs] = case.sections(0);
    is_chain(ours, 8) && is_in(ours, theirs)
}

/// Knot follows five links and no more, where weir goes on.
pub(crate) fn five_links(case: &Case<'_>) -> bool {
    let [ours, theirs] = case.sections(0);
    is_chain(theirs, 5) && is_in(theirs, ours)
}

/// The section holds so many aliases, and nothing else.
fn is_chain(section: &[Record], links: usize) -> bool {
    section.len() == links && section.iter().all(|record| record.kind == CNAME)
}

/// All records of one section are in another.
fn is_in(part: &[Record], whole: &[Record]) -> bool {
    part.iter().all(|record| whole.contains(record))
}

/// The peer's answer is less than weir's, and what it lacks begins with an alias.
pub(crate) fn stops_at_alias(case: &Case<'_>) -> bool {
    let [ours, theirs] = case.sections(0);
    is_in(theirs, ours) && ours.iter().any(|record| record.kind == CNAME && !theirs.contains(record))
}

/// The peer's answer ends with an alias to a name of another zone of ours, and weir's goes on.
pub(crate) fn left_a_zone(case: &Case<'_>) -> bool {
    let [ours, theirs] = case.sections(0);
    let leaves = |record: &Record| {
        let followed = theirs.iter().any(|next| next.owner == record.data);
        let target = zone_of(&record.data);
        record.kind == CNAME && !followed && target.is_some() && target != zone_of(&record.owner)
    };
    is_in(theirs, ours) && theirs.iter().any(leaves)
}

/// The zone of ours that a name in wire form lies in.
fn zone_of(name: &[u8]) -> Option<&'static str> {
    let within = |zone: &&str| name.ends_with(&crate::chance::wire(zone));
    ZONES.iter().map(|zone| zone.name).filter(within).max_by_key(|zone| zone.len())
}

pub(crate) fn repeated(case: &Case<'_>) -> bool {
    let [ours, theirs] = case.sections(0);
    let mut once = theirs.to_vec();
    once.dedup();
    once.len() < theirs.len() && once == ours
}

/// A denial of an address at the name of an interface; only its time to live differs.
pub(crate) fn interface_without_family(case: &Case<'_>) -> bool {
    let name = case.question.name.to_ascii_lowercase();
    let interface =
        INTERFACES.iter().any(|(label, ..)| name == crate::chance::wire(&format!("{label}.{POOL}")));
    let ttls = case.messages().map(|both| both.map(soa_ttl));
    interface && matches!(case.question.kind, A | AAAA) && ttls == Some([Some(POOL_TTL), Some(NEGATIVE_TTL)])
}

fn soa_ttl(message: &Message) -> Option<u32> {
    message.sections[1].iter().find(|record| record.kind == SOA).map(|record| record.ttl)
}
