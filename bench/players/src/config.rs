//! What a crowd is made of.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::ops::Range;
use std::time::Duration;

use thiserror::Error;
use url::Url;

/// A crowd: who comes, from where, how fast, for how long.
#[derive(Debug, Clone)]
pub struct PlayersConfig {
    /// The parts of the crowd; each brings its own viewers by its own entry.
    pub audiences: Vec<Audience>,
    /// How host names become addresses.
    pub names: NamesConfig,
    /// The first viewer of each audience arrives at once, the last one after this time.
    pub ramp: Duration,
    /// The mean of the exponentially distributed length of a session.
    pub mean_session: Duration,
    /// How long a viewer waits after an error before it comes back through its entry; drawn evenly.
    pub retry_after: Range<Duration>,
    /// All draws follow from this number.
    pub seed: u64,
}

impl Default for PlayersConfig {
    fn default() -> Self {
        Self {
            audiences: Vec::new(),
            names: NamesConfig::default(),
            ramp: Duration::from_secs(10),
            mean_session: Duration::from_secs(300),
            retry_after: Duration::from_secs(1)..Duration::from_secs(3),
            seed: 1,
        }
    }
}

/// Viewers who use the same entry.
#[derive(Debug, Clone)]
pub struct Audience {
    /// How many watch at a time; whoever leaves is replaced at once.
    pub viewers: usize,
    /// How they find the stream.
    pub entry: Entry,
}

/// How a viewer finds the interface that it plays from.
#[derive(Debug, Clone)]
pub enum Entry {
    /// Ask one of weir's HTTP edges, drawn anew for each attempt, and follow its redirect.
    Redirect {
        /// The master playlist; its host goes into the `Host` header, its port is not used to connect.
        url: Url,
        /// Where the edges listen; when one does not answer, the next is tried.
        edges: Vec<SocketAddr>,
    },
    /// Resolve the URL's host and play from the first address; when it does not answer, from the next.
    Dns {
        /// `http://` is played as HLS (a master or media playlist), `rtmp://host/app/stream` as RTMP.
        url: Url,
    },
}

impl Entry {
    /// The URL that a viewer starts from.
    pub(crate) fn url(&self) -> &Url {
        match self {
            Self::Redirect { url, .. } | Self::Dns { url } => url,
        }
    }
}

/// How host names become addresses: a table, then resolver groups that ask by UDP.
#[derive(Debug, Clone)]
pub struct NamesConfig {
    /// The DNS servers that every resolver asks; each resolver begins with another of them.
    pub servers: Vec<SocketAddr>,
    /// How many resolvers the viewers share; each has a cache that honours TTLs.
    pub resolvers: usize,
    /// The exponent of Zipf's law over the resolvers: 0 is even, 1 gives the first of 1,000 some 13 % of the viewers.
    pub skew: f64,
    /// Resolver `i` asks from this address plus `i`, so that the server can tell them apart. `None`: any address.
    pub source: Option<Ipv4Addr>,
    /// Names that need no query, in lower case.
    pub table: HashMap<String, IpAddr>,
    /// Addresses that are replaced just before connecting: public ones by private ones, on one machine.
    pub rewrite: HashMap<IpAddr, IpAddr>,
}

impl Default for NamesConfig {
    fn default() -> Self {
        Self {
            servers: Vec::new(),
            resolvers: 1,
            skew: 1.0,
            source: None,
            table: HashMap::new(),
            rewrite: HashMap::new(),
        }
    }
}

/// Why a crowd cannot be started.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum StartError {
    /// Only `http` and `rtmp` are played, and only `http` is redirected.
    #[error("{url}: this entry cannot play the scheme")]
    Scheme {
        /// The URL of the entry.
        url: String,
    },
    /// The URL has no host.
    #[error("{url}: no host")]
    Host {
        /// The URL of the entry.
        url: String,
    },
    /// An RTMP URL needs an application and a stream name.
    #[error("{url}: expected rtmp://host/app/stream")]
    Stream {
        /// The URL of the entry.
        url: String,
    },
    /// A redirect entry without an edge.
    #[error("{url}: no edge to ask")]
    NoEdge {
        /// The URL of the entry.
        url: String,
    },
}

impl PlayersConfig {
    /// Refuses entries that no viewer could play.
    pub(crate) fn check(&self) -> Result<(), StartError> {
        self.audiences.iter().try_for_each(|audience| check(&audience.entry))
    }
}

fn check(entry: &Entry) -> Result<(), StartError> {
    let url = entry.url();
    let shown = || url.to_string();
    match (entry, url.scheme()) {
        (_, "http") => {}
        (Entry::Dns { .. }, "rtmp") => {
            crate::rtmp::Stream::of(url).ok_or_else(|| StartError::Stream { url: shown() })?;
        }
        _ => return Err(StartError::Scheme { url: shown() }),
    }
    if url.host().is_none() {
        return Err(StartError::Host { url: shown() });
    }
    match entry {
        Entry::Redirect { edges, .. } if edges.is_empty() => Err(StartError::NoEdge { url: shown() }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(entry: Entry) -> Option<StartError> {
        let audiences = vec![Audience { viewers: 1, entry }];
        PlayersConfig { audiences, ..PlayersConfig::default() }.check().err()
    }

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn an_entry_that_nobody_can_play_is_refused() {
        let edges = vec![SocketAddr::from(([127, 0, 0, 1], 80))];
        assert_eq!(refused(Entry::Dns { url: url("http://a/b.m3u8") }), None);
        assert_eq!(refused(Entry::Dns { url: url("rtmp://a/live/demo") }), None);
        let stream = refused(Entry::Dns { url: url("rtmp://a/demo") });
        assert_eq!(stream, Some(StartError::Stream { url: "rtmp://a/demo".into() }));
        let scheme = refused(Entry::Redirect { url: url("rtmp://a/live/demo"), edges });
        assert_eq!(scheme, Some(StartError::Scheme { url: "rtmp://a/live/demo".into() }));
        let edge = refused(Entry::Redirect { url: url("http://a/b.m3u8"), edges: Vec::new() });
        assert_eq!(edge, Some(StartError::NoEdge { url: "http://a/b.m3u8".into() }));
    }
}
