//! A stand-in for EC2's instance metadata service, version 2.
//!
//! Facts of the world that it shows: a token for every request, handed out by `PUT` with a lifetime; the tree of
//! `network/interfaces/macs/`, whose directories list their children line by line, directories with a slash at the
//! end; and what goes wrong in real life: tokens that end early, 401, 403, 404, 429 and 503, slow answers, and a fresh
//! interface whose device number is not known yet.
//!
//! Invariant: it answers like a service that knows nothing but its tree; faults come only where they were ordered.
//!
//! ```no_run
//! # async fn show() -> std::io::Result<()> {
//! use weir_tests::metadata::{Fault, MetadataMock, MockEni};
//!
//! let mock = MetadataMock::start().await?;
//! mock.attach(&MockEni::new("02:00:00:00:00:05").device_number(0).private("10.0.0.5").public("198.51.100.5", "10.0.0.5"));
//! mock.inject("network/interfaces/macs/", Fault::Status(503), 1);
//! println!("{}", mock.endpoint());
//! # Ok(())
//! # }
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

const TTL_HEADER: &str = "x-aws-ec2-metadata-token-ttl-seconds";
const TOKEN_HEADER: &str = "x-aws-ec2-metadata-token";
const TOKEN_PATH: &str = "/latest/api/token";
const TREE: &str = "/latest/meta-data/";
const MACS: &str = "network/interfaces/macs/";
/// The longest lifetime that EC2 grants, in seconds.
const LONGEST_TTL: u64 = 21_600;

/// The service, on a port of 127.0.0.1 of its own. It ends when this is dropped.
pub struct MetadataMock {
    address: SocketAddr,
    state: Arc<Shared>,
    _server: JoinSet<()>,
}

/// What goes wrong with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// This status instead of the answer.
    Status(u16),
    /// The right answer, so much later.
    Delay(Duration),
    /// The right answer's status with a body of so many bytes.
    Flood(usize),
}

/// The path of the token, for [`MetadataMock::inject`]; all other paths are below `latest/meta-data/`.
pub const TOKEN: &str = "api/token";

/// For [`MetadataMock::inject`]: every time, until [`MetadataMock::heal`].
pub const ALWAYS: u32 = u32::MAX;

/// One request, as it was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Below `latest/meta-data/`, or [`TOKEN`].
    pub path: String,
    /// What it got.
    pub status: u16,
}

/// An interface to attach, built part by part.
#[derive(Clone, Debug)]
pub struct MockEni {
    mac: String,
    leaves: BTreeMap<String, String>,
}

impl MockEni {
    /// An interface with an id and nothing else.
    pub fn new(mac: &str) -> Self {
        let id = format!("eni-{}", mac.replace(':', ""));
        Self { mac: mac.to_owned(), leaves: BTreeMap::new() }.leaf("interface-id", &id)
    }

    /// Its device number. Without one the leaf is missing, as for some seconds after an attachment.
    #[must_use]
    pub fn device_number(self, number: u32) -> Self {
        self.leaf("device-number", &number.to_string())
    }

    /// Its network card, under the name that today's service has. Without one both names are missing.
    #[must_use]
    pub fn network_card(self, card: u32) -> Self {
        self.leaf("network-card", &card.to_string())
    }

    /// A private IPv4 address; the first one is the primary.
    #[must_use]
    pub fn private(self, address: &str) -> Self {
        self.line("local-ipv4s", address)
    }

    /// A public IPv4 address, and the private one that it leads to.
    #[must_use]
    pub fn public(self, public: &str, private: &str) -> Self {
        self.line("public-ipv4s", public).line(&format!("ipv4-associations/{public}"), private)
    }

    /// An IPv6 address.
    #[must_use]
    pub fn ipv6(self, address: &str) -> Self {
        self.line("ipv6s", address)
    }

    /// Any leaf below the MAC, such as `network-card-index`.
    #[must_use]
    pub fn leaf(mut self, name: &str, value: &str) -> Self {
        self.leaves.insert(name.to_owned(), value.to_owned());
        self
    }

