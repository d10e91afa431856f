//! An origin that does to its clients what a test says.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

/// What is done to a connection, one after the other; after the last it is closed.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// Waits for the request's head.
    Read,
    Send(Vec<u8>),
    /// Sends this again and again, for as long as anybody reads.
    Forever(Vec<u8>),
    /// Waits until the test opens the gate.
    Gate,
    /// Says nothing more, and keeps the connection.
    Hang,
    /// Sends no more, but goes on listening.
    HalfClose,
    /// Closes so that the client gets RST.
    Reset,
}

/// Listens until it is dropped.
pub(super) struct Origin {
    pub(super) address: SocketAddr,
    seen: Arc<Seen>,
    _connections: JoinSet<()>,
}

struct Seen {
    /// The heads of all requests.
    heads: Mutex<Vec<String>>,
    asked: watch::Sender<usize>,
    /// How many connections came to a step that never ends.
    stuck: watch::Sender<usize>,
    gate: Semaphore,
}

/// A whole answer, for `Step::Send`.
pub(super) fn answer(status: &str, headers: &str, body: &str) -> Step {
    let length = body.len();
    Step::Send(format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\n\r\n{body}").into_bytes())
}

impl Origin {
    /// An origin that does this to every connection.
    pub(super) async fn start(script: impl Into<Vec<Step>>) -> Self {
        let script = script.into();
        Self::with(move |_| script.clone()).await
    }

    /// An origin that does something of its own to each connection, by its number from 0.
    pub(super) async fn with(script: impl Fn(usize) -> Vec<Step> + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("bound");
        let seen = Arc::new(Seen {
            heads: Mutex::default(),
            asked: watch::Sender::new(0),
            stuck: watch::Sender::new(0),
            gate: Semaphore::new(0),
        });
        let shared = Arc::clone(&seen);
        let mut connections = JoinSet::new();
        connections.spawn(async move {
            let mut tasks = JoinSet::new();
            for number in 0.. {
                let (stream, _) = listener.accept().await.expect("a connection");
                tasks.spawn(play(stream, script(number), Arc::clone(&shared)));
            }
        });
        Self { address, seen, _connections: connections }
    }

    /// How many requests came.
    pub(super) fn asked(&self) -> usize {
        *self.seen.asked.borrow()
    }

    /// Waits for this many requests.
    pub(super) async fn until_asked(&self, times: usize) {
        self.seen.asked.subscribe().wait_for(|asked| *asked >= times).await.expect("it is there");
    }

    /// Waits until a connection is kept waiting.
    pub(super) async fn until_stuck(&self) {
        self.seen.stuck.subscribe().wait_for(|stuck| *stuck > 0).await.expect("it is there");
    }

    /// Lets one connection through its gate.
    pub(super) fn open_gate(&self) {
        self.seen.gate.add_permits(1);
    }

    pub(super) fn heads(&self) -> Vec<String> {
        self.seen.heads.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

async fn play(mut stream: TcpStream, script: Vec<Step>, seen: Arc<Seen>) {
    for step in script {
        match step {
            Step::Read => seen.read(&mut stream).await,
            // The client may have gone, which is for the test to judge.
            Step::Send(bytes) => drop(stream.write_all(&bytes).await),
            Step::Forever(bytes) => {
                seen.stuck.send_modify(|stuck| *stuck += 1);
                while stream.write_all(&bytes).await.is_ok() {
                    tokio::task::yield_now().await;
                }
            }
            Step::Gate => seen.gate.acquire().await.expect("never closed").forget(),
            Step::Hang => {
                seen.stuck.send_modify(|stuck| *stuck += 1);
                std::future::pending::<()>().await;
            }
            Step::HalfClose => {
                drop(stream.shutdown().await);
                // To the end of what the client sends.
                drop(stream.read_to_end(&mut Vec::new()).await);
            }
            Step::Reset => {
                socket2::SockRef::from(&stream).set_linger(Some(Duration::ZERO)).expect("a socket");
                return;
            }
        }
    }
}

impl Seen {
    async fn read(&self, stream: &mut TcpStream) {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            if stream.read_buf(&mut head).await.unwrap_or(0) == 0 {
                return;
            }
        }
        let head = String::from_utf8(head).expect("text");
        self.heads.lock().unwrap_or_else(PoisonError::into_inner).push(head);
        self.asked.send_modify(|asked| *asked += 1);
    }
}
