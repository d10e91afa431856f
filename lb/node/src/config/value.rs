//! Readers of the values that several sections have: names, durations, addresses, rates.

use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

use weir_core::{BytesPerSec, HostName, NameError, Ttl};

use super::duration;
use super::fault::At;
use super::section::Section;

/// A millisecond, for bounds.
pub(super) const fn millis(number: u64) -> Duration {
    Duration::from_millis(number)
}

/// A second, for bounds.
pub(super) const fn seconds(number: u64) -> Duration {
    Duration::from_secs(number)
}

impl Section<'_> {
    /// A name of one label.
    pub(super) fn name<T: FromStr<Err = NameError>>(&self, key: &str) -> Option<At<T>> {
        self.parsed(key, "a name such as \"edge-1\"", name)
    }

    /// A host name.
    pub(super) fn host(&self, key: &str) -> Option<At<HostName>> {
        self.parsed(key, "a host name such as \"live.stream.test\"", name)
    }

    /// A rate.
    pub(super) fn rate(&self, key: &str) -> Option<At<BytesPerSec>> {
        let read = |text: &str| text.parse().map_err(|fault: weir_core::ParseRateError| fault.to_string());
        self.parsed(key, "a rate such as \"10 Gbit/s\"", read)
    }

    /// A port; 0 lets the kernel choose one.
    pub(super) fn listen_port(&self, key: &str, default: u16) -> u16 {
        let number = self.integer(key, 0..=u32::from(u16::MAX));
        number.and_then(|number| u16::try_from(number.value).ok()).unwrap_or(default)
    }

    /// A duration within bounds.
    pub(super) fn duration(&self, key: &str, bounds: RangeInclusive<Duration>) -> Option<At<Duration>> {
        let found = self.parsed(key, "a duration such as \"2s\" or \"1500ms\"", duration::parse)?;
        if bounds.contains(&found.value) {
            return Some(found);
        }
        let [value, low, high] = [found.value, *bounds.start(), *bounds.end()].map(duration::show);
        self.fault(key, format!("{value} is out of bounds; write {low} to {high}"));
        None
    }

    /// A time to live within bounds, in whole seconds, which is all that DNS has.
    pub(super) fn ttl(&self, key: &str, bounds: RangeInclusive<Duration>) -> Option<At<Ttl>> {
        let found = self.duration(key, bounds)?;
        if found.value.subsec_nanos() > 0 {
            let (value, next) = (duration::show(found.value), found.value.as_secs() + 1);
            self.fault(
                key,
                format!("{value} is not a whole number of seconds, as DNS counts; write \"{next}s\""),
            );
            return None;
        }
        // The bounds are far below the 2^31 - 1 seconds that a TTL holds.
        Some(found.map(|value| Ttl::from_secs(u32::try_from(value.as_secs()).unwrap_or(u32::MAX))))
    }
}

/// Reads a name of any kind.
pub(super) fn name<T: FromStr<Err = NameError>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|fault: NameError| fault.to_string())
}

/// Reads an address that one machine can have.
pub(super) fn unicast(text: &str) -> Result<IpAddr, String> {
    let address: IpAddr = text.parse().map_err(|_| {
        format!("\"{text}\" is not an IP address; write one such as \"127.0.0.11\" or \"2001:db8::1\"")
    })?;
    // An IPv4 address is one, also when written as IPv6.
    let address = address.to_canonical();
    let one = !address.is_unspecified() && !address.is_multicast() && address != IpAddr::from([255; 4]);
    if one {
        Ok(address)
    } else {
        Err(format!("{address} is not the address of one machine; write one such as \"127.0.0.11\""))
    }
}

/// Reads an address with a port; `port` stands in the advice for one that was forgotten.
pub(super) fn socket(text: &str, port: u16) -> Result<SocketAddr, String> {
    let example = SocketAddr::from(([127, 0, 0, 1], port));
    if let Ok(address) = text.parse::<IpAddr>() {
        return Err(format!("{text} has no port; write \"{}\"", SocketAddr::new(address, port)));
    }
    text.parse()
        .map_err(|_| format!("\"{text}\" is not an address with a port; write one such as \"{example}\""))
}

/// A pair of words for people: `"a", "b"`.
pub(super) fn quoted<T: ToString>(words: impl IntoIterator<Item = T>) -> String {
    words.into_iter().map(|word| format!("\"{}\"", word.to_string())).collect::<Vec<_>>().join(", ")
}
