//! Clients that send nearly right bytes.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpStream, UdpSocket};
use std::time::{Duration, Instant};

use weir_tests::dns::{Client, Type, query};
use weir_tests::noise::Noise;
use weir_tests::reference::{HOSTNAME, PLAYLIST, Ports};

/// So many datagrams, and a good question after each hundred.
const DATAGRAMS: usize = 20_000;
const GOOD_EVERY: usize = 100;

/// So many connections of each kind.
const CONNECTIONS: usize = 400;

/// A connection that said all it will say is answered or closed by then.
const CLOSED: Duration = Duration::from_secs(15);

pub(crate) fn dns_datagrams(noise: &mut Noise, ports: Ports) {
    let seeds = dns_seeds();
    let sockets = [0, 1, 2, 3].map(|index| {
        let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).expect("a socket can be had");
        socket.connect(ports.dns_at(index)).expect("the address is local");
        socket.set_nonblocking(true).expect("a socket can be set so");
        socket
    });
    let good = Client::new(ports.dns_at(0)).expect("a socket can be had");
    for n in 0..DATAGRAMS {
        let socket = &sockets[n % 4];
        // A full buffer loses a datagram: as on a network.
        let _ = socket.send(&noise.mutate(&seeds));
        while socket.recv(&mut [0; 4096]).is_ok() {}
        if n % GOOD_EVERY == 0 {
            let answer = good.ask(HOSTNAME).expect("a good question among bad ones is answered");
            assert_eq!(answer.addresses.len(), 2);
        }
    }
}

pub(crate) fn dns_streams(noise: &mut Noise, ports: Ports) {
    let framed = |message: Vec<u8>| {
        let length = u16::try_from(message.len()).expect("questions are short");
        [&length.to_be_bytes()[..], &message].concat()
    };
    let seeds: Vec<Vec<u8>> = dns_seeds().into_iter().map(framed).collect();
    for n in 0..CONNECTIONS {
        talk(ports.dns_at(n % 4), &noise.mutate(&seeds));
    }
}

pub(crate) fn http(noise: &mut Noise, server: SocketAddr) {
    let head = format!("Host: {HOSTNAME}\r\n");
    let seeds: Vec<Vec<u8>> = [
        format!("GET {PLAYLIST} HTTP/1.1\r\n{head}\r\n"),
        format!("HEAD {PLAYLIST}?a=b%20c HTTP/1.1\r\n{head}Connection: close\r\n\r\n"),
        format!("OPTIONS {PLAYLIST} HTTP/1.1\r\n{head}Origin: null\r\nAccess-Control-Request-Method: GET\r\n\r\n"),
        format!("GET http://{HOSTNAME}/a/../b HTTP/1.0\r\n\r\n"),
        format!("POST / HTTP/1.1\r\n{head}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"),
        format!("PUT /api/v1/interfaces/none/directive HTTP/1.1\r\n{head}Content-Length: 21\r\n\r\n{{\"directive\":\"drain\"}}"),
        format!("GET / HTTP/1.1\r\n{head}X: {}\r\n\r\n", "y".repeat(20_000)),
    ]
    .map(String::into_bytes)
    .to_vec();
    for _ in 0..CONNECTIONS {
        talk(server, &noise.mutate(&seeds));
    }
}

/// Says these bytes and nothing more, and listens until the server closes.
fn talk(server: SocketAddr, bytes: &[u8]) {
    let mut stream = TcpStream::connect_timeout(&server, CLOSED).expect("it goes on accepting");
    stream.set_read_timeout(Some(CLOSED)).expect("a socket can be set so");
    // It may have closed before the last byte: that is its right.
    let _ = stream.write_all(bytes);
    let _ = stream.shutdown(Shutdown::Write);
    let start = Instant::now();
    let mut buffer = [0; 4096];
    while matches!(stream.read(&mut buffer), Ok(1..)) {
        assert!(start.elapsed() < CLOSED, "{server} goes on talking to {:?}", String::from_utf8_lossy(bytes));
    }
    assert!(start.elapsed() < CLOSED, "{server} holds on to {:?}", String::from_utf8_lossy(bytes));
}

fn dns_seeds() -> Vec<Vec<u8>> {
    let mut seeds = vec![
        query(1, HOSTNAME, Type::A),
        query(2, HOSTNAME, Type::Aaaa),
        query(3, "eni2.live.stream.test", Type::A),
        query(4, "absent.stream.test", Type::A),
        query(5, "example.com", Type::A),
    ];
    // ANY, SOA, TXT, AXFR, and a class that is none.
    for kind in [255, 6, 16, 252] {
        let mut bytes = query(6, "stream.test", Type::A);
        let at = bytes.len() - 3;
        bytes[at] = kind;
        seeds.push(bytes);
    }
    // With EDNS: root name, type 41, size 1232, version 0, DO, and a cookie of eight bytes (RFC 6891, 7873).
    let mut edns = query(7, HOSTNAME, Type::A);
    edns[11] = 1;
    edns.extend([0, 0, 41, 0x04, 0xd0, 0, 0, 0x80, 0, 0, 12, 0, 10, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8]);
    seeds.push(edns.clone());
    // A future version of EDNS; an update (opcode 5); an answer instead of a question; a pointer to itself.
    edns[HOSTNAME.len() + 24] = 9;
    seeds.push(edns);
    for (at, byte) in [(2, 0x28), (2, 0x80)] {
        let mut bytes = query(8, HOSTNAME, Type::A);
        bytes[at] = byte;
        seeds.push(bytes);
    }
    let mut looped = query(9, "a", Type::A);
    looped.splice(12..15, [0xc0, 12]);
    seeds.push(looped);
    seeds
}
