use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};

use hyper::Version;
use prometheus::Registry;
use prometheus::proto::Metric;
use weir_core::{OriginScheme, Pool};

use super::*;
use crate::target::TargetForm;
use crate::world::{self, interface, pool};

const CLIENT: Client = Client { address: IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)), secure: false };

/// Method and target, headers, and what is answered.
type Row<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a str);

/// What is said at once.
fn reply(request: &Request<()>, client: Client, snapshot: &Snapshot, desk: &Desk) -> Reply {
    match answer(request, client, World { snapshot, desk, now: Instant::now() }) {
        Answer::Now(reply) => reply,
        Answer::After(errand) => panic!("{errand:?} is no answer"),
    }
}

fn desk(form: TargetForm) -> Desk {
    Desk::new(form, &Registry::new()).expect("a new registry")
}

/// A client of this address, without TLS.
fn plain(address: &str) -> Client {
    Client { address: address.parse().expect("an address"), secure: false }
}

fn request(line: &str, headers: &[(&str, &str)]) -> Request<()> {
    let (method, target) = line.split_once(' ').expect("a method and a target");
    let builder = Request::builder().method(method).uri(target).version(Version::HTTP_11);
    headers
        .iter()
        .fold(builder, |b, (name, value)| b.header(*name, *value))
        .body(())
        .unwrap_or_else(|e| panic!("{line}: {e}"))
}

/// What the first request to a world is answered: its status, and its location, body's variable part or nothing.
fn shown_reply(reply: &Reply) -> String {
    match reply {
        Reply::Redirect(location) | Reply::Overflow(location) => {
            String::from_utf8_lossy(location.as_bytes()).into_owned()
        }
        Reply::Preflight(headers) => format!("preflight {headers:?}"),
        Reply::NotFound(host) => format!("404 {host}"),
        Reply::BadRequest(fault) => format!("400 {fault}"),
        other => other.status().as_u16().to_string(),
    }
}

#[test]
fn each_request_has_its_reply() {
    let long_path = format!("GET /{}", "a".repeat(PATH_BYTES));
    let longest_path = format!("GET /{}", "a".repeat(PATH_BYTES - 1));
    let longest_location = format!("http://eni2.live.stream.test:1935/{}", "a".repeat(PATH_BYTES - 1));
    let long_host = format!("X{}.test", "a".repeat(300));
    let long_host_shown = format!("404 X{}", "a".repeat(NAME_BYTES - 1));
    let live = "live.stream.test";
    let at = "http://eni2.live.stream.test:1935";
    let table: &[Row<'_>] = &[
        ("GET /live/a.m3u8", &[("host", live)], &format!("{at}/live/a.m3u8")),
        ("HEAD /live/a.m3u8", &[("host", live)], &format!("{at}/live/a.m3u8")),
        ("GET /a?b=c&d=%2f//..", &[("host", live)], &format!("{at}/a?b=c&d=%2f//..")),
        ("GET //a/../%7Eb/./c;x=1", &[("host", live)], &format!("{at}//a/../%7Eb/./c;x=1")),
        ("GET /a\"b{c}[1]?x=[2]'`", &[("host", live)], &format!("{at}/a\"b{{c}}[1]?x=[2]'`")),
        ("GET /é", &[("host", live)], &format!("{at}/é")),
        ("GET /?", &[("host", live)], &format!("{at}/?")),
        ("GET /a", &[("host", "LIVE.Stream.test.:8080")], &format!("{at}/a")),
        ("GET /a", &[("host", "secure.stream.test")], "https://eni2.secure.stream.test/a"),
        ("GET /a", &[("host", "ENI3.live.stream.test")], "http://eni3.live.stream.test:1935/a"),
        ("GET http://live.stream.test/a?b", &[("host", "other.test")], &format!("{at}/a?b")),
        ("GET http://Live.Stream.Test:80", &[("host", "x")], &format!("{at}/")),
        ("GET http://live.stream.test?q=1", &[("host", "x")], &format!("{at}/?q=1")),
        ("GET http://a.test/a", &[("host", live)], "404 a.test"),
        (&longest_path, &[("host", live)], &longest_location),
        (&long_path, &[("host", live)], "414"),
        ("OPTIONS /a", &[("host", live)], "preflight None"),
        ("OPTIONS *", &[("host", live)], "preflight None"),
        (
            "OPTIONS /a",
            &[("host", live), ("access-control-request-headers", "range, x-a")],
            "preflight Some(\"range, x-a\")",
        ),
        ("OPTIONS /a", &[("host", "a.test")], "404 a.test"),
        ("POST /a", &[("host", live)], "405"),
        ("PUT /a", &[("host", "a.test")], "405"),
        ("CONNECT live.stream.test:80", &[("host", live)], "405"),
        ("GET /a", &[("host", "a.test")], "404 a.test"),
        ("GET /a", &[("host", "a\"<b>.test")], "404 a\\\"<b>.test"),
        ("GET /a", &[("host", "eni9.live.stream.test")], "404 eni9.live.stream.test"),
        ("GET /a", &[("host", "a.eni0.live.stream.test")], "404 a.eni0.live.stream.test"),
        ("GET /a", &[("host", "10.0.0.10:80")], "404 10.0.0.10"),
        ("GET /a", &[("host", &long_host)], &long_host_shown),
        ("GET /a", &[], "400 the request names no host"),
        ("GET http://live.stream.test/a", &[], "400 the request names no host"),
        ("GET /a", &[("host", "")], "400 the request names no host"),
        ("GET /a", &[("host", live), ("host", live)], "400 the request has more than one Host header"),
        ("GET /a", &[("host", "a:b")], "400 the Host header is not a host with or without a port"),
        ("GET *", &[("host", live)], "400 the request's target is not a path"),
        ("GET /a", &[("host", "empty.stream.test")], "503"),
    ];
    let snapshot = world::World::new().reader().load();
    for (line, headers, expected) in table {
        let reply = reply(&request(line, headers), CLIENT, &snapshot, &desk(TargetForm::Name));
        assert_eq!(shown_reply(&reply), *expected, "{line} {headers:?}");
    }
}

