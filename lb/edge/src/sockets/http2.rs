//! HTTP/2, by a client that behaves, and by hand by some that do not.

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::client::conn::http2::{SendRequest, handshake};
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::ALL_VERSIONS;
use tokio::time::Instant;
use tokio_rustls::client::TlsStream;

use super::certificates::{Folder, HOST, trusting};
use super::*;

const SHORT: Duration = Duration::from_millis(150);

/// What a client says first (RFC 9113 section 3.4), and its settings.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const CONTINUATION: u8 = 9;

const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

/// Error codes (section 7).
const REFUSED_STREAM: u32 = 7;
const ENHANCE_YOUR_CALM: u32 = 11;

type Body = Full<Bytes>;
type Raw = Client<TlsStream<TcpStream>>;

/// A frame as it came.
#[derive(Debug)]
struct Frame {
    kind: u8,
    stream: u32,
    payload: Vec<u8>,
}

/// A listener with TLS, and a stream to it that has agreed on HTTP/2.
async fn open(limits: Limits) -> (Served, TlsStream<TcpStream>) {
    let folder = Folder::new();
    let issued = folder.issue("one", &[HOST]);
    let served = serve_with(limits, Some(issued.tls()));
    let mut config = trusting(&[&issued], ALL_VERSIONS);
    config.alpn_protocols = vec![b"http/1.1".to_vec(), b"h2".to_vec()];
    let stream = served.shake_hands(&Arc::new(config), HOST).await.expect("a handshake");
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]), "the listener's first choice");
    (served, stream)
}

async fn speak(
    stream: TlsStream<TcpStream>,
) -> (SendRequest<Body>, tokio::task::JoinHandle<hyper::Result<()>>) {
    let (sender, connection) = handshake(TokioExecutor::new(), TokioIo::new(stream)).await.expect("HTTP/2");
    (sender, tokio::spawn(connection))
}

async fn send(sender: &mut SendRequest<Body>, method: &str, url: &str, body: Bytes) -> Response<Incoming> {
    let request = Request::builder().method(method).uri(url).body(Full::new(body)).expect("a request");
    let response = async {
        sender.ready().await.expect("it takes requests");
        sender.send_request(request).await.expect("a response")
    };
    timeout(DEADLINE, response).await.expect("in time")
}

async fn get(sender: &mut SendRequest<Body>, url: &str) -> Response<Incoming> {
    send(sender, "GET", url, Bytes::new()).await
}

#[tokio::test]
async fn a_client_of_http_2_is_answered_as_one_of_http_1() {
    let (served, stream) = open(Limits::DEFAULT).await;
    let (mut sender, _connection) = speak(stream).await;
    let response = get(&mut sender, "https://both.stream.test/a?b=%2f").await;
    let header =
        |name: &str| response.headers().get(name).map(|value| value.to_str().expect("text").to_owned());
    assert_eq!(response.status(), 302);
    assert_eq!(header("location").as_deref(), Some("https://eni2.both.stream.test:8443/a?b=%2f"));
    assert_eq!(header("cache-control").as_deref(), Some("no-store"));
    assert_eq!(header("access-control-allow-origin").as_deref(), Some("*"));
    assert_eq!(header("connection"), None, "HTTP/2 has no such header");
    let body = response.into_body().collect().await.expect("a body").to_bytes();
    assert_eq!(&body[..], b"The stream is at the address in Location.\n");
    for (method, url, status) in [
        ("HEAD", "https://eni0.live.stream.test/a", 302),
        ("OPTIONS", "https://live.stream.test/a", 204),
        ("POST", "https://live.stream.test/a", 405),
        ("GET", "https://unknown.test/a", 404),
        ("GET", "https://empty.stream.test/a", 503),
    ] {
        // More than anybody may send of what nobody reads.
        let body = if method == "POST" { Bytes::from(vec![0; 300_000]) } else { Bytes::new() };
        let response = send(&mut sender, method, url, body).await;
        assert_eq!(response.status(), status, "{method} {url}");
    }
    let path = "a".repeat(crate::PATH_BYTES);
    assert_eq!(get(&mut sender, &format!("https://{HOST}/{path}")).await.status(), 414);
    served.until("weir_http_requests_total", "redirect", 2.0).await;
}

#[tokio::test]
async fn many_requests_at_once_are_all_answered() {
    let (served, stream) = open(Limits::DEFAULT).await;
    let (sender, _connection) = speak(stream).await;
    let mut requests = tokio::task::JoinSet::new();
    for _ in 0..500 {
        let mut sender = sender.clone();
        requests.spawn(async move { get(&mut sender, "https://live.stream.test/a").await.status() });
    }
    while let Some(status) = requests.join_next().await {
        assert_eq!(status.expect("no panic"), 302);
    }
    served.until("weir_http_requests_total", "redirect", 500.0).await;
}

