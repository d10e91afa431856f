//! The addresses of pools and interfaces.

use std::net::IpAddr;
use std::time::Instant;

use weir_core::{Family, Found, Member, PoolView, Ttl};

use super::Kind;
use crate::desk::{Desk, Turn};
use crate::name::Name;
use crate::record::{Data, Row, Type};

/// What a steered name is answered with.
pub(super) enum Addresses {
    /// These.
    Some { rows: Vec<Row>, kind: Kind },
    /// There is none of this family; to be remembered no longer than this.
    None { ttl: Ttl },
    /// The pool is configured and not published, or has no interface.
    Unknown,
}

/// The addresses of `found` of the family that `kind` asks for, as rows under `owner`.
pub(super) fn addresses(
    owner: &Name,
    kind: Type,
    found: Option<Found<'_>>,
    client: IpAddr,
    desk: &Desk,
) -> Addresses {
    let family = if kind == Type::AAAA { Family::V6 } else { Family::V4 };
    let row = |pool: &PoolView, member: &Member, ttl: Ttl| Row {
        owner: owner.clone(),
        kind,
        ttl,
        data: data(member.address_for(pool, client)),
    };
    match found {
        None => Addresses::Unknown,
        Some(Found::Interface(pool, member)) if member.family() == family => {
            Addresses::Some { rows: vec![row(pool, member, pool.ttl)], kind: Kind::Interface }
        }
        // The interface may get an address of this family as soon as it may get another: remember as long.
        Some(Found::Interface(pool, _)) => Addresses::None { ttl: pool.ttl },
        Some(Found::Pool(pool)) if pool.members.is_empty() => Addresses::Unknown,
        Some(Found::Pool(pool)) => {
            let now = Instant::now();
            let (picked, ttl) = desk.pick(Turn { pool, generation: None, family, client, now });
            let members: Vec<&Member> =
                picked.into_iter().filter_map(|index| pool.members.get(index)).collect();
            if members.is_empty() {
                let limit = if pool.has_family(family) { pool.ttl } else { Ttl::MAX };
                return Addresses::None { ttl: limit };
            }
            let mut rows: Vec<Row> = Vec::with_capacity(members.len());
            for member in members {
                let row = row(pool, member, ttl);
                // Two interfaces may share an address; a set holds each record once (RFC 2181 section 5).
                if !rows.contains(&row) {
                    rows.push(row);
                }
            }
            Addresses::Some { rows, kind: Kind::Pool }
        }
    }
}

fn data(address: IpAddr) -> Data {
    match address {
        IpAddr::V4(address) => address.octets().as_slice().into(),
        IpAddr::V6(address) => address.octets().as_slice().into(),
    }
}
