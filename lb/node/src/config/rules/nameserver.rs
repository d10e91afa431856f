//! A name server whose name lies in its own zone must have an address there, or nobody finds the zone.
//!
//! The zone's text is read by those who answer from it; this looks at the owners of its address records only, and is
//! silent when it cannot know (`$INCLUDE`).

use weir_core::HostName;

use super::super::zone;
use super::{Everything, owner_of};
use crate::discovery::DiscoveryMode;

/// Notes a fault for each name server of the zone that has no address in it.
pub(super) fn check(found: &zone::Found, all: &Everything<'_>) {
    let zone = &found.zone;
    for (place, name) in found.nameservers.iter().zip(&zone.nameservers) {
        if name.is_within(&zone.origin) && !is_answered(name, all) && !has_record(name, all) {
            let owner = relative(name, &zone.origin);
            let message = format!(
                "{name} has no address in its own zone; add \"{owner} IN A <its address>\" to records"
            );
            all.faults.push(place, message);
        }
    }
}

/// Whether a zone of ours has the address; the zone itself, or one below it. A text that could not be read has its
/// own fault, and might hold it.
fn has_record(name: &HostName, all: &Everything<'_>) -> bool {
    let mut covering = all.zones.iter().filter(|found| name.is_within(&found.zone.origin));
    covering.any(|found| found.text_is_unknown || has_address(&found.zone.text, &found.zone.origin, name))
}

/// Pools and their interfaces have addresses without any record. Found interfaces have names that nobody knows yet.
fn is_answered(name: &HostName, all: &Everything<'_>) -> bool {
    let is_pool = |text: &str| all.pools.iter().any(|found| found.pool.pool.hostname.as_str() == text);
    let below_pool = HostName::split_first(name.as_str()).is_some_and(|(_, parent)| is_pool(parent));
    let discovers = all.interfaces.interfaces.mode != DiscoveryMode::Static;
    is_pool(name.as_str()) || owner_of(name, all).is_some() || (discovers && below_pool)
}

fn relative<'a>(name: &'a HostName, zone: &HostName) -> &'a str {
    let front = name.as_str().strip_suffix(zone.as_str()).and_then(|front| front.strip_suffix('.'));
    front.unwrap_or("@")
}

/// Whether a zone text has an address record of this name; also if it cannot be told.
fn has_address(text: &str, zone: &HostName, name: &HostName) -> bool {
    let mut origin = zone.as_str().to_owned();
    let mut owner = origin.clone();
    for line in text.lines() {
        let line = line.split(';').next().unwrap_or_default();
        let inherits = line.starts_with([' ', '\t']);
        let mut words = line.split_whitespace();
        if !inherits && let Some(first) = words.next() {
            match (first.to_ascii_uppercase().as_str(), words.clone().next()) {
                ("$INCLUDE", _) => return true,
                ("$ORIGIN", Some(next)) => origin = absolute(next, &origin),
                _ => owner = absolute(first, &origin),
            }
        }
        if owner == name.as_str() && is_address_record(words) {
            return true;
        }
    }
    false
}

/// Whether what follows an owner is of type A or AAAA: a class and a time to live may stand before it.
fn is_address_record<'a>(words: impl Iterator<Item = &'a str>) -> bool {
    let is = |word: &str, other: &str| word.eq_ignore_ascii_case(other);
    let prefix = |word: &str| is(word, "IN") || word.starts_with(|first: char| first.is_ascii_digit());
    words
        .map_while(|word| (!word.is_empty()).then_some(word))
        .find(|word| !prefix(word))
        .is_some_and(|word| is(word, "A") || is(word, "AAAA"))
}

fn absolute(name: &str, origin: &str) -> String {
    let name = name.to_ascii_lowercase();
    match name.strip_suffix('.') {
        Some(absolute) => absolute.to_owned(),
        None if name == "@" => origin.to_owned(),
        None => format!("{name}.{origin}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> bool {
        let name = |text: &str| text.parse().expect("valid");
        has_address(text, &name("stream.test"), &name("ns1.stream.test"))
    }

    #[test]
    fn an_address_record_is_found_however_it_is_written() {
        for text in [
            "ns1 IN A 192.0.2.1",
            "NS1 300 in aaaa 2001:db8::1",
            "ns1.stream.test. IN 5m A 192.0.2.1 ; comment",
            "ns1 IN TXT x\n    IN A 192.0.2.1",
            "$ORIGIN test.\nns1.stream A 192.0.2.1",
            "$include other.zone",
        ] {
            assert!(found(text), "{text}");
        }
        for text in [
            "",
            "ns2 IN A 192.0.2.1",
            "ns1 IN TXT A",
            "; ns1 IN A 192.0.2.1",
            "ns1 IN CNAME a",
            "$ORIGIN",
            " A",
        ] {
            assert!(!found(text), "{text}");
        }
    }
}
