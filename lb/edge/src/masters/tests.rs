//! Masters from real sockets: who shares what, and for how long. What bad origins send is in `bad_origins`.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use hyper::StatusCode;
use prometheus::Registry;
use tokio::task::JoinSet;
use weir_core::PoolName;

use super::fetch::USER_AGENT_NAME;
use super::origin::{Origin, Step, answer};
use super::table::{Fetch, Found, Key};
use super::{Ask, FetchFault, FetchLimits, Flight, Masters, wait};
use crate::playlist::{self, Playlist};

mod bad_origins;

const MASTER: &str = "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1280000\nlow/index.m3u8\n";
const MEDIA: &str = "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\n1.ts\n";

struct Fetching {
    masters: Masters,
    registry: Registry,
    pool: PoolName,
}

impl Fetching {
    fn new(limits: FetchLimits) -> Self {
        let registry = Registry::new();
        let masters = Masters::new(limits, &registry).expect("a new registry");
        Self { masters, registry, pool: "live".parse().expect("a label") }
    }

    async fn get(&self, path: &str, from: &[SocketAddr], now: Instant) -> Fetch {
        let ask = Ask { pool: &self.pool, host: "live.stream.test", path, from };
        self.masters.get(ask, now).await
    }

    /// One fetch, of which only this interface is asked.
    async fn once(&self, from: &Origin) -> Fetch {
        self.get("/live/master.m3u8?token=a", &[from.address], Instant::now()).await
    }

    fn count(&self, outcome: &str) -> u64 {
        let families = self.registry.gather();
        let family = families.iter().find(|family| family.name() == "weir_master_fetches_total");
        let of = |metric: &&prometheus::proto::Metric| metric.get_label()[0].value() == outcome;
        let metric = family.and_then(|family| family.get_metric().iter().find(of)).expect("the series");
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small count")]
        let count = metric.get_counter().get_value() as u64;
        count
    }
}

fn good() -> Vec<Step> {
    vec![Step::Read, answer("200 OK", "Content-Type: application/vnd.apple.mpegurl\r\n", MASTER)]
}

fn is_master(fetch: &Fetch) -> bool {
    matches!(fetch.as_deref(), Ok(Playlist::Master(_)))
}

/// A moment at which nothing that was fetched until now is kept any more.
fn much_later() -> Instant {
    Instant::now() + FetchLimits::DEFAULT.kept
}

#[tokio::test]
async fn the_origin_sees_path_and_query_byte_for_byte_and_who_asks() {
    let origin = Origin::start(good()).await;
    let fetching = Fetching::new(FetchLimits::DEFAULT);
    let path = "/live/smil:a%20b.smil/playlist.m3u8?wowzatokenhash=a%2Fb==&x=a&&y='";
    assert!(is_master(&fetching.get(path, &[origin.address], Instant::now()).await));
    let head = origin.heads().remove(0);
    assert!(head.starts_with(&format!("GET {path} HTTP/1.1\r\nhost: live.stream.test\r\n")), "{head}");
    assert!(head.contains("\r\naccept-encoding: identity\r\n"), "{head}");
    assert!(head.contains(&format!("\r\nuser-agent: {USER_AGENT_NAME}\r\n")), "{head}");
    assert_eq!(USER_AGENT_NAME, concat!("weir/", env!("CARGO_PKG_VERSION")));
}

#[tokio::test]
async fn a_media_playlist_is_told_from_a_master() {
    let origin = Origin::start([Step::Read, answer("200 OK", "", MEDIA)]).await;
    let fetching = Fetching::new(FetchLimits::DEFAULT);
    assert!(matches!(fetching.once(&origin).await.as_deref(), Ok(Playlist::Media)));
    assert_eq!((fetching.count("media"), fetching.count("master")), (1, 0));
}

#[tokio::test]
async fn a_hundred_who_ask_at_once_share_one_fetch() {
    let origin = Origin::start([vec![Step::Read, Step::Gate], good().split_off(1)].concat()).await;
    let fetching = Fetching::new(FetchLimits::DEFAULT);
    let all = join_all((0..100).map(|_| fetching.once(&origin)));
    let opened = async {
        origin.until_asked(1).await;
        origin.open_gate();
    };
    let (all, ()) = tokio::join!(all, opened);
    assert!(all.iter().all(is_master));
    assert_eq!((origin.asked(), fetching.count("master")), (1, 1));
}

