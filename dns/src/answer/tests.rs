//! Question by question: what the zone and the snapshot of the kit are answered with.

mod dname;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use weir_core::Snapshot;

use super::{Answer, answer};
use crate::desk::Desk;
use crate::kit;
use crate::name::Name;
use crate::query::{Edns, IN, Query};
use crate::record::{Row, Type};

const VIEWER: IpAddr = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 9));
const PRIVATE: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 1, 2, 3));
const HTTPS: Type = Type(65);

fn query(name: &str, kind: Type) -> Query {
    let name = if name == "@" { "stream.test".to_owned() } else { format!("{name}.stream.test") };
    let name = Name::from_labels(name.split('.').map(str::as_bytes)).unwrap();
    Query { opcode: 0, name, kind, class: IN, edns: None }
}

fn ask(snapshot: &Snapshot, name: &str, kind: Type, client: IpAddr) -> Answer {
    answer(&query(name, kind), client, &kit::zones(), snapshot, &Desk::default())
}

/// An answer on one line, names relative to the zone.
fn show(answer: &Answer) -> String {
    let mut text = format!("{:?}", answer.code);
    if answer.authoritative {
        text += " aa";
    }
    for (section, rows) in
        [("", &answer.answers), (" authority", &answer.authority), (" additional", &answer.additional)]
    {
        if !rows.is_empty() {
            text += &format!("{section}: {}", rows.iter().map(show_row).collect::<Vec<_>>().join(", "));
        }
    }
    text
}

fn show_row(row: &Row) -> String {
    let data = match row.kind {
        Type::A => Ipv4Addr::from(<[u8; 4]>::try_from(&*row.data).unwrap()).to_string(),
        Type::AAAA => Ipv6Addr::from(<[u8; 16]>::try_from(&*row.data).unwrap()).to_string(),
        Type::NS | Type::CNAME | Type::DNAME => relative(&Name::from_wire(&row.data).unwrap()),
        Type::SOA => return format!("SOA {}", row.ttl.as_secs()),
        _ => row.data.iter().map(|&b| if b.is_ascii_graphic() { char::from(b) } else { '.' }).collect(),
    };
    format!("{} {} {} {data}", relative(&row.owner), row.ttl.as_secs(), row.kind)
}

fn relative(name: &Name) -> String {
    let text = name.to_string();
    if text == "stream.test" { "@".to_owned() } else { text.trim_end_matches(".stream.test").to_owned() }
}

