//! The edge over real sockets, and what its tests need.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use prometheus::Registry;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::edge::Edge;
use crate::limits::Limits;
use crate::listener::EdgeListener;
use crate::target::TargetForm;
use crate::tls::Tls;
use crate::world::World;

mod answers;
mod certificates;
mod common;
mod endings;
mod hostile;
mod http2;
mod limits;
mod modes;
mod noise;
mod resumption;
mod tls;

/// No event in these tests takes longer, unless something is broken.
const DEADLINE: Duration = Duration::from_secs(20);

/// A listener on a free port, and what it counts.
struct Served {
    edge: Arc<Edge>,
    listener: EdgeListener,
    registry: Registry,
}

/// A connection to it.
struct Client<S> {
    stream: S,
    buffer: Vec<u8>,
}

/// A response as it came.
#[derive(Debug)]
struct Seen {
    status: u16,
    headers: HashMap<String, String>,
    body: String,
}

fn serve(limits: Limits) -> Served {
    serve_with(limits, None)
}

fn serve_with(limits: Limits, tls: Option<Tls>) -> Served {
    serve_world(&World::new(), limits, tls)
}

fn serve_world(world: &World, limits: Limits, tls: Option<Tls>) -> Served {
    let registry = Registry::new();
    let edge = Edge::new(world.reader(), TargetForm::Name, &registry).expect("a new registry");
    let listener = EdgeListener::bind_with(free(), Arc::clone(&edge), tls, limits).expect("a free port");
    Served { edge, listener, registry }
}

fn free() -> SocketAddr {
    "127.0.0.1:0".parse().expect("an address")
}

/// A request without a body.
fn ask(method: &str, target: &str, host: &str) -> String {
    format!("{method} {target} HTTP/1.1\r\nHost: {host}\r\n\r\n")
}

impl Served {
    async fn connect(&self) -> Client<TcpStream> {
        Client::new(TcpStream::connect(self.listener.address()).await.expect("it listens"))
    }

    /// The value of the one series of a metric that has all these labels.
    fn metric(&self, name: &str, label: &str) -> f64 {
        let families = self.registry.gather();
        let family = families.iter().find(|family| family.name() == name).expect("the metric");
        let has = |metric: &&prometheus::proto::Metric| {
            label.is_empty() || metric.get_label().iter().any(|pair| pair.value() == label)
        };
        let metric = family.get_metric().iter().find(has).expect("the series");
        metric.get_counter().get_value() + metric.get_gauge().get_value()
    }

    /// Waits until a metric has a value.
    async fn until(&self, name: &str, label: &str, value: f64) {
        let reached = async {
            while (self.metric(name, label) - value).abs() > 0.5 {
                tokio::task::yield_now().await;
            }
        };
        timeout(DEADLINE, reached).await.expect("the metric comes to its value");
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Client<S> {
    fn new(stream: S) -> Self {
        Self { stream, buffer: Vec::new() }
    }

    async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).await.expect("the server reads");
    }

    async fn request(&mut self, bytes: &str) -> Seen {
        self.send(bytes).await;
        self.response(bytes.starts_with("HEAD")).await
    }

    /// The next response; that to `HEAD` has a length and no body.
    async fn response(&mut self, to_head: bool) -> Seen {
        let end = loop {
            if let Some(at) = self.buffer.windows(4).position(|four| four == b"\r\n\r\n") {
                break at + 4;
            }
            assert!(
                self.more().await > 0,
                "closed within a head: {:?}",
                String::from_utf8_lossy(&self.buffer)
            );
        };
        let head = String::from_utf8(self.buffer.drain(..end).collect()).expect("text");
        let mut lines = head.trim_end().split("\r\n");
        let status = lines.next().and_then(|line| line.split(' ').nth(1)).expect("a status");
        let headers: HashMap<_, _> = lines
            .map(|line| line.split_once(": ").expect("a header"))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect();
        let length = headers.get("content-length").map_or(0, |text| text.parse().expect("a length"));
        let length: usize = if to_head { 0 } else { length };
        while self.buffer.len() < length {
            assert!(self.more().await > 0, "closed within a body");
        }
        let body = String::from_utf8(self.buffer.drain(..length).collect()).expect("text");
        Seen { status: status.parse().expect("a number"), headers, body }
    }

    async fn more(&mut self) -> usize {
        timeout(DEADLINE, self.stream.read_buf(&mut self.buffer)).await.expect("in time").expect("readable")
    }

    /// Waits until the server closes or resets the connection; whatever it still sends is thrown away.
    async fn until_closed(&mut self) {
        let closed = async { while self.stream.read_buf(&mut self.buffer).await.is_ok_and(|n| n > 0) {} };
        timeout(DEADLINE, closed).await.expect("the server closes the connection");
    }
}

impl Seen {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }
}
