//! Connections to several listeners, which share one quota.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use prometheus::Registry;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

use crate::kit::{self, question};
use crate::listener::DnsListener;
use crate::{DnsPolicy, TcpPolicy};

const PATIENCE: Duration = Duration::from_secs(20);
const A: u16 = 1;

/// Two listeners of one answerer.
struct World {
    listeners: [DnsListener; 2],
    registry: Registry,
}

impl World {
    fn new(tcp: TcpPolicy) -> Self {
        let (answerer, registry, _) = kit::answerer(kit::unprobed());
        answerer.replace_policy(DnsPolicy { tcp, limits: None, ..DnsPolicy::default() });
        let listeners = [(); 2]
            .map(|()| DnsListener::bind("127.0.0.1:0".parse().unwrap(), Arc::clone(&answerer)).unwrap());
        Self { listeners, registry }
    }

    /// A connection of client `last` to one of the listeners.
    async fn connect(&self, last: u8, listener: usize) -> TcpStream {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(SocketAddr::from((Ipv4Addr::new(127, 0, 0, last), 0))).unwrap();
        timeout(PATIENCE, socket.connect(self.listeners[listener].address())).await.unwrap().unwrap()
    }

    fn counted(&self, metric: &str) -> u32 {
        let page = prometheus::TextEncoder::new().encode_to_string(&self.registry.gather()).unwrap();
        let value = page.lines().find_map(|line| line.strip_prefix(metric)?.strip_prefix(' ')?.parse().ok());
        value.unwrap_or_else(|| panic!("no {metric} in {page}"))
    }
}

/// Whether a question is answered; a connection that was closed says nothing.
async fn answers(stream: &mut TcpStream) -> bool {
    let message = question(7, 0, "live.stream.test", A);
    let framed = [&u16::try_from(message.len()).unwrap().to_be_bytes(), message.as_slice()].concat();
    if stream.write_all(&framed).await.is_err() {
        return false;
    }
    let Ok(length) = timeout(PATIENCE, stream.read_u16()).await.unwrap() else { return false };
    let mut answer = vec![0; usize::from(length)];
    timeout(PATIENCE, stream.read_exact(&mut answer)).await.unwrap().is_ok()
}

#[tokio::test]
async fn all_listeners_share_the_limits() {
    let world = World::new(TcpPolicy { connections: 3, per_client: 2, ..TcpPolicy::default() });
    let mut open = [world.connect(2, 0).await, world.connect(2, 1).await];
    for stream in &mut open {
        assert!(answers(stream).await);
    }
    for listener in [0, 1] {
        let mut over = world.connect(2, listener).await;
        assert!(!answers(&mut over).await);
    }
    assert!(answers(&mut world.connect(3, 1).await).await);
    assert_eq!(world.counted("weir_dns_tcp_refused_total{reason=\"client\"}"), 2);
    assert!((2..=3).contains(&world.counted("weir_dns_tcp_connections")));
}

#[tokio::test]
async fn a_connection_that_asks_nothing_makes_room_for_one_that_does() {
    let world = World::new(TcpPolicy { connections: 2, ..TcpPolicy::default() });
    let (mut busy, mut silent) = (world.connect(2, 0).await, world.connect(3, 0).await);
    assert!(answers(&mut busy).await && answers(&mut silent).await);
    // Half a question is silence.
    silent.write_all(&[0]).await.unwrap();
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(2)).await;
    tokio::time::resume();
    assert!(answers(&mut busy).await);
    let mut newcomer = world.connect(4, 1).await;
    assert!(answers(&mut newcomer).await);
    assert!(timeout(PATIENCE, silent.read(&mut [0])).await.unwrap().is_ok_and(|length| length == 0));
    assert!(answers(&mut busy).await && answers(&mut newcomer).await);
    assert_eq!(world.counted("weir_dns_tcp_displaced_total"), 1);
    assert_eq!(world.counted("weir_dns_tcp_connections"), 2);
}