#[test]
fn http_1_0_may_leave_the_host_header_out_of_an_absolute_request() {
    let snapshot = world::World::new().reader().load();
    let mut absolute = request("GET http://live.stream.test/a", &[]);
    *absolute.version_mut() = Version::HTTP_10;
    let told = reply(&absolute, CLIENT, &snapshot, &desk(TargetForm::Name));
    assert_eq!(told.status(), 302);
    let mut relative = request("GET /a", &[]);
    *relative.version_mut() = Version::HTTP_10;
    let told = reply(&relative, CLIENT, &snapshot, &desk(TargetForm::Name));
    assert_eq!(told, Reply::BadRequest(Fault::NoHost));
}

#[test]
fn an_address_is_the_public_one_and_for_private_clients_the_private_one() {
    let snapshot = world::World::new().reader().load();
    let get = request("GET /a", &[("host", "live.stream.test")]);
    let told = |client: &str| shown_reply(&reply(&get, plain(client), &snapshot, &desk(TargetForm::Address)));
    assert_eq!(told("192.0.2.1"), "http://198.51.100.12:1935/a");
    assert_eq!(told("10.9.9.9"), "http://10.0.0.12:1935/a");
    assert_eq!(told("::ffff:10.9.9.9"), "http://10.0.0.12:1935/a");
    assert_eq!(told("2001:db8::1"), "http://198.51.100.12:1935/a", "no IPv6 there: the other family");
}

#[test]
fn an_ipv6_client_is_told_an_ipv6_address_if_there_is_one() {
    let mut world = world::World::new();
    world.interfaces(vec![interface(0, 10, "198.51.100.10"), interface(1, 1, "2001:db8::11")]);
    let snapshot = world.reader().load();
    let get = request("GET /a", &[("host", "live.stream.test")]);
    let desk = desk(TargetForm::Address);
    for _ in 0..10 {
        let told = |client: &str| shown_reply(&reply(&get, plain(client), &snapshot, &desk));
        assert_eq!(told("2001:db8::1"), "http://[2001:db8::11]:1935/a");
        assert_eq!(told("192.0.2.1"), "http://198.51.100.10:1935/a");
    }
}

#[test]
fn who_came_over_tls_is_sent_to_https_where_the_origin_has_it() {
    let mut world = world::World::new();
    let with_https = |mut pool: Pool, port| {
        pool.origin.https_port = Some(port);
        pool
    };
    world.configure(vec![
        with_https(pool("both", "both.test", OriginScheme::Http, 1935), 8443),
        with_https(pool("usual", "usual.test", OriginScheme::Http, 80), 443),
        pool("plain", "plain.test", OriginScheme::Http, 1935),
        pool("secure", "secure.test", OriginScheme::Https, 444),
        with_https(pool("two", "two.test", OriginScheme::Https, 444), 445),
    ]);
    let snapshot = world.reader().load();
    let told = |host: &str, form: TargetForm, secure: bool| {
        let client = Client { secure, ..CLIENT };
        shown_reply(&reply(&request("GET /a?b", &[("host", host)]), client, &snapshot, &desk(form)))
    };
    for (host, came_plain, came_over_tls) in [
        ("both.test", "http://eni2.both.test:1935/a?b", "https://eni2.both.test:8443/a?b"),
        ("eni1.both.test", "http://eni1.both.test:1935/a?b", "https://eni1.both.test:8443/a?b"),
        ("usual.test", "http://eni2.usual.test/a?b", "https://eni2.usual.test/a?b"),
        ("plain.test", "http://eni2.plain.test:1935/a?b", "http://eni2.plain.test:1935/a?b"),
        ("secure.test", "https://eni2.secure.test:444/a?b", "https://eni2.secure.test:444/a?b"),
        ("two.test", "https://eni2.two.test:444/a?b", "https://eni2.two.test:445/a?b"),
    ] {
        assert_eq!(told(host, TargetForm::Name, false), came_plain);
        assert_eq!(told(host, TargetForm::Name, true), came_over_tls);
    }
    assert_eq!(told("both.test", TargetForm::Address, true), "https://198.51.100.12:8443/a?b");
}

