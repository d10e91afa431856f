//! The algorithm of RFC 1034 section 4.3.2, over our zones and one snapshot.
//!
//! Names come from three places: the zones' nodes, which are fixed at a reload, the snapshot, whose pools and
//! interfaces come and go, and the challenges of certificate clients. A name of any place exists: it is not covered
//! by a wildcard, and a question for a type that it lacks is answered NODATA (RFC 4592 section 2.2.2, RFC 8020).

use std::net::{IpAddr, Ipv4Addr};

use weir_core::{Found, Snapshot, Ttl};

use super::{Answer, Code, Kind, Names, steer};
use crate::desk::Desk;
use crate::name::{Name, host, wildcard_below};
use crate::record::{Row, RrSet, Type};
use crate::zone::{Node, Zone, Zones};

/// The most CNAME records that one answer follows; longer chains end there, and the resolver asks on.
const MAX_LINKS: usize = 8;

/// The data of the answer to ANY (RFC 8482 section 4.2): the CPU is "RFC8482", the operating system empty.
pub(crate) const HINFO_RFC8482: &[u8] = b"\x07RFC8482\x00";

/// One question on its way to its answer.
pub(super) struct Lookup<'a> {
    kind: Type,
    client: IpAddr,
    names: Names<'a>,
    snapshot: &'a Snapshot,
    desk: &'a Desk,
    answer: Answer,
}

/// Where a name is in a zone.
enum Place<'a> {
    /// At or below a delegation.
    Cut(Name, &'a RrSet),
    /// Below the owner of a DNAME record, which stands for names below its target (RFC 6672).
    Renamed { owner: Name, set: &'a RrSet, target: Name },
    /// It exists: in the zone's text, in the snapshot, or in both; else by a challenge at it or below it.
    Here(Option<&'a Node>, Option<Found<'a>>),
    /// It does not, but a wildcard covers it.
    Wildcard(&'a Node),
    /// It does not.
    Nowhere,
    /// It may be one of a pool's interfaces, and nothing is published of that pool.
    Unpublished,
}

/// What is at a name, for tables that answer in place of this path. Good for all types but DS, which may be the
/// parent's.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Standing<'a> {
    /// The name exists in this zone: in its text, in the snapshot, or in both.
    Here {
        zone: &'a Zone,
        node: Option<&'a Node>,
        found: Option<Found<'a>>,
        /// Whether all that is missing directly below it does not exist, challenges aside.
        denies: bool,
    },
    /// It lies at or below a delegation, or below a DNAME.
    Beyond,
}

/// What is at `name`; None when nothing is.
pub(crate) fn standing<'a>(
    name: &Name,
    zones: &'a Zones,
    snapshot: &'a Snapshot,
    desk: &'a Desk,
) -> Option<Standing<'a>> {
    let zone = zones.find(name, Type::A)?;
    let lookup = Lookup::new(Type::A, Ipv4Addr::UNSPECIFIED.into(), zones.into(), snapshot, desk);
    match lookup.place(zone, name) {
        Place::Here(node, found) => {
            let denies = matches!(lookup.missing(zone, name, name.as_wire()), Place::Nowhere)
                && node.is_none_or(|node| node.renaming().is_none());
            Some(Standing::Here { zone, node, found, denies })
        }
        Place::Cut(..) | Place::Renamed { .. } => Some(Standing::Beyond),
        Place::Wildcard(_) | Place::Nowhere | Place::Unpublished => None,
    }
}

impl<'a> Lookup<'a> {
    pub(super) fn new(
        kind: Type,
        client: IpAddr,
        names: Names<'a>,
        snapshot: &'a Snapshot,
        desk: &'a Desk,
    ) -> Self {
        Self { kind, client, names, snapshot, desk, answer: Answer::bare(Code::NoError, Kind::Static) }
    }

    /// Follows `name` through CNAME records to its end, as far as it lies within our zones.
    pub(super) fn run(mut self, mut name: Name) -> Answer {
        while let Some(zone) = self.names.zones.find(&name, self.kind) {
            let Some(next) = self.step(zone, &name) else { break };
            let links = self.answer.answers.iter().filter(|row| row.kind == Type::CNAME);
            if links.clone().any(|row| row.owner == next) || links.count() >= MAX_LINKS {
                break;
            }
            name = next;
        }
        self.answer
    }

