//! Packets that the cloud's network card held back or dropped because the instance sends more than it may.
//!
//! ENA's driver tells them among its own statistics (from 2.2.10 on). The allowances are the instance's, not the
//! interface's: here they are only counted for the device that tells them. Which statistic is which is looked up
//! when their number changes; a device that has none of ours is left alone for a minute.

use std::collections::BTreeMap;
use std::io;
use std::time::{Duration, Instant};

use socket2::Socket;

use super::ethtool::{self, NAME};

/// Packets over the bandwidth, and over the number of packets per second, that the instance may send.
const WANTED: [&[u8]; 2] = [b"bw_out_allowance_exceeded", b"pps_allowance_exceeded"];
/// For how long a device is not asked again that does not know.
const REST: Duration = Duration::from_secs(60);

/// What is known of the devices' statistics, by the device's number.
#[derive(Debug, Default)]
pub(super) struct Cards {
    known: BTreeMap<u32, Known>,
}

#[derive(Debug)]
enum Known {
    /// It has so many statistics, ours at these places.
    Places { count: usize, places: Vec<usize> },
    /// It has none of ours, or none at all.
    Nothing { until: Instant },
}

impl Cards {
    /// What each of these devices that can tell has refused; others are forgotten. Blocks.
    pub(super) fn read(&mut self, devices: &[(u32, String)]) -> BTreeMap<u32, u64> {
        self.known.retain(|index, _| devices.iter().any(|(other, _)| other == index));
        let now = Instant::now();
        let mut all = BTreeMap::new();
        let mut socket = None;
        for (index, name) in devices {
            if matches!(self.known.get(index), Some(Known::Nothing { until }) if now < *until) {
                continue;
            }
            if socket.is_none() {
                socket = ethtool::socket().ok();
            }
            let Some(socket) = &socket else { break };
            match self.ask(socket, *index, name) {
                Ok(Some(refused)) => {
                    all.insert(*index, refused);
                }
                // Not known to the driver, not there any more, not allowed: no trouble, and not worth a call a second.
                Ok(None) | Err(_) => {
                    self.known.insert(*index, Known::Nothing { until: now + REST });
                }
            }
        }
        all
    }

    fn ask(&mut self, socket: &Socket, index: u32, name: &str) -> io::Result<Option<u64>> {
        let now = ethtool::count(socket, name)?;
        let known = matches!(self.known.get(&index), Some(Known::Places { count, .. }) if *count == now);
        if !known {
            let places = places(&ethtool::names(socket, name)?);
            self.known.insert(index, Known::Places { count: now, places });
        }
        match self.known.get(&index) {
            Some(Known::Places { places, .. }) if !places.is_empty() => {
                Ok(sum(&ethtool::values(socket, name)?, places))
            }
            _ => Ok(None),
        }
    }
}

/// Where the wanted statistics are among these names.
fn places(names: &[u8]) -> Vec<usize> {
    let name = |bytes: &[u8]| bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    let all = names.chunks_exact(NAME).map(|bytes| &bytes[..name(bytes)]).enumerate();
    all.filter(|(_, name)| WANTED.contains(name)).map(|(place, _)| place).collect()
}

/// The sum of the values at these places, if all are there.
fn sum(values: &[u64], places: &[usize]) -> Option<u64> {
    places.iter().try_fold(0u64, |sum, place| Some(sum.saturating_add(*values.get(*place)?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// As the ena driver names its first statistics.
    const ENA: [&str; 10] = [
        "tx_timeout",
        "suspend",
        "resume",
        "interface_up",
        "bw_in_allowance_exceeded",
        "bw_out_allowance_exceeded",
        "pps_allowance_exceeded",
        "conntrack_allowance_exceeded",
        "linklocal_allowance_exceeded",
        "queue_0_tx_cnt",
    ];

    fn named(names: &[&str]) -> Vec<u8> {
        let padded = |name: &&str| {
            let mut bytes = name.as_bytes().to_vec();
            bytes.resize(NAME, 0);
            bytes
        };
        names.iter().flat_map(padded).collect()
    }

    #[test]
    fn enas_allowances_for_sending_are_counted_and_no_others() {
        let places = places(&named(&ENA));
        assert_eq!(places, [5, 6]);
        assert_eq!(sum(&[1, 2, 4, 8, 16, 32, 64, 128, 256, 512], &places), Some(96));
        assert_eq!(sum(&[1, 2, 4, 8, 16, 32], &places), None);
    }

    #[test]
    fn a_driver_of_another_kind_has_none() {
        assert_eq!(places(&named(&["peer_ifindex", "pps_allowance_exceeded_not"])), [0usize; 0]);
    }

    #[test]
    fn a_device_that_does_not_know_is_left_alone_for_a_while() {
        let mut cards = Cards::default();
        assert!(cards.read(&[(1, "lo".to_owned())]).is_empty());
        assert!(matches!(cards.known.get(&1), Some(Known::Nothing { .. })));
        cards.read(&[]);
        assert!(cards.known.is_empty());
    }

    proptest! {
        #[test]
        fn any_names_and_values_are_safe(
            names in prop::collection::vec(any::<u8>(), 0..400),
            values in prop::collection::vec(any::<u64>(), 0..20),
        ) {
            let places = places(&names);
            prop_assert!(places.len() <= names.len() / NAME);
            let _ = sum(&values, &places);
        }
    }
}
