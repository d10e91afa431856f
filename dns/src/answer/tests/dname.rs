//! Names below a DNAME record (RFC 6672). Where nothing else is said, Knot 3.2.6 and NSD 4.6.1 answer the same.

use std::net::{IpAddr, Ipv4Addr};

use super::{PRIVATE, VIEWER, ask, query, show};
use crate::answer::{Answer, Standing, answer, standing};
use crate::desk::Desk;
use crate::kit;
use crate::name::Name;
use crate::record::Type;
use crate::{ZoneSpec, Zones};

const LONG: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

/// A zone in which much is renamed.
fn zones() -> Zones {
    let text = format!(
        "moved 600 DNAME live\n\
         moved TXT here\n\
         out DNAME elsewhere.example.\n\
         round DNAME about\n\
         about DNAME round\n\
         self DNAME self\n\
         grow DNAME a.grow\n\
         up DNAME @\n\
         wild DNAME w\n\
         *.w TXT wild\n\
         sub NS ns.sub\n\
         tosub DNAME sub\n\
         ds CNAME sub\n\
         chain CNAME eni0.moved\n\
         *.any CNAME eni0.moved\n\
         long DNAME {LONG}.{LONG}.{LONG}\n"
    );
    Zones::build(&[kit::spec(&text)], &kit::pool_names(), 1).unwrap()
}

fn ask_of(zones: &Zones, name: &str, kind: Type) -> Answer {
    let client = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 9));
    answer(&query(name, kind), client, zones, &kit::unprobed(), &Desk::default())
}

#[test]
fn names_below_a_dname_are_names_below_its_target() {
    let zones = zones();
    let table: &[(&str, Type, &str)] = &[
        (
            "eni0.moved",
            Type::A,
            "NoError aa: moved 600 DNAME live, eni0.moved 600 CNAME eni0.live, eni0.live 5 A 198.51.100.11",
        ),
        (
            "xyz.moved",
            Type::A,
            "NxDomain aa: moved 600 DNAME live, xyz.moved 600 CNAME xyz.live authority: SOA 30",
        ),
        (
            "eni0.moved",
            Type::DNAME,
            "NoError aa: moved 600 DNAME live, eni0.moved 600 CNAME eni0.live authority: SOA 30",
        ),
        // What is asked for is there, so that nothing is left to follow.
        ("eni0.moved", Type::CNAME, "NoError aa: moved 600 DNAME live, eni0.moved 600 CNAME eni0.live"),
        (
            "eni0.moved",
            Type::ANY,
            "NoError aa: moved 600 DNAME live, eni0.moved 600 CNAME eni0.live, eni0.live 5 HINFO .RFC8482.",
        ),
        ("a.b.up", Type::A, "NxDomain aa: up 3600 DNAME @, a.b.up 3600 CNAME a.b authority: SOA 30"),
        ("q.wild", Type::TXT, "NoError aa: wild 3600 DNAME w, q.wild 3600 CNAME q.w, q.w 3600 TXT .wild"),
        ("q.wild", Type::A, "NoError aa: wild 3600 DNAME w, q.wild 3600 CNAME q.w authority: SOA 30"),
        // Out of our zones, and into a delegation: the resolver goes on.
        (
            "a.out",
            Type::A,
            "NoError aa: out 3600 DNAME elsewhere.example, a.out 3600 CNAME a.elsewhere.example",
        ),
        (
            "w.tosub",
            Type::A,
            "NoError aa: tosub 3600 DNAME sub, w.tosub 3600 CNAME w.sub authority: sub 3600 NS ns.sub",
        ),
        ("ds", Type::DS, "NoError aa: ds 3600 CNAME sub authority: SOA 30"),
        ("ds", Type::NS, "NoError aa: ds 3600 CNAME sub authority: sub 3600 NS ns.sub"),
        // By way of a CNAME.
        (
            "chain",
            Type::A,
            "NoError aa: chain 3600 CNAME eni0.moved, moved 600 DNAME live, eni0.moved 600 CNAME eni0.live, \
             eni0.live 5 A 198.51.100.11",
        ),
        ("chain", Type::CNAME, "NoError aa: chain 3600 CNAME eni0.moved"),
        (
            "x.any",
            Type::AAAA,
            "NoError aa: x.any 3600 CNAME eni0.moved, moved 600 DNAME live, eni0.moved 600 CNAME eni0.live \
             authority: SOA 5",
        ),
    ];
    for (name, kind, expected) in table {
        assert_eq!(show(&ask_of(&zones, name, *kind)), *expected, "{name} {kind}");
    }
    let renamed = ask(&kit::unprobed(), "eni3.moved", Type::A, PRIVATE);
    assert_eq!(show(&renamed).rsplit(' ').next(), Some("127.0.0.14"));
}

#[test]
fn the_owner_of_a_dname_is_a_name_like_any_other() {
    let zones = zones();
    for (name, kind, expected) in [
        ("moved", Type::DNAME, "NoError aa: moved 600 DNAME live"),
        ("moved", Type::TXT, "NoError aa: moved 3600 TXT .here"),
        ("moved", Type::A, "NoError aa authority: SOA 30"),
        ("moved", Type::DS, "NoError aa authority: SOA 30"),
        ("moved", Type::ANY, "NoError aa: moved 3600 HINFO .RFC8482."),
        // It is an answer's last name as well as its record's.
        ("up.up", Type::A, "NoError aa: up 3600 DNAME @, up.up 3600 CNAME up authority: SOA 30"),
    ] {
        assert_eq!(show(&ask_of(&zones, name, kind)), expected, "{name} {kind}");
    }
}