    /// Answers for one name; returns the target of a CNAME that is to be followed.
    fn step(&mut self, zone: &'a Zone, name: &Name) -> Option<Name> {
        match self.place(zone, name) {
            Place::Cut(cut, servers) => self.refer(zone, &cut, servers),
            Place::Renamed { owner, set, target } => return self.rename(name, &owner, set, &target),
            Place::Here(node, found) => return self.here(zone, name, node, found),
            Place::Wildcard(node) => return self.here(zone, name, Some(node), None),
            Place::Nowhere => {
                self.negative(zone, Ttl::MAX);
                self.answer.code = Code::NxDomain;
            }
            Place::Unpublished => self.fail(),
        }
        None
    }

    /// Walks down from the zone's apex to the name.
    fn place(&self, zone: &'a Zone, name: &Name) -> Place<'a> {
        let below: Vec<&[u8]> =
            name.suffixes().take_while(|&suffix| suffix != zone.origin.as_wire()).collect();
        let mut closest = zone.origin.as_wire();
        let mut node = zone.nodes.get(closest);
        for &suffix in below.iter().rev() {
            if let Some(renamed) = renaming(zone, closest) {
                return renamed;
            }
            node = zone.nodes.get(suffix);
            match node.and_then(|node| node.set(Type::NS)) {
                // The parent's side of a cut is where DS records live (RFC 4035 section 3.1.4.1).
                Some(_) if self.kind == Type::DS && suffix == name.as_wire() => {}
                Some(servers) => {
                    let cut = zone.name_of(suffix).expect("the node was just found");
                    return Place::Cut(cut, servers);
                }
                None if node.is_some() || self.found(suffix).is_some() => {}
                None => return self.missing(zone, name, closest),
            }
            closest = suffix;
        }
        Place::Here(node, self.found(name.as_wire()))
    }

    /// Where a name is that neither text nor snapshot know, by the closest one above it that they do know.
    fn missing(&self, zone: &'a Zone, name: &Name, closest: &[u8]) -> Place<'a> {
        if self.names.challenges.set(name).is_some() {
            return Place::Here(None, None);
        }
        let published = || matches!(self.found(closest), Some(Found::Pool(pool)) if !pool.members.is_empty());
        if zone.nodes.get(closest).is_some_and(|node| node.pool) && !published() {
            return Place::Unpublished;
        }
        match zone.nodes.get(wildcard_below(closest).as_slice()) {
            // A wildcard covers what is above a challenge as before: viewers may be looking for it.
            Some(wildcard) => Place::Wildcard(wildcard),
            None if self.names.challenges.any_within(name) => Place::Here(None, None),
            None => Place::Nowhere,
        }
    }

    /// What the snapshot knows by this name.
    fn found(&self, wire: &[u8]) -> Option<Found<'a>> {
        host(wire).and_then(|host| self.snapshot.find(&host))
    }

    /// Answers for a name that exists.
    fn here(
        &mut self,
        zone: &Zone,
        name: &Name,
        node: Option<&Node>,
        found: Option<Found<'_>>,
    ) -> Option<Name> {
        self.answer.authoritative = true;
        let pooled = found.is_some() || node.is_some_and(|node| node.pool);
        let alias = node.and_then(|node| node.set(Type::CNAME));
        // Where a CNAME stands, the challenge is its target's.
        let challenges = self.names.challenges.set(name).filter(|_| alias.is_none());
        if self.kind == Type::ANY && (pooled || challenges.is_some() || node.is_some_and(Node::has_data)) {
            self.any(zone, name, found);
            return None;
        }
        if self.kind.is_address() && pooled {
            self.steer(zone, name, found);
            return None;
        }
        if self.kind == Type::TXT
            && let Some(challenges) = challenges
        {
            let text = node.and_then(|node| node.set(Type::TXT));
            self.answer.answers.extend(challenges.joined_with(text).rows(name, Type::TXT));
            return None;
        }
        if let Some(set) = node.and_then(|node| node.set(self.kind)) {
            self.answer.answers.extend(set.rows(name, self.kind));
            return None;
        }
        if let Some(set) = alias {
            self.answer.answers.extend(set.rows(name, Type::CNAME));
            return set.data.first().and_then(|data| Name::from_wire(data));
        }
        self.negative(zone, Ttl::MAX);
        None
    }

    /// Answers for a name below a DNAME: the record, and the CNAME that follows from it, for resolvers that don't know
    /// DNAME, as long-lived as that (RFC 6672 section 3.1). A name that is too long then does not exist.
    fn rename(&mut self, name: &Name, owner: &Name, set: &RrSet, target: &Name) -> Option<Name> {
        self.answer.authoritative = true;
        for row in set.rows(owner, Type::DNAME) {
            // A chain may pass it twice; a set is in a message once.
            if !self.answer.answers.contains(&row) {
                self.answer.answers.push(row);
            }
        }
        let Some(renamed) = name.moved(owner, target) else {
            self.answer.code = Code::YxDomain;
            self.answer.kind = Kind::Negative;
            return None;
        };
        let (owner, data) = (name.clone(), renamed.as_wire().into());
        self.answer.answers.push(Row { owner, kind: Type::CNAME, ttl: set.ttl, data });
        // Who asks for the CNAME has it.
        (self.kind != Type::CNAME).then_some(renamed)
    }

    /// The addresses of a pool or of one interface.
    fn steer(&mut self, zone: &Zone, name: &Name, found: Option<Found<'_>>) {
        match steer::addresses(name, self.kind, found, self.client, self.desk) {
            steer::Addresses::Some { rows, kind } => {
                self.answer.answers.extend(rows);
                self.answer.kind = kind;
            }
            steer::Addresses::None { ttl } => self.negative(zone, ttl),
            steer::Addresses::Unknown => self.fail(),
        }
    }

    /// A pool without anything to answer with. "There is none" would be remembered; a failure sends the resolver to
    /// the next server instead.
    fn fail(&mut self) {
        self.answer = Answer::bare(Code::ServFail, Kind::ServFail);
    }

    /// ANY is answered with a record that says that it is not answered (RFC 8482 section 4.2).
    fn any(&mut self, zone: &Zone, name: &Name, found: Option<Found<'_>>) {
        let ttl = match found {
            Some(Found::Pool(pool) | Found::Interface(pool, _)) => pool.ttl,
            None => zone.default_ttl,
        };
        let data = HINFO_RFC8482.into();
        self.answer.answers.push(Row { owner: name.clone(), kind: Type::HINFO, ttl, data });
        self.answer.kind = Kind::Any;
    }

    /// A referral: the servers of the delegation, and their addresses as far as we hold them (RFC 9471). Behind an alias
    /// it stands beside that (RFC 1034 section 4.3.2, step 3b), and AA is about the alias (RFC 1035 section 4.1.1).
    fn refer(&mut self, zone: &Zone, cut: &Name, servers: &RrSet) {
        self.answer.authority.extend(servers.rows(cut, Type::NS));
        self.answer.kind = Kind::Referral;
        for server in servers.data.iter().filter_map(|data| Name::from_wire(data)) {
            let Some(node) = zone.nodes.get(&server) else { continue };
            for kind in [Type::A, Type::AAAA] {
                let rows = node.set(kind).into_iter().flat_map(|set| set.rows(&server, kind));
                self.answer.additional.extend(rows);
            }
        }
    }

    /// NODATA, and the better part of NXDOMAIN: the SOA, whose time to live is how long resolvers remember that
    /// there is nothing (RFC 2308 sections 3 and 5), at most `limit`.
    fn negative(&mut self, zone: &Zone, limit: Ttl) {
        let soa = zone.soa();
        self.answer.authoritative = true;
        self.answer.kind = Kind::Negative;
        self.answer.authority.push(Row { ttl: soa.ttl.min(zone.negative_ttl).min(limit), ..soa });
    }
}

/// Where all names below one are that has a DNAME record.
fn renaming<'a>(zone: &'a Zone, above: &[u8]) -> Option<Place<'a>> {
    let (owner, node) = zone.nodes.get_key_value(above)?;
    let (set, target) = node.renaming()?;
    Some(Place::Renamed { owner: owner.clone(), set, target })
}
