//! What the records of a zone must not make together, and the sentence for each.

use crate::kit::{pool_names, spec};
use crate::zone::{PoolNames, ZoneSpec, Zones};

fn faults_of(specs: &[ZoneSpec], pools: &[PoolNames]) -> Vec<String> {
    let faults = Zones::build(specs, pools, 1).err().unwrap_or_default();
    faults.iter().map(ToString::to_string).collect()
}

fn faults(text: &str) -> Vec<String> {
    faults_of(&[spec(text)], &pool_names())
}

#[test]
fn each_fault_names_zone_source_and_line() {
    let table = [
        ("ns1 A x", "stream.test.zone line 1: \"x\" is not an IPv4 address"),
        (
            "www.example. A 10.0.0.1",
            "stream.test.zone line 1: www.example is outside of the zone; without a dot at its end it would be \
             relative to it",
        ),
        (
            "@ SOA ns1 host 1 2 3 4 5",
            "stream.test.zone line 1: the SOA record is made from the zone's name servers, contact and negative TTL; \
             remove this one",
        ),
        (
            "@ NS ns2",
            "stream.test.zone line 1: the zone's own NS records are made from its list of name servers; remove this one",
        ),
        ("*.a NS ns1", "stream.test.zone line 1: a wildcard can't delegate (RFC 4592 section 4.2)"),
        (
            "LIVE A 10.0.0.1",
            "stream.test.zone line 1: live.stream.test is a pool's host name, whose addresses weir gives; it can't \
             have A records",
        ),
        (
            "eni1.live CNAME www",
            "stream.test.zone line 1: eni1.live.stream.test is the name of a pool's interface, whose address weir \
             gives; it can't have CNAME records",
        ),
        (
            "a TXT x\na CNAME b",
            "stream.test.zone line 2: a.stream.test has CNAME and TXT records; a CNAME stands alone (RFC 2181 \
             section 10.1)",
        ),
        (
            "@ CNAME b",
            "stream.test.zone line 1: stream.test has CNAME and SOA records; a CNAME stands alone (RFC 2181 \
             section 10.1)",
        ),
        (
            "a CNAME b\na CNAME c",
            "stream.test.zone line 1: a.stream.test has more than one CNAME record (RFC 2181 section 10.1)",
        ),
        (
            "a DNAME b\na DNAME c",
            "stream.test.zone line 1: a.stream.test has more than one DNAME record (RFC 6672 section 2.4)",
        ),
        (
            "a DNAME b\na CNAME b",
            "stream.test.zone line 2: a.stream.test has CNAME and DNAME records; a CNAME stands alone (RFC 2181 \
             section 10.1)",
        ),
        (
            "*.a DNAME b",
            "stream.test.zone line 1: a wildcard can't have a DNAME record: what that means is not defined (RFC 6672 \
             section 3.3)",
        ),
        (
            "live DNAME b",
            "stream.test.zone line 1: live.stream.test is a pool's host name, whose addresses weir gives; it can't \
             have DNAME records",
        ),
        (
            "eni1.live DNAME b",
            "stream.test.zone line 1: eni1.live.stream.test is the name of a pool's interface, whose address weir \
             gives; it can't have DNAME records",
        ),
        (
            "x DNAME b",
            "the pool's host name dual.x.stream.test is renamed by the DNAME record of x.stream.test",
        ),
        (
            "a DNAME b\n*.y.a A 10.0.0.1",
            "stream.test.zone line 2: *.y.a.stream.test A is never answered: all below a.stream.test is renamed by \
             its DNAME record (RFC 6672 section 2.4)",
        ),
        (
            "a DNAME b\nc.a NS ns1",
            "stream.test.zone line 2: c.a.stream.test NS is never answered: all below a.stream.test is renamed by \
             its DNAME record (RFC 6672 section 2.4)",
        ),
        (
            "d NS ns.d\nns.d A 10.0.0.1\nd DNAME b",
            "stream.test.zone line 3: d.stream.test DNAME is never answered: d.stream.test is delegated away by its \
             NS records",
        ),
        (
            "x NS ns1",
            "the pool's host name dual.x.stream.test is delegated away by the NS records of x.stream.test",
        ),
        (
            "d NS ns.d\nns.d A 10.0.0.1\nm.d MX 1 ns1",
            "stream.test.zone line 3: m.d.stream.test MX is never answered: d.stream.test is delegated away by its NS \
             records",
        ),
    ];
    for (text, expected) in table {
        assert_eq!(faults(text), [format!("zone stream.test: {expected}")], "{text}");
    }
}

#[test]
fn all_faults_come_at_once() {
    let faults = faults("a A x\nb CNAME c\nb TXT d\n$INCLUDE e\nlive A 10.0.0.1\n");
    assert_eq!(faults.len(), 4, "{faults:#?}");
}

#[test]
fn a_pool_needs_a_zone_and_a_zone_its_own_name_and_servers() {
    let stray = PoolNames { hostname: "live.example".parse().unwrap(), interfaces: vec![] };
    assert_eq!(
        faults_of(&[spec("")], &[stray]),
        ["the pool's host name live.example lies in none of the zones"]
    );
    assert_eq!(
        faults_of(&[spec(""), spec("")], &[]),
        ["zone stream.test: there is another zone of this name"]
    );
    assert_eq!(
        faults_of(&[ZoneSpec { nameservers: vec![], ..spec("") }], &[]),
        ["zone stream.test: a zone needs at least one name server"]
    );
}

#[test]
fn other_types_beside_a_pool_and_addresses_below_it_are_welcome() {
    assert_eq!(
        faults("live CAA 0 issue \"x\"\n_acme.live TXT y\nother.live A 10.0.0.1\neni0.live TXT z"),
        [""; 0]
    );
}

#[test]
fn a_dname_may_stand_beside_other_records_and_at_the_apex() {
    assert_eq!(faults("a DNAME b\na TXT x\na A 10.0.0.1\nb.c DNAME a\n"), [""; 0]);
    assert_eq!(faults_of(&[spec("@ DNAME b.example.\n@ A 10.0.0.1")], &[]), [""; 0]);
    let all = faults("@ DNAME b.example.\nns1 A 10.0.0.1");
    let pool = |host: &str| {
        format!(
            "zone stream.test: the pool's host name {host}.stream.test is renamed by the DNAME record of stream.test"
        )
    };
    let expected = ["dual.x", "later", "live", "none"].map(pool);
    assert_eq!(all.iter().filter(|fault| fault.contains("pool's")).cloned().collect::<Vec<_>>().len(), 4);
    assert!(expected.iter().all(|fault| all.contains(fault)) && all.len() == 5, "{all:#?}");
}

#[test]
fn the_closest_zone_answers_and_holds_the_pools_below_it() {
    let child = ZoneSpec { origin: "x.stream.test".parse().unwrap(), ..spec("") };
    let zones = Zones::build(&[spec(""), child], &pool_names(), 1).unwrap();
    let name = |text: &str| crate::name::Name::from_labels(text.split('.').map(str::as_bytes)).unwrap();
    let find = |text: &str| zones.find(&name(text), crate::record::Type::A).unwrap().origin.to_string();
    assert_eq!(find("dual.x.stream.test"), "x.stream.test");
    assert_eq!(find("live.stream.test"), "stream.test");
    let child = &zones.zones[&name("x.stream.test")];
    assert!(child.nodes[&name("dual.x.stream.test")].pool);
}
