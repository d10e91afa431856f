//! Host names to addresses: a literal, the table, or the viewer's resolver.

mod client;
mod message;
mod resolver;

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use url::Host;

pub(crate) use message::NameError;
pub(crate) use resolver::Resolver;

use crate::config::NamesConfig;
use crate::draw::Draw;

/// The crowd's view of names, and its resolvers.
#[derive(Debug)]
pub(crate) struct Names {
    table: HashMap<String, IpAddr>,
    rewrite: HashMap<IpAddr, IpAddr>,
    resolvers: Vec<Resolver>,
    /// Running sums of the resolvers' shares of the viewers.
    shares: Vec<f64>,
}

impl Names {
    pub(crate) fn new(config: &NamesConfig) -> Self {
        let resolvers = (0..config.resolvers.max(1)).map(|number| Resolver::new(config, number)).collect();
        Self {
            table: config.table.clone(),
            rewrite: config.rewrite.clone(),
            resolvers,
            shares: zipf(config.resolvers.max(1), config.skew),
        }
    }

    /// The resolver of a new viewer, by the skewed shares.
    pub(crate) fn pick(&self, draw: &mut Draw) -> &Resolver {
        let total = self.shares.last().copied().unwrap_or_default();
        let point = draw.unit() * total;
        let index = self.shares.partition_point(|sum| *sum <= point);
        &self.resolvers[index.min(self.resolvers.len() - 1)]
    }

    /// The addresses of a host, in the order of the answer.
    pub(crate) async fn addresses(
        &self,
        resolver: &Resolver,
        host: &Host<&str>,
    ) -> Result<Arc<[IpAddr]>, NameError> {
        let name = match host {
            Host::Ipv4(address) => return Ok([IpAddr::from(*address)].into()),
            Host::Ipv6(address) => return Ok([IpAddr::from(*address)].into()),
            Host::Domain(name) => name.to_ascii_lowercase(),
        };
        // In `rtmp://127.0.0.1/` the `url` crate sees a name: it parses addresses for the web's schemes only.
        let known = name.parse().ok().or_else(|| self.table.get(&name).copied());
        match known {
            Some(address) => Ok([address].into()),
            None => resolver.resolve(&name).await,
        }
    }

    /// Replaces a public address by the one that can be reached from here.
    pub(crate) fn rewrite(&self, mut peer: SocketAddr) -> SocketAddr {
        if let Some(address) = self.rewrite.get(&peer.ip()) {
            peer.set_ip(*address);
        }
        peer
    }
}

/// Running sums of `1 / rank^skew`.
fn zipf(count: usize, skew: f64) -> Vec<f64> {
    let weights = (1..=count).map(|rank| (rank as f64).powf(-skew));
    weights
        .scan(0.0, |sum, weight| {
            *sum += weight;
            Some(*sum)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resolvers_get_their_skewed_share_of_viewers() {
        let config = NamesConfig { resolvers: 4, skew: 1.0, ..NamesConfig::default() };
        let names = Names::new(&config);
        let mut draw = Draw::new(3, 0);
        let first = &raw const names.resolvers[0];
        let hits = (0..10_000).filter(|_| std::ptr::eq(names.pick(&mut draw), first)).count();
        // 1 / (1 + 1/2 + 1/3 + 1/4) is 0.48.
        assert!((4600..5000).contains(&hits), "{hits}");
    }

    #[tokio::test]
    async fn literals_and_the_table_need_no_query() {
        let there = IpAddr::from([127, 0, 0, 12]);
        let table = HashMap::from([("eni1.live.test".to_owned(), there)]);
        let names = Names::new(&NamesConfig { table, ..NamesConfig::default() });
        let literal = Host::Ipv4([127, 0, 0, 12].into());
        for host in [Host::Domain("ENI1.live.test"), Host::Domain("127.0.0.12"), literal] {
            assert_eq!(*names.addresses(&names.resolvers[0], &host).await.unwrap(), [there]);
        }
        let unknown = names.addresses(&names.resolvers[0], &Host::Domain("other.test")).await;
        assert_eq!(unknown, Err(NameError::NoServer));
    }
}
