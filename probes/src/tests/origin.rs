//! An HTTP server of raw bytes, so that it can answer what no library would.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::ADDRESS;

/// What a path answers.
#[derive(Clone)]
pub(crate) enum Reply {
    /// These bytes, and then the connection closes.
    Raw(Vec<u8>),
    /// These bytes over and over, until the client goes.
    Endless(Vec<u8>, Vec<u8>),
    /// Nothing, and the connection stays.
    Silence,
}

/// One request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) peer: SocketAddr,
    pub(crate) path: String,
    pub(crate) head: String,
}

/// A server that ends when it is dropped.
pub(crate) struct Origin {
    pub(crate) port: u16,
    shared: Arc<Shared>,
    _tasks: JoinSet<()>,
}

#[derive(Default)]
struct Shared {
    replies: Mutex<HashMap<String, Reply>>,
    asked: Mutex<Vec<Asked>>,
}

/// A status with a body and further header lines.
pub(crate) fn reply(status: u16, headers: &str, body: impl AsRef<[u8]>) -> Reply {
    let body = body.as_ref();
    let head = format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\n{headers}\r\n", body.len());
    Reply::Raw([head.as_bytes(), body].concat())
}

/// A good answer.
pub(crate) fn ok(body: impl AsRef<[u8]>) -> Reply {
    reply(200, "", body)
}

/// A redirect.
pub(crate) fn moved(location: &str) -> Reply {
    reply(302, &format!("Location: {location}\r\n"), "")
}

impl Origin {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind((std::net::IpAddr::from(ADDRESS), 0)).await.expect("loopback");
        let port = listener.local_addr().expect("bound").port();
        let shared = Arc::new(Shared::default());
        let mut tasks = JoinSet::new();
        tasks.spawn(serve(listener, shared.clone()));
        Self { port, shared, _tasks: tasks }
    }

    /// Sets what a path answers from now on; others answer 404.
    pub(crate) fn set(&self, path: &str, reply: Reply) {
        self.shared.replies.lock().expect("no panic").insert(path.to_owned(), reply);
    }

    /// What was asked since the last call.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut *self.shared.asked.lock().expect("no panic"))
    }

    /// The paths of what was asked since the last call.
    pub(crate) fn paths(&self) -> Vec<String> {
        self.asked().into_iter().map(|asked| asked.path).collect()
    }
}

async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        let (stream, peer) = listener.accept().await.expect("listening");
        connections.spawn(answer(stream, peer, shared.clone()));
    }
}

async fn answer(mut stream: TcpStream, peer: SocketAddr, shared: Arc<Shared>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return,
        }
    }
    let head = String::from_utf8(head).expect("ASCII");
    let path = head.split(' ').nth(1).expect("a request line").to_owned();
    let reply = shared.replies.lock().expect("no panic").get(&path).cloned();
    shared.asked.lock().expect("no panic").push(Asked { peer, path, head });
    // A client that has read enough closes before all is written.
    match reply.unwrap_or_else(|| self::reply(404, "", "no such thing")) {
        Reply::Raw(bytes) => drop(stream.write_all(&bytes).await),
        Reply::Endless(head, body) => {
            let mut sent = stream.write_all(&head).await;
            while sent.is_ok() {
                sent = stream.write_all(&body).await;
            }
        }
        Reply::Silence => drop(stream.read_u8().await),
    }
}
