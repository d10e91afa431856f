//! How listeners begin and end.

use tokio::net::TcpListener;

use super::*;
use crate::bind::BindError;

const LONG: Duration = Duration::from_secs(10);

/// Waits until the server has read what other clients sent before: on the one thread of these tests it serves events in
/// the order of their arrival, so two whole exchanges come after them.
async fn are_read(client: &mut Client<TcpStream>) {
    for _ in 0..2 {
        assert_eq!(client.request(&ask("GET", "/", "live.stream.test")).await.status, 302);
    }
}

#[tokio::test]
async fn a_shutdown_closes_idle_connections_and_lets_a_request_in_flight_finish() {
    let served = serve(Limits::DEFAULT);
    let mut silent = served.connect().await;
    let mut idle = served.connect().await;
    let request = ask("GET", "/", "live.stream.test");
    let mut busy = served.connect().await;
    assert_eq!(busy.request(&request).await.status, 302);
    let mut new = served.connect().await;
    let (begun, rest) = request.split_at(20);
    busy.send(begun).await;
    new.send(begun).await;
    are_read(&mut idle).await;

    let address = served.listener.address();
    let ended = served.listener.ended();
    let shutdown = tokio::spawn(served.listener.shutdown(LONG));
    timeout(DEADLINE, ended).await.expect("accepts no more");
    idle.until_closed().await;
    silent.until_closed().await;
    assert!(TcpStream::connect(address).await.is_err(), "the port is closed");
    assert!(!shutdown.is_finished());

    for client in [&mut busy, &mut new] {
        let last = client.request(rest).await;
        assert_eq!((last.status, last.header("connection")), (302, "close"));
        client.until_closed().await;
    }
    assert_eq!(timeout(DEADLINE, shutdown).await.expect("in time").expect("no panic"), 0);
}

#[tokio::test]
async fn what_does_not_finish_within_the_grace_is_cut_and_counted() {
    let served = serve(Limits::DEFAULT);
    let request = ask("GET", "/", "live.stream.test");
    let mut late = Vec::new();
    for _ in 0..3 {
        let mut client = served.connect().await;
        client.send(&request[..20]).await;
        late.push(client);
    }
    are_read(&mut served.connect().await).await;
    assert_eq!(served.listener.shutdown(Duration::from_millis(50)).await, 3);
    for client in &mut late {
        client.until_closed().await;
    }
}

#[tokio::test]
async fn a_dropped_listener_leaves_nothing_behind() {
    let served = serve(Limits::DEFAULT);
    let mut client = served.connect().await;
    assert_eq!(client.request(&ask("GET", "/", "live.stream.test")).await.status, 302);
    let ended = served.listener.ended();
    drop(served.listener);
    timeout(DEADLINE, ended).await.expect("the task ends");
    client.until_closed().await;
}

#[tokio::test]
async fn listeners_come_and_go_independently() {
    let edge = Edge::new(World::new().reader(), TargetForm::Name, &Registry::new()).expect("a registry");
    let bind = |address: &str| {
        EdgeListener::bind(address.parse().expect("an address"), Arc::clone(&edge), None)
            .expect("a free port")
    };
    let (one, two) = (bind("127.0.0.11:0"), bind("127.0.0.12:0"));
    let mut client = Client::new(TcpStream::connect(two.address()).await.expect("it listens"));
    let address = one.address();
    assert_eq!(one.shutdown(LONG).await, 0);
    assert_eq!(client.request(&ask("GET", "/", "live.stream.test")).await.status, 302);
    // The address can be had again at once.
    let again = bind(&address.to_string());
    let mut client = Client::new(TcpStream::connect(again.address()).await.expect("it listens"));
    assert_eq!(client.request(&ask("GET", "/", "live.stream.test")).await.status, 302);
}

#[tokio::test]
async fn an_address_that_cannot_be_had_says_why() {
    let edge = Edge::new(World::new().reader(), TargetForm::Name, &Registry::new()).expect("a registry");
    let taken = TcpListener::bind(free()).await.expect("a free port");
    let bind = |address: SocketAddr| EdgeListener::bind(address, Arc::clone(&edge), None).map(|_| ());
    let address = taken.local_addr().expect("bound");
    assert!(matches!(bind(address), Err(BindError::InUse { address: at, .. }) if at == address));
    // TEST-NET-3 (RFC 5737) is no machine's.
    let elsewhere = "203.0.113.77:0".parse().expect("an address");
    assert!(matches!(bind(elsewhere), Err(BindError::NoSuchAddress { .. })));
}

#[tokio::test]
async fn a_second_edge_needs_a_registry_of_its_own() {
    let registry = Registry::new();
    let reader = World::new().reader();
    let _one = Edge::new(reader.clone(), TargetForm::Name, &registry).expect("a new registry");
    assert!(Edge::new(reader, TargetForm::Name, &registry).is_err());
}
