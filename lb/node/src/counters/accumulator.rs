//! Totals of sockets that come and go become counters per local address that never fall.
//!
//! A socket seen for the first time has carried all of its bytes since the look before, unless its port was not
//! looked at then: its past is not news, and counts as nothing. A socket seen again counts what it has grown. One
//! that is gone keeps what was last seen of it, or what its closing said. It is remembered for a few looks more,
//! because a closing may overtake a look that was taken before it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::IpAddr;

use weir_core::{BytesPerSec, TcpReading};

use super::sample::Reading;
use super::sockets::SocketReading;

/// For how many looks a socket is remembered that is not there any more.
const REMEMBERED: u64 = 2;

/// See the head of this file.
#[derive(Debug, Default)]
pub(super) struct Accumulator {
    look: u64,
    ports: BTreeSet<u16>,
    sockets: HashMap<u64, Seen>,
    totals: BTreeMap<IpAddr, Carried>,
    established: BTreeMap<IpAddr, u32>,
    deliveries: BTreeMap<IpAddr, Deliveries>,
    tells_resent: bool,
}

/// What is known of a socket.
#[derive(Debug)]
struct Seen {
    carried: Carried,
    look: u64,
}

/// What a socket or an address has carried.
#[derive(Clone, Copy, Debug, Default)]
struct Carried {
    reading: Reading,
    resent: u64,
}

impl Carried {
    fn beyond(self, other: Self) -> Self {
        let resent = self.resent.saturating_sub(other.resent);
        Self { reading: self.reading.beyond(other.reading), resent }
    }

    fn plus(self, other: Self) -> Self {
        let resent = self.resent.saturating_add(other.resent);
        Self { reading: self.reading.plus(other.reading), resent }
    }
}

/// The delivery rates of an address' busy connections at the last look.
#[derive(Clone, Copy, Debug, Default)]
struct Deliveries {
    sum: u64,
    connections: u64,
}

impl Accumulator {
    /// Takes a look: all sockets on these ports.
    pub(super) fn observe(&mut self, ports: &[u16], sockets: &[SocketReading]) {
        self.look += 1;
        self.established.clear();
        self.deliveries.clear();
        for socket in sockets.iter().filter(|socket| ports.contains(&socket.port)) {
            self.count(socket);
            if socket.is_established {
                let established = self.established.entry(socket.address).or_default();
                *established = established.saturating_add(1);
                self.note_delivery(socket);
            }
        }
        self.ports = ports.iter().copied().collect();
        let look = self.look;
        self.sockets.retain(|_, seen| look - seen.look <= REMEMBERED);
    }

    /// Takes the last totals of sockets that closed since the last look.
    pub(super) fn close(&mut self, sockets: &[SocketReading]) {
        for socket in sockets {
            if self.ports.contains(&socket.port) {
                self.count(socket);
            }
        }
    }

    /// Bytes of all sockets that an address has had.
    pub(super) fn total(&self, address: IpAddr) -> Reading {
        self.carried(address).reading
    }

    /// What TCP knows of an address' connections; nothing before a socket has shown that the kernel counts what
    /// it sends again. Such a kernel counts repetitions in the bytes sent.
    pub(super) fn tcp(&self, address: IpAddr) -> Option<TcpReading> {
        let Carried { reading, resent } = self.carried(address);
        let busy = self.deliveries.get(&address);
        let delivery = busy.and_then(|busy| busy.sum.checked_div(busy.connections)).map(BytesPerSec::new);
        self.tells_resent.then_some(TcpReading { sent: reading.transmitted, resent, delivery })
    }

    fn carried(&self, address: IpAddr) -> Carried {
        self.totals.get(&address).copied().unwrap_or_default()
    }

    fn note_delivery(&mut self, socket: &SocketReading) {
        let Some(rate) = socket.delivery else { return };
        let deliveries = self.deliveries.entry(socket.address).or_default();
        deliveries.sum = deliveries.sum.saturating_add(rate);
        deliveries.connections += 1;
    }

    /// Viewers on an address at the last look.
    pub(super) fn connections(&self, address: IpAddr) -> u32 {
        self.established.get(&address).copied().unwrap_or(0)
    }