#[test]
fn each_kind_of_name_is_answered_by_the_book() {
    let nodata = "NoError aa authority: SOA 30";
    let nxdomain = "NxDomain aa authority: SOA 30";
    let referral = "NoError authority: sub 3600 NS ns.sub, sub 3600 NS ns.other.example \
                    additional: ns.sub 3600 A 192.0.2.53, ns.sub 3600 AAAA 2001:db8::53";
    let behind = referral.replace("NoError", "NoError aa: below 3600 CNAME host.sub");
    let table: &[(&str, Type, &str)] = &[
        // The apex.
        ("@", Type::SOA, "NoError aa: SOA 30"),
        ("@", Type::NS, "NoError aa: @ 3600 NS ns1"),
        ("@", Type::TXT, "NoError aa: @ 3600 TXT .v=spf1.-all"),
        ("@", Type::A, nodata),
        ("@", Type::DS, nodata),
        // Names and types that are there or not.
        ("ns1", Type::A, "NoError aa: ns1 3600 A 127.0.0.11"),
        ("ns1", Type::AAAA, nodata),
        ("ns1", Type(65280), nodata),
        ("a.ns1", Type::A, nxdomain),
        ("missing", Type::A, nxdomain),
        ("missing", Type::ANY, nxdomain),
        ("opaque", Type(65280), "NoError aa: opaque 3600 TYPE65280 ...."),
        ("mail", Type::MX, "NoError aa: mail 3600 MX ...stream.test."),
        // Empty non-terminals exist (RFC 8020).
        ("ent", Type::A, nodata),
        ("b.ent", Type::A, nodata),
        ("x.ent", Type::A, nxdomain),
        ("x", Type::A, nodata),
        ("ent", Type::ANY, nodata),
        // CNAME records, followed within our zones.
        (
            "first",
            Type::A,
            "NoError aa: first 3600 CNAME second, second 3600 CNAME a.b.ent, a.b.ent 300 A 192.0.2.7",
        ),
        ("first", Type::CNAME, "NoError aa: first 3600 CNAME second"),
        ("loop1", Type::A, "NoError aa: loop1 3600 CNAME loop2, loop2 3600 CNAME loop1"),
        ("out", Type::A, "NoError aa: out 3600 CNAME elsewhere.example"),
        ("dead", Type::A, "NxDomain aa: dead 3600 CNAME missing authority: SOA 30"),
        ("empty", Type::AAAA, "NoError aa: empty 3600 CNAME ns1 authority: SOA 30"),
        ("below", Type::A, &behind),
        ("below", Type::AAAA, &behind),
        ("below", Type::CNAME, "NoError aa: below 3600 CNAME host.sub"),
        ("www", Type::A, "NoError aa: www 3600 CNAME live, live 5 A 198.51.100.11"),
        ("www", Type::AAAA, "NoError aa: www 3600 CNAME live authority: SOA 30"),
        // Delegations.
        ("sub", Type::A, referral),
        ("sub", Type::NS, referral),
        ("sub", Type::ANY, referral),
        ("ns.sub", Type::A, referral),
        ("a.b.sub", Type::TXT, referral),
        ("sub", Type::DS, "NoError aa: sub 3600 DS ...."),
        ("a.sub", Type::DS, referral),
        // Wildcards (RFC 4592).
        ("any.wild", Type::TXT, "NoError aa: any.wild 3600 TXT .wild"),
        ("a.b.wild", Type::TXT, "NoError aa: a.b.wild 3600 TXT .wild"),
        ("any.wild", Type::A, nodata),
        ("host.wild", Type::TXT, nodata),
        ("x.host.wild", Type::TXT, nxdomain),
        ("deep.wild", Type::TXT, nodata),
        ("x.deep.wild", Type::TXT, nxdomain),
        ("wild", Type::TXT, nodata),
        ("*.wild", Type::TXT, "NoError aa: *.wild 3600 TXT .wild"),
        ("q.alias", Type::A, "NoError aa: q.alias 3600 CNAME live, live 5 A 198.51.100.11"),
        // Pools and interfaces.
        ("live", Type::A, "NoError aa: live 5 A 198.51.100.11"),
        ("live", Type::AAAA, nodata),
        ("live", HTTPS, nodata),
        ("live", Type(64), nodata),
        ("live", Type::TXT, nodata),
        ("live", Type(257), "NoError aa: live 3600 TYPE257 ..issueca.example"),
        ("live", Type::ANY, "NoError aa: live 5 HINFO .RFC8482."),
        ("eni2.live", Type::A, "NoError aa: eni2.live 5 A 198.51.100.13"),
        ("eni2.live", Type::AAAA, "NoError aa authority: SOA 5"),
        ("eni2.live", HTTPS, nodata),
        ("eni2.live", Type::ANY, "NoError aa: eni2.live 5 HINFO .RFC8482."),
        ("x.eni2.live", Type::A, nxdomain),
        ("eni9.live", Type::A, nxdomain),
        ("six.live", Type::AAAA, nxdomain),
        ("_acme.live", Type::TXT, "NoError aa: _acme.live 3600 TXT .one.t;w)o"),
        ("dual.x", Type::AAAA, "NoError aa: dual.x 5 AAAA 2001:db8::6"),
        ("dual.x", Type::A, "NoError aa: dual.x 5 A 198.51.100.11"),
        ("six.dual.x", Type::AAAA, "NoError aa: six.dual.x 5 AAAA 2001:db8::6"),
        ("none", Type::A, "ServFail"),
        ("none", Type::TXT, nodata),
        ("later", Type::A, "ServFail"),
        ("eni0.later", Type::A, "ServFail"),
        ("eni0.none", Type::TXT, "ServFail"),
        ("later", Type::ANY, "NoError aa: later 3600 HINFO .RFC8482."),
        // Transfers.
        ("@", Type::AXFR, "Refused"),
        ("@", Type::IXFR, "Refused"),
    ];
    let mut snapshot = kit::unprobed();
    snapshot.pools[0].answer_count = 1;
    for (name, kind, expected) in table {
        let got = show(&ask(&snapshot, name, *kind, VIEWER));
        assert_eq!(got, *expected, "{name} {kind}");
    }
}

#[test]
fn a_long_chain_ends_after_eight_links() {
    let text: String = (0..12).map(|n| format!("c{n} CNAME c{}\n", n + 1)).collect();
    let zones = crate::Zones::build(&[kit::spec(&text)], &[], 1).unwrap();
    let answer = answer(&query("c0", Type::A), VIEWER, &zones, &kit::unprobed(), &Desk::default());
    assert_eq!((answer.answers.len(), answer.authority.len()), (8, 0));
}

#[test]
fn of_a_zone_and_its_child_the_child_answers_all_but_its_ds() {
    let child =
        crate::ZoneSpec { origin: "sub.stream.test".parse().unwrap(), ..kit::spec("www A 192.0.2.1") };
    let zones = crate::Zones::build(&[kit::spec(kit::TEXT), child], &kit::pool_names(), 1).unwrap();
    let ask = |name: &str, kind| {
        show(&answer(&query(name, kind), VIEWER, &zones, &kit::unprobed(), &Desk::default()))
    };
    assert_eq!(ask("www.sub", Type::A), "NoError aa: www.sub 3600 A 192.0.2.1");
    assert_eq!(ask("sub", Type::NS), "NoError aa: sub 3600 NS ns1");
    assert_eq!(ask("sub", Type::DS), "NoError aa: sub 3600 DS ....");
}

