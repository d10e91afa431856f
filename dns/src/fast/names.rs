//! All names that exist, in one table.
//!
//! Names come from the zones' text and from the snapshot, and stay while its pools and interfaces stay: weights,
//! addresses and times to live are not in here. Whether a name exists, and what its zone makes of it, is asked of the
//! general path, once.
//!
//! The hash is fixed: the keys are the operator's, so nobody else can choose them to collide.

use std::collections::HashSet;

use weir_core::{Found, HostName, Snapshot};

use crate::answer::{self, Standing};
use crate::desk::Desk;
use crate::name::Name;
use crate::record::{RrSet, Type};
use crate::zone::{Node, Zone, Zones};

/// The first label of the names of challenges, which are never in the tables.
const CHALLENGE: &[u8] = b"\x0f_acme-challenge";
/// Names of more labels are for the general path, which can't point into all of such a name.
const MOST_LABELS: usize = 32;
/// An empty slot.
const EMPTY: u32 = u32::MAX;

/// The table.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// Hashes and places in `entries`; a power of two, at most half full.
    slots: Box<[(u32, u32)]>,
    entries: Vec<Entry>,
    zones: Vec<ZoneParts>,
    /// The most labels of a name, the root not counted.
    deepest: usize,
}

#[derive(Debug)]
struct Entry {
    name: Box<[u8]>,
    here: Option<Here>,
}

/// A name that the tables answer for.
#[derive(Debug)]
pub(super) struct Here {
    zone: usize,
    /// Whose addresses are its addresses.
    pub(super) steered: Option<Steered>,
    pub(super) sets: Box<[Set]>,
    /// It is a CNAME: most types are its target's.
    pub(super) alias: bool,
    /// It has something that ANY would ask for.
    pub(super) any: bool,
    /// Nothing that is missing directly below it exists.
    pub(super) denies: bool,
}

/// What a name is in the snapshot, by places in its lists.
#[derive(Clone, Copy, Debug)]
pub(super) enum Steered {
    Pool(usize),
    Interface(usize, usize),
}

/// Records of the name itself, ready to be copied behind the question.
#[derive(Debug)]
pub(super) struct Set {
    pub(super) kind: Type,
    pub(super) count: u16,
    pub(super) bytes: Box<[u8]>,
}

/// What answers need of a zone.
#[derive(Debug)]
pub(super) struct ZoneParts {
    /// The length of its name.
    pub(super) origin: usize,
    /// The data of its SOA behind its length.
    pub(super) soa: Box<[u8]>,
    /// How long a denial holds, in seconds.
    pub(super) negative_ttl: u32,
    pub(super) default_ttl: u32,
}

impl Names {
    /// The names of these zones and this snapshot.
    pub(super) fn new(zones: &Zones, snapshot: &Snapshot, desk: &Desk) -> Self {
        let mut names: HashSet<Name> = zones.all().flat_map(|zone| zone.nodes.keys().cloned()).collect();
        for pool in &snapshot.pools {
            names.insert(Name::from(&pool.hostname));
            let children =
                pool.members.iter().filter_map(|m| pool.hostname.child(&m.name).parse::<HostName>().ok());
            names.extend(children.map(|host| Name::from(&host)));
        }
        let origins: Vec<&Zone> = zones.all().collect();
        let parts = origins.iter().filter_map(|zone| ZoneParts::new(zone)).collect::<Vec<_>>();
        // A zone whose data is too long to be a record can't be; without all of them places would be others.
        if parts.len() != origins.len() {
            return Self::default();
        }
        let places = Places::new(snapshot);
        let entry = |name: Name| {
            let standing = answer::standing(&name, zones, snapshot, desk)?;
            let here = Here::new(&name, standing, &origins, &places);
            Some(Entry { name: name.as_wire().into(), here })
        };
        let entries: Vec<Entry> = names.into_iter().filter_map(entry).collect();
        Self::of(entries, parts)
    }

    fn of(entries: Vec<Entry>, zones: Vec<ZoneParts>) -> Self {
        let mut slots = vec![(0, EMPTY); (entries.len() * 2).next_power_of_two()].into_boxed_slice();
        let deepest = entries.iter().map(|entry| labels(&entry.name)).max().unwrap_or_default();
        for (place, entry) in (0..EMPTY).zip(&entries) {
            let (short, mut at) = hash(&entry.name, slots.len());
            while slots[at].1 != EMPTY {
                at = (at + 1) & (slots.len() - 1);
            }
            slots[at] = (short, place);
        }
        Self { slots, entries, zones, deepest }
    }

    /// What is at a name; `Some(None)` when that is for the general path to say.
    pub(super) fn find(&self, name: &[u8]) -> Option<Option<&Here>> {
        let mask = self.slots.len().checked_sub(1)?;
        let (short, mut at) = hash(name, self.slots.len());
        // At least one slot is empty.
        loop {
            let (other, place) = self.slots[at];
            let entry = self.entries.get(usize::try_from(place).ok()?)?;
            if other == short && *entry.name == *name {
                return Some(entry.here.as_ref());
            }
            at = (at + 1) & mask;
        }
    }

    /// What is at the closest name above one that there is not; None when the general path has to say.
    pub(super) fn closest_above(&self, name: &[u8]) -> Option<&Here> {
        let mut above = name;
        let mut depth = Some(labels(name)).filter(|&depth| depth <= MOST_LABELS)?;
        while let Some((&length, rest)) = above.split_first() {
            above = rest.get(usize::from(length)..)?;
            depth = depth.checked_sub(1)?;
            // Looking up what is deeper than all names would only cost time, as much as the sender likes.
            if depth <= self.deepest
                && let Some(here) = self.find(above)
            {
                return here;
            }
        }
        None
    }

