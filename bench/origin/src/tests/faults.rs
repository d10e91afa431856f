//! Each fault, as a client sees it: on an open connection, on a new one, and on the other address.

use std::io::ErrorKind;
use std::time::Instant;

use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::client::{Http, Reply, Rtmp, SILENCE, closed, soon, until};
use super::origin;
use crate::{Fault, FaultError};

const MASTER: &str = "/live/_definst_/demo/playlist.m3u8";
const LIST: &str = "/live/_definst_/demo/chunklist_w1.m3u8";

async fn newest(http: &mut Http) -> Reply {
    let name = http.get(LIST).await.entries().pop().unwrap();
    http.get(&format!("/live/_definst_/demo/{name}")).await
}

async fn assert_sound(address: std::net::SocketAddr) {
    let mut http = Http::to(address).await;
    assert!(http.get(MASTER).await.text().starts_with("#EXTM3U"));
    assert_eq!(newest(&mut http).await.status, 200);
    let before = http.get(LIST).await.sequence();
    until(async || (Http::to(address).await.get(LIST).await.sequence() > before).then_some(())).await;
    let (mut rtmp, code) = Rtmp::play(address, "live", "demo").await;
    assert_eq!(code, "NetStream.Play.Start");
    assert!(rtmp.media().await.is_some());
}

#[tokio::test]
async fn a_fault_leaves_the_other_address_alone_and_goes_when_cleared() {
    let (origin, addresses) = origin();
    for fault in [
        Fault::Refuse,
        Fault::Silent,
        Fault::Status(503),
        Fault::Frozen,
        Fault::Ended,
        Fault::SequenceFell,
        Fault::MissingSegments,
        Fault::Garbage,
        Fault::MasterOnly,
        Fault::RtmpNoMedia,
        Fault::RtmpReject,
        Fault::RtmpNotFound,
        Fault::Slow(1),
    ] {
        origin.set_fault(0, fault).await.unwrap();
        assert_eq!((origin.fault(0), origin.fault(1)), (Some(fault), None));
        assert_sound(addresses[1]).await;
        origin.clear_fault(addresses[0]).await.unwrap();
        assert_eq!(origin.fault(0), None);
    }
    assert_sound(addresses[0]).await;
    assert!(matches!(origin.set_fault(2, Fault::Ended).await, Err(FaultError::Unknown(_))));
}

#[tokio::test]
async fn refuse_cuts_connections_closes_the_port_and_takes_it_again() {
    let (origin, addresses) = origin();
    let mut http = Http::to(addresses[0]).await;
    assert_eq!(http.get(MASTER).await.status, 200);
    let (mut rtmp, _) = Rtmp::play(addresses[0], "live", "demo").await;
    for _ in 0..20 {
        origin.set_fault(0, Fault::Refuse).await.unwrap();
        assert_eq!(origin.stats(0).unwrap().open_connections, 0);
        let refused = TcpStream::connect(addresses[0]).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
        origin.clear_fault(0).await.unwrap();
        assert_eq!(Http::to(addresses[0]).await.get(MASTER).await.status, 200);
    }
    closed(&mut http.tcp).await;
    while rtmp.next().await.is_some() {}
}

#[tokio::test]
async fn silent_accepts_and_says_nothing_to_new_and_open_connections() {
    let (origin, addresses) = origin();
    let mut open = Http::to(addresses[0]).await;
    assert_eq!(open.get(MASTER).await.status, 200);
    let (mut playing, _) = Rtmp::play(addresses[0], "live", "demo").await;
    origin.set_fault(0, Fault::Silent).await.unwrap();

    let mut new = Http::to(addresses[0]).await;
    for http in [&mut open, &mut new] {
        http.send("GET", MASTER, "").await.unwrap();
        assert!(timeout(SILENCE, http.tcp.read_u8()).await.is_err());
    }
    playing.falls_silent().await;

    let held = origin.stats(0).unwrap().open_connections;
    drop(new);
    until(async || (origin.stats(0).unwrap().open_connections < held).then_some(())).await;
    origin.clear_fault(0).await.unwrap();
    closed(&mut open.tcp).await;
    assert_eq!(Http::to(addresses[0]).await.get(MASTER).await.status, 200);
}

#[tokio::test]
async fn status_is_the_answer_to_every_request() {
    let (origin, addresses) = origin();
    let mut http = Http::to(addresses[0]).await;
    for (code, seen) in [(404, 404), (503, 503), (302, 302), (204, 204), (100, 500), (7, 500)] {
        origin.set_fault(0, Fault::Status(code)).await.unwrap();
        for path in [MASTER, LIST, "/ServerVersion", "/nothing"] {
            assert_eq!(http.get(path).await.status, seen);
        }
    }
}

