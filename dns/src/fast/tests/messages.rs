//! Questions by hand: all names of the kit's world, asked in all ways that are common and in some that are not.

use std::collections::BTreeSet;

use crate::kit::{self, with_opt};
use crate::name::Name;

pub(super) fn question(flags: u16, name: &[u8], kind: u16) -> Vec<u8> {
    let mut message = kit::question(0x1234, flags, "", kind);
    message.splice(12..13, name.iter().copied());
    message
}

/// All names of the kit's world, one below each, and some from elsewhere.
pub(super) fn names() -> BTreeSet<Vec<u8>> {
    let zones = kit::zones();
    // One of the sixty servers of a delegation will do.
    let usual = |name: &&Name| !name.to_string().contains(".wide.") || name.to_string().starts_with("ns7.");
    let all = zones.all().flat_map(|zone| zone.nodes.keys());
    let mut names: BTreeSet<Vec<u8>> = all.filter(usual).map(|name| name.as_wire().to_vec()).collect();
    let name = |text: &str| Name::from_labels(text.split('.').map(str::as_bytes)).unwrap().as_wire().to_vec();
    for host in ["live", "dual.x", "none", "later", "a.wild", "q.alias", "_acme-challenge", "no.no.no"] {
        for child in ["eni0", "eni3", "six", "eni9", "_acme-challenge", "x.eni0"] {
            names.insert(name(&format!("{child}.{host}.stream.test")));
        }
        names.insert(name(&format!("{host}.stream.test")));
    }
    let below: Vec<Vec<u8>> = names.iter().map(|name| [b"\x03xyz", name.as_slice()].concat()).collect();
    names.extend(below);
    names.extend(["test", "stream.example", "tream.test", "astream.test"].map(name));
    names.insert(vec![0]);
    names.insert([b"\x09eni0.live".as_slice(), &name("stream.test")].concat());
    names.insert([b"\x01a".repeat(116), name("stream.test")].concat());
    names
}

/// In alternating case.
fn spelled(name: &[u8]) -> Vec<u8> {
    let shout = |(place, byte): (usize, &u8)| if place % 2 == 0 { byte.to_ascii_uppercase() } else { *byte };
    name.iter().enumerate().map(shout).collect()
}

pub(super) const COOKIE: &[u8] = b"\0\x0a\0\x08abcdefgh";

/// A question in all the ways that are common, and in some that are not.
pub(super) fn variants(name: &[u8], kind: u16) -> Vec<Vec<u8>> {
    let plain = question(0, name, kind);
    let opt = |size, flags, options: &[u8]| with_opt(plain.clone(), size, 0, flags, options);
    vec![
        plain.clone(),
        question(0x0130, &spelled(name), kind),
        question(0x0040, name, kind),
        opt(1232, 0, &[]),
        opt(4096, 0x8000, &[]),
        opt(100, 0x4000, &[]),
        opt(700, 0, &[]),
        opt(1232, 0, COOKIE),
        opt(512, 0x8000, &[COOKIE, &[0, 12, 0, 2, 0, 0, 0, 99, 0, 1, 7], COOKIE].concat()),
        opt(1232, 0, &[0, 11, 0, 0]),
        opt(1232, 0, &[0, 3, 0, 0]),
        opt(1232, 0, b"\0\x08\0\x07\0\x01\x18\0\xc0\0\x02"),
        opt(1232, 0, &[0, 12, 0, 9, 0]),
        opt(1232, 0, b"\0\x0a\0\x03abc"),
        with_opt(plain.clone(), 1232, 1, 0, &[]),
        [plain.as_slice(), &[0]].concat(),
    ]
}
