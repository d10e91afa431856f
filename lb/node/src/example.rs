//! A small snapshot, for the tests of what is shown of one.

use std::time::{Duration, Instant};

use weir_core::{
    Band, BytesPerSec, Failure, Grounds, GroupView, HttpPolicy, Interface, InterfaceLaw, InterfaceView,
    Limit, Member, OrderView, OriginScheme, OriginTarget, Outcome, PoolView, ProbeId, ProbeView, Reason,
    Signal, SignalKind, Snapshot, Steering, Timings, Ttl, Verdict, Weight,
};

/// So many Mbit/s.
pub(crate) fn megabits(n: u64) -> BytesPerSec {
    BytesPerSec::from_bits(n * 1_000_000)
}

/// One interface that was learned to carry less than was said, in one pool; its connections are not seen any more.
pub(crate) fn snapshot(now: Instant) -> Snapshot {
    let mut snapshot = Snapshot::empty();
    snapshot.generation = 7;
    snapshot.interfaces = vec![interface(now)];
    snapshot.groups = vec![GroupView {
        name: "card1".parse().expect("a label"),
        capacity: Some(megabits(25_000)),
        effective: Some(megabits(20_000)),
        rate: megabits(4_800),
        headroom: Some(megabits(15_200)),
    }];
    snapshot.pools = vec![pool()];
    snapshot
}

fn interface(now: Instant) -> InterfaceView {
    let ago = |seconds| now.checked_sub(Duration::from_secs(seconds)).expect("the clock runs for longer");
    let seen = |kind, seconds| Signal { kind, seen: Some(ago(seconds)), is_stale: false };
    InterfaceView {
        interface: Interface {
            name: "eni2".parse().expect("a label"),
            node: "edge-1".parse().expect("a label"),
            address: "10.0.3.10".parse().expect("an address"),
            public_address: "198.51.100.13".parse().expect("an address"),
            device: None,
            capacity: Some(megabits(10_000)),
            group: "card1".parse().expect("a label"),
            cloud: None,
        },
        order: OrderView::default(),
        transmitted: 5_000,
        received: 40,
        rate: Some(megabits(4_800)),
        connections: None,
        headroom: Some(megabits(1_200)),
        law: InterfaceLaw {
            expected: megabits(4_500),
            effective: Some(megabits(6_000)),
            band: Some(Band::Fair),
            resent: Some(0.25),
            delivery: Some(megabits(8)),
            signals: vec![
                seen(SignalKind::Rate, 1),
                Signal { is_stale: true, ..seen(SignalKind::Connections, 12) },
                Signal { kind: SignalKind::Refusals, seen: None, is_stale: false },
                seen(SignalKind::Delivery, 1),
            ],
            ..InterfaceLaw::default()
        },
    }
}

fn pool() -> PoolView {
    PoolView {
        name: "live".parse().expect("a label"),
        hostname: "live.stream.test".parse().expect("a host name"),
        ttl: Ttl::from_secs(30),
        answer_count: 2,
        private_clients: Vec::new(),
        origin: OriginTarget { scheme: OriginScheme::Http, port: 1935, https_port: None },
        http: HttpPolicy::default(),
        members: vec![Member {
            index: 0,
            name: "eni2".parse().expect("a label"),
            address: "10.0.3.10".parse().expect("an address"),
            public_address: "198.51.100.13".parse().expect("an address"),
            verdict: Verdict::Down,
            probes: vec![ProbeView {
                id: ProbeId::new("tcp", "tcp://{address}:1935"),
                verdict: Verdict::Down,
                last: Some(Outcome::Fail(Failure::Refused)),
                timings: Timings::default(),
                reported: None,
                since: None,
                contrary: 0,
            }],
            weight: Weight::new(10_000),
            share: 1.0,
            grounds: Grounds {
                capacity: megabits(6_000),
                expected: megabits(4_500),
                limit: Limit::Opened,
                ..Grounds::default()
            },
        }],
        reason: Reason::NothingHealthy,
        steering: Steering { shortest_ttl: Ttl::from_secs(5), viewer: megabits(4), ..Steering::default() },
    }
}
