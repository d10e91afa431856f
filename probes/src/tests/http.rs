//! `tcp` and `http`.

use socket2::{Domain, Socket, Type};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use weir_core::Phase;

use super::origin::{Origin, Reply, moved, ok, reply};
use super::*;

fn http(origin: &Origin, wanted: Wanted) -> Prober {
    prober(ProbeKind::Http, &format!(":{}/alive?x=1", origin.port), PATIENT, wanted)
}

fn body(text: &str) -> Wanted {
    Wanted { body: Some(text.into()), ..Wanted::default() }
}

#[tokio::test]
async fn tcp_passes_when_something_accepts_and_says_how_long_it_took() {
    let origin = Origin::start().await;
    let report =
        prober(ProbeKind::Tcp, &format!(":{}", origin.port), PATIENT, Wanted::default()).look().await;
    assert_passes(&report);
    assert!(report.timings.connect.is_some_and(|connect| connect <= report.timings.total));
    assert_eq!(report.timings.first_byte, None);
    assert_eq!(report.probe.as_str(), format!("tcp tcp://{{address}}:{}", origin.port));
    assert_eq!((report.pool.as_str(), report.interface.as_str()), ("live", "eni1"));
}

#[tokio::test]
async fn nobody_listening_is_refused() {
    let listener = TcpListener::bind((IpAddr::from(ADDRESS), 0)).await.expect("loopback");
    let port = listener.local_addr().expect("bound").port();
    drop(listener);
    let report = prober(ProbeKind::Tcp, &format!(":{port}"), PATIENT, Wanted::default()).look().await;
    assert_eq!(failure(report), Failure::Refused);
}

#[tokio::test]
async fn an_address_that_the_machine_does_not_have_cannot_be_looked_from() {
    let address = IpAddr::from([192, 0, 2, 1]);
    let report = prober_of(address, ProbeKind::Tcp, ":1935", PATIENT, Wanted::default()).look().await;
    assert!(matches!(failure(report), Failure::Source { address, .. } if address == "192.0.2.1"));
}

#[tokio::test]
async fn a_listener_that_does_not_accept_times_out_in_connect() {
    let listener = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    listener.bind(&std::net::SocketAddr::from((ADDRESS, 0)).into()).expect("loopback");
    listener.listen(0).expect("a socket");
    let address = listener.local_addr().expect("bound");
    // The queue holds one; who comes later is not answered.
    let fill = || {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
        socket.set_nonblocking(true).expect("a socket");
        let _ = socket.connect(&address);
        socket
    };
    let _waiting = [fill(), fill(), fill()];
    let port = address.as_socket().expect("IP").port();
    let report = prober(ProbeKind::Tcp, &format!(":{port}"), SHORT, Wanted::default()).look().await;
    assert_eq!(failure(report), Failure::TimedOut { phase: Phase::Connect });
}

#[tokio::test]
async fn http_asks_from_the_interface_and_says_who_it_is() {
    let origin = Origin::start().await;
    origin.set("/alive?x=1", ok("fine"));
    let report = http(&origin, Wanted::default()).look().await;
    assert_passes(&report);
    assert!(report.timings.first_byte.is_some());
    let asked = &origin.asked()[0];
    assert_eq!(asked.peer.ip(), IpAddr::from(ADDRESS));
    let head = asked.head.to_ascii_lowercase();
    assert!(head.contains(&format!("\r\nhost: 127.0.0.12:{}\r\n", origin.port)), "{head}");
    assert!(
        head.contains(concat!("\r\nuser-agent: weir-probe/", env!("CARGO_PKG_VERSION"), "\r\n")),
        "{head}"
    );
}

#[tokio::test]
async fn the_host_header_can_be_another_name() {
    let origin = Origin::start().await;
    origin.set("/alive?x=1", ok("fine"));
    let wanted = Wanted { host: Some("live.example.com".into()), ..Wanted::default() };
    assert_passes(&http(&origin, wanted).look().await);
    assert!(origin.asked()[0].head.to_ascii_lowercase().contains("\r\nhost: live.example.com\r\n"));
}

