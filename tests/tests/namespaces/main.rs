//! A machine with devices of its own: addresses that come and go, kernel counters, and the way that replies take.
//!
//! Loopback can show none of this: there all addresses share one device, and each of them is always there.

mod traffic;

use std::io::Write;
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use weir_tests::dns;
use weir_tests::http;
use weir_tests::namespace::{Link, NEEDS, Side, edge_address, viewers_address};
use weir_tests::patience;
use weir_tests::scratch::Scratch;
use weir_tests::sockets;
use weir_tests::state::{Member, State};
use weir_tests::tools::{alone, needs};
use weir_tests::weir::Weir;

use traffic::{Origin, Viewer};

/// What each device lets through, in tc's words, in the configuration's, and in bytes per second.
const LIMITS: [(&str, &str, f64); 4] = [
    ("80mbit", "80 Mbit/s", 10e6),
    ("40mbit", "40 Mbit/s", 5e6),
    ("20mbit", "20 Mbit/s", 2.5e6),
    ("10mbit", "10 Mbit/s", 1.25e6),
];

/// The pool, the name that viewers resolve, and the loaded device.
const POOL: &str = "live";
const HOSTNAME: &str = "live.stream.test";
const LOADED: usize = 2;

/// An address that appears is bound and answers by then; one that goes is dropped by then.
const FOLLOWED: Duration = Duration::from_secs(1);

/// A bound socket answers by then; until it is bound, a question is lost.
const AT_ONCE: Duration = Duration::from_millis(200);

/// Rates are smoothed over ten seconds: after twice that they show seven eighths of a step.
const SMOOTHED: Duration = Duration::from_secs(40);

type Step = fn(&Link, &Weir);

#[test]
fn a_running_daemon_follows_its_devices() {
    let _alone = alone();
    if !needs(NEEDS) {
        return;
    }
    // The fourth address comes later.
    let link = Link::new(LIMITS.map(|(limit, ..)| limit), 3);
    link.within(Side::Edge, || {
        let folder = Scratch::new("namespaces");
        let config = folder.write("weir.toml", &config());
        let admin = SocketAddr::from(([127, 0, 0, 1], 9880));
        let origin = Origin::start();
        let mut weir = Weir::start(&config, admin);
        let up = |wanted: usize| move |state: &State| state.count(POOL, "up") == wanted;
        weir.wait_for("three interfaces up", Duration::from_secs(12), up(3));
        let steps: [(&str, Step); 5] = [
            ("an added address answers within a second", an_added_address_answers),
            ("replies leave by the address that was asked", replies_leave_by_the_address_asked),
            ("kernel counters drive the rates", kernel_counters_drive_the_rates),
            ("a removed address leaves", a_removed_address_leaves),
            ("one comes while another goes with connections open", one_comes_while_another_goes),
        ];
        for (name, step) in steps {
            let began = Instant::now();
            step(&link, &weir);
            weir.is_well();
            eprintln!("{name} ({:.1} s)", began.elapsed().as_secs_f64());
        }
        assert_eq!(weir.stop().code(), Some(0));
        drop(origin);
    });
}

fn an_added_address_answers(link: &Link, weir: &Weir) {
    let dns_server = SocketAddr::from((edge_address(3), 53));
    let http_server = SocketAddr::from((edge_address(3), 80));
    link.add_address(3);
    let added = Instant::now();
    link.within(Side::Viewers, || {
        patience::wait_for("an answer of the new address", FOLLOWED, || {
            let client = dns::Client::new(dns_server).and_then(|client| client.patient_for(AT_ONCE));
            client.expect("a socket can be had").ask(HOSTNAME).ok()
        });
        patience::wait_for("a redirect of the new address", FOLLOWED, || {
            let answer = http::get(http_server, HOSTNAME, "/live/demo/playlist.m3u8").ok()?;
            (answer.status == 302).then_some(())
        });
    });
    let took = added.elapsed();
    assert!(took <= FOLLOWED, "the new address answered after {took:.2?}");
    eprintln!("the new address answered after {took:.2?}");
    weir.wait_for("four interfaces up", Duration::from_secs(5), |state| state.count(POOL, "up") == 4);
    let state = weir.state();
    assert_eq!(state.interface("eni3")["address"], edge_address(3).to_string());
    assert_eq!(state.interface("eni3")["device"], "wa3");
}

/// From each viewers' address to each address of the edge: three in four of these questions come in on one device and
/// are answered out of another, where a reply from an unbound socket would get that device's address. The client's
/// socket is connected: it receives only from the address that it asked.
fn replies_leave_by_the_address_asked(link: &Link, _weir: &Weir) {
    link.within(Side::Viewers, || {
        for (from, to) in (0..16).map(|n| (n / 4, n % 4)) {
            let server = SocketAddr::from((edge_address(to), 53));
            let client = dns::Client::from(IpAddr::V4(viewers_address(from)), server).expect("a socket");
            let answer = client.ask(HOSTNAME);
            let answer = answer.unwrap_or_else(|e| panic!("{} to {server}: {e}", viewers_address(from)));
            // Two addresses, or the one alone that is to get more than half.
            assert!(answer.code == 0 && (1..=2).contains(&answer.addresses.len()), "{answer:?}");
        }
    });
}

