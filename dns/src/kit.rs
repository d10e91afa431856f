//! A small world for tests: one zone with everything in it, three pools, and messages made by hand.

use std::sync::Arc;
use std::time::Instant;

use prometheus::Registry;
use weir_core::{
    Event, HttpPolicy, Interface, Members, NodeInventory, OriginScheme, OriginTarget, Pool, ProbeId,
    ProbeRule, Publisher, Settings, Snapshot, State, Ttl, TtlBounds, Viewer, Weight, weigh,
};

use crate::{Answerer, PoolNames, ZoneSpec, Zones};

/// Zone text with one of everything.
pub(crate) const TEXT: &str = r#"
$TTL 1h
@         IN TXT   "v=spf1 -all"
ns1       IN A     127.0.0.11
www       IN CNAME live
first        CNAME second
second       CNAME a.b.ent
a.b.ent   5m A     192.0.2.7
loop1        CNAME loop2
loop2        CNAME loop1
out          CNAME elsewhere.example.
dead         CNAME missing
empty        CNAME ns1
below        CNAME host.sub
sub          NS    ns.sub
             NS    ns.other.example.
             TYPE43 \# 4 00010d02
ns.sub       A     192.0.2.53
             AAAA  2001:db8::53
*.wild       TXT   "wild"
*.alias      CNAME live
host.wild    A     192.0.2.8
a.deep.wild  A     192.0.2.9
moved        DNAME live
opaque       TYPE65280 \# 4 0a000001
mail         MX    10 @
live         CAA   0 issue "ca.example"
_acme.live   TXT   (
    "one" ; a comment
    "t;w)o" )
"#;

/// The interfaces: name, address, public address.
const INTERFACES: [(&str, &str, &str); 5] = [
    ("eni0", "127.0.0.11", "198.51.100.11"),
    ("eni1", "127.0.0.12", "198.51.100.12"),
    ("eni2", "127.0.0.13", "198.51.100.13"),
    ("eni3", "127.0.0.14", "198.51.100.14"),
    ("six", "fd00::6", "2001:db8::6"),
];

pub(crate) fn spec(text: &str) -> ZoneSpec {
    ZoneSpec {
        origin: "stream.test".parse().unwrap(),
        nameservers: vec!["ns1.stream.test".parse().unwrap()],
        contact: "hostmaster.stream.test".parse().unwrap(),
        negative_ttl: Ttl::from_secs(30),
        default_ttl: Ttl::from_secs(3600),
        text: text.to_owned(),
        source: "stream.test.zone".to_owned(),
    }
}

/// The pools' names; `later` is in the configuration and not published.
pub(crate) fn pool_names() -> Vec<PoolNames> {
    let pool = |host: &str, interfaces: &[&str]| PoolNames {
        hostname: host.parse().unwrap(),
        interfaces: interfaces.iter().map(|name| name.parse().unwrap()).collect(),
    };
    vec![
        pool("live.stream.test", &["eni0", "eni1", "eni2", "eni3"]),
        pool("dual.x.stream.test", &[]),
        pool("none.stream.test", &[]),
        pool("later.stream.test", &[]),
    ]
}

/// The zone of [`TEXT`], with a set that fits no datagram.
pub(crate) fn zones() -> Zones {
    let big: String = (0..40).map(|n| format!("big TXT \"{n:050}\"\n")).collect();
    let glue: String = (0..60).map(|n| format!("wide NS ns{n}.wide\nns{n}.wide A 192.0.2.{n}\n")).collect();
    Zones::build(&[spec(&format!("{TEXT}{big}{glue}"))], &pool_names(), 7).unwrap()
}

/// A snapshot in which the interfaces of `live` have these weights.
pub(crate) fn snapshot(weights: [u32; 4]) -> Snapshot {
    let mut snapshot = unprobed();
    for (member, weight) in snapshot.pools[0].members.iter_mut().zip(weights) {
        member.weight = Weight::new(weight);
    }
    snapshot
}

/// A snapshot in which nothing has been probed, so that all pools have failed open.
pub(crate) fn unprobed() -> Snapshot {
    unprobed_but("")
}

