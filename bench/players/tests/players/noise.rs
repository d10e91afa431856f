//! Servers that answer with random bytes: errors, and nothing else.

use weir_players::{Audience, Players};

use crate::dns::Dns;
use crate::origin::{Answers, Origin};
use crate::{asking, by_dns, crowd, loopback, until};

#[tokio::test]
async fn random_answers_are_errors_and_every_viewer_lives_on() {
    let noise = Origin::start(loopback(15), Answers::Noise).await;
    let dns = Dns::start(0, &[("noise.test", &[])]).await;
    let port = noise.address.port();
    let mut config = crowd(4, by_dns(&format!("http://127.0.0.15:{port}/live/master.m3u8")));
    config
        .audiences
        .push(Audience { viewers: 4, entry: by_dns(&format!("rtmp://127.0.0.15:{port}/live/a")) });
    config.audiences.push(Audience { viewers: 4, entry: by_dns("http://noise.test/live/master.m3u8") });
    config.audiences.push(Audience { viewers: 1, entry: by_dns("http://none.test/live/master.m3u8") });
    config.names = asking(dns.address);
    let players = Players::start(config).unwrap();
    let stats = until(&players, |stats| stats.total.errors > 300).await;
    // A viewer whose task had panicked would be missing.
    assert_eq!((stats.total.viewers, stats.total.sessions, stats.total.starts), (13, 13, 0));
}