#[test]
fn a_dname_that_is_passed_again_is_said_once_and_no_chain_is_endless() {
    let zones = zones();
    for (name, expected) in [
        (
            "up.up.up",
            "NoError aa: up 3600 DNAME @, up.up.up 3600 CNAME up.up, up.up 3600 CNAME up authority: SOA 30",
        ),
        (
            "a.round",
            "NoError aa: round 3600 DNAME about, a.round 3600 CNAME a.about, about 3600 DNAME round, \
             a.about 3600 CNAME a.round",
        ),
        ("a.self", "NoError aa: self 3600 DNAME self, a.self 3600 CNAME a.self"),
    ] {
        assert_eq!(show(&ask_of(&zones, name, Type::A)), expected, "{name}");
    }
    let grown = ask_of(&zones, "a.grow", Type::A);
    assert_eq!((grown.answers.len(), grown.authority.len()), (9, 0));
}

/// As NSD has it; Knot 3.2.6 says NXDOMAIN.
#[test]
fn a_name_that_becomes_too_long_is_yxdomain() {
    let zones = zones();
    let dname = format!("long 3600 DNAME {LONG}.{LONG}.{LONG}");
    // 1 + 49 bytes and 192 of the target, stream.test and the root: 255.
    let fits = ask_of(&zones, &format!("{}.long", "x".repeat(49)), Type::A);
    assert!(show(&fits).starts_with(&format!("NxDomain aa: {dname}, xxx")), "{}", show(&fits));
    for kind in [Type::A, Type::CNAME, Type::ANY] {
        let over = ask_of(&zones, &format!("{}.long", "x".repeat(50)), kind);
        assert_eq!(show(&over), format!("YxDomain aa: {dname}"));
    }
    let text = format!("long DNAME {LONG}.{LONG}.{LONG}\nto CNAME {}.long", "x".repeat(50));
    let chased = Zones::build(&[kit::spec(&text)], &[], 1).unwrap();
    let answer = show(&ask_of(&chased, "to", Type::A));
    assert_eq!(answer, format!("YxDomain aa: to 3600 CNAME {}.long, {dname}", "x".repeat(50)));
}

#[test]
fn a_dname_at_the_apex_leaves_the_apex_alone() {
    let zones = Zones::build(&[kit::spec("@ DNAME b.example.\n@ A 192.0.2.1")], &[], 1).unwrap();
    let renamed = "NoError aa: @ 3600 DNAME b.example, a.b 3600 CNAME a.b.b.example";
    for (name, kind, expected) in [
        ("@", Type::A, "NoError aa: @ 3600 A 192.0.2.1"),
        ("@", Type::SOA, "NoError aa: SOA 30"),
        ("@", Type::NS, "NoError aa: @ 3600 NS ns1"),
        ("@", Type::DNAME, "NoError aa: @ 3600 DNAME b.example"),
        ("a.b", Type::A, renamed),
        ("a.b", Type::DS, renamed),
    ] {
        assert_eq!(show(&ask_of(&zones, name, kind)), expected, "{name} {kind}");
    }
}

#[test]
fn a_chain_goes_on_in_the_zone_that_it_leads_to() {
    let other = ZoneSpec { origin: "other.test".parse().unwrap(), ..kit::spec("www A 192.0.2.7") };
    let zones = Zones::build(&[kit::spec("a DNAME other.test."), other], &[], 1).unwrap();
    let answer = show(&ask_of(&zones, "www.a", Type::A));
    assert_eq!(
        answer,
        "NoError aa: a 3600 DNAME other.test, www.a 3600 CNAME www.other.test, www.other.test 3600 A 192.0.2.7"
    );
}

/// A reload replaces zones and pools one after the other.
#[test]
fn a_dname_also_hides_what_the_snapshot_still_has_below_it() {
    let zones = Zones::build(&[kit::spec("x DNAME live")], &kit::pool_names()[..1], 1).unwrap();
    let answer = answer(&query("dual.x", Type::A), VIEWER, &zones, &kit::unprobed(), &Desk::default());
    assert_eq!(
        show(&answer),
        "NxDomain aa: x 3600 DNAME live, dual.x 3600 CNAME dual.live authority: SOA 30"
    );
}

#[test]
fn tables_leave_all_below_a_dname_to_this_path() {
    let (zones, snapshot, desk) = (zones(), kit::unprobed(), Desk::default());
    let at = |name: &str| {
        let name = Name::from_labels(format!("{name}.stream.test").split('.').map(str::as_bytes)).unwrap();
        standing(&name, &zones, &snapshot, &desk)
    };
    assert!(matches!(at("moved"), Some(Standing::Here { denies: false, .. })));
    assert!(matches!(at("chain"), Some(Standing::Here { denies: true, .. })));
    assert!(matches!(at("a.moved"), Some(Standing::Beyond)));
}
