//! Any bytes as a question, over both transports. `cargo +nightly fuzz run query` in `dns`.

#![no_main]

use std::fmt::Debug;
use std::net::SocketAddr;
use std::str::FromStr;
use std::sync::{Arc, LazyLock};
use std::time::Instant;

use libfuzzer_sys::fuzz_target;
use prometheus::Registry;
use tokio::runtime::Runtime;
use weir_core::{
    Event, Interface, HttpPolicy, Members, NodeInventory, OriginScheme, OriginTarget, Pool, Publisher, Settings,
    Snapshot, State, Ttl, TtlBounds, weigh,
};
use weir_dns::{Answerer, DnsPolicy, PoolNames, Transport, ZoneSpec, Zones};

const TEXT: &str = "
ns1 A 127.0.0.11
www CNAME live
loop CNAME loop
*.wild TXT x
sub NS ns.sub
ns.sub A 192.0.2.1
a.b.ent TYPE65280 \\# 2 0102
";

static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| tokio::runtime::Builder::new_current_thread().build().expect("a runtime needs no file"));

static ANSWERER: LazyLock<Arc<Answerer>> = LazyLock::new(|| {
    let spec = ZoneSpec {
        origin: name("t"),
        nameservers: vec![name("ns1.t")],
        contact: name("host.t"),
        negative_ttl: Ttl::from_secs(30),
        default_ttl: Ttl::from_secs(60),
        text: TEXT.to_owned(),
        source: "text".to_owned(),
    };
    let pool = PoolNames { hostname: name("live.t"), interfaces: vec![name("v4"), name("v6")] };
    let zones = Zones::build(&[spec], &[pool], 1).expect("the zone has no fault");
    let mut publisher = Publisher::new();
    publisher.publish(snapshot());
    // No limits: each question has an answer to look at.
    let policy = DnsPolicy { limits: None, ..DnsPolicy::default() };
    Answerer::with_policy(zones, publisher.reader(), policy, &Registry::new()).expect("the registry is empty")
});

/// One pool, `live.t`, with an interface of each family.
fn snapshot() -> Snapshot {
    let ttl = Ttl::from_secs(5);
    let pool = Pool {
        name: name("live"),
        hostname: name("live.t"),
        members: Members::All,
        ttl: TtlBounds::new(ttl, ttl).expect("both are the same"),
        answer_count: 2,
        private_clients: vec![],
        origin: OriginTarget { scheme: OriginScheme::Http, port: 80, https_port: None },
        http: weir_core::HttpPolicy::default(),
        viewer: weir_core::Viewer::default(),
        probes: vec![],
    };
    let interface = |label: &str, address: &str| Interface {
        name: name(label),
        node: name("node"),
        address: name(address),
        public_address: name(address),
        device: None,
        capacity: None,
        group: name("node"),
        cloud: None,
    };
    let interfaces = vec![interface("v4", "192.0.2.1"), interface("v6", "2001:db8::1")];
    let inventory = NodeInventory { node: name("node"), interfaces, left_out: vec![] };
    let (mut state, now) = (State::new(), Instant::now());
    state.apply(Event::Configured(Settings { pools: vec![pool], groups: vec![] }), now);
    state.apply(Event::Inventory(inventory), now);
    weigh(&state, now)
}

fn name<T: FromStr<Err: Debug>>(text: &str) -> T {
    text.parse().expect("the names here are valid")
}

fuzz_target!(|message: &[u8]| {
    let client = SocketAddr::from(([203, 0, 113, 9], 4000));
    for transport in [Transport::Udp, Transport::Tcp] {
        let response = RUNTIME.block_on(ANSWERER.respond(message, client, transport));
        let asked = message.len() >= 12 && message[2] & 0x80 == 0;
        assert_eq!(response.is_some(), asked);
    }
});
