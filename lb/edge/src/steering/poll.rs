//! What a player says when it asks for its steering manifest, and the address at which it asks.

use std::fmt::Write as _;

use weir_core::rendezvous;

use crate::query;

/// The path of steering manifests. It begins with a dot so that it is no application's.
pub(crate) const PATH: &str = "/.weir/steering";

/// Longer lists of interfaces are no list of ours.
const MOST_PATHWAYS: usize = 64;

/// A player asks where to go on.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Poll<'a> {
    /// Its number: from our master, or made of its address.
    pub(crate) viewer: u64,
    /// The pathways of its master.
    pub(crate) has: Vec<&'a str>,
    /// The pathway that it plays.
    pub(crate) on: Option<&'a str>,
    /// What it measures, in bits per second.
    pub(crate) throughput: Option<u64>,
}

impl<'a> Poll<'a> {
    /// Reads the query. What is missing or odd is left out: a player that got something wrong is to be steered all the
    /// same. `address` is the viewer's number if it brings none.
    pub(crate) fn read(query: &'a str, address: u64) -> Self {
        let viewer = query::value(query, "viewer").and_then(|text| u64::from_str_radix(text, 16).ok());
        let has = query::value(query, "has").unwrap_or_default();
        let on = query::value(query, "_HLS_pathway").map(unquoted);
        let throughput = query::value(query, "_HLS_throughput").and_then(|text| text.parse().ok());
        Self {
            viewer: viewer.unwrap_or(address),
            has: has.split('.').filter(|name| !name.is_empty()).take(MOST_PATHWAYS).collect(),
            on: on.filter(|name| !name.is_empty()),
            throughput,
        }
    }
}

/// Where a viewer whose master has these pathways asks.
pub(crate) fn uri<'a>(viewer: u64, pathways: impl Iterator<Item = &'a str>) -> String {
    let mut uri = format!("{PATH}?viewer={viewer:016x}&has=");
    for (place, pathway) in pathways.take(MOST_PATHWAYS).enumerate() {
        // Names of interfaces are labels: no dot, and nothing that a URL would encode. Writing to a string cannot fail.
        let _ = write!(uri, "{}{pathway}", if place > 0 { "." } else { "" });
    }
    uri
}

/// A number for a viewer who has none: the fractional parts of its multiples are spread evenly.
pub(crate) fn number(draw: u32, address: u64) -> u64 {
    rendezvous::stir(address ^ u64::from(draw) << 32)
}

/// Some players send the value in quotes, as it stands in the playlist.
fn unquoted(value: &str) -> &str {
    let inner = value.strip_prefix("%22").and_then(|rest| rest.strip_suffix("%22"));
    inner.or_else(|| value.strip_prefix('"')?.strip_suffix('"')).unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_player_is_understood_at_the_address_it_was_given() {
        let uri = uri(0xabc, ["eni0", "eni1"].into_iter());
        assert_eq!(uri, "/.weir/steering?viewer=0000000000000abc&has=eni0.eni1");
        let (path, query) = query::split(&uri);
        assert_eq!(path, PATH);
        let sent = format!("{query}&_HLS_pathway=eni1&_HLS_throughput=5140000");
        let poll = Poll::read(&sent, 7);
        assert_eq!(
            poll,
            Poll { viewer: 0xabc, has: vec!["eni0", "eni1"], on: Some("eni1"), throughput: Some(5_140_000) }
        );
    }

    #[test]
    fn a_player_that_gets_it_wrong_is_steered_all_the_same() {
        for query in
            ["", "viewer=&has=&_HLS_pathway=&_HLS_throughput=", "viewer=xyz&_HLS_throughput=fast&has=..."]
        {
            assert_eq!(
                Poll::read(query, 7),
                Poll { viewer: 7, has: vec![], on: None, throughput: None },
                "{query}"
            );
        }
        for query in ["_HLS_pathway=%22eni0%22", "_HLS_pathway=\"eni0\"", "_HLS_pathway=eni0"] {
            assert_eq!(Poll::read(query, 7).on, Some("eni0"), "{query}");
        }
    }
}