    fn line(mut self, name: &str, value: &str) -> Self {
        let text = self.leaves.entry(name.to_owned()).or_default();
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(value);
        self
    }
}

impl MetadataMock {
    /// Starts it with an empty tree.
    pub async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let state = Arc::new(Shared { inner: Mutex::default(), asked: watch::Sender::new(0) });
        let mut server = JoinSet::new();
        server.spawn(serve(listener, state.clone()));
        let mock = Self { address, state, _server: server };
        mock.lock().token_ttl = LONGEST_TTL;
        Ok(mock)
    }

    /// Where it answers, as `http://127.0.0.1:port`.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Sets the text at a path below `latest/meta-data/`.
    pub fn put(&self, path: &str, value: &str) {
        self.lock().tree.insert(path.to_owned(), value.to_owned());
    }

    /// Takes away a path and everything below it.
    pub fn remove(&self, path: &str) {
        let below = format!("{}/", path.trim_end_matches('/'));
        self.lock().tree.retain(|one, _| one != path && !one.starts_with(&below));
    }

    /// Adds an interface to the tree, in the place of one with the same MAC.
    pub fn attach(&self, eni: &MockEni) {
        self.detach(&eni.mac);
        for (leaf, value) in &eni.leaves {
            self.put(&format!("{MACS}{}/{leaf}", eni.mac), value);
        }
    }

    /// Takes an interface away.
    pub fn detach(&self, mac: &str) {
        self.remove(&format!("{MACS}{mac}/"));
    }

    /// From now on the device number of this MAC is not known yet ...
    pub fn hide_device_number(&self, mac: &str) {
        self.lock().hidden.insert(format!("{MACS}{mac}/device-number"));
    }

    /// ... and now it is.
    pub fn show_device_number(&self, mac: &str) {
        self.lock().hidden.remove(&format!("{MACS}{mac}/device-number"));
    }

    /// The next `times` requests of this path meet the fault.
    pub fn inject(&self, path: &str, fault: Fault, times: u32) {
        self.lock().faults.insert(path.to_owned(), (fault, times));
    }

    /// Takes the fault of a path away.
    pub fn heal(&self, path: &str) {
        self.lock().faults.remove(path);
    }

    /// No token that was handed out so far is valid any more.
    pub fn expire_tokens(&self) {
        self.lock().tokens.clear();
    }

    /// What lifetime, in seconds, tokens have from now on, whatever was asked for.
    pub fn grant_ttl(&self, seconds: u64) {
        self.lock().token_ttl = seconds;
    }

    /// All requests so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.lock().log.clone()
    }

    /// How many requests of a path were answered with this status.
    pub fn count(&self, path: &str, status: u16) -> usize {
        self.lock().log.iter().filter(|asked| asked.path == path && asked.status == status).count()
    }

    /// Waits until a path was answered with this status `times` times since the start.
    pub async fn until_asked(&self, path: &str, status: u16, times: usize) {
        let mut asked = self.state.asked.subscribe();
        let enough = asked.wait_for(|_| self.count(path, status) >= times).await;
        enough.expect("the sender lives as long as the mock");
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }
}

/// What the server and its owner share.
struct Shared {
    inner: Mutex<State>,
    asked: watch::Sender<u64>,
}

#[derive(Default)]
struct State {
    tree: BTreeMap<String, String>,
    hidden: BTreeSet<String>,
    faults: BTreeMap<String, (Fault, u32)>,
    tokens: BTreeSet<String>,
    token_ttl: u64,
    tokens_made: u64,
    log: Vec<Asked>,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.inner.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    async fn answer(&self, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
        let path = local(request.uri().path());
        let fault = self.lock().fault(&path);
        if let Some(Fault::Delay(delay)) = fault {
            tokio::time::sleep(delay).await;
        }
        let response = self.lock().respond(&request, &path, fault);
        self.lock().log.push(Asked { path, status: response.status().as_u16() });
        self.asked.send_modify(|count| *count += 1);
        Ok(response)
    }
}

