//! Start, stop and drop.

use std::io::ErrorKind;
use std::net::SocketAddr;

use tokio::net::TcpStream;

use super::client::{Http, Rtmp, closed, until};
use super::{origin, quick};
use crate::{Origin, OriginConfig};

/// An origin on addresses of its own: once it has freed its ports, no other test can be given them.
fn apart(net: u8) -> (Origin, [SocketAddr; 2]) {
    let listen = [1, 2].map(|last| SocketAddr::from(([127, 0, net, last], 0))).into();
    let origin = Origin::start(OriginConfig { listen, ..quick() }).unwrap();
    let addresses = origin.addresses().try_into().unwrap();
    (origin, addresses)
}

#[tokio::test]
async fn stop_ends_connections_and_frees_the_ports() {
    let (origin, addresses) = apart(7);
    let mut http = Http::to(addresses[0]).await;
    assert_eq!(http.get("/ServerVersion").await.status, 200);
    let (mut rtmp, _) = Rtmp::play(addresses[1], "live", "demo").await;
    origin.stop().await;
    closed(&mut http.tcp).await;
    while rtmp.next().await.is_some() {}
    for address in addresses {
        let refused = TcpStream::connect(address).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
    }
    let again = Origin::start(OriginConfig { listen: addresses.into(), ..quick() }).unwrap();
    assert_eq!(again.addresses(), addresses);
}

#[tokio::test]
async fn a_dropped_origin_ends_too() {
    let (origin, addresses) = apart(8);
    let mut http = Http::to(addresses[0]).await;
    assert_eq!(http.get("/ServerVersion").await.status, 200);
    drop(origin);
    closed(&mut http.tcp).await;
    until(async || TcpStream::connect(addresses[0]).await.is_err().then_some(())).await;
}

#[tokio::test]
async fn a_port_in_use_and_a_bad_configuration_are_errors() {
    let (_origin, addresses) = origin();
    let taken = Origin::start(OriginConfig { listen: vec![addresses[0]], ..quick() });
    assert_eq!(taken.unwrap_err().kind(), ErrorKind::AddrInUse);
    let twice = Origin::start(OriginConfig { window: 0, ..quick() });
    assert_eq!(twice.unwrap_err().kind(), ErrorKind::InvalidInput);
}

#[tokio::test]
async fn counters_follow_connections_requests_and_bytes() {
    let (origin, addresses) = origin();
    let mut http = Http::to(addresses[0]).await;
    let reply = http.get("/live/demo/chunklist_w1.m3u8").await;
    let stats = origin.stats(addresses[0]).unwrap();
    assert_eq!((stats.open_connections, stats.connections, stats.requests), (1, 1, 1));
    assert_eq!(stats.bytes_sent, (reply.head.len() + reply.body.len()) as u64);
    drop(http);
    until(async || (origin.stats(0).unwrap().open_connections == 0).then_some(())).await;
    assert!(origin.stats(9).is_none());
}