#[test]
fn what_is_not_asked_of_us_is_refused() {
    let refuse =
        |query: &Query| show(&answer(query, VIEWER, &kit::zones(), &kit::unprobed(), &Desk::default()));
    let ours = query("live", Type::A);
    let foreign = Name::from_labels([b"live".as_slice(), b"example"]).unwrap();
    let root = Name::from_labels([]).unwrap();
    assert_eq!(refuse(&Query { name: foreign, ..ours.clone() }), "Refused");
    assert_eq!(refuse(&Query { name: root, ..ours.clone() }), "Refused");
    assert_eq!(refuse(&Query { class: 3, ..ours.clone() }), "Refused");
    assert_eq!(refuse(&Query { class: 255, ..ours.clone() }), "Refused");
    assert_eq!(refuse(&Query { opcode: 4, ..ours.clone() }), "NotImp");
    assert_eq!(refuse(&Query { edns: Some(Edns { version: 1, size: 1232 }), ..ours }), "BadVers");
}

#[test]
fn a_name_with_a_dot_in_its_label_is_not_the_interface() {
    let name = Name::from_labels([b"eni0.live".as_slice(), b"stream", b"test"]).unwrap();
    let query = Query { name, ..query("live", Type::A) };
    let answer = answer(&query, VIEWER, &kit::zones(), &kit::unprobed(), &Desk::default());
    assert_eq!(show(&answer), "NxDomain aa authority: SOA 30");
}

#[test]
fn clients_of_private_networks_are_told_private_addresses() {
    let mut snapshot = kit::unprobed();
    snapshot.pools[0].answer_count = 1;
    assert_eq!(show(&ask(&snapshot, "live", Type::A, PRIVATE)), "NoError aa: live 5 A 127.0.0.11");
    assert_eq!(show(&ask(&snapshot, "eni3.live", Type::A, PRIVATE)), "NoError aa: eni3.live 5 A 127.0.0.14");
}

#[test]
fn first_records_follow_the_weights_exactly() {
    let (snapshot, zones, desk) = (kit::snapshot([1, 2, 3, 4]), kit::zones(), Desk::default());
    let mut counts = [0; 4];
    for _ in 0..1000 {
        let answer = answer(&query("live", Type::A), VIEWER, &zones, &snapshot, &desk);
        assert_eq!(answer.answers.len(), 2);
        assert_ne!(answer.answers[0].data, answer.answers[1].data);
        let last = usize::from(answer.answers[0].data[3]);
        counts[last - 11] += 1;
    }
    assert!(kit::follow(&counts, &[1, 2, 3, 4]), "{counts:?}");
}

#[test]
fn an_interface_without_weight_keeps_its_own_name() {
    let snapshot = kit::snapshot([0, 1, 1, 1]);
    let (zones, desk) = (kit::zones(), Desk::default());
    for _ in 0..30 {
        let shown = show(&answer(&query("live", Type::A), VIEWER, &zones, &snapshot, &desk));
        assert!(!shown.contains("198.51.100.11"), "{shown}");
    }
    assert_eq!(
        show(&ask(&snapshot, "eni0.live", Type::A, VIEWER)),
        "NoError aa: eni0.live 5 A 198.51.100.11"
    );
}

#[test]
fn a_pool_that_failed_open_hands_out_all_of_its_interfaces() {
    let snapshot = kit::unprobed();
    assert!(snapshot.pools[0].reason.failed_open());
    let (zones, desk) = (kit::zones(), Desk::default());
    let mut firsts = [0; 4];
    for _ in 0..40 {
        let answer = answer(&query("live", Type::A), VIEWER, &zones, &snapshot, &desk);
        firsts[usize::from(answer.answers[0].data[3]) - 11] += 1;
    }
    assert!(kit::follow(&firsts, &[1, 1, 1, 1]), "{firsts:?}");
}

#[test]
fn a_family_that_may_come_back_is_not_denied_longer_than_an_answer_lives() {
    let mut snapshot = kit::unprobed();
    for member in &mut snapshot.pools[1].members {
        if member.public_address.is_ipv6() {
            member.weight = weir_core::Weight::ZERO;
        }
    }
    assert_eq!(show(&ask(&snapshot, "dual.x", Type::AAAA, VIEWER)), "NoError aa authority: SOA 5");
}

#[test]
fn two_interfaces_of_one_address_are_one_record() {
    let mut snapshot = kit::unprobed();
    let shared = snapshot.pools[0].members[0].public_address;
    for member in &mut snapshot.pools[0].members {
        member.public_address = shared;
    }
    assert_eq!(show(&ask(&snapshot, "live", Type::A, VIEWER)), "NoError aa: live 5 A 198.51.100.11");
}