/// The path as the public functions call it.
fn local(path: &str) -> String {
    if path == TOKEN_PATH {
        return TOKEN.to_owned();
    }
    path.strip_prefix(TREE).unwrap_or(path).to_owned()
}

impl State {
    fn fault(&mut self, path: &str) -> Option<Fault> {
        let (fault, times) = self.faults.get_mut(path)?;
        let fault = *fault;
        if *times != ALWAYS {
            *times -= 1;
        }
        if *times == 0 {
            self.faults.remove(path);
        }
        Some(fault)
    }

    fn respond(
        &mut self,
        request: &Request<Incoming>,
        path: &str,
        fault: Option<Fault>,
    ) -> Response<Full<Bytes>> {
        match fault {
            Some(Fault::Status(status)) => {
                return plain(StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), "");
            }
            Some(Fault::Flood(bytes)) => return plain(StatusCode::OK, &"x".repeat(bytes)),
            Some(Fault::Delay(_)) | None => {}
        }
        if path == TOKEN {
            return self.token(request);
        }
        let token = header(request, TOKEN_HEADER);
        if !token.is_some_and(|token| self.tokens.contains(token)) {
            return plain(StatusCode::UNAUTHORIZED, "");
        }
        if request.method() != Method::GET {
            return plain(StatusCode::METHOD_NOT_ALLOWED, "");
        }
        self.look_up(path)
            .map_or_else(|| plain(StatusCode::NOT_FOUND, ""), |text| plain(StatusCode::OK, &text))
    }

    /// As the service: only by `PUT`, only with a lifetime it allows, and not through a proxy.
    fn token(&mut self, request: &Request<Incoming>) -> Response<Full<Bytes>> {
        if request.method() != Method::PUT {
            return plain(StatusCode::METHOD_NOT_ALLOWED, "");
        }
        if request.headers().contains_key("x-forwarded-for") {
            return plain(StatusCode::FORBIDDEN, "");
        }
        let wanted = header(request, TTL_HEADER).and_then(|text| text.parse::<u64>().ok());
        if !wanted.is_some_and(|ttl| (1..=LONGEST_TTL).contains(&ttl)) {
            return plain(StatusCode::BAD_REQUEST, "");
        }
        self.tokens_made += 1;
        let token = format!("token-{}==", self.tokens_made);
        self.tokens.insert(token.clone());
        let mut response = plain(StatusCode::OK, &token);
        response.headers_mut().insert(TTL_HEADER, self.token_ttl.into());
        response
    }

    /// A leaf's text, or the children of a directory.
    fn look_up(&self, path: &str) -> Option<String> {
        let visible = |one: &str| !self.hidden.contains(one);
        if let Some(text) = self.tree.get(path).filter(|_| visible(path)) {
            return Some(text.clone());
        }
        let directory = format!("{}/", path.trim_end_matches('/'));
        let below = |one: &String| one.strip_prefix(&directory).filter(|_| visible(one)).map(child);
        let children: BTreeSet<String> = self.tree.keys().filter_map(below).collect();
        (!children.is_empty()).then(|| children.into_iter().collect::<Vec<_>>().join("\n"))
    }
}

/// The first step of a path, with a slash if more follows.
fn child(path: &str) -> String {
    path.split_inclusive('/').next().unwrap_or_default().to_owned()
}

fn header<'a>(request: &'a Request<Incoming>, name: &str) -> Option<&'a str> {
    request.headers().get(name)?.to_str().ok()
}

fn plain(status: StatusCode, text: &str) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::copy_from_slice(text.as_bytes())));
    *response.status_mut() = status;
    response
}

async fn serve(listener: TcpListener, state: Arc<Shared>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let state = state.clone();
        connections.spawn(async move {
            let service = service_fn(|request| state.answer(request));
            // A client that hangs up is no business of ours.
            drop(http1::Builder::new().serve_connection(TokioIo::new(stream), service).await);
        });
        while connections.try_join_next().is_some() {}
    }
}
