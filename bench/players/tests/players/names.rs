//! Resolver groups: who asks, and how often.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use weir_players::{NamesConfig, Players, PlayersConfig};

use crate::dns::Dns;
use crate::origin::{Answers, Origin};
use crate::{DEAD, asking, by_dns, crowd, loopback, until};

const LIVE: Answers = Answers::Live { target: Duration::from_secs(2), bytes: 100 };

async fn config(viewers: usize, dns: &Dns, origin: &Origin) -> PlayersConfig {
    let entry = by_dns(&format!("http://live.test:{}/live/master.m3u8", origin.address.port()));
    PlayersConfig { names: asking(dns.address), ..crowd(viewers, entry) }
}

#[tokio::test]
async fn viewers_of_one_resolver_share_an_answer_while_its_ttl_lasts() {
    let origin = Origin::start(loopback(12), LIVE).await;
    let dns = Dns::start(60, &[("live.test", &[[127, 0, 0, 12]])]).await;
    let players = Players::start(config(20, &dns, &origin).await).unwrap();
    until(&players, |stats| stats.total.starts == 20).await;
    assert_eq!(dns.queries(), 1);
}

#[tokio::test]
async fn an_answer_that_has_outlived_its_ttl_is_asked_for_again() {
    let origin = Origin::start(loopback(12), LIVE).await;
    let dns = Dns::start(0, &[("live.test", &[[127, 0, 0, 12]])]).await;
    let players = Players::start(config(5, &dns, &origin).await).unwrap();
    until(&players, |stats| stats.total.starts == 5).await;
    assert_eq!(dns.queries(), 5);
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_skipped_for_the_next() {
    let origin = Origin::start(loopback(12), LIVE).await;
    let dns = Dns::start(60, &[("live.test", &[[127, 0, 0, 12]])]).await;
    let mut config = config(1, &dns, &origin).await;
    config.names.servers.insert(0, SocketAddr::new(DEAD, 53));
    let players = Players::start(config).unwrap();
    let stats = until(&players, |stats| stats.total.starts == 1).await;
    assert_eq!((stats.total.errors, dns.queries()), (0, 1));
}

#[tokio::test]
async fn each_resolver_asks_for_itself_from_its_own_address() {
    let origin = Origin::start(loopback(12), LIVE).await;
    let dns = Dns::start(60, &[("live.test", &[[127, 0, 0, 12]])]).await;
    let mut config = config(40, &dns, &origin).await;
    let source = Some(Ipv4Addr::new(127, 0, 1, 1));
    config.names = NamesConfig { resolvers: 3, skew: 0.0, source, ..config.names };
    let players = Players::start(config).unwrap();
    until(&players, |stats| stats.total.starts == 40).await;
    let asked = dns.asked.lock().unwrap();
    let expected = [1, 2, 3].map(|last| Ipv4Addr::new(127, 0, 1, last).into());
    assert_eq!((asked.queries, &asked.sources), (3, &expected.into()));
}
