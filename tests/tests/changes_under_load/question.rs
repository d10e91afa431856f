//! What is asked, and what the right answers are.

use std::collections::BTreeSet;
use std::time::Instant;

use crate::directives::Drains;
use crate::reply::{Record, Reply};

/// Types that are asked for here, or stand in answers.
pub(crate) const A: u16 = 1;
const CNAME: u16 = 5;
const SOA: u16 = 6;
const TXT: u16 = 16;
const AAAA: u16 = 28;
const HTTPS: u16 = 65;

/// An answer without error, and one to a name that does not exist.
pub(crate) const NOERROR: u8 = 0;
pub(crate) const NXDOMAIN: u8 = 3;

/// The times to live of pools in quiet times, and of the zone's records.
const OF_POOL: u32 = 30;
const OF_ZONE: u32 = 300;

/// What is asked again and again.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    pub(crate) name: &'static str,
    pub(crate) kind: u16,
    right: Right,
}

/// What is right.
#[derive(Clone, Debug)]
enum Right {
    /// Addresses of these interfaces, so many of them; of an alias, behind a CNAME to its target.
    Pool { members: &'static [usize], counts: Vec<usize>, alias: Option<&'static str> },
    /// The address of this interface, drained or not.
    Interface(usize),
    /// This one record.
    Static(Vec<u8>),
    /// This one record, or no such name.
    Sometimes(Vec<u8>),
    /// No record of the type.
    NoData,
    /// No such name.
    Missing,
}

/// All questions. `live` and `trio` are how many addresses an answer of these pools may name.
pub(crate) fn all(live: &[usize], trio: &[usize]) -> Vec<Question> {
    let ask = |name, kind, right| Question { name, kind, right };
    let pool = |name, members, counts: &[usize], alias| {
        ask(name, A, Right::Pool { members, counts: counts.to_vec(), alias })
    };
    let of_live = |name, alias| pool(name, &[0, 1, 2, 3], live, alias);
    let of_trio = || pool("trio.stream.test", &[1, 2, 3], trio, None);
    vec![
        of_live("live.stream.test", None),
        ask("eni0.live.stream.test", A, Right::Interface(0)),
        of_trio(),
        ask("ns1.stream.test", A, Right::Static(vec![127, 0, 0, 11])),
        of_live("LIVE.stream.TEST", None),
        ask("absent.stream.test", A, Right::Missing),
        ask("eni3.trio.stream.test", A, Right::Interface(3)),
        of_live("www.stream.test", Some("live.stream.test")),
        ask("sometimes.stream.test", A, Right::Sometimes(vec![192, 0, 2, 77])),
        of_trio(),
        ask("live.stream.test", AAAA, Right::NoData),
        ask("stream.test", TXT, Right::Static(b"\x0bv=spf1 -all".to_vec())),
        of_live("live.stream.test", None),
        ask("x.absent.live.stream.test", A, Right::Missing),
        ask("eni1.live.stream.test", A, Right::Interface(1)),
        ask("trio.stream.test", HTTPS, Right::NoData),
        // Of the other pool alone.
        ask("eni0.trio.stream.test", A, Right::Missing),
    ]
}

impl Question {
    /// Its message: no flags, one question, no OPT record.
    pub(crate) fn bytes(&self, id: u16) -> Vec<u8> {
        let [i0, i1] = id.to_be_bytes();
        let [k0, k1] = self.kind.to_be_bytes();
        let mut bytes = vec![i0, i1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        for label in self.name.split('.') {
            bytes.push(u8::try_from(label.len()).expect("labels are short"));
            bytes.extend(label.as_bytes());
        }
        bytes.extend([0, k0, k1, 0, 1]);
        bytes
    }

    /// The code of each right answer, if there is one for all.
    pub(crate) fn code(&self) -> Option<u8> {
        match self.right {
            Right::Missing => Some(NXDOMAIN),
            Right::Sometimes(_) => None,
            _ => Some(NOERROR),
        }
    }

    /// The name of its type.
    pub(crate) fn kind_name(&self) -> &'static str {
        match self.kind {
            A => "A",
            AAAA => "AAAA",
            TXT => "TXT",
            _ => "TYPE65",
        }
    }

    /// Compares an answer with what may be true. The question was sent at `asked`.
    ///
    /// # Errors
    /// With what is wrong with it.
    pub(crate) fn check(&self, reply: &Reply, asked: Instant, drains: &Drains) -> Result<(), String> {
        ensure(reply.authoritative && !reply.truncated, || {
            "it is not whole, or without authority".to_owned()
        })?;
        let code = self.code().unwrap_or(if reply.code == NXDOMAIN { NXDOMAIN } else { NOERROR });
        ensure(reply.code == code, || format!("its code is {}", reply.code))?;
        let answers = reply.answers.as_slice();
        match &self.right {
            _ if code == NXDOMAIN => denies(reply),
            Right::Missing | Right::NoData => denies(reply),
            Right::Interface(index) => is_one(answers, self.name, A, (OF_POOL, &public(*index))),
            Right::Static(data) | Right::Sometimes(data) => {
                is_one(answers, self.name, self.kind, (OF_ZONE, data))
            }
            Right::Pool { members, counts, alias } => {
                let may_be_named = |index| members.contains(&index) && !drains.forbids(index, asked);
                let Some(target) = alias else { return steers(answers, self.name, counts, may_be_named) };
                let (first, rest) = answers.split_at(1.min(answers.len()));
                is_one(first, self.name, CNAME, (OF_ZONE, target.as_bytes()))?;
                steers(rest, target, counts, may_be_named)
            }
        }
    }
}

/// One of these numbers of different addresses, each of an interface that may be named.
fn steers(
    records: &[Record],
    owner: &str,
    counts: &[usize],
    may_be_named: impl Fn(usize) -> bool,
) -> Result<(), String> {
    let distinct: BTreeSet<&[u8]> = records.iter().map(|record| record.data.as_slice()).collect();
    ensure(distinct.len() == records.len(), || "it names one address twice".to_owned())?;
    ensure(counts.contains(&records.len()), || format!("it names {} addresses", records.len()))?;
    for record in records {
        let index = (0..4).find(|&index| record.data == public(index)).ok_or("it names a foreign address")?;
        ensure(may_be_named(index), || format!("it names eni{index}"))?;
        is_one(std::slice::from_ref(record), owner, A, (OF_POOL, &record.data))?;
    }
    Ok(())
}

/// Exactly one record, and that one; its owner is spelled as it was asked for.
fn is_one(records: &[Record], owner: &str, kind: u16, (ttl, data): (u32, &[u8])) -> Result<(), String> {
    let fits = |record: &Record| {
        (record.owner.as_str(), record.kind, record.ttl, record.data.as_slice()) == (owner, kind, ttl, data)
    };
    ensure(matches!(records, [record] if fits(record)), || format!("it is not {data:?} of {owner}"))
}

/// No record, and the SOA that says for how long.
fn denies(reply: &Reply) -> Result<(), String> {
    ensure(reply.answers.is_empty() && reply.authority == [SOA], || "it is no denial".to_owned())
}

/// What viewers are told of interface `index`.
fn public(index: usize) -> [u8; 4] {
    [198, 51, 100, 11 + u8::try_from(index).expect("four interfaces")]
}

fn ensure(holds: bool, fault: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(fault()) }
}