/// The series of redirects, each with its labels `interface` and `pool`.
fn counted(registry: &Registry) -> Vec<Metric> {
    registry.gather().iter().flat_map(|family| family.get_metric().to_vec()).collect()
}

/// How often each location was given for `count` requests.
fn hand_out(count: usize, snapshot: &Snapshot, desk: &Desk) -> HashMap<String, usize> {
    let get = request("GET /", &[("host", "live.stream.test")]);
    let mut given = HashMap::new();
    for _ in 0..count {
        *given.entry(shown_reply(&reply(&get, CLIENT, snapshot, desk))).or_default() += 1;
    }
    given
}

#[test]
fn redirects_follow_the_weights_exactly_and_are_counted() {
    let snapshot = world::World::new().reader().load();
    let registry = Registry::new();
    let desk = Desk::new(TargetForm::Name, &registry).expect("a new registry");
    let given = hand_out(1000, &snapshot, &desk);
    for (number, expected) in [(0, 200), (1, 200), (2, 500), (3, 100)] {
        assert_eq!(given[&format!("http://eni{number}.live.stream.test:1935/")], expected);
        let name = format!("eni{number}");
        let series = counted(&registry);
        let metric = series.iter().find(|metric| metric.get_label()[0].value() == name).expect("the series");
        assert_eq!(metric.get_counter().get_value(), expected as f64);
    }
}

#[test]
fn pools_on_the_same_interfaces_fill_them_together_whatever_is_published_meanwhile() {
    let mut world = world::World::new();
    let desk = desk(TargetForm::Name);
    let mut given: HashMap<String, usize> = HashMap::new();
    let other = request("GET /", &[("host", "secure.stream.test")]);
    for _ in 0..1000 {
        world.configure(world.pools());
        let snapshot = world.reader().load();
        let interface = |location: &str| location.split("//").nth(1).map(|rest| rest[..4].to_owned());
        let mut give = |location: &str, count| {
            *given.entry(interface(location).expect("a name")).or_default() += count;
        };
        give(&shown_reply(&reply(&other, CLIENT, &snapshot, &desk)), 1);
        hand_out(1, &snapshot, &desk).iter().for_each(|(location, count)| give(location, *count));
    }
    let mut counts: Vec<_> = given.into_values().collect();
    counts.sort_unstable();
    assert_eq!(counts, [200, 400, 400, 1000]);
}

#[test]
fn series_of_removed_pools_and_interfaces_end() {
    let mut world = world::World::new();
    let registry = Registry::new();
    let desk = Desk::new(TargetForm::Name, &registry).expect("a new registry");
    let series = || counted(&registry).len();
    let old = world.reader().load();
    hand_out(4, &old, &desk);
    assert_eq!(series(), 4);

    world.interfaces(vec![interface(0, 10, "198.51.100.10"), interface(2, 10, "198.51.100.12")]);
    hand_out(4, &world.reader().load(), &desk);
    assert_eq!(series(), 2);

    world.configure(vec![pool("other", "live.stream.test", OriginScheme::Http, 80)]);
    hand_out(4, &world.reader().load(), &desk);
    assert_eq!(series(), 2);
    assert!(counted(&registry).iter().all(|metric| metric.get_label()[1].value() == "other"));

    // A request that began before the pool was removed is still answered.
    assert_eq!(hand_out(1, &old, &desk).len(), 1);
}

#[test]
fn when_every_interface_is_full_viewers_are_sent_elsewhere_and_not_before() {
    let mut world = world::World::new();
    let mut live = pool("live", "live.stream.test", OriginScheme::Http, 1935);
    live.http.overflow = Some("https://backup.example".to_owned());
    live.viewer.rate = Some(weir_core::BytesPerSec::from_bits(50_000_000));
    world.configure(vec![live]);
    let given = hand_out(1010, &world.reader().load(), &desk(TargetForm::Name));
    // The interfaces carry 50 Gbit/s together: a thousand viewers.
    assert_eq!(given["https://backup.example/"], 10, "{given:?}");
    assert_eq!(given["http://eni2.live.stream.test:1935/"], 500);
}
