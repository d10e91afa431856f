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

    /// The topmost delegation at or above a name.
    pub(crate) fn cut_above(&self, name: &Name) -> Option<Name> {
        let below = name.suffixes().take_while(|&suffix| suffix != self.origin.as_wire());
        below
            .filter(|&suffix| self.nodes.get(suffix).is_some_and(|node| node.set(Type::NS).is_some()))
            .last()
            .and_then(|suffix| self.name_of(suffix))
    }
}

impl Node {
    /// Its records of one type.
    pub(crate) fn set(&self, kind: Type) -> Option<&RrSet> {
        self.sets.iter().find(|(of, _)| *of == kind).map(|(_, set)| set)
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
