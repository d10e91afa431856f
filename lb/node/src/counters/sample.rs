//! From readings of changing sources to samples of one counter.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::time::Instant;

use weir_core::{InterfaceName, Sample};

/// Bytes in both directions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Reading {
    /// Bytes sent, ever.
    pub(super) transmitted: u64,
    /// Bytes received, ever.
    pub(super) received: u64,
}

impl Reading {
    /// What this has more than another, per direction; nothing where it has less.
    pub(super) fn beyond(self, other: Self) -> Self {
        Self {
            transmitted: self.transmitted.saturating_sub(other.transmitted),
            received: self.received.saturating_sub(other.received),
        }
    }

    /// Both together.
    pub(super) fn plus(self, other: Self) -> Self {
        Self {
            transmitted: self.transmitted.saturating_add(other.transmitted),
            received: self.received.saturating_add(other.received),
        }
    }

    /// As the core takes it.
    pub(super) fn sample(self, at: Instant, connections: Option<u32>) -> Sample {
        Sample {
            at,
            transmitted: self.transmitted,
            received: self.received,
            connections,
            refused: None,
            tcp: None,
        }
    }
}

/// Where an interface's bytes are counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// On this device.
    Device(String),
    /// On the sockets of this address.
    Sockets(IpAddr),
}

impl Source {
    /// The device's name, if it is one.
    pub(super) fn device(self) -> Option<String> {
        match self {
            Self::Device(name) => Some(name),
            Self::Sockets(_) => None,
        }
    }
}

/// Keeps a counter going when its source changes, as when a second address comes to a device: the new source's past
/// is not growth. Within one source a reading passes through with a constant shift, resets of a driver included;
/// the core knows those.
#[derive(Debug, Default)]
pub(super) struct Continuity {
    tracks: BTreeMap<InterfaceName, Track>,
}

#[derive(Debug)]
struct Track {
    source: Source,
    first: Reading,
    base: Reading,
    last: Reading,
}

impl Continuity {
    /// An interface's reading, continued.
    pub(super) fn shift(&mut self, name: &InterfaceName, source: Source, reading: Reading) -> Reading {
        let track = self.tracks.entry(name.clone()).or_insert_with(|| Track {
            source: source.clone(),
            first: Reading::default(),
            base: Reading::default(),
            last: reading,
        });
        if track.source != source {
            *track = Track { source, first: reading, base: track.last, last: track.last };
        }
        // A driver that was reset, below where the source was taken up: what it has is all new.
        let since = Reading {
            transmitted: reading
                .transmitted
                .checked_sub(track.first.transmitted)
                .unwrap_or(reading.transmitted),
            received: reading.received.checked_sub(track.first.received).unwrap_or(reading.received),
        };
        track.last = track.base.plus(since);
        track.last
    }

    /// Forgets all others.
    pub(super) fn keep(&mut self, names: &BTreeSet<&InterfaceName>) {
        self.tracks.retain(|name, _| names.contains(name));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(transmitted: u64) -> Reading {
        Reading { transmitted, received: transmitted }
    }

    #[test]
    fn a_counter_goes_on_where_it_was_when_its_source_changes() {
        let mut continuity = Continuity::default();
        let name: InterfaceName = "eth0".parse().unwrap();
        let device = || Source::Device("eth0".to_owned());
        let sockets = || Source::Sockets("10.0.0.1".parse().unwrap());
        let mut at = |source, value| continuity.shift(&name, source, bytes(value)).transmitted;
        assert_eq!(at(device(), 1_000_000), 1_000_000);
        assert_eq!(at(device(), 1_000_100), 1_000_100);
        assert_eq!(at(sockets(), 7), 1_000_100);
        assert_eq!(at(sockets(), 17), 1_000_110);
        assert_eq!(at(device(), 9_000_000), 1_000_110);
        assert_eq!(at(device(), 9_000_001), 1_000_111);
    }

    #[test]
    fn a_reset_of_the_driver_is_seen_by_the_core() {
        let mut continuity = Continuity::default();
        let name: InterfaceName = "eth0".parse().unwrap();
        let device = || Source::Device("eth0".to_owned());
        continuity.shift(&name, device(), bytes(500));
        assert_eq!(continuity.shift(&name, device(), bytes(3)), bytes(3));
    }

    #[test]
    fn an_interface_that_left_is_forgotten() {
        let mut continuity = Continuity::default();
        let name: InterfaceName = "eth0".parse().unwrap();
        continuity.shift(&name, Source::Device("eth0".to_owned()), bytes(500));
        continuity.keep(&BTreeSet::new());
        assert_eq!(continuity.shift(&name, Source::Device("eth1".to_owned()), bytes(9)), bytes(9));
    }
}