#[tokio::test]
async fn frozen_and_ended_lists_stand_still_and_say_so_or_not() {
    let (origin, addresses) = origin();
    let mut http = Http::to(addresses[0]).await;
    for (fault, says) in [(Fault::Frozen, false), (Fault::Ended, true)] {
        let before = http.get(LIST).await;
        assert!(!before.text().contains("#EXT-X-ENDLIST"));
        origin.set_fault(0, fault).await.unwrap();
        let frozen = http.get(LIST).await;
        assert_eq!((frozen.status, frozen.text().contains("#EXT-X-ENDLIST")), (200, says));
        // The other address shows the time that passes.
        let live = frozen.sequence() + 3;
        until(async || (Http::to(addresses[1]).await.get(LIST).await.sequence() >= live).then_some(())).await;
        assert_eq!(http.get(LIST).await.body, frozen.body);
        assert_eq!(newest(&mut http).await.status, 200);
        origin.clear_fault(0).await.unwrap();
        assert!(http.get(LIST).await.sequence() >= live);
    }
}

#[tokio::test]
async fn a_fallen_sequence_restarts_near_zero_with_segments_that_are_there() {
    let (origin, addresses) = origin();
    let mut http = Http::to(addresses[0]).await;
    assert!(http.get(LIST).await.sequence() >= 900);
    origin.set_fault(0, Fault::SequenceFell).await.unwrap();
    let fallen = http.get(LIST).await.sequence();
    assert!(fallen < 200, "{fallen}");
    assert_eq!(newest(&mut http).await.status, 200);
    until(async || (Http::to(addresses[0]).await.get(LIST).await.sequence() > fallen).then_some(())).await;
}

#[tokio::test]
async fn parts_of_hls_can_be_missing_or_wrong() {
    let (origin, addresses) = origin();
    let mut http = Http::to(addresses[0]).await;

    origin.set_fault(0, Fault::MissingSegments).await.unwrap();
    assert_eq!(http.get(MASTER).await.status, 200);
    assert_eq!(newest(&mut http).await.status, 404);

    origin.set_fault(0, Fault::MasterOnly).await.unwrap();
    assert_eq!((http.get(MASTER).await.status, http.get(LIST).await.status), (200, 404));

    origin.set_fault(0, Fault::Garbage).await.unwrap();
    for path in [MASTER, LIST] {
        let garbage = http.get(path).await;
        assert_eq!(garbage.status, 200);
        assert!(!garbage.text().contains("#EXTM3U"));
    }
}

#[tokio::test]
async fn slow_takes_the_time_that_its_rate_says_on_http_and_rtmp() {
    let (origin, addresses) = origin();
    let mut http = Http::to(addresses[0]).await;
    let size = newest(&mut http).await.body.len();
    origin.set_fault(0, Fault::Slow(25_000)).await.unwrap();
    let name = http.get(LIST).await.entries().pop().unwrap();
    let start = Instant::now();
    assert_eq!(http.get(&format!("/live/_definst_/demo/{name}")).await.body.len(), size);
    let least = size as f64 / 25_000.0 * 0.7;
    assert!(start.elapsed().as_secs_f64() >= least, "{:?}", start.elapsed());

    let start = Instant::now();
    drop(Rtmp::to(addresses[0]).await);
    let least = 3_073.0 / 25_000.0 * 0.2;
    assert!(start.elapsed().as_secs_f64() >= least, "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_slow_write_is_let_go_when_the_fault_is_cleared() {
    let (origin, addresses) = origin();
    origin.set_fault(0, Fault::Slow(1)).await.unwrap();
    let mut http = Http::to(addresses[0]).await;
    http.send("GET", LIST, "").await.unwrap();
    soon(http.tcp.read_u8()).await.unwrap();
    origin.clear_fault(0).await.unwrap();
    let mut rest = String::new();
    while !rest.contains("EXTINF") {
        rest.push(char::from(soon(http.tcp.read_u8()).await.unwrap()));
    }
}

#[tokio::test]
async fn rtmp_without_media_starts_and_stays_silent_until_cleared() {
    let (origin, addresses) = origin();
    let (mut open, _) = Rtmp::play(addresses[0], "live", "demo").await;
    assert!(open.media().await.is_some());
    for fault in [Fault::RtmpNoMedia, Fault::Frozen] {
        origin.set_fault(0, fault).await.unwrap();
        let (mut new, code) = Rtmp::play(addresses[0], "live", "demo").await;
        assert_eq!(code, "NetStream.Play.Start");
        open.falls_silent().await;
        new.falls_silent().await;
        origin.clear_fault(0).await.unwrap();
        assert!(open.media().await.is_some());
        // A player that started in silence still gets what its decoder needs first.
        assert_eq!(new.media().await.unwrap().payload[1], 0);
    }
}

#[tokio::test]
async fn rtmp_can_reject_not_find_and_unpublish() {
    let (origin, addresses) = origin();
    for (fault, expected) in [
        (Fault::RtmpReject, "NetConnection.Connect.Rejected"),
        (Fault::RtmpNotFound, "NetStream.Play.StreamNotFound"),
    ] {
        let (mut open, _) = Rtmp::play(addresses[0], "live", "demo").await;
        origin.set_fault(0, fault).await.unwrap();
        while open.next().await.is_some() {}
        assert_eq!(Rtmp::play(addresses[0], "live", "demo").await.1, expected);
        origin.clear_fault(0).await.unwrap();
    }
    let (mut open, _) = Rtmp::play(addresses[0], "live", "demo").await;
    origin.set_fault(0, Fault::Ended).await.unwrap();
    assert_eq!(open.code().await, "NetStream.Play.UnpublishNotify");
    open.falls_silent().await;
}