#[tokio::test]
async fn bodies_that_nobody_reads_do_not_end_the_connection() {
    let (_served, stream) = open(Limits::DEFAULT).await;
    let (mut sender, _connection) = speak(stream).await;
    // More of them than a client may break rules.
    for _ in 0..60 {
        let body = Bytes::from(vec![0; 100_000]);
        assert_eq!(send(&mut sender, "POST", "https://live.stream.test/a", body).await.status(), 405);
    }
    assert_eq!(get(&mut sender, "https://live.stream.test/a").await.status(), 302);
}

#[tokio::test]
async fn the_limit_for_the_first_request_does_not_hold_between_requests() {
    let (_served, stream) = open(Limits { head_time: SHORT, ..Limits::DEFAULT }).await;
    let (mut sender, connection) = speak(stream).await;
    for _ in 0..2 {
        assert_eq!(get(&mut sender, "https://live.stream.test/a").await.status(), 302);
        assert!(!connection.is_finished());
        // The connection outlives the limit while it is idle.
        let closed = async {
            while sender.ready().await.is_ok() {
                tokio::task::yield_now().await;
            }
        };
        assert!(timeout(SHORT * 3, closed).await.is_err(), "cut off");
    }
}

#[tokio::test]
async fn headers_that_are_too_long_are_answered_431() {
    let (_served, stream) = open(Limits::DEFAULT).await;
    let (mut sender, _connection) = speak(stream).await;
    let long = "b".repeat(10 * 1024);
    let request = || Request::get("https://live.stream.test/a").header("a", &long);
    let fits = request().body(Full::default()).expect("a request");
    assert_eq!(sender.send_request(fits).await.expect("a response").status(), 302);
    let request = request().header("b", &long).body(Full::default()).expect("a request");
    assert_eq!(sender.send_request(request).await.expect("a response").status(), 431);
    assert_eq!(get(&mut sender, "https://live.stream.test/a").await.status(), 302);
}

#[tokio::test]
async fn an_idle_connection_is_told_to_go_and_pings_do_not_keep_it() {
    let limits = Limits { idle_time: SHORT * 2, head_time: SHORT * 2, ..Limits::DEFAULT };
    let (_served, stream) = open(limits).await;
    let mut client = raw(stream, &[]).await;
    client.send(request(1, HOST)).await;
    let begun = Instant::now();
    let goodbye = loop {
        client.send(frame(PING, 0, 0, &[0; 8])).await;
        if let Some(frame) = client.until_frame(GOAWAY, SHORT / 10).await {
            break frame;
        }
        assert!(begun.elapsed() < DEADLINE, "nobody is told to go");
    };
    assert_eq!(code(&goodbye.payload[4..]), 0, "no fault of the client");
    assert!(begun.elapsed() >= SHORT, "not before its time: {:?}", begun.elapsed());
    client.until_closed().await;
}

#[tokio::test]
async fn a_client_that_asks_for_nothing_is_cut_off_as_one_of_http_1() {
    let limits = Limits { head_time: SHORT, linger_time: SHORT, ..Limits::DEFAULT };
    for bytes in [PREFACE.to_vec(), Vec::new(), half_a_request()] {
        let (served, stream) = open(limits).await;
        let mut client = Client::new(stream);
        client.send(&bytes).await;
        let begun = Instant::now();
        client.until_closed().await;
        assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
        served.until("weir_http_connections", "", 0.0).await;
    }
}

#[tokio::test]
async fn a_client_that_does_not_take_its_answers_is_cut_off_and_has_a_bounded_number_of_them() {
    let limits = Limits { idle_time: SHORT, head_time: SHORT, linger_time: SHORT, ..Limits::DEFAULT };
    let (served, stream) = open(limits).await;
    // INITIAL_WINDOW_SIZE is 0: no byte of a body may be sent.
    let mut client = raw(stream, &[0, 4, 0, 0, 0, 0]).await;
    for number in 0..101 {
        client.send(request(2 * number + 1, "live.stream.test")).await;
    }
    let refused = client.until_frame(RST_STREAM, DEADLINE).await.expect("one was too many");
    assert_eq!((refused.stream, code(&refused.payload)), (201, REFUSED_STREAM));
    client.until_closed().await;
    served.until("weir_http_requests_total", "redirect", 100.0).await;
    served.until("weir_http_connections", "", 0.0).await;
}

#[tokio::test]
async fn a_client_that_takes_back_its_requests_is_told_to_calm_down() {
    let (served, stream) = open(Limits::DEFAULT).await;
    let mut client = raw(stream, &[]).await;
    // All in one write, so that requests are taken back before anybody has seen them (CVE-2023-44487).
    let mut flood = Vec::new();
    for number in 0..1000 {
        flood.extend(request(2 * number + 1, "live.stream.test"));
        flood.extend(frame(RST_STREAM, 0, 2 * number + 1, &8_u32.to_be_bytes()));
    }
    // The server may close before it has read all.
    let _ = client.stream.write_all(&flood).await;
    let goodbye = client.until_frame(GOAWAY, DEADLINE).await.expect("a good-bye");
    assert_eq!(code(&goodbye.payload[4..]), ENHANCE_YOUR_CALM);
    client.until_closed().await;
    assert!(served.metric("weir_http_requests_total", "redirect") < 500.0);
    served.until("weir_http_connections", "", 0.0).await;
}

