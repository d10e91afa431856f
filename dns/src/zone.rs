//! The zones that we are authoritative for, ready to be looked up.
//!
//! Built once from the configuration and replaced as a whole; nothing changes a zone that answers. Every name that
//! exists has a node, empty non-terminals too (RFC 8020), so that a missing node is a missing name.

mod build;
mod fault;
mod rules;
mod spec;

use std::collections::HashMap;
use std::sync::Arc;

use weir_core::Ttl;

use crate::name::Name;
use crate::record::{Row, RrSet, Type};

pub use fault::ZoneFault;
pub use spec::{PoolNames, ZoneSpec};

/// All zones, by name.
#[derive(Debug, Default)]
pub struct Zones {
    zones: HashMap<Name, Zone>,
}

/// One zone.
#[derive(Debug)]
pub(crate) struct Zone {
    pub(crate) origin: Name,
    pub(crate) default_ttl: Ttl,
    pub(crate) negative_ttl: Ttl,
    /// The apex is always among them, and has a SOA.
    pub(crate) nodes: HashMap<Name, Node>,
}

/// What a zone has at one name.
#[derive(Debug, Default)]
pub(crate) struct Node {
    sets: Vec<(Type, RrSet)>,
    /// It is a pool's host name: its addresses come from the snapshot.
    pub(crate) pool: bool,
}

/// Where a zone ends before its names do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// A delegation: this name and all below it are other servers' to answer.
    Cut(Name),
    /// A DNAME record: all names below its owner stand for names below its target.
    Renamed { owner: Name, target: Name },
}

impl Zones {
    /// The zone that answers for `name`: the closest one that encloses it.
    ///
    /// Questions for DS at the apex of a zone belong to its parent, when that is ours and delegates it
    /// (RFC 4035 section 3.1.4.1).
    pub(crate) fn find(&self, name: &Name, kind: Type) -> Option<&Zone> {
        let mut enclosing = name.suffixes().filter_map(|suffix| self.zones.get(suffix));
        let closest = enclosing.next()?;
        if kind == Type::DS && closest.origin == *name {
            let delegates =
                |parent: &&Zone| parent.nodes.get(name).is_some_and(|node| node.set(Type::NS).is_some());
            return enclosing.next().filter(delegates).or(Some(closest));
        }
        Some(closest)
    }

    /// All zones, in no order.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Zone> {
        self.zones.values()
    }

    /// The names of all zones, in order.
    pub(crate) fn origins(&self) -> Vec<String> {
        let mut origins: Vec<String> = self.zones.keys().map(ToString::to_string).collect();
        origins.sort();
        origins
    }
}

impl Zone {
    /// The SOA as a row.
    pub(crate) fn soa(&self) -> Row {
        let set = self.nodes.get(&self.origin).and_then(|apex| apex.set(Type::SOA));
        let set = set.expect("a zone is built with its SOA");
        let data = set.data.first().expect("no set is empty");
        Row { owner: self.origin.clone(), kind: Type::SOA, ttl: set.ttl, data: Arc::clone(data) }
    }

    /// The name of a node.
    pub(crate) fn name_of(&self, wire: &[u8]) -> Option<Name> {
        self.nodes.get_key_value(wire).map(|(name, _)| name.clone())
    }

    /// What ends the zone above a name; of several, the topmost.
    pub(crate) fn end_above(&self, name: &Name) -> Option<End> {
        let mut path: Vec<&[u8]> = name.suffixes().collect();
        path.reverse();
        path.into_iter().skip_while(|&suffix| suffix != self.origin.as_wire()).find_map(|suffix| {
            let (at, node) = self.nodes.get_key_value(suffix)?;
            if *at != self.origin && node.set(Type::NS).is_some() {
                return Some(End::Cut(at.clone()));
            }
            let (_, target) = node.renaming().filter(|_| at != name)?;
            Some(End::Renamed { owner: at.clone(), target })
        })
    }
}

impl Node {
    /// Its records of one type.
    pub(crate) fn set(&self, kind: Type) -> Option<&RrSet> {
        self.sets.iter().find(|(of, _)| *of == kind).map(|(_, set)| set)
    }

    /// Its DNAME record and the target of it.
    pub(crate) fn renaming(&self) -> Option<(&RrSet, Name)> {
        let set = self.set(Type::DNAME)?;
        Some((set, Name::from_wire(set.data.first()?)?))
    }

    /// Whether it is more than an empty non-terminal.
    pub(crate) fn has_data(&self) -> bool {
        !self.sets.is_empty()
    }

    /// Its sets of records.
    pub(crate) fn sets(&self) -> impl Iterator<Item = (Type, &RrSet)> {
        self.sets.iter().map(|(kind, set)| (*kind, set))
    }

    /// The types that it has.
    pub(crate) fn types(&self) -> impl Iterator<Item = Type> {
        self.sets.iter().map(|(kind, _)| *kind)
    }
}

#[cfg(test)]
mod tests;
