//! Viewers against small servers on loopback: redirects, names, live playlists, RTMP, noise.
#![allow(clippy::unwrap_used, reason = "every unwrap here is an assertion")]

mod dns;
mod origin;
mod rtmp;

mod entries;
mod names;
mod noise;
mod sessions;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::time::{Instant, interval};
use url::Url;
use weir_players::{Audience, Entry, NamesConfig, Players, PlayersConfig, Stats};

/// No test waits longer; on an idle machine none needs a tenth of it.
const DEADLINE: Duration = Duration::from_secs(30);

/// Waits until the crowd's figures satisfy `enough`.
async fn until(players: &Players, enough: impl Fn(&Stats) -> bool) -> Stats {
    let deadline = Instant::now() + DEADLINE;
    let mut looks = interval(Duration::from_millis(5));
    loop {
        looks.tick().await;
        let stats = players.stats();
        if enough(&stats) {
            return stats;
        }
        assert!(Instant::now() < deadline, "not in time: {stats:#?}");
    }
}

fn crowd(viewers: usize, entry: Entry) -> PlayersConfig {
    PlayersConfig {
        audiences: vec![Audience { viewers, entry }],
        ramp: Duration::ZERO,
        mean_session: Duration::from_secs(3600),
        retry_after: Duration::from_millis(5)..Duration::from_millis(15),
        ..PlayersConfig::default()
    }
}

fn by_dns(url: &str) -> Entry {
    Entry::Dns { url: Url::parse(url).unwrap() }
}

fn asking(server: SocketAddr) -> NamesConfig {
    NamesConfig { servers: vec![server], ..NamesConfig::default() }
}

/// Nothing listens here, on any port.
const DEAD: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 9, 9, 9));

fn loopback(last: u8) -> IpAddr {
    IpAddr::from([127, 0, 0, last])
}
