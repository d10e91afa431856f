//! A resolver that a group of viewers shares: one query per name and TTL, however many ask.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::client;
use super::message::NameError;
use crate::config::NamesConfig;

/// The most names that a resolver keeps; names come from the network. When it is full it starts afresh.
const MAX_NAMES: usize = 1024;

/// How long a failure is kept: long enough that a group does not ask in chorus, shorter than any retry.
const FAILURE_TTL: Duration = Duration::from_millis(500);

type Found = Result<Arc<[IpAddr]>, NameError>;

/// A name's place in the cache.
type Entry = tokio::sync::Mutex<Option<Kept>>;

/// The cache of one group of viewers.
#[derive(Debug)]
pub(crate) struct Resolver {
    servers: Vec<SocketAddr>,
    /// Which server is asked first.
    first: usize,
    source: Option<Ipv4Addr>,
    /// Each name has its own lock, held while it is looked up: others who want it wait and share the answer.
    names: Mutex<HashMap<Box<str>, Arc<Entry>>>,
}

#[derive(Debug)]
struct Kept {
    found: Found,
    until: Instant,
}

impl Resolver {
    pub(crate) fn new(config: &NamesConfig, number: usize) -> Self {
        let offset = u32::try_from(number).unwrap_or(u32::MAX);
        Self {
            servers: config.servers.clone(),
            first: number % config.servers.len().max(1),
            source: config.source.map(|base| Ipv4Addr::from(u32::from(base).saturating_add(offset))),
            names: Mutex::default(),
        }
    }

    /// The addresses of a name: from the cache while the TTL lasts, else from a server.
    pub(crate) async fn resolve(&self, name: &str) -> Found {
        let entry = self.entry(name);
        let mut kept = entry.lock().await;
        if let Some(Kept { found, .. }) = kept.as_ref().filter(|kept| Instant::now() < kept.until) {
            return found.clone();
        }
        let servers = self.servers.iter().chain(&self.servers).skip(self.first).take(self.servers.len());
        let (found, ttl) = match client::look_up(servers.copied(), self.source, name).await {
            Ok(answer) => (Ok(answer.addresses.into()), answer.ttl),
            Err(error) => (Err(error), FAILURE_TTL),
        };
        *kept = Some(Kept { found: found.clone(), until: Instant::now() + ttl });
        found
    }

    fn entry(&self, name: &str) -> Arc<Entry> {
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        if names.len() >= MAX_NAMES && !names.contains_key(name) {
            names.clear();
        }
        Arc::clone(names.entry(name.into()).or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_resolver_has_its_own_source_and_first_server() {
        let servers = vec![SocketAddr::from(([127, 0, 0, 1], 53)), SocketAddr::from(([127, 0, 0, 2], 53))];
        let source = Some(Ipv4Addr::new(127, 0, 1, 255));
        let config = NamesConfig { servers, source, ..NamesConfig::default() };
        let resolver = Resolver::new(&config, 1);
        assert_eq!((resolver.first, resolver.source), (1, Some(Ipv4Addr::new(127, 0, 2, 0))));
    }

    #[test]
    fn the_number_of_names_is_bounded() {
        let resolver = Resolver::new(&NamesConfig::default(), 0);
        for number in 0..=MAX_NAMES {
            resolver.entry(&number.to_string());
        }
        assert_eq!(resolver.names.lock().unwrap().len(), 1);
    }
}
