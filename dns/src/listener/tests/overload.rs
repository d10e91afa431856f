//! More than can be answered, and what must not be answered.

use std::io::ErrorKind;
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;

use prometheus::{Registry, TextEncoder};
use tokio::time::timeout;

use super::{A, PATIENCE, listen, receive, word};
use crate::kit::{self, question, with_opt};
use crate::listener::DnsListener;

/// What the queue of the general path holds.
const QUEUE: u16 = 1024;
/// How many more are asked than it holds.
const EXCESS: u16 = 300;
/// How many datagrams are sent before their socket's next answer is waited for, so that the kernel drops none.
const BURST: usize = 8;

/// A client that waits in the thread, so that no task of the listener goes on meanwhile.
fn client(server: SocketAddr) -> UdpSocket {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.connect(server).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket
}

/// Asks a common question. What was sent before has been taken from the kernel when it is answered.
fn ask_common(socket: &UdpSocket, id: u16) {
    socket.send(&question(id, 0, "live.stream.test", A)).unwrap();
    let mut answer = [0; 1500];
    let length = socket.recv(&mut answer).unwrap();
    assert_eq!((word(&answer, 0), answer[3], length > 44), (id, 0, true));
}

/// A question for the general path: every other one is longer than what is read of a datagram.
fn unusual(id: u16) -> Vec<u8> {
    let padding = |length: u16| [&[0, 12], &length.to_be_bytes()[..], &vec![0; length.into()]].concat();
    let options = if id.is_multiple_of(2) { vec![0, 3, 0, 0] } else { padding(8000) };
    with_opt(question(id, 0, "live.stream.test", A), 1232, 0, 0, &options)
}

fn value(registry: &Registry, metric: &str) -> u64 {
    let page = TextEncoder::new().encode_to_string(&registry.gather()).unwrap();
    let line = page.lines().find_map(|line| line.strip_prefix(metric)).unwrap_or_else(|| panic!("{metric}"));
    line.trim().parse().unwrap()
}

/// The test's one thread runs the task only while the test waits for something, so that the task is held back.
#[tokio::test]
async fn a_full_queue_drops_and_counts_what_is_beyond_it_and_delays_nothing_else() {
    let (answerer, registry, _publisher) = kit::answerer(kit::snapshot([1, 2, 3, 4]));
    let listener = DnsListener::bind("127.0.0.1:0".parse().unwrap(), Arc::clone(&answerer)).unwrap();
    let dropped = || value(&registry, "weir_dns_dropped_total{reason=\"queue_full\"}");
    let waiting = || value(&registry, "weir_dns_slow_path_queue_length");
    let other = client(listener.address());
    // Many sockets, as one can't hold so many answers.
    let asking: Vec<UdpSocket> = (0..32).map(|_| client(listener.address())).collect();
    let from = |id: u16| &asking[usize::from(id) % asking.len()];
    for id in 0..QUEUE + EXCESS {
        from(id).send(&unusual(id)).unwrap();
        if usize::from(id).is_multiple_of(BURST) {
            ask_common(&other, id);
            assert!(waiting() <= QUEUE.into());
        }
    }
    ask_common(&other, 1);
    assert_eq!((waiting(), dropped()), (QUEUE.into(), EXCESS.into()));
    assert_eq!(value(&registry, "weir_dns_slow_path_total"), QUEUE.into());
    for id in 0..100 {
        ask_common(&other, id);
    }

    // Each answer comes; of a question that was cut it is a format error.
    asking.iter().for_each(|socket| socket.set_nonblocking(true).unwrap());
    let asking: Vec<_> = asking.into_iter().map(|it| tokio::net::UdpSocket::from_std(it).unwrap()).collect();
    for id in 0..QUEUE {
        let answer = receive(&asking[usize::from(id) % asking.len()]).await;
        let code = u8::from(!id.is_multiple_of(2));
        assert_eq!((word(&answer, 0), answer[3]), (id, code));
    }
    assert_eq!((waiting(), dropped()), (0, EXCESS.into()));
    timeout(PATIENCE, listener.shutdown(PATIENCE)).await.unwrap();
    for socket in &asking {
        assert_eq!(socket.try_recv(&mut [0; 1500]).unwrap_err().kind(), ErrorKind::WouldBlock);
    }
}

