//! Discovery against the instance metadata of the test kit.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use tokio::net::TcpSocket;
use tokio::time::timeout;
use weir::discovery::{Eni, MetadataClient, MetadataError, MetadataView};
use weir_tests::metadata::{ALWAYS, Fault, MetadataMock, MockEni, TOKEN};

const FIRST: &str = "02:00:00:00:00:05";
const SECOND: &str = "02:00:00:00:00:06";
const MACS: &str = "network/interfaces/macs/";
const DEADLINE: Duration = Duration::from_secs(10);

async fn mock() -> (MetadataMock, MetadataClient) {
    let mock = MetadataMock::start().await.expect("a port is free");
    mock.put("mac", FIRST);
    let client = MetadataClient::new(mock.endpoint().parse().expect("an endpoint"));
    (mock, client)
}

fn first() -> MockEni {
    MockEni::new(FIRST).device_number(0).private("10.0.0.5").public("198.51.100.5", "10.0.0.5")
}

fn second() -> MockEni {
    MockEni::new(SECOND).device_number(1).private("10.0.0.6").public("198.51.100.6", "10.0.0.6")
}

fn ip(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

async fn read(client: &mut MetadataClient) -> Result<MetadataView, MetadataError> {
    timeout(DEADLINE, MetadataView::read(client)).await.expect("it ends in time")
}

#[tokio::test]
async fn several_interfaces_are_read_with_all_of_their_parts() {
    let (mock, mut client) = mock().await;
    mock.attach(&first().private("10.0.0.15").public("198.51.100.15", "10.0.0.15").ipv6("2001:db8::5"));
    mock.attach(&second().network_card(1));
    let view = read(&mut client).await.expect("it answers");
    let [one, two] = view.enis.as_slice() else { panic!("{view:?}") };
    assert_eq!((one.mac.as_str(), one.id.as_str()), (FIRST, "eni-020000000005"));
    assert_eq!((one.device_number, one.network_card), (Some(0), 0));
    assert_eq!((two.device_number, two.network_card), (Some(1), 1));
    assert_eq!(one.public_of(ip("10.0.0.5")), Some(ip("198.51.100.5")));
    assert_eq!(one.public_of(ip("10.0.0.15")), Some(ip("198.51.100.15")));
    assert_eq!(one.public_of(ip("2001:db8::5")), Some(ip("2001:db8::5")));
    assert_eq!(view.of(None, ip("10.0.0.6")).map(|eni| eni.mac.as_str()), Some(SECOND));
}

#[tokio::test]
async fn the_network_card_may_have_its_older_name_or_none() {
    let (mock, mut client) = mock().await;
    mock.attach(&first().leaf("network-card-index", "2"));
    mock.attach(&second());
    let cards: Vec<u32> = read(&mut client).await.expect("it answers").enis.iter().map(card).collect();
    assert_eq!(cards, [2, 0]);
}

fn card(eni: &Eni) -> u32 {
    eni.network_card
}

#[tokio::test]
async fn one_token_serves_many_requests() {
    let (mock, mut client) = mock().await;
    mock.attach(&first());
    read(&mut client).await.expect("it answers");
    read(&mut client).await.expect("it answers");
    assert_eq!(mock.count(TOKEN, 200), 1);
}

#[tokio::test]
async fn a_token_that_ended_early_is_renewed_within_the_request() {
    let (mock, mut client) = mock().await;
    assert_eq!(client.get("mac").await.expect("it answers"), FIRST);
    mock.expire_tokens();
    assert_eq!(client.get("mac").await.expect("it answers"), FIRST);
    assert_eq!((mock.count("mac", 401), mock.count(TOKEN, 200)), (1, 2));
}

#[tokio::test]
async fn a_token_is_renewed_before_it_ends() {
    let (mock, mut client) = mock().await;
    mock.grant_ttl(0);
    client.get("mac").await.expect("it answers");
    client.get("mac").await.expect("it answers");
    assert_eq!((mock.count("mac", 401), mock.count(TOKEN, 200)), (0, 2));
}

#[tokio::test]
async fn a_path_that_refuses_fresh_tokens_is_unauthorized_after_one_renewal() {
    let (mock, mut client) = mock().await;
    mock.inject("mac", Fault::Status(401), ALWAYS);
    let refused = client.get("mac").await;
    assert!(matches!(refused, Err(MetadataError::Unauthorized { status: 401, .. })), "{refused:?}");
    assert_eq!((mock.count("mac", 401), mock.count(TOKEN, 200)), (2, 2));
}

#[tokio::test]
async fn a_service_that_is_switched_off_is_unauthorized() {
    let (mock, mut client) = mock().await;
    mock.inject(TOKEN, Fault::Status(403), ALWAYS);
    let refused = client.get("mac").await;
    assert!(matches!(refused, Err(MetadataError::Unauthorized { status: 403, .. })), "{refused:?}");
}

#[tokio::test]
async fn what_is_not_there_is_not_found_and_not_asked_again() {
    let (mock, mut client) = mock().await;
    assert!(
        matches!(client.get("nothing").await, Err(MetadataError::NotFound { path }) if path == "nothing")
    );
    assert_eq!(mock.count("nothing", 404), 1);
}

#[tokio::test]
async fn a_passing_failure_is_asked_again() {
    let (mock, mut client) = mock().await;
    for status in [503, 429] {
        mock.inject("mac", Fault::Status(status), 2);
        assert_eq!(client.get("mac").await.expect("the third try passes"), FIRST);
        assert_eq!(mock.count("mac", status), 2);
    }
}

#[tokio::test]
async fn a_failure_that_stays_is_unavailable_after_three_tries() {
    let (mock, mut client) = mock().await;
    mock.inject("mac", Fault::Status(503), ALWAYS);
    assert!(matches!(client.get("mac").await, Err(MetadataError::Unavailable { .. })));
    assert_eq!(mock.count("mac", 503), 3);
}

#[tokio::test]
async fn nobody_there_is_unavailable() {
    // Bound and not listening: the port is ours, and refuses.
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind("127.0.0.1:0".parse().expect("an address")).expect("a port is free");
    let endpoint = format!("http://{}", socket.local_addr().expect("bound"));
    let mut client = MetadataClient::new(endpoint.parse().expect("an endpoint"));
    assert!(matches!(client.get("mac").await, Err(MetadataError::Unavailable { .. })));
}

#[tokio::test]
async fn a_slow_answer_is_given_up_and_asked_again() {
    let (mock, mut client) = mock().await;
    mock.inject("mac", Fault::Delay(Duration::from_secs(30)), 1);
    let begun = Instant::now();
    assert_eq!(client.get("mac").await.expect("the second try passes"), FIRST);
    assert!(begun.elapsed() >= Duration::from_secs(1) && begun.elapsed() < DEADLINE);
}

#[tokio::test]
async fn an_answer_that_never_comes_is_a_timeout() {
    let (mock, mut client) = mock().await;
    mock.inject(TOKEN, Fault::Delay(Duration::from_secs(60)), ALWAYS);
    let begun = Instant::now();
    assert!(matches!(client.get("mac").await, Err(MetadataError::Timeout { .. })));
    assert!(begun.elapsed() < DEADLINE);
}

#[tokio::test]
async fn a_body_without_end_is_malformed() {
    let (mock, mut client) = mock().await;
    mock.inject("mac", Fault::Flood(64 * 1024 + 1), 1);
    assert!(matches!(client.get("mac").await, Err(MetadataError::Malformed { .. })));
}

#[tokio::test]
async fn a_leaf_that_makes_no_sense_is_malformed() {
    let (mock, mut client) = mock().await;
    mock.attach(&first().leaf("local-ipv4s", "10.0.0.5\n<html>"));
    assert!(
        matches!(read(&mut client).await, Err(MetadataError::Malformed { path }) if path.ends_with("local-ipv4s"))
    );
}

#[tokio::test]
async fn a_device_number_that_is_not_known_yet_leaves_the_rest() {
    let (mock, mut client) = mock().await;
    mock.attach(&first());
    mock.hide_device_number(FIRST);
    let before = read(&mut client).await.expect("it answers");
    assert_eq!(before.enis[0].device_number, None);
    assert_eq!(before.enis[0].public_of(ip("10.0.0.5")), Some(ip("198.51.100.5")));
    assert!(!before.is_complete(&[]));
    mock.show_device_number(FIRST);
    let after = read(&mut client).await.expect("it answers");
    assert_eq!(after.enis[0].device_number, Some(0));
    assert!(after.is_complete(&[ip("10.0.0.5")]) && !after.is_complete(&[ip("10.0.0.6")]));
}

#[tokio::test]
async fn a_failure_in_the_midst_makes_the_whole_read_fail() {
    let (mock, mut client) = mock().await;
    mock.attach(&first());
    mock.attach(&second());
    mock.inject(&format!("{MACS}{SECOND}/local-ipv4s"), Fault::Status(503), ALWAYS);
    assert!(matches!(read(&mut client).await, Err(MetadataError::Unavailable { .. })));
}

#[tokio::test]
async fn a_detached_interface_is_gone() {
    let (mock, mut client) = mock().await;
    mock.attach(&first());
    mock.attach(&second());
    assert_eq!(read(&mut client).await.expect("it answers").enis.len(), 2);
    mock.detach(FIRST);
    assert_eq!(read(&mut client).await.expect("it answers").enis.len(), 1);
}

#[tokio::test]
async fn an_instance_without_any_interface_listed_is_not_found() {
    let (_mock, mut client) = mock().await;
    assert!(matches!(read(&mut client).await, Err(MetadataError::NotFound { path }) if path == MACS));
}
