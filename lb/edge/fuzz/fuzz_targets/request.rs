//! Foreign method, target and Host header as a request: `cargo +nightly fuzz run request`.
//! hyper has parsed the bytes by then; what is fuzzed is what we make of the parts.
#![no_main]

use std::net::{IpAddr, Ipv4Addr};
use std::sync::LazyLock;
use std::time::Instant;

use hyper::Request;
use weir_core::{
    Event, HttpPolicy, Interface, Members, NodeInventory, OriginScheme, OriginTarget, Pool, Settings, Snapshot, State,
    Ttl, TtlBounds, weigh,
};
use weir_edge::{Client, Desk, TargetForm, World, answer};

static WORLD: LazyLock<(Snapshot, Desk)> = LazyLock::new(|| {
    let (mut state, now) = (State::new(), Instant::now());
    let pool = Pool {
        name: "live".parse().expect("a label"),
        hostname: "live.stream.test".parse().expect("a host name"),
        members: Members::All,
        ttl: TtlBounds::new(Ttl::from_secs(5), Ttl::from_secs(30)).expect("ordered"),
        answer_count: 2,
        private_clients: Vec::new(),
        origin: OriginTarget { scheme: OriginScheme::Http, port: 1935, https_port: None },
        http: HttpPolicy::default(),
        viewer: weir_core::Viewer::default(),
        probes: Vec::new(),
    };
    let interface = Interface {
        name: "eni0".parse().expect("a label"),
        node: "edge-1".parse().expect("a label"),
        address: IpAddr::V4(Ipv4Addr::LOCALHOST),
        public_address: IpAddr::V4(Ipv4Addr::LOCALHOST),
        device: None,
        capacity: None,
        group: "edge-1".parse().expect("a label"),
        cloud: None,
    };
    let node = "edge-1".parse().expect("a label");
    state.apply(Event::Configured(Settings { pools: vec![pool], groups: Vec::new() }), now);
    let inventory = NodeInventory { node, interfaces: vec![interface], left_out: Vec::new() };
    state.apply(Event::Inventory(inventory), now);
    let desk = Desk::new(TargetForm::Name, &prometheus::Registry::new()).expect("a new registry");
    (weigh(&state, now), desk)
});

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let mut parts = bytes.splitn(3, |&b| b == 0);
    let mut part = || parts.next().unwrap_or_default();
    let (method, target, host) = (part(), part(), part());
    let request = Request::builder().method(method).uri(target).header("host", host).body(());
    let (snapshot, desk) = &*WORLD;
    if let Ok(request) = request {
        for secure in [false, true] {
            let client = Client { address: IpAddr::V4(Ipv4Addr::LOCALHOST), secure };
            let _ = answer(&request, client, World { snapshot, desk, now: Instant::now() });
        }
    }
});
