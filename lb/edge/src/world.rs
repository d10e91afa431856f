//! Snapshots for tests, made as the control task makes them.

use std::net::IpAddr;
use std::time::Instant;

use weir_core::{
    BytesPerSec, Directive, Event, Group, HttpPolicy, Interface, Members, NodeInventory, Order, OriginScheme,
    OriginTarget, Pool, Publisher, Reader, Settings, State, Ttl, TtlBounds, Viewer, weigh,
};

/// A node with some interfaces, and pools that have all of them.
pub(crate) struct World {
    state: State,
    publisher: Publisher,
    pools: Vec<Pool>,
}

/// `eni<number>`, a capacity in Gbit/s, and the last byte of its addresses.
pub(crate) fn interface(number: u8, capacity: u64, public: &str) -> Interface {
    Interface {
        name: format!("eni{number}").parse().expect("a label"),
        node: "edge-1".parse().expect("a label"),
        address: match public.parse().expect("an address") {
            IpAddr::V4(_) => IpAddr::from([10, 0, 0, 10 + number]),
            IpAddr::V6(_) => IpAddr::from([0xfd00, 0, 0, 0, 0, 0, 0, 10 + u16::from(number)]),
        },
        public_address: public.parse().expect("an address"),
        device: None,
        capacity: Some(BytesPerSec::from_bits(capacity * 1_000_000_000)),
        group: format!("card{number}").parse().expect("a label"),
        cloud: None,
    }
}

pub(crate) fn pool(name: &str, hostname: &str, scheme: OriginScheme, port: u16) -> Pool {
    Pool {
        name: name.parse().expect("a label"),
        hostname: hostname.parse().expect("a host name"),
        members: Members::All,
        ttl: TtlBounds::new(Ttl::from_secs(5), Ttl::from_secs(30)).expect("ordered"),
        answer_count: 2,
        private_clients: vec!["10.0.0.0/8".parse().expect("a network")],
        origin: OriginTarget { scheme, port, https_port: None },
        http: HttpPolicy::default(),
        viewer: Viewer::default(),
        probes: Vec::new(),
    }
}

impl World {
    /// Three pools, `live.stream.test`, `secure.stream.test` and `both.stream.test` (over HTTP and HTTPS), on four interfaces
    /// of 10, 10, 25 and 5 Gbit/s; a fourth, `empty.stream.test`, without any.
    pub(crate) fn new() -> Self {
        let mut empty = pool("empty", "empty.stream.test", OriginScheme::Http, 80);
        empty.members = Members::Named(Vec::new());
        let mut both = pool("both", "both.stream.test", OriginScheme::Http, 1935);
        both.origin.https_port = Some(8443);
        let mut world = Self { state: State::new(), publisher: Publisher::new(), pools: Vec::new() };
        world.configure(vec![
            pool("live", "live.stream.test", OriginScheme::Http, 1935),
            pool("secure", "secure.stream.test", OriginScheme::Https, 443),
            both,
            empty,
        ]);
        world.interfaces(vec![
            interface(0, 10, "198.51.100.10"),
            interface(1, 10, "198.51.100.11"),
            interface(2, 25, "198.51.100.12"),
            interface(3, 5, "198.51.100.13"),
        ]);
        world
    }

    pub(crate) fn configure(&mut self, pools: Vec<Pool>) {
        self.pools = pools;
        let settings = Settings { pools: self.pools.clone(), groups: Vec::<Group>::new() };
        self.apply(Event::Configured(settings));
    }

    pub(crate) fn interfaces(&mut self, interfaces: Vec<Interface>) {
        let node = "edge-1".parse().expect("a label");
        self.apply(Event::Inventory(NodeInventory { node, interfaces, left_out: Vec::new() }));
    }

    /// An operator orders something for an interface.
    pub(crate) fn order(&mut self, interface: &str, directive: Directive) {
        let order = Order { directive, reason: "a test".to_owned(), until: None };
        self.apply(Event::Ordered(interface.parse().expect("a label"), order));
    }

    pub(crate) fn pools(&self) -> Vec<Pool> {
        self.pools.clone()
    }

    pub(crate) fn reader(&self) -> Reader {
        self.publisher.reader()
    }

    fn apply(&mut self, event: Event) {
        let now = Instant::now();
        self.state.apply(event, now);
        self.publisher.publish(weigh(&self.state, now));
    }
}
