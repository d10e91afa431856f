//! Sockets that come and go, connections that are too many or too slow.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::num::NonZeroU8;
use std::time::Duration;

use socket2::SockRef;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::{A, BOTH, PATIENCE, ask, framed, listen, read_framed, receive, udp, word};
use crate::Transport;
use crate::kit::{self, question};
use crate::listener::{DnsListener, bind};

#[tokio::test]
async fn questions_sent_ahead_are_answered_in_order_also_after_half_a_close() {
    let listener = listen("127.0.0.1:0");
    let mut stream = TcpStream::connect(listener.address()).await.unwrap();
    let ahead: Vec<u8> = (0..50).flat_map(|id| framed(&question(id, 0, "live.stream.test", A))).collect();
    stream.write_all(&ahead).await.unwrap();
    stream.shutdown().await.unwrap();
    for id in 0..50 {
        assert_eq!(word(&read_framed(&mut stream).await, 0), id);
    }
    assert_eq!(stream.read(&mut [0]).await.unwrap(), 0);
}

#[tokio::test]
async fn more_questions_than_are_read_ahead_are_all_answered() {
    let listener = listen("127.0.0.1:0");
    let (mut reader, mut writer) = TcpStream::connect(listener.address()).await.unwrap().into_split();
    // Each answer is longer than 2 KiB, so that they leave in many writes; and the last question is in two pieces.
    let ahead: Vec<u8> = (0..600).flat_map(|id| framed(&question(id, 0, "big.stream.test", 16))).collect();
    let (first, last) = ahead.split_at(ahead.len() - 5);
    let (first, last) = (first.to_vec(), last.to_vec());
    let (begin, begun) = tokio::sync::oneshot::channel();
    let sender = tokio::spawn(async move {
        writer.write_all(&first).await.unwrap();
        begun.await.unwrap();
        writer.write_all(&last).await.unwrap();
        writer
    });
    let mut begin = Some(begin);
    for id in 0..600 {
        if id == 599 {
            begin.take().unwrap().send(()).unwrap();
        }
        let length = timeout(PATIENCE, reader.read_u16()).await.unwrap().unwrap();
        let mut message = vec![0; usize::from(length)];
        timeout(PATIENCE, reader.read_exact(&mut message)).await.unwrap().unwrap();
        assert_eq!((word(&message, 0), message.len() > 2048), (id, true));
    }
    sender.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_limits_of_connections_follow_the_policy() {
    let (answerer, ..) = kit::answerer(kit::unprobed());
    let tcp = crate::TcpPolicy { idle: Duration::from_secs(3), per_client: 1, ..crate::TcpPolicy::default() };
    answerer.replace_policy(crate::DnsPolicy { tcp, ..crate::DnsPolicy::default() });
    let listener = DnsListener::bind("127.0.0.1:0".parse().unwrap(), answerer).unwrap();
    let begun = tokio::time::Instant::now();
    let mut first = TcpStream::connect(listener.address()).await.unwrap();
    // Keepalive: 30 units of 100 ms.
    let asks = kit::with_opt(question(1, 0, "live.stream.test", A), 1232, 0, 0, &[0, 11, 0, 0]);
    first.write_all(&framed(&asks)).await.unwrap();
    assert!(read_framed(&mut first).await.ends_with(&[0, 6, 0, 11, 0, 2, 0, 30]));
    let mut second = TcpStream::connect(listener.address()).await.unwrap();
    assert_eq!(second.read(&mut [0]).await.unwrap_or(0), 0);
    assert_eq!(first.read(&mut [0]).await.unwrap(), 0);
    assert!((2..9).contains(&begun.elapsed().as_secs()));
}

#[tokio::test(start_paused = true)]
async fn an_idle_connection_is_closed() {
    let listener = listen("127.0.0.1:0");
    let mut stream = TcpStream::connect(listener.address()).await.unwrap();
    // Half a length: the clock only moves when nobody has anything to do.
    stream.write_all(&[0]).await.unwrap();
    let begun = tokio::time::Instant::now();
    assert_eq!(stream.read(&mut [0]).await.unwrap(), 0);
    assert!(begun.elapsed() >= Duration::from_secs(9));
}

#[tokio::test]
async fn one_client_can_not_take_all_connections() {
    let listener = listen("127.0.0.1:0");
    let good = framed(&question(9, 0, "live.stream.test", A));
    let mut open = Vec::new();
    for _ in 0..64 {
        let mut stream = TcpStream::connect(listener.address()).await.unwrap();
        stream.write_all(&good).await.unwrap();
        read_framed(&mut stream).await;
        open.push(stream);
    }
    let mut refused = TcpStream::connect(listener.address()).await.unwrap();
    let ended = timeout(PATIENCE, refused.read(&mut [0])).await.unwrap();
    assert!(ended.is_ok_and(|length| length == 0));
    let other = tokio::net::TcpSocket::new_v4().unwrap();
    other.bind("127.0.0.2:0".parse().unwrap()).unwrap();
    let mut other = other.connect(listener.address()).await.unwrap();
    other.write_all(&good).await.unwrap();
    assert_eq!(word(&read_framed(&mut other).await, 0), 9);
}

#[tokio::test]
async fn listeners_come_and_go_one_by_one() {
    let (answerer, ..) = kit::answerer(kit::unprobed());
    let bind = |address: &str| DnsListener::bind(address.parse().unwrap(), answerer.clone());
    let first = bind("127.77.0.1:0").unwrap();
    let address = first.address();
    let second = bind(&format!("127.77.0.2:{}", address.port())).unwrap();
    let message = question(5, 0, "live.stream.test", A);
    for transport in BOTH {
        assert_eq!(word(&ask(address, transport, &message).await, 0), 5);
    }
    first.shutdown(PATIENCE).await;
    assert_eq!(TcpStream::connect(address).await.unwrap_err().kind(), ErrorKind::ConnectionRefused);
    for transport in BOTH {
        assert_eq!(word(&ask(second.address(), transport, &message).await, 0), 5);
    }
    let again = bind(&address.to_string()).unwrap();
    for transport in BOTH {
        assert_eq!(word(&ask(again.address(), transport, &message).await, 0), 5);
    }
}

#[tokio::test]
async fn what_has_arrived_is_answered_before_the_sockets_close() {
    let listener = listen("127.0.0.1:0");
    let socket = udp(listener.address()).await;
    let mut stream = TcpStream::connect(listener.address()).await.unwrap();
    let message = |id| question(id, 0, "live.stream.test", A);
    stream.write_all(&framed(&message(1))).await.unwrap();
    assert_eq!(word(&read_framed(&mut stream).await, 0), 1);
    for id in 0..20 {
        socket.send(&message(id)).await.unwrap();
        stream.write_all(&framed(&message(id))).await.unwrap();
    }
    listener.shutdown(PATIENCE).await;
    for id in 0..20 {
        assert_eq!(word(&receive(&socket).await, 0), id);
        assert_eq!(word(&read_framed(&mut stream).await, 0), id);
    }
}

#[tokio::test]
async fn a_client_that_never_ends_can_not_hold_up_the_shutdown() {
    let listener = listen("127.0.0.1:0");
    let mut stream = TcpStream::connect(listener.address()).await.unwrap();
    stream.write_all(&framed(&question(1, 0, "live.stream.test", A))).await.unwrap();
    read_framed(&mut stream).await;
    timeout(PATIENCE, listener.shutdown(Duration::from_millis(50))).await.unwrap();
    assert!(stream.read(&mut [0]).await.is_ok_and(|length| length == 0));
}

#[tokio::test]
async fn a_socket_that_can_not_be_bound_says_which_and_why() {
    let (answerer, ..) = kit::answerer(kit::unprobed());
    let bind = |address: SocketAddr| DnsListener::bind(address, answerer.clone()).unwrap_err();
    let taken = listen("127.0.0.1:0");
    let error = bind(taken.address());
    assert_eq!((error.protocol, error.source.kind()), (Transport::Udp, ErrorKind::AddrInUse));
    assert_eq!(error.to_string(), format!("can't listen for DNS on UDP {}", taken.address()));

    let tcp_only = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let error = bind(tcp_only.local_addr().unwrap());
    assert_eq!((error.protocol, error.source.kind()), (Transport::Tcp, ErrorKind::AddrInUse));

    // An address of a documentation network (RFC 5737) is nobody's.
    let error = bind("192.0.2.1:0".parse().unwrap());
    assert_eq!((error.protocol, error.source.kind()), (Transport::Udp, ErrorKind::AddrNotAvailable));
}

#[tokio::test]
async fn ipv6_is_answered_like_ipv4() {
    let (answerer, ..) = kit::answerer(kit::unprobed());
    let six = match DnsListener::bind("[::1]:0".parse().unwrap(), answerer.clone()) {
        Ok(listener) => listener,
        Err(error) if error.source.kind() != ErrorKind::AddrInUse => {
            let sentence = format!("skipped: needs IPv6 ({error})");
            // As everywhere: where all has to be tested, a skip is a failure.
            assert_ne!(std::env::var("WEIR_TESTS").as_deref(), Ok("all"), "{sentence}");
            eprintln!("{sentence}");
            return;
        }
        Err(error) => panic!("{error}"),
    };
    let message = question(5, 0, "live.stream.test", A);
    for transport in BOTH {
        assert_eq!(word(&ask(six.address(), transport, &message).await, 0), 5);
    }
}

#[tokio::test]
async fn the_kernel_holds_a_burst_of_thousands_if_it_lets_us() {
    const WANTED: usize = 4 << 20;
    let sockets = bind::all("127.0.0.1:0".parse().unwrap(), NonZeroU8::MIN).unwrap();
    let held = SockRef::from(&sockets.udp[0]).recv_buffer_size().unwrap();
    let read = |path: &str| std::fs::read_to_string(path).unwrap();
    let privileges = read("/proc/self/status");
    let effective = privileges.lines().find_map(|line| line.strip_prefix("CapEff:")).unwrap();
    // CAP_NET_ADMIN is number 12 (capability.h).
    let privileged = u64::from_str_radix(effective.trim(), 16).unwrap() >> 12 & 1 == 1;
    let most: usize = read("/proc/sys/net/core/rmem_max").trim().parse().unwrap();
    // The kernel doubles what it is asked for.
    assert_eq!(held, 2 * if privileged { WANTED } else { WANTED.min(most) });
}
