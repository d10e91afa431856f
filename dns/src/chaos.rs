//! The names of class CHAOS by which a server tells who it is (RFC 4892), if it is to.

use weir_core::Ttl;

use crate::answer::{Answer, Code, Kind};
use crate::policy::{Chaos, Told};
use crate::query::{QUERY, Query};
use crate::record::{Row, Type};

/// The class CHAOS.
pub(crate) const CH: u16 = 3;

/// The answer to a question of class CHAOS for a name that is to be told.
pub(crate) fn answer(query: &Query, chaos: &Chaos) -> Option<Answer> {
    let plain = query.opcode == QUERY && query.edns.is_none_or(|edns| edns.version == 0);
    let told = told(query, chaos).filter(|_| plain)??.as_bytes();
    let mut data = vec![u8::try_from(told.len()).ok()?];
    data.extend_from_slice(told);
    let row = Row { owner: query.name.clone(), kind: Type::TXT, ttl: Ttl::from_secs(0), data: data.into() };
    Some(Answer { authoritative: true, answers: vec![row], ..Answer::bare(Code::NoError, Kind::Static) })
}

/// Whether it is a question for something that is told when it is set.
pub(crate) fn could_tell(query: &Query) -> bool {
    told(query, &Chaos::default()).is_some()
}

/// What is told; `Some(None)` when it is not set.
fn told<'a>(query: &Query, chaos: &'a Chaos) -> Option<Option<&'a Told>> {
    if query.class != CH || !matches!(query.kind, Type::TXT | Type::ANY) {
        return None;
    }
    match query.name.as_wire() {
        b"\x02id\x06server\x00" | b"\x08hostname\x04bind\x00" => Some(chaos.id.as_ref()),
        b"\x07version\x06server\x00" | b"\x07version\x04bind\x00" => Some(chaos.version.as_ref()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::name::Name;

    #[test]
    fn only_what_is_set_is_told_and_only_as_text() {
        let chaos = Chaos { id: Told::new("edge-1"), version: None };
        let ask = |name: &str, class, kind| {
            let name = Name::from_labels(name.split('.').map(str::as_bytes)).unwrap();
            answer(&Query { opcode: QUERY, name, kind, class, edns: None }, &chaos)
        };
        for name in ["id.server", "HOSTNAME.bind"] {
            let answer = ask(name, CH, Type::TXT).unwrap();
            assert_eq!(&*answer.answers[0].data, b"\x06edge-1");
        }
        for (name, class, kind) in [
            ("version.bind", CH, Type::TXT),
            ("id.server", 1, Type::TXT),
            ("id.server", CH, Type::A),
            ("x.id.server", CH, Type::TXT),
        ] {
            assert_eq!(ask(name, class, kind), None, "{name}");
        }
    }
}
