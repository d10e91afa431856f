//! A crowd over time: viewers leave and are replaced, pictures freeze, the owner stops it all.

use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use tokio::time::{interval, timeout};
use weir_players::Players;

use crate::origin::{Answers, Origin};
use crate::{DEADLINE, by_dns, crowd, loopback, until};

const LIVE: Answers = Answers::Live { target: Duration::from_millis(200), bytes: 5000 };

async fn origin() -> (Origin, String) {
    let origin = Origin::start(loopback(12), LIVE).await;
    let url = format!("http://{}/live/master.m3u8", origin.address);
    (origin, url)
}

#[tokio::test]
async fn whoever_leaves_is_replaced() {
    let (_origin, url) = origin().await;
    let mut config = crowd(5, by_dns(&url));
    config.mean_session = Duration::from_millis(150);
    let players = Players::start(config).unwrap();
    let stats = until(&players, |stats| stats.total.sessions >= 25).await;
    assert_eq!(stats.total.viewers, 5);
    assert!(stats.total.starts > 5);
}

#[tokio::test]
async fn a_picture_that_freezes_is_a_stall_and_a_playlist_that_stands_still_an_error() {
    let (origin, url) = origin().await;
    let players = Players::start(crowd(2, by_dns(&url))).unwrap();
    until(&players, |stats| stats.total.starts == 2).await;
    origin.seen.frozen.store(true, SeqCst);
    let stats = until(&players, |stats| stats.total.stalls >= 2 && stats.total.errors >= 2).await;
    assert_eq!(stats.addresses[&loopback(12)].stalls, stats.total.stalls);
    assert_eq!(stats.total.sessions, 2);
}

#[tokio::test]
async fn a_kept_connection_that_the_server_has_closed_is_opened_again_without_an_error() {
    let (origin, url) = origin().await;
    origin.seen.hangs_up.store(true, SeqCst);
    let players = Players::start(crowd(1, by_dns(&url))).unwrap();
    let stats = until(&players, |stats| stats.total.media_bytes >= 6 * 5000).await;
    assert_eq!((stats.total.errors, stats.addresses[&loopback(12)].sessions), (0, 1));
    assert!(origin.seen.accepted.load(SeqCst) > 6);
}

#[tokio::test]
async fn stopping_ends_every_viewer_and_its_connection() {
    let (origin, url) = origin().await;
    let before = tokio::runtime::Handle::current().metrics().num_alive_tasks();
    let players = Players::start(crowd(50, by_dns(&url))).unwrap();
    until(&players, |stats| stats.total.starts == 50).await;
    let stats = players.stop().await;
    assert_eq!((stats.total.viewers, stats.addresses[&loopback(12)].viewers), (0, 0));
    let gone = async {
        let mut looks = interval(Duration::from_millis(5));
        while origin.seen.open.load(SeqCst) > 0 {
            looks.tick().await;
        }
    };
    timeout(DEADLINE, gone).await.expect("connections outlive their viewers");
    let left = tokio::runtime::Handle::current().metrics().num_alive_tasks();
    assert!(left <= before + 1, "{left} tasks, {before} before");
}