/// The same, less one pool.
pub(crate) fn unprobed_but(gone: &str) -> Snapshot {
    let mut state = State::new();
    let now = Instant::now();
    let mut pools = vec![
        pool("live", "live.stream.test", &["eni0", "eni1", "eni2", "eni3"]),
        pool("dual", "dual.x.stream.test", &["eni0", "six"]),
        pool("none", "none.stream.test", &[]),
    ];
    pools.retain(|pool| pool.name.as_str() != gone);
    let interface = |(name, address, public_address): (&str, &str, &str)| Interface {
        name: name.parse().unwrap(),
        node: "edge-1".parse().unwrap(),
        address: address.parse().unwrap(),
        public_address: public_address.parse().unwrap(),
        device: None,
        capacity: None,
        group: "node".parse().unwrap(),
        cloud: None,
    };
    let inventory = NodeInventory {
        node: "edge-1".parse().unwrap(),
        interfaces: INTERFACES.into_iter().map(interface).collect(),
        left_out: vec![],
    };
    state.apply(Event::Configured(Settings { pools, ..Settings::default() }), now);
    state.apply(Event::Inventory(inventory), now);
    weigh(&state, now)
}

fn pool(name: &str, hostname: &str, members: &[&str]) -> Pool {
    Pool {
        name: name.parse().unwrap(),
        hostname: hostname.parse().unwrap(),
        members: Members::Named(members.iter().map(|name| name.parse().unwrap()).collect()),
        ttl: TtlBounds::new(Ttl::from_secs(5), Ttl::from_secs(20)).unwrap(),
        answer_count: 2,
        private_clients: vec!["10.0.0.0/8".parse().unwrap()],
        origin: OriginTarget { scheme: OriginScheme::Http, port: 1935, https_port: None },
        http: HttpPolicy::default(),
        viewer: Viewer::default(),
        probes: vec![ProbeRule { id: ProbeId::new("tcp", "tcp://{address}:1935"), rise: 3, fall: 3 }],
    }
}

/// An answerer over the zone and `snapshot`, its registry, and the publisher that it reads.
pub(crate) fn answerer(snapshot: Snapshot) -> (Arc<Answerer>, Registry, Publisher) {
    let mut publisher = Publisher::new();
    publisher.publish(snapshot);
    let registry = Registry::new();
    // Tests ask faster than anyone may.
    let policy = crate::DnsPolicy { limits: None, ..crate::DnsPolicy::default() };
    (Answerer::with_policy(zones(), publisher.reader(), policy, &registry).unwrap(), registry, publisher)
}

/// Whether counts follow weights: each within two answers of its exact share. One resolver that asks again and again has
/// been a newcomer once, on an account apart, and its answers cost more from time to time.
pub(crate) fn follow(counts: &[u32], weights: &[u32]) -> bool {
    let (all, sum): (u32, u32) = (counts.iter().sum(), weights.iter().sum());
    counts.iter().zip(weights).all(|(count, weight)| (count * sum).abs_diff(all * weight) <= 2 * sum)
}

/// How often a page of metrics says that each of the four interfaces of `live` was named first.
pub(crate) fn handed(page: &str) -> Vec<u32> {
    let count = |number: usize| {
        let series = format!("weir_dns_answers_total{{interface=\"eni{number}\",pool=\"live\"}} ");
        let rest = page.split(&series).nth(1).unwrap_or_default();
        rest.lines().next().and_then(|count| count.parse().ok()).unwrap_or(0)
    };
    (0..4).map(count).collect()
}

/// A question by hand: header flags as they stand on the wire, one question of class IN.
pub(crate) fn question(id: u16, flags: u16, name: &str, kind: u16) -> Vec<u8> {
    let mut message = Vec::new();
    message.extend(id.to_be_bytes());
    message.extend(flags.to_be_bytes());
    message.extend([0, 1, 0, 0, 0, 0, 0, 0]);
    for label in name.split('.').filter(|label| !label.is_empty()) {
        message.push(u8::try_from(label.len()).unwrap());
        message.extend(label.bytes());
    }
    message.push(0);
    message.extend(kind.to_be_bytes());
    message.extend(1_u16.to_be_bytes());
    message
}

/// Adds an OPT record: stated size, version, flags, and options as bytes.
pub(crate) fn with_opt(mut message: Vec<u8>, size: u16, version: u8, flags: u16, options: &[u8]) -> Vec<u8> {
    message[11] += 1;
    message.extend([0, 0, 41]);
    message.extend(size.to_be_bytes());
    message.extend([0, version]);
    message.extend(flags.to_be_bytes());
    message.extend(u16::try_from(options.len()).unwrap().to_be_bytes());
    message.extend(options);
    message
}

/// The end of the question in a message made by [`question`] or in an answer to one.
pub(crate) fn question_end(message: &[u8]) -> usize {
    12 + crate::wire::name_length(&message[12..]).unwrap() + 4
}

/// Numbers that look random and are the same in every run (xorshift64, G. Marsaglia 2003).
pub(crate) struct Numbers(pub(crate) u64);

impl Numbers {
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % bound
    }

    pub(crate) fn byte(&mut self) -> u8 {
        u8::try_from(self.below(256)).unwrap()
    }
}