    fn count(&mut self, socket: &SocketReading) {
        self.tells_resent = socket.resent.is_some();
        let now = Carried { reading: socket.reading, resent: socket.resent.unwrap_or(0) };
        let grown = match self.sockets.get(&socket.cookie) {
            Some(seen) => now.beyond(seen.carried),
            None if self.ports.contains(&socket.port) => now,
            None => Carried::default(),
        };
        let total = self.totals.entry(socket.address).or_default();
        *total = total.plus(grown);
        let look = self.look;
        let seen = self.sockets.entry(socket.cookie).or_insert(Seen { carried: now, look });
        *seen = Seen { carried: seen.carried.plus(now.beyond(seen.carried)), look };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PORT: u16 = 1935;

    fn socket(cookie: u64, transmitted: u64) -> SocketReading {
        SocketReading {
            cookie,
            address: address(cookie),
            port: PORT,
            is_established: true,
            reading: Reading { transmitted, received: transmitted / 10 },
            resent: Some(transmitted / 20),
            delivery: Some(transmitted),
        }
    }

    /// Each socket has one address for life; three addresses share all sockets.
    fn address(cookie: u64) -> IpAddr {
        IpAddr::from([127, 0, 0, u8::try_from(cookie % 3).unwrap()])
    }

    fn sent(accumulator: &Accumulator, cookie: u64) -> u64 {
        accumulator.total(address(cookie)).transmitted
    }

    #[test]
    fn the_past_of_sockets_at_the_first_look_does_not_count() {
        let mut accumulator = Accumulator::default();
        accumulator.observe(&[PORT], &[socket(1, 1000)]);
        assert_eq!(sent(&accumulator, 1), 0);
        accumulator.observe(&[PORT], &[socket(1, 1500)]);
        assert_eq!(sent(&accumulator, 1), 500);
    }

    #[test]
    fn a_new_socket_counts_from_zero_and_one_that_is_gone_keeps_what_it_had() {
        let mut accumulator = Accumulator::default();
        accumulator.observe(&[PORT], &[]);
        accumulator.observe(&[PORT], &[socket(1, 700)]);
        assert_eq!((sent(&accumulator, 1), accumulator.connections(address(1))), (700, 1));
        accumulator.observe(&[PORT], &[]);
        assert_eq!((sent(&accumulator, 1), accumulator.connections(address(1))), (700, 0));
        accumulator.observe(&[PORT], &[socket(4, 50)]);
        assert_eq!(sent(&accumulator, 1), 750);
    }

    #[test]
    fn the_past_of_sockets_on_a_new_port_does_not_count() {
        let mut accumulator = Accumulator::default();
        accumulator.observe(&[80], &[]);
        accumulator.observe(&[80, PORT], &[socket(1, 1_000_000)]);
        assert_eq!(sent(&accumulator, 1), 0);
        accumulator.observe(&[80, PORT], &[socket(1, 1_000_001)]);
        assert_eq!(sent(&accumulator, 1), 1);
    }

    #[test]
    fn a_closing_counts_the_rest_even_of_a_socket_that_no_look_saw() {
        let mut accumulator = Accumulator::default();
        accumulator.observe(&[PORT], &[socket(1, 100)]);
        accumulator.close(&[socket(1, 150), socket(4, 30)]);
        assert_eq!(sent(&accumulator, 1), 80);
    }

    #[test]
    fn a_look_that_was_overtaken_by_a_closing_counts_nothing_twice() {
        let mut accumulator = Accumulator::default();
        accumulator.observe(&[PORT], &[]);
        accumulator.close(&[socket(1, 150)]);
        accumulator.observe(&[PORT], &[socket(1, 120)]);
        accumulator.observe(&[PORT], &[]);
        accumulator.close(&[socket(1, 150)]);
        assert_eq!(sent(&accumulator, 1), 150);
    }

    #[test]
    fn bytes_sent_again_stay_when_their_socket_closes() {
        let mut accumulator = Accumulator::default();
        accumulator.observe(&[PORT], &[]);
        assert_eq!(accumulator.tcp(address(1)), None);
        accumulator.observe(&[PORT], &[socket(1, 200)]);
        accumulator.close(&[socket(1, 400)]);
        accumulator.observe(&[PORT], &[]);
        let expected = TcpReading { sent: 400, resent: 20, delivery: None };
        assert_eq!(accumulator.tcp(address(1)), Some(expected));
    }

    #[test]
    fn the_delivery_is_the_mean_of_busy_connections_that_are_established() {
        let mut accumulator = Accumulator::default();
        let idle = SocketReading { delivery: None, ..socket(7, 0) };
        let leaving = SocketReading { is_established: false, ..socket(10, 9_000) };
        accumulator.observe(&[PORT], &[socket(1, 100), socket(4, 300), idle, leaving]);
        let delivery = accumulator.tcp(address(1)).unwrap().delivery;
        assert_eq!(delivery, Some(BytesPerSec::new(200)));
    }

    #[test]
    fn a_kernel_that_does_not_count_what_it_sends_again_tells_nothing_of_tcp() {
        let mut accumulator = Accumulator::default();
        accumulator.observe(&[PORT], &[SocketReading { resent: None, ..socket(1, 100) }]);
        assert_eq!(accumulator.tcp(address(1)), None);
    }

    #[test]
    fn sockets_that_are_gone_are_forgotten() {
        let mut accumulator = Accumulator::default();
        for cookie in 0..1000 {
            accumulator.observe(&[PORT], &[socket(cookie, 1)]);
        }
        assert!(accumulator.sockets.len() <= 4, "{} remembered", accumulator.sockets.len());
    }

    #[test]
    fn closings_on_other_ports_do_not_count() {
        let mut accumulator = Accumulator::default();
        accumulator.observe(&[PORT], &[]);
        accumulator.close(&[SocketReading { port: 22, ..socket(1, 999) }]);
        assert_eq!(sent(&accumulator, 1), 0);
    }

    #[derive(Clone, Debug)]
    enum Step {
        Look { ports: Vec<u16>, sockets: Vec<SocketReading> },
        Closings(Vec<SocketReading>),
    }

    fn any_sockets() -> impl Strategy<Value = Vec<SocketReading>> {
        let one = (0u64..12, prop_oneof![0u64..1000, any::<u64>()], prop_oneof![Just(80u16), Just(PORT)]);
        let one = one.prop_map(|(cookie, sent, port)| SocketReading { port, ..socket(cookie, sent) });
        prop::collection::vec(one, 0..10)
    }

    fn any_step() -> impl Strategy<Value = Step> {
        let ports = prop::collection::vec(prop_oneof![Just(80u16), Just(PORT)], 0..3);
        prop_oneof![
            (ports, any_sockets()).prop_map(|(ports, sockets)| Step::Look { ports, sockets }),
            any_sockets().prop_map(Step::Closings),
        ]
    }

    proptest! {
        #[test]
        fn a_counter_never_falls_whatever_the_kernel_says(steps in prop::collection::vec(any_step(), 0..30)) {
            let mut accumulator = Accumulator::default();
            let mut before = BTreeMap::new();
            for step in steps {
                match step {
                    Step::Look { ports, sockets } => accumulator.observe(&ports, &sockets),
                    Step::Closings(sockets) => accumulator.close(&sockets),
                }
                for cookie in 0..3 {
                    let Carried { reading, resent } = accumulator.carried(address(cookie));
                    let last: Carried = before.insert(cookie, Carried { reading, resent }).unwrap_or_default();
                    prop_assert!(reading.transmitted >= last.reading.transmitted);
                    prop_assert!(reading.received >= last.reading.received && resent >= last.resent);
                }
            }
        }

        #[test]
        fn sockets_that_only_grow_are_counted_exactly(growth in prop::collection::vec((0u64..6, 0u64..1000), 1..40)) {
            let mut accumulator = Accumulator::default();
            accumulator.observe(&[PORT], &[]);
            let mut truth: BTreeMap<u64, u64> = BTreeMap::new();
            for (cookie, more) in growth {
                *truth.entry(cookie).or_default() += more;
                let all: Vec<_> = truth.iter().map(|(cookie, sent)| socket(*cookie, *sent)).collect();
                accumulator.observe(&[PORT], &all);
            }
            for at in 0..3 {
                let sum: u64 = truth.iter().filter(|(cookie, _)| *cookie % 3 == at).map(|(_, sent)| sent).sum();
                prop_assert_eq!(sent(&accumulator, at), sum);
            }
        }
    }
}