    /// The zone of a name.
    pub(super) fn zone(&self, here: &Here) -> &ZoneParts {
        &self.zones[here.zone]
    }
}

/// Where pools and members stand in a snapshot's lists.
struct Places<'a> {
    snapshot: &'a Snapshot,
}

impl<'a> Places<'a> {
    fn new(snapshot: &'a Snapshot) -> Self {
        Self { snapshot }
    }

    fn of(&self, found: Found<'_>) -> Option<Steered> {
        let pool = |pool| self.snapshot.pools.iter().position(|other| std::ptr::eq(other, pool));
        match found {
            Found::Pool(view) => pool(view).map(Steered::Pool),
            Found::Interface(view, member) => {
                let place = view.members.iter().position(|other| std::ptr::eq(other, member))?;
                Some(Steered::Interface(pool(view)?, place))
            }
        }
    }
}

impl Here {
    /// None when the general path has to answer: delegations, challenges, and pools that can't be answered for.
    fn new(name: &Name, standing: Standing<'_>, origins: &[&Zone], places: &Places<'_>) -> Option<Self> {
        let Standing::Here { zone, node, found, denies } = standing else { return None };
        let unpublished = match found {
            Some(Found::Pool(pool)) => pool.members.is_empty(),
            Some(Found::Interface(..)) => false,
            None => node.is_some_and(|node| node.pool),
        };
        let wire = name.as_wire();
        let unusual =
            wire.starts_with(CHALLENGE) || labels(wire) > MOST_LABELS || zone.origin.label_count() == 0;
        if unpublished || unusual {
            return None;
        }
        let steered = match found {
            Some(found) => Some(places.of(found)?),
            None => None,
        };
        let sets = node.map(Node::sets).into_iter().flatten();
        Some(Self {
            zone: origins.iter().position(|origin| std::ptr::eq(*origin, zone))?,
            steered,
            sets: sets.map(|(kind, set)| Set::new(kind, set)).collect::<Option<_>>()?,
            alias: node.is_some_and(|node| node.set(Type::CNAME).is_some()),
            any: steered.is_some() || node.is_some_and(Node::has_data),
            denies,
        })
    }
}

impl Set {
    fn new(kind: Type, set: &RrSet) -> Option<Self> {
        let mut bytes = Vec::new();
        for data in &set.data {
            // The owner is the question's name.
            bytes.extend_from_slice(&[0xc0, 12]);
            bytes.extend_from_slice(&kind.0.to_be_bytes());
            bytes.extend_from_slice(&[0, 1]);
            bytes.extend_from_slice(&set.ttl.as_secs().to_be_bytes());
            bytes.extend_from_slice(&u16::try_from(data.len()).ok()?.to_be_bytes());
            bytes.extend_from_slice(data);
        }
        Some(Self { kind, count: u16::try_from(set.data.len()).ok()?, bytes: bytes.into() })
    }
}

impl ZoneParts {
    fn new(zone: &Zone) -> Option<Self> {
        let row = zone.soa();
        let length = u16::try_from(row.data.len()).ok()?.to_be_bytes();
        Some(Self {
            origin: zone.origin.as_wire().len(),
            soa: [&length, &*row.data].concat().into(),
            negative_ttl: row.ttl.min(zone.negative_ttl).as_secs(),
            default_ttl: zone.default_ttl.as_secs(),
        })
    }
}

/// How many labels a name in wire form has, the root not counted.
fn labels(name: &[u8]) -> usize {
    let (mut at, mut count) = (0, 0);
    while let Some(&length @ 1..) = name.get(at) {
        at += 1 + usize::from(length);
        count += 1;
    }
    count
}

/// A short hash to compare, and the first slot to look at. Eight bytes at a time, folded by a multiplication.
fn hash(name: &[u8], slots: usize) -> (u32, usize) {
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    // Both halves of the product, so that each bit has its part in all others.
    let fold = |state: u64, word: u64| {
        let product = (u128::from(state ^ word) * u128::from(FACTOR)).to_le_bytes();
        let half = |at: usize| product[at..].first_chunk().map_or(0, |half| u64::from_le_bytes(*half));
        half(0) ^ half(8)
    };
    let mut words = name.chunks_exact(8);
    let mut state = FACTOR;
    for word in words.by_ref() {
        state = fold(state, word.try_into().map_or(0, u64::from_le_bytes));
    }
    let mut last = [0; 8];
    last[..words.remainder().len()].copy_from_slice(words.remainder());
    state = fold(fold(state, u64::from_le_bytes(last)), 0);
    let [a, b, c, d, e, f, g, h] = state.to_le_bytes();
    let at = usize::try_from(u32::from_le_bytes([a, b, c, d])).unwrap_or(0);
    (u32::from_le_bytes([e, f, g, h]), at & (slots - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_among_thousands_is_found_after_few_others() {
        let names: Vec<Name> = (0..5000)
            .map(|n| {
                let (pool, interface) = (format!("live{}", n / 5), format!("eni{}", n % 5));
                Name::from_labels([interface.as_bytes(), pool.as_bytes(), b"stream", b"test"]).unwrap()
            })
            .collect();
        let entries = names.iter().map(|name| Entry { name: name.as_wire().into(), here: None }).collect();
        let table = Names::of(entries, Vec::new());
        let mut steps = 0;
        for name in &names {
            assert!(matches!(table.find(name.as_wire()), Some(None)));
            let (_, mut at) = hash(name.as_wire(), table.slots.len());
            while &*table.entries[usize::try_from(table.slots[at].1).unwrap()].name != name.as_wire() {
                at = (at + 1) & (table.slots.len() - 1);
                steps += 1;
            }
        }
        assert!(steps < names.len(), "{steps} steps");
        assert!(table.find(b"\x04live\x00").is_none());
    }
}