#[tokio::test]
async fn a_master_is_kept_for_a_second_from_the_end_of_its_fetch() {
    let origin = Origin::start(good()).await;
    let fetching = Fetching::new(FetchLimits::DEFAULT);
    let begun = Instant::now();
    for now in [begun, begun, begun + Duration::from_millis(999)] {
        assert!(is_master(&fetching.get("/a", &[origin.address], now).await));
    }
    assert_eq!(origin.asked(), 1);
    assert!(is_master(&fetching.get("/a", &[origin.address], much_later()).await));
    assert_eq!(origin.asked(), 2);
}

#[tokio::test]
async fn an_origin_that_writes_the_host_it_was_asked_by_means_itself() {
    let text = "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1280000\nhttp://live.stream.test/low.m3u8\n";
    let origin = Origin::start([Step::Read, answer("200 OK", "", text)]).await;
    let fetch = Fetching::new(FetchLimits::DEFAULT).once(&origin).await.expect("a master");
    let own = playlist::read(text.as_bytes(), &["live.stream.test"]).expect("a master");
    let foreign = playlist::read(text.as_bytes(), &[]).expect("a master");
    assert_eq!(*fetch, own);
    assert_ne!(own, foreign);
}

#[test]
fn time_counts_from_the_end_of_a_fetch() {
    let fetching = Fetching::new(FetchLimits::DEFAULT);
    let shared = Arc::clone(&fetching.masters.shared);
    let key = Key { pool: fetching.pool.clone(), path: "/a".into() };
    let mut flight = Flight { shared, key, number: 0, bytes: 0 };
    let begun = Instant::now();
    let slow = Err(FetchFault::NoInterface);
    let landed = flight.end(begun.checked_sub(Duration::from_secs(2)).expect("the machine runs"), slow);
    assert!(landed.until >= begun + FetchLimits::DEFAULT.fault_kept);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn threads_that_ask_at_once_share_one_fetch() {
    let origin = Origin::start([vec![Step::Read, Step::Gate], good().split_off(1)].concat()).await;
    let fetching = Arc::new(Fetching::new(FetchLimits::DEFAULT));
    let (address, now) = (origin.address, Instant::now());
    let mut viewers = JoinSet::new();
    for _ in 0..100 {
        let fetching = Arc::clone(&fetching);
        viewers.spawn(async move { is_master(&fetching.get("/a", &[address], now).await) });
    }
    origin.until_asked(1).await;
    origin.open_gate();
    assert!(viewers.join_all().await.iter().all(|got| *got));
    assert_eq!(origin.asked(), 1);
}

#[tokio::test]
async fn each_path_of_each_pool_is_another_master() {
    let origin = Origin::start(good()).await;
    let fetching = Fetching::new(FetchLimits::DEFAULT);
    let other = "other".parse().expect("a label");
    for pool in [&fetching.pool, &other] {
        for path in ["/a?token=1", "/a?token=2"] {
            let ask = Ask { pool, host: "live.stream.test", path, from: &[origin.address] };
            assert!(is_master(&fetching.masters.get(ask, Instant::now()).await));
        }
    }
    assert_eq!(origin.asked(), 4);
}

#[tokio::test]
async fn a_viewer_who_goes_away_takes_nothing_from_the_others() {
    let origin = Origin::start([vec![Step::Read, Step::Gate], good().split_off(1)].concat()).await;
    let fetching = Fetching::new(FetchLimits::DEFAULT);
    {
        let first = fetching.once(&origin);
        tokio::select! {
            _ = first => panic!("the gate is closed"),
            () = origin.until_asked(1) => {} // And now the first goes away.
        }
    }
    let second = fetching.once(&origin);
    let (second, ()) = tokio::join!(second, async { origin.open_gate() });
    assert!(is_master(&second));
    assert_eq!(origin.asked(), 1);
}

#[tokio::test]
async fn a_fault_is_shared_and_kept_for_a_short_time() {
    let origin = Origin::start([Step::Read, answer("500 Oops", "", "")]).await;
    let fetching = Fetching::new(FetchLimits::DEFAULT);
    let begun = Instant::now();
    for now in [begun, begun, begun + Duration::from_millis(199)] {
        let fault = fetching.get("/a", &[origin.address], now).await.expect_err("it is broken");
        assert_eq!(fault.status(), StatusCode::BAD_GATEWAY);
    }
    assert_eq!(origin.asked(), 1);
    let later = Instant::now() + FetchLimits::DEFAULT.fault_kept;
    assert!(fetching.get("/a", &[origin.address], later).await.is_err());
    assert_eq!((origin.asked(), fetching.count("error")), (2, 2));
}

#[tokio::test]
async fn beyond_the_masters_that_are_kept_the_oldest_leaves() {
    let origin = Origin::start(good()).await;
    let limits = FetchLimits { masters: 4, ..FetchLimits::DEFAULT };
    let (fetching, now) = (Fetching::new(limits), Instant::now());
    for path in ["/0", "/1", "/2", "/3", "/4"] {
        assert!(is_master(&fetching.get(path, &[origin.address], now).await));
    }
    assert_eq!(origin.asked(), 5);
    assert!(is_master(&fetching.get("/4", &[origin.address], now).await));
    assert!(is_master(&fetching.get("/1", &[origin.address], now).await));
    assert_eq!(origin.asked(), 5);
    assert!(is_master(&fetching.get("/0", &[origin.address], now).await));
    assert_eq!(origin.asked(), 6);
}

#[tokio::test]
async fn more_than_may_be_fetched_at_once_is_busy_and_the_rest_goes_on() {
    let origin = Origin::start([vec![Step::Read, Step::Gate], good().split_off(1)].concat()).await;
    let fetching = Fetching::new(FetchLimits { fetches: 2, ..FetchLimits::DEFAULT });
    let now = Instant::now();
    let from = [origin.address];
    let beyond = async {
        origin.until_asked(1).await;
        let fault = fetching.get("/b", &from, now).await.expect_err("one of two, and one left for others");
        assert!(matches!(fault, FetchFault::Busy { fetches: 2 }), "{fault}");
        assert_eq!(fault.status(), StatusCode::SERVICE_UNAVAILABLE);
        origin.open_gate();
    };
    let (first, ()) = tokio::join!(fetching.get("/a", &from, now), beyond);
    assert!(is_master(&first));
    origin.open_gate();
    assert!(is_master(&fetching.get("/b", &from, now).await));
    assert_eq!((fetching.count("busy"), fetching.count("master")), (1, 2));
}

#[tokio::test]
async fn no_interface_and_no_path_are_faults_that_reach_nobody() {
    let origin = Origin::start(good()).await;
    let fetching = Fetching::new(FetchLimits::DEFAULT);
    let now = Instant::now();
    let fault = fetching.get("/a", &[], now).await.expect_err("nowhere to ask");
    assert_eq!(fault.status(), StatusCode::SERVICE_UNAVAILABLE);
    for path in ["", "*", "a", "http://elsewhere.test/a", "/a b", "/a#b", "/a\r\nx: y"] {
        let fault = fetching.get(path, &[origin.address], now).await.expect_err("no path");
        assert_eq!(fault.status(), StatusCode::BAD_REQUEST, "{path:?}: {fault}");
    }
    assert_eq!(origin.asked(), 0);
}

#[tokio::test]
async fn fetches_end_with_the_masters() {
    let origin = Origin::start([Step::Read, Step::Hang]).await;
    let fetching = Fetching::new(FetchLimits::DEFAULT);
    let key = Key { pool: fetching.pool.clone(), path: "/a".into() };
    let from = [origin.address];
    {
        let first = fetching.get("/a", &from, Instant::now());
        tokio::select! {
            _ = first => panic!("it hangs"),
            () = origin.until_stuck() => {}
        }
    }
    let Found::Flying(landing) = fetching.masters.shared.table().seek(&key, Instant::now()) else {
        panic!("it flies");
    };
    drop(fetching);
    assert!(matches!(wait(landing).await, Err(FetchFault::GivenUp)));
}