fn kernel_counters_drive_the_rates(link: &Link, weir: &Weir) {
    let name = format!("eni{LOADED}");
    let limit = LIMITS[LOADED].2;
    let sent = || weir.state().interface(&name)["transmitted_bytes"].as_f64().unwrap_or_default();
    let weight = || weir.state().member(POOL, &name).map_or(0, Member::weight);
    let (weight_before, sent_before) = (weight(), sent());
    let viewer = link.within(Side::Viewers, || Viewer::connect((edge_address(LOADED), 1935).into()));
    let state = weir.wait_for("the rate of the loaded interface", SMOOTHED, |state| {
        state.rate(&name).is_some_and(|rate| rate > 0.85 * limit)
    });
    let rate = state.rate(&name).unwrap_or_default();
    // The bucket holds 16 kB beyond the rate, which is nothing in ten seconds.
    assert!(rate < 1.05 * limit, "tc lets {limit} through, the state says {rate}");
    for other in (0..4).filter(|&index| index != LOADED) {
        let rate = state.rate(&format!("eni{other}"));
        assert!(rate.is_some_and(|rate| rate < 0.05 * limit), "eni{other} sends nothing: {rate:?}");
    }
    assert!(weight() < weight_before / 2, "its weight falls: {weight_before} to {}", weight());
    // What left the device is what arrived, and the headers around it: 66 of 1514 bytes in a full frame.
    let arrived = viewer.stop();
    let total = patience::wait_for("the last sample", Duration::from_secs(3), || {
        let sent = sent() - sent_before;
        (sent >= arrived).then_some(sent)
    });
    assert!(total < 1.10 * arrived + 200_000.0, "{total} bytes left for {arrived} that arrived");
}

fn a_removed_address_leaves(link: &Link, weir: &Weir) {
    let resolver = dns::Client::new((edge_address(0), 53).into()).expect("a socket");
    let gone = edge_address(1);
    link.remove_address(1);
    patience::wait_for("a state without the address", FOLLOWED, || {
        weir.state().interface("eni1").is_null().then_some(())
    });
    for _ in 0..20 {
        let answer = resolver.ask(HOSTNAME).expect("the others answer");
        assert!(!answer.addresses.contains(&gone), "{answer:?}");
    }
    assert_eq!(weir.state().members(POOL).len(), 3);
    patience::wait_for("its sockets closed", FOLLOWED, || (sockets::bound_to(53).len() == 6).then_some(()));
}

/// Connections on an address that goes are given time to finish. An address that comes must not wait for them.
fn one_comes_while_another_goes(link: &Link, weir: &Weir) {
    let dns_server = SocketAddr::from((edge_address(1), 53));
    let open = link.within(Side::Viewers, || {
        // A request and a question of which the rest never comes.
        let starts: [(u16, &[u8]); 2] = [(80, b"GET / HTTP/1.1\r\nHost: "), (53, &[0, 40, 1, 2, 3])];
        starts.map(|(port, start)| {
            let mut stream = TcpStream::connect((edge_address(0), port)).expect("it listens");
            stream.write_all(start).expect("it is connected");
            stream
        })
    });
    link.remove_address(0);
    link.add_address(1);
    link.within(Side::Viewers, || {
        patience::wait_for("an answer of the address that came", FOLLOWED, || {
            let client = dns::Client::new(dns_server).and_then(|client| client.patient_for(AT_ONCE));
            client.expect("a socket can be had").ask(HOSTNAME).ok()
        });
    });
    drop(open);
    weir.wait_for("the one without the other", FOLLOWED, |state| {
        state.interface("eni0").is_null() && !state.interface("eni1").is_null()
    });
}

fn config() -> String {
    let mut text = r#"version = 1
[node]
name = "edge-1"
state_dir = "state"
[admin]
listen = "127.0.0.1:9880"
[interfaces]
discover = "system"
devices = ["wa*"]
[dns]
listen = ["interfaces"]
[http]
listen = ["interfaces"]
[[zone]]
name = "stream.test"
nameservers = ["ns1.stream.test"]
contact = "hostmaster.stream.test"
records = "ns1 IN A 10.77.0.1"
[[pool]]
name = "live"
hostname = "live.stream.test"
interfaces = ["*"]
ttl = { min = "1s", max = "5s" }
answer_count = 2
origin = { scheme = "http", port = 1935 }
[[pool.probe]]
type = "tcp"
url = "tcp://{address}:1935"
interval = "1s"
timeout = "500ms"
fall = 2
rise = 1
"#
    .to_owned();
    for (index, (_, capacity, _)) in LIMITS.iter().enumerate() {
        let address = edge_address(index);
        text.push_str(&format!(
            "[[interface]]\nname = \"eni{index}\"\naddress = \"{address}\"\ncapacity = \"{capacity}\"\n"
        ));
    }
    text
}