/// Sends a datagram with a source of one's own choice; false when this process may not.
fn send_as(source: SocketAddr, to: SocketAddr, payload: &[u8]) -> bool {
    use socket2::{Domain, Protocol, SockAddr, Socket, Type};
    // Raw sockets of this protocol take the IP header from us (raw(7)).
    let socket = match Socket::new(Domain::IPV4, Type::RAW, Some(Protocol::from(libc::IPPROTO_RAW))) {
        Ok(socket) => socket,
        Err(error) if error.kind() == ErrorKind::PermissionDenied => return false,
        Err(error) => panic!("{error}"),
    };
    let address = |address: SocketAddr| match address {
        SocketAddr::V4(v4) => v4.ip().octets(),
        SocketAddr::V6(_) => panic!("IPv4 only"),
    };
    let length = |header: usize| u16::try_from(header + payload.len()).unwrap().to_be_bytes();
    // Version 4, 5 words of header, time to live 9, UDP; the kernel fills in number and checksum, and a datagram
    // needs none.
    let mut packet = vec![0x45, 0, length(28)[0], length(28)[1], 0, 0, 0, 0, 9, 17, 0, 0];
    packet.extend([address(source), address(to)].concat());
    packet.extend([source.port().to_be_bytes(), to.port().to_be_bytes(), length(8), [0, 0]].concat());
    packet.extend(payload);
    assert_eq!(socket.send_to(&packet, &SockAddr::from(to)).unwrap(), packet.len());
    true
}

#[tokio::test]
async fn forged_sources_are_counted_and_not_answered() {
    let (answerer, registry, _publisher) = kit::answerer(kit::snapshot([1, 2, 3, 4]));
    let listener = DnsListener::bind("127.0.0.1:0".parse().unwrap(), Arc::clone(&answerer)).unwrap();
    let server = listener.address();
    let message = question(7, 0, "live.stream.test", A);
    // A good source, to see that such a datagram arrives and would be answered.
    let good = client(server);
    if !send_as(good.local_addr().unwrap(), server, &message) {
        let sentence = "skipped: needs CAP_NET_RAW";
        // As everywhere: where all has to be tested, a skip is a failure.
        assert_ne!(std::env::var("WEIR_TESTS").as_deref(), Ok("all"), "{sentence}");
        eprintln!("{sentence}");
        return;
    }
    let mut answer = [0; 1500];
    good.recv(&mut answer).unwrap();
    assert_eq!(word(&answer, 0), 7);
    for forged in [SocketAddr::from(([127, 0, 0, 1], 0)), SocketAddr::from(([127, 0, 0, 9], 19)), server] {
        for message in [message.clone(), unusual(8)] {
            assert!(send_as(forged, server, &message));
        }
    }
    ask_common(&good, 9);
    assert_eq!(value(&registry, "weir_dns_dropped_total{reason=\"source\"}"), 6);
    // Nothing came back to our own socket, nor went to anybody.
    assert_eq!(value(&registry, "weir_dns_queries_total{kind=\"pool\",transport=\"udp\"}"), 2);
    assert_eq!(value(&registry, "weir_dns_slow_path_total"), 0);
}

#[tokio::test]
async fn a_task_that_panics_ends_the_listener_which_says_so() {
    let mut listener = listen("127.0.0.1:0");
    let address = listener.address();
    listener.tasks.spawn(async { panic!("a bug of ours") });
    let ended = timeout(PATIENCE, listener.ended()).await.unwrap();
    assert_eq!(ended.to_string(), format!("the DNS listener on {address} ended unasked"));
    let panic = ended.cause.unwrap().into_panic();
    assert_eq!(panic.downcast_ref(), Some(&"a bug of ours"));
}
