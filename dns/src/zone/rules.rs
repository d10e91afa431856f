//! What zone text must not say.

use super::{End, Node, PoolNames, Zone};
use crate::name::Name;
use crate::record::Type;
use crate::text::TextRecord;

/// A name that a pool takes up.
pub(super) struct Taken {
    name: Name,
    pool: bool,
}

/// A fault that several records make together.
pub(super) struct Together {
    pub(super) owner: Name,
    pub(super) kind: Type,
    pub(super) message: String,
}

impl Taken {
    /// The names that a pool takes up: its host name, and those of its interfaces.
    pub(super) fn by(pool: &PoolNames) -> impl Iterator<Item = Self> {
        let children = pool.interfaces.iter().filter_map(|interface| {
            let child = pool.hostname.child(interface);
            // A child may be too long to be a name; then nobody can ask for it either.
            Name::from_labels(child.split('.').map(str::as_bytes))
        });
        let children = children.map(|name| Self { name, pool: false });
        std::iter::once(Self { name: Name::from(&pool.hostname), pool: true }).chain(children)
    }
}

/// Judges one record by itself.
pub(super) fn judge(record: &TextRecord, origin: &Name, taken: &[Taken]) -> Result<(), String> {
    let (owner, kind) = (&record.owner, record.kind);
    if !owner.is_within(origin.as_wire()) {
        return Err(format!(
            "{owner} is outside of the zone; without a dot at its end it would be relative to it"
        ));
    }
    if kind == Type::SOA {
        return Err(
            "the SOA record is made from the zone's name servers, contact and negative TTL; remove this one"
                .to_owned(),
        );
    }
    if kind == Type::NS && owner == origin {
        return Err(
            "the zone's own NS records are made from its list of name servers; remove this one".to_owned()
        );
    }
    if kind == Type::NS && owner.labels().next() == Some(b"*") {
        return Err("a wildcard can't delegate (RFC 4592 section 4.2)".to_owned());
    }
    if kind == Type::DNAME && owner.labels().next() == Some(b"*") {
        return Err(
            "a wildcard can't have a DNAME record: what that means is not defined (RFC 6672 section 3.3)"
                .to_owned(),
        );
    }
    // A DNAME at a pool's host name would rename its interfaces.
    if !kind.is_address() && !matches!(kind, Type::CNAME | Type::DNAME | Type::NS) {
        return Ok(());
    }
    match taken.iter().find(|taken| taken.name == *owner) {
        Some(Taken { pool: true, .. }) => Err(format!(
            "{owner} is a pool's host name, whose addresses weir gives; it can't have {kind} records"
        )),
        Some(_) => Err(format!(
            "{owner} is the name of a pool's interface, whose address weir gives; it can't have {kind} records"
        )),
        None => Ok(()),
    }
}

/// Judges what the records of a zone make together.
pub(super) fn judge_together(zone: &Zone) -> Vec<Together> {
    let mut faults: Vec<Together> = zone.nodes.keys().flat_map(|name| judge_node(zone, name)).collect();
    faults.sort_by(|a, b| (&a.owner, a.kind.0).cmp(&(&b.owner, b.kind.0)));
    faults
}

fn judge_node(zone: &Zone, name: &Name) -> Vec<Together> {
    let mut faults = Vec::new();
    let Some(node) = zone.nodes.get(name) else { return faults };
    let mut fault = |kind, message| faults.push(Together { owner: name.clone(), kind, message });
    if let Some(alias) = node.set(Type::CNAME) {
        if let Some(other) = node.types().find(|&kind| kind != Type::CNAME) {
            fault(
                Type::CNAME,
                format!("{name} has CNAME and {other} records; a CNAME stands alone (RFC 2181 section 10.1)"),
            );
        } else if alias.data.len() > 1 {
            fault(Type::CNAME, format!("{name} has more than one CNAME record (RFC 2181 section 10.1)"));
        }
    }
    if node.set(Type::DNAME).is_some_and(|set| set.data.len() > 1) {
        fault(Type::DNAME, format!("{name} has more than one DNAME record (RFC 6672 section 2.4)"));
    }
    if let Some(end) = zone.end_above(name) {
        faults.extend(judge_beyond(name, node, &end));
    }
    faults
}

/// Judges what a name has beyond the end of its zone.
fn judge_beyond(name: &Name, node: &Node, end: &End) -> Vec<Together> {
    let (by, away, why) = match end {
        End::Cut(cut) => (
            Type::NS,
            format!("is delegated away by the NS records of {cut}"),
            format!("{cut} is delegated away by its NS records"),
        ),
        End::Renamed { owner, .. } => (
            Type::DNAME,
            format!("is renamed by the DNAME record of {owner}"),
            format!("all below {owner} is renamed by its DNAME record (RFC 6672 section 2.4)"),
        ),
    };
    let fits = |kind: Type| {
        let parents = |cut| cut == name && (kind == Type::NS || kind == Type::DS);
        matches!(end, End::Cut(cut) if kind.is_address() || parents(cut))
    };
    let fault = |kind, message| Together { owner: name.clone(), kind, message };
    let pool = node.pool.then(|| fault(by, format!("the pool's host name {name} {away}")));
    let unseen = node.types().filter(|&kind| !fits(kind));
    let unseen = unseen.map(|kind| fault(kind, format!("{name} {kind} is never answered: {why}")));
    pool.into_iter().chain(unseen).collect()
}
