//! What a viewer costs in memory: 1,000 of them on two threads, against a server in the same process.
#![allow(clippy::unwrap_used, reason = "every unwrap here is an assertion")]

#[path = "../players/origin.rs"]
#[allow(dead_code, reason = "the other tests use the rest of it")]
mod origin;

use std::net::IpAddr;
use std::time::Duration;

use tokio::time::{Instant, interval};
use url::Url;
use weir_players::{Audience, Entry, Players, PlayersConfig};

use origin::{Answers, Origin};

const VIEWERS: usize = 1000;

/// The harness must carry 5,000 viewers at this; the server's side of each connection is included.
const MAX_PER_VIEWER: usize = 40 * 1024;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_paced_hls_viewer_costs_less_than_40_kib() {
    let answers = Answers::Live { target: Duration::from_secs(2), bytes: 50_000 };
    let origin = Origin::start(IpAddr::from([127, 0, 0, 1]), answers).await;
    let url = Url::parse(&format!("http://{}/live/master.m3u8", origin.address)).unwrap();
    let before = resident();
    let audiences = vec![Audience { viewers: VIEWERS, entry: Entry::Dns { url } }];
    let ramp = Duration::from_secs(1);
    let players = Players::start(PlayersConfig { audiences, ramp, ..PlayersConfig::default() }).unwrap();
    let deadline = Instant::now() + Duration::from_secs(60);
    let mut looks = interval(Duration::from_millis(20));
    while players.stats().total.media_bytes < (VIEWERS * 4 * 50_000) as u64 {
        looks.tick().await;
        assert!(Instant::now() < deadline, "{:?}", players.stats().total);
    }
    let each = (resident().saturating_sub(before)) / VIEWERS;
    println!("{each} bytes per viewer; {:?}", players.stop().await.total);
    assert!(each < MAX_PER_VIEWER, "{each} bytes per viewer");
}

/// The process's resident memory in bytes (proc_pid_statm(5): the second figure, in pages).
fn resident() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: usize = statm.split(' ').nth(1).unwrap().parse().unwrap();
    // Every platform that this runs on has pages of at least 4 KiB; larger ones would understate the cost.
    pages * 4096
}
