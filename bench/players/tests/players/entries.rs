//! How viewers get in: by redirect, by name, by the next address.

use std::net::SocketAddr;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use url::Url;
use weir_players::{Entry, Players};

use crate::dns::Dns;
use crate::origin::{Answers, Origin};
use crate::rtmp::{MESSAGE, Rtmp};
use crate::{DEAD, asking, by_dns, crowd, loopback, until};

const LIVE: Answers = Answers::Live { target: Duration::from_millis(200), bytes: 5000 };

fn redirect(edges: Vec<SocketAddr>) -> Entry {
    Entry::Redirect { url: Url::parse("http://live.test/live/master.m3u8?token=1").unwrap(), edges }
}

#[tokio::test]
async fn a_viewer_follows_the_redirect_plays_and_its_bytes_are_counted() {
    let origin = Origin::start(loopback(12), LIVE).await;
    let target = format!("http://eni1.live.test:{}/live/master.m3u8?token=1", origin.address.port());
    let edge = Origin::start(loopback(1), Answers::Redirects(vec![target])).await;
    let dns = Dns::start(30, &[("eni1.live.test", &[[127, 0, 0, 12]])]).await;
    let mut config = crowd(1, redirect(vec![edge.address]));
    config.names = asking(dns.address);
    let players = Players::start(config).unwrap();
    let plays = |there: &weir_players::Tally| there.media_bytes >= 6 * 5000;
    let stats = until(&players, |stats| stats.addresses.get(&loopback(12)).is_some_and(plays)).await;
    let there = stats.addresses[&loopback(12)];
    assert!(there.received_bytes > there.media_bytes);
    assert_eq!((there.viewers, there.sessions, there.starts, there.errors), (1, 1, 1, 0));
    assert_eq!(stats.addresses[&loopback(1)].media_bytes, 0);
    assert_eq!(stats.total.media_bytes, there.media_bytes);
    assert!(edge.seen.asked("GET /live/master.m3u8?token=1 HTTP/1.1\r\nHost: live.test\r\n"));
    assert!(origin.seen.asked("Host: eni1.live.test:"));
    assert_eq!(origin.seen.accepted.load(SeqCst), 1, "one connection, kept alive");
}

#[tokio::test]
async fn a_dead_address_is_skipped_for_the_next_of_the_answer() {
    let origin = Origin::start(loopback(12), LIVE).await;
    let dns = Dns::start(30, &[("live.test", &[[127, 9, 9, 9], [127, 0, 0, 12]])]).await;
    let mut config =
        crowd(3, by_dns(&format!("http://live.test:{}/live/master.m3u8", origin.address.port())));
    config.names = asking(dns.address);
    let players = Players::start(config).unwrap();
    let stats = until(&players, |stats| stats.total.starts == 3).await;
    assert_eq!(stats.addresses[&loopback(12)].viewers, 3);
    assert_eq!((stats.addresses[&DEAD].errors, stats.addresses[&DEAD].sessions), (3, 0));
}

#[tokio::test]
async fn a_viewer_comes_back_through_its_entry_after_an_error() {
    let origin = Origin::start(loopback(12), LIVE).await;
    let good = format!("http://127.0.0.12:{}/live/master.m3u8", origin.address.port());
    let dead = "http://127.9.9.9:1/live/master.m3u8".to_owned();
    let loops = "/live/master.m3u8".to_owned();
    let turns =
        vec![dead, loops.clone(), loops.clone(), loops.clone(), loops.clone(), loops.clone(), loops, good];
    let edge = Origin::start(loopback(1), Answers::Redirects(turns)).await;
    let mut config = crowd(1, redirect(vec![edge.address]));
    // What a relative redirect leads to is asked of the URL's host, which is the edge as well.
    config.names.table.insert("live.test".into(), loopback(1));
    let url = format!("http://live.test:{}/live/master.m3u8", edge.address.port());
    config.audiences[0].entry = Entry::Redirect { url: Url::parse(&url).unwrap(), edges: vec![edge.address] };
    let players = Players::start(config).unwrap();
    let stats = until(&players, |stats| stats.total.starts == 1).await;
    assert_eq!(stats.addresses[&DEAD].errors, 1, "refused");
    assert_eq!(stats.addresses[&loopback(1)].errors, 1, "too many redirects");
    assert_eq!(stats.total.sessions, 1, "still the same viewer");
}

#[tokio::test]
async fn an_edge_that_does_not_answer_is_skipped_for_another() {
    let origin = Origin::start(loopback(12), LIVE).await;
    let target = format!("http://198.51.100.12:{}/live/master.m3u8", origin.address.port());
    let edge = Origin::start(loopback(1), Answers::Redirects(vec![target])).await;
    let dead = SocketAddr::new(DEAD, edge.address.port());
    let mut config = crowd(8, redirect(vec![dead, edge.address]));
    config.names.rewrite.insert([198, 51, 100, 12].into(), loopback(12));
    let players = Players::start(config).unwrap();
    let stats = until(&players, |stats| stats.total.starts == 8).await;
    assert_eq!(stats.addresses[&loopback(12)].viewers, 8);
    assert!(stats.addresses[&DEAD].errors < 8, "edges are drawn");
}

#[tokio::test]
async fn an_rtmp_viewer_plays_and_its_media_is_counted() {
    let server = Rtmp::start(loopback(14)).await;
    let dns = Dns::start(30, &[("live.test", &[[127, 9, 9, 9], [127, 0, 0, 14]])]).await;
    let mut config = crowd(2, by_dns(&format!("rtmp://live.test:{}/live/demo", server.address.port())));
    config.names = asking(dns.address);
    let players = Players::start(config).unwrap();
    let enough =
        |stats: &weir_players::Stats| stats.total.starts == 2 && stats.total.media_bytes > 20 * MESSAGE;
    let stats = until(&players, enough).await;
    let there = stats.addresses[&loopback(14)];
    assert_eq!((there.viewers, there.sessions, there.errors), (2, 2, 0));
    assert_eq!(there.media_bytes % MESSAGE, 0);
}
