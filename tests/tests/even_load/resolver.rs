//! A caching resolver: one question for as long as the answer lives, however many viewers ask.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::task::spawn_blocking;
use tokio::time::Instant;

use weir_tests::dns::{Answer, Client};
use weir_tests::namespace::resolver_address;

use crate::books::Books;

/// The name that viewers resolve.
pub(crate) const HOSTNAME: &str = "live.stream.test";

/// A resolver asks the next server after so long.
const PATIENCE: Duration = Duration::from_millis(800);

/// What viewers share; each has its own address, by which the server tells it apart.
#[derive(Debug)]
pub(crate) struct Resolver {
    number: usize,
    servers: Arc<[SocketAddr]>,
    books: Arc<Books>,
    kept: Mutex<Kept>,
}

#[derive(Debug)]
struct Kept {
    addresses: Arc<[Ipv4Addr]>,
    until: Instant,
    /// How many questions it asked: each begins with the next server.
    asked: usize,
}

impl Resolver {
    pub(crate) fn new(number: usize, servers: &Arc<[SocketAddr]>, books: &Arc<Books>) -> Self {
        let kept = Kept { addresses: Arc::default(), until: Instant::now(), asked: number };
        Self { number, servers: Arc::clone(servers), books: Arc::clone(books), kept: Mutex::new(kept) }
    }

    /// The addresses of the name: what is kept, or a new answer. Who asks meanwhile waits for the same answer. Empty
    /// when no server answers.
    pub(crate) async fn resolve(&self) -> Arc<[Ipv4Addr]> {
        let mut kept = self.kept.lock().await;
        for _ in 0..self.servers.len() {
            if Instant::now() < kept.until {
                break;
            }
            let server = self.servers[kept.asked % self.servers.len()];
            kept.asked += 1;
            let Some(answer) = self.ask(server).await else { continue };
            let ttl = Duration::from_secs(answer.ttl.unwrap_or_default().into());
            self.books.answered(self.number, &answer.addresses, ttl);
            kept.addresses = answer.addresses.into();
            kept.until = Instant::now() + ttl;
        }
        if Instant::now() < kept.until { Arc::clone(&kept.addresses) } else { Arc::default() }
    }

    async fn ask(&self, server: SocketAddr) -> Option<Answer> {
        let source = IpAddr::V4(resolver_address(self.number));
        // A thread that is made here is in the namespace of this one.
        let asked =
            spawn_blocking(move || Client::from(source, server)?.patient_for(PATIENCE)?.ask(HOSTNAME));
        let answer = asked.await.expect("asking does not panic");
        answer.ok().filter(|answer| answer.code == 0 && !answer.addresses.is_empty())
    }
}