#[tokio::test]
async fn a_shutdown_tells_clients_to_go_and_waits_for_none_that_are_idle() {
    let (served, stream) = open(Limits::DEFAULT).await;
    let (mut sender, connection) = speak(stream).await;
    assert_eq!(get(&mut sender, "https://live.stream.test/a").await.status(), 302);
    let shutdown = served.listener.shutdown(Duration::from_secs(10));
    assert_eq!(timeout(Duration::from_secs(4), shutdown).await.expect("at once"), 0);
    let ended = timeout(DEADLINE, connection).await.expect("in time").expect("no panic");
    assert!(ended.is_ok(), "{ended:?}");
}

#[tokio::test]
async fn frames_that_make_no_sense_never_stop_the_service() {
    let limits = Limits { linger_time: SHORT, head_time: SHORT, ..Limits::DEFAULT };
    let folder = Folder::new();
    let issued = folder.issue("one", &[HOST]);
    let served = serve_with(limits, Some(issued.tls()));
    let mut config = trusting(&[&issued], ALL_VERSIONS);
    config.alpn_protocols = vec![b"h2".to_vec()];
    let config = Arc::new(config);
    let mut noise = noise::Noise::new();
    for round in 0..100 {
        let stream = served.shake_hands(&config, HOST).await.expect("a handshake");
        let mut client = Client::new(stream);
        let mut bytes = PREFACE.to_vec();
        for _ in 0..noise.below(12) {
            let stream = u32::try_from(noise.below(4)).expect("small");
            let payload = if noise.below(3) == 0 { request(1, HOST)[9..].to_vec() } else { noise.bytes() };
            bytes.extend(frame(noise.byte() % 11, noise.byte(), stream, &payload));
        }
        let _ = client.stream.write_all(&bytes).await;
        client.until_closed().await;
        if round % 20 == 0 {
            let stream = served.shake_hands(&config, HOST).await.expect("a handshake");
            let (mut sender, _connection) = speak(stream).await;
            let status = get(&mut sender, "https://live.stream.test/").await.status();
            assert_eq!(status, 302, "seed {:#x}, round {round}", noise::SEED);
        }
    }
    served.until("weir_http_connections", "", 0.0).await;
}

// ── Frames by hand ───────────────────────────────────────────────────────────────────────────────────────────────

/// Says the preface and these settings.
async fn raw(stream: TlsStream<TcpStream>, settings: &[u8]) -> Raw {
    let mut client = Client::new(stream);
    client.send([PREFACE, &frame(SETTINGS, 0, 0, settings)].concat()).await;
    client
}

/// Section 4.1.
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("short").to_be_bytes();
    let mut bytes = vec![length[1], length[2], length[3], kind, flags];
    bytes.extend(stream.to_be_bytes());
    bytes.extend(payload);
    bytes
}

/// `GET https://host/` by indexes of the static table (RFC 7541 appendix A).
fn request(stream: u32, host: &str) -> Vec<u8> {
    frame(HEADERS, END_HEADERS | END_STREAM, stream, &fields(host))
}

fn fields(host: &str) -> Vec<u8> {
    let mut fields = vec![0x82, 0x87, 0x84, 0x41, u8::try_from(host.len()).expect("short")];
    fields.extend(host.bytes());
    fields
}

/// Headers that want to be continued, and are not.
fn half_a_request() -> Vec<u8> {
    let (begun, more) = (frame(HEADERS, END_STREAM, 1, &fields(HOST)), frame(CONTINUATION, 0, 1, &[]));
    [PREFACE, &frame(SETTINGS, 0, 0, &[]), &begun, &more].concat()
}

fn code(payload: &[u8]) -> u32 {
    u32::from_be_bytes(payload[..4].try_into().expect("four bytes"))
}

impl Raw {
    /// The next frame of this kind, or nothing when none comes in time.
    async fn until_frame(&mut self, kind: u8, time: Duration) -> Option<Frame> {
        let end = Instant::now() + time;
        loop {
            while let Some(frame) = self.whole_frame() {
                if frame.kind == kind {
                    return Some(frame);
                }
            }
            let read = self.stream.read_buf(&mut self.buffer);
            match tokio::time::timeout_at(end, read).await {
                Ok(Ok(length)) if length > 0 => {}
                _ => return None,
            }
        }
    }

    fn whole_frame(&mut self) -> Option<Frame> {
        let head: [u8; 9] = self.buffer.get(..9)?.try_into().ok()?;
        let length = usize::from(head[0]) << 16 | usize::from(head[1]) << 8 | usize::from(head[2]);
        if self.buffer.len() < 9 + length {
            return None;
        }
        let bytes: Vec<u8> = self.buffer.drain(..9 + length).collect();
        let stream = u32::from_be_bytes(head[5..].try_into().ok()?);
        Some(Frame { kind: head[3], stream, payload: bytes[9..].to_vec() })
    }
}