#[tokio::test]
async fn a_status_outside_of_the_wanted_range_fails() {
    let origin = Origin::start().await;
    origin.set("/alive?x=1", reply(503, "", "later"));
    let url = format!("http://127.0.0.12:{}/alive?x=1", origin.port);
    assert_eq!(failure(http(&origin, Wanted::default()).look().await), Failure::Status { url, status: 503 });
    let wanted = || Wanted { status: Some(300..=503), ..Wanted::default() };
    assert_passes(&http(&origin, wanted()).look().await);
    origin.set("/alive?x=1", moved("http://elsewhere.test/"));
    assert_passes(&http(&origin, wanted()).look().await);
}

#[tokio::test]
async fn the_wanted_text_must_be_in_the_first_part_of_the_body() {
    let origin = Origin::start().await;
    origin.set("/alive?x=1", ok("status: RUNNING"));
    assert_passes(&http(&origin, body("RUNNING")).look().await);
    let mismatch = |wanted: &str| Failure::BodyMismatch { wanted: wanted.into() };
    assert_eq!(failure(http(&origin, body("PAUSED")).look().await), mismatch("PAUSED"));
    let head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    origin.set("/alive?x=1", Reply::Endless(head, format!("3e8\r\n{}\r\n", "hello".repeat(200)).into()));
    assert_passes(&http(&origin, body("lohe")).look().await);
    assert_eq!(failure(http(&origin, body("bye")).look().await), mismatch("bye"));
}

#[tokio::test]
async fn what_is_not_http_is_a_protocol_failure() {
    let origin = Origin::start().await;
    for garbage in [&b"SSH-2.0-OpenSSH_9.6\r\n"[..], b"\x03\0\0\0\0\0\0", b"HTTP/1.1 abc OK\r\n\r\n"] {
        origin.set("/alive?x=1", Reply::Raw(garbage.to_vec()));
        let seen = failure(http(&origin, Wanted::default()).look().await);
        assert!(matches!(seen, Failure::Protocol { protocol: "HTTP", .. }), "{seen}");
    }
    let endless = Reply::Endless(b"HTTP/1.1 200 OK\r\n".to_vec(), b"X-More: of the same\r\n".to_vec());
    origin.set("/alive?x=1", endless);
    let seen = failure(http(&origin, Wanted::default()).look().await);
    assert!(matches!(seen, Failure::Protocol { protocol: "HTTP", .. }), "{seen}");
}

#[tokio::test]
async fn a_greeting_before_the_request_is_a_protocol_failure() {
    let listener = TcpListener::bind((IpAddr::from(ADDRESS), 0)).await.expect("loopback");
    let port = listener.local_addr().expect("bound").port();
    let server = async {
        loop {
            let (mut stream, _) = listener.accept().await.expect("a look");
            let _ = stream.write_all(b"220 mail.example.com ESMTP\r\n").await;
            let _ = stream.shutdown().await;
        }
    };
    let mut prober = prober(ProbeKind::Http, &format!(":{port}/"), PATIENT, Wanted::default());
    let looks = async {
        for _ in 0..20 {
            let seen = failure(prober.look().await);
            assert!(matches!(seen, Failure::Protocol { protocol: "HTTP", .. }), "{seen}");
        }
    };
    tokio::select! { () = looks => {}, () = server => {} }
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_lost() {
    let origin = Origin::start().await;
    for partial in [&b""[..], b"HTTP/1.1 200", b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort"] {
        origin.set("/alive?x=1", Reply::Raw(partial.to_vec()));
        let seen = failure(http(&origin, Wanted::default()).look().await);
        assert!(matches!(seen, Failure::Lost { phase: Phase::Response, .. }), "{seen}");
    }
}

#[tokio::test]
async fn a_server_that_does_not_answer_times_out_in_response() {
    let origin = Origin::start().await;
    origin.set("/slow", Reply::Silence);
    let mut prober = prober(ProbeKind::Http, &format!(":{}/slow", origin.port), SHORT, Wanted::default());
    let report = prober.look().await;
    assert!(report.timings.total >= SHORT && report.timings.connect.is_some());
    assert_eq!(failure(report), Failure::TimedOut { phase: Phase::Response });
}
