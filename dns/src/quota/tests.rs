//! Whom the limits let in, and who makes room.

use super::*;
use crate::kit::Numbers;

const ONE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));
const OTHER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 2));
const THIRD: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 3));

struct World {
    quota: Arc<Quota>,
    registry: Registry,
    limits: TcpPolicy,
}

impl World {
    fn new(connections: usize, per_client: usize) -> Self {
        let registry = Registry::new();
        let quota = Quota::new(&registry).unwrap();
        Self { quota, registry, limits: TcpPolicy { connections, per_client, ..TcpPolicy::default() } }
    }

    fn seat(&self, client: IpAddr, millis: u64) -> Option<Seat> {
        self.quota.seat(client, &self.limits, self.at(millis))
    }

    fn at(&self, millis: u64) -> Instant {
        self.quota.begun + Duration::from_millis(millis)
    }

    /// Open, refused by either limit, displaced.
    fn counts(&self) -> [i64; 4] {
        let page = prometheus::TextEncoder::new().encode_to_string(&self.registry.gather()).unwrap();
        let count = |name: &str| {
            let value =
                page.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok());
            value.unwrap_or_else(|| panic!("no {name} in {page}"))
        };
        [
            count("weir_dns_tcp_connections"),
            count("weir_dns_tcp_refused_total{reason=\"total\"}"),
            count("weir_dns_tcp_refused_total{reason=\"client\"}"),
            count("weir_dns_tcp_displaced_total"),
        ]
    }
}

fn is_gone(seat: &Seat) -> bool {
    seat.held.gone.is_cancelled()
}

#[test]
fn seats_are_limited_in_all_and_per_client_and_come_back() {
    let world = World::new(3, 2);
    let seats = [world.seat(ONE, 0), world.seat(ONE, 0)];
    assert!(seats.iter().all(Option::is_some) && world.seat(ONE, 0).is_none());
    let third = world.seat(OTHER, 0);
    assert!(third.is_some() && world.seat(OTHER, 0).is_none());
    assert_eq!(world.counts(), [3, 1, 1, 0]);
    drop(seats);
    assert!(world.seat(ONE, 0).is_some());
    drop(third);
    assert!(world.quota.open().held.is_empty() && world.quota.open().clients.is_empty());
    assert_eq!(world.counts(), [0, 1, 1, 0]);
}

#[test]
fn when_all_are_taken_the_one_that_was_silent_the_longest_makes_room() {
    let world = World::new(3, 2);
    let (first, second) = (world.seat(ONE, 0).unwrap(), world.seat(ONE, 10).unwrap());
    let third = world.seat(OTHER, 20).unwrap();
    first.heard(world.at(1500));
    let fourth = world.seat(OTHER, 2000).unwrap();
    assert_eq!([&first, &second, &third, &fourth].map(is_gone), [false, true, false, false]);
    assert_eq!(world.counts(), [3, 0, 0, 1]);
    // The seat is given away once, however late its connection notices.
    drop(second);
    assert_eq!(world.counts()[0], 3);
    let fifth = world.seat(THIRD, 2000).unwrap();
    assert_eq!([&first, &third, &fourth, &fifth].map(is_gone), [false, true, false, false]);
}

#[test]
fn who_was_just_let_in_or_just_asked_does_not_make_room() {
    let world = World::new(2, 2);
    let (first, second) = (world.seat(ONE, 100).unwrap(), world.seat(ONE, 900).unwrap());
    assert!(world.seat(OTHER, 1100).is_none(), "after one second, to the millisecond");
    first.heard(world.at(1000));
    assert!(world.seat(OTHER, 1900).is_none());
    assert!(!is_gone(&first) && !is_gone(&second));
    assert!(world.seat(OTHER, 1901).is_some() && is_gone(&second));
    assert_eq!(world.counts(), [1, 2, 0, 1]);
}

#[test]
fn who_has_too_many_already_drives_nobody_out() {
    let world = World::new(2, 1);
    let (first, _second) = (world.seat(ONE, 0).unwrap(), world.seat(OTHER, 5000).unwrap());
    assert!(world.seat(OTHER, 9000).is_none() && !is_gone(&first));
    assert_eq!(world.counts(), [2, 0, 1, 0]);
}

/// Whatever happens, no limit is exceeded, and what is counted is what is held.
#[test]
fn no_limit_is_exceeded_whoever_comes_and_goes() {
    for seed in 1..=20 {
        let (world, mut numbers) = (World::new(8, 3), Numbers(seed));
        let (mut seats, mut millis) = (Vec::<Seat>::new(), 0);
        for step in 0..500 {
            millis += u64::try_from(numbers.below(400)).unwrap();
            match numbers.below(4) {
                0 if !seats.is_empty() => drop(seats.swap_remove(numbers.below(seats.len()))),
                1 if !seats.is_empty() => seats[numbers.below(seats.len())].heard(world.at(millis)),
                _ => seats.extend(world.seat([192, 0, 2, numbers.byte() % 6].into(), millis)),
            }
            let staying: Vec<&Seat> = seats.iter().filter(|seat| !is_gone(seat)).collect();
            let open = world.quota.open();
            assert_eq!(open.held.len(), staying.len(), "seed {seed} step {step}");
            assert!(staying.len() <= 8, "seed {seed} step {step}");
            for (client, &count) in &open.clients {
                let of_client = staying.iter().filter(|seat| seat.held.client == *client).count();
                assert_eq!((count, count <= 3), (of_client, true), "seed {seed} step {step}");
            }
            assert_eq!(open.clients.values().sum::<usize>(), staying.len(), "seed {seed} step {step}");
        }
    }
}

#[test]
fn all_addresses_of_a_network_of_ipv6_are_one_client() {
    let world = World::new(9, 1);
    let seat = |address: &str| world.seat(address.parse().unwrap(), 0);
    let first = seat("2001:db8:0:1::1");
    assert!(first.is_some() && seat("2001:db8:0:1:ffff::2").is_none());
    let others = [seat("2001:db8:0:2::1"), seat("::ffff:192.0.2.1")];
    assert!(others.iter().all(Option::is_some) && seat("192.0.2.1").is_none());
    drop(first);
    assert!(seat("2001:db8:0:1::9").is_some());
}
