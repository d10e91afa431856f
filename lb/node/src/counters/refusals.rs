//! Refused packets of a device: the growth of several counters, as one that never falls.
//!
//! A counter that fell (its queue was replaced, its driver reset) is taken up where it is now, without growth; one
//! that can't be read for a while goes on from where it was.

use std::collections::BTreeMap;

/// Who refuses packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Refuser {
    /// The device's queue.
    Queue,
    /// The device, behind its queue.
    Device,
    /// The cloud's network card, beyond what the instance may send.
    Card,
}

/// See the head of this file.
#[derive(Debug, Default)]
pub(super) struct Refusals {
    last: BTreeMap<(u32, Refuser), u64>,
    totals: BTreeMap<u32, u64>,
    sent: BTreeMap<u32, u64>,
}

impl Refusals {
    /// Takes a reading of one counter of the device with this number.
    pub(super) fn note(&mut self, device: u32, refuser: Refuser, now: u64) {
        let before = self.last.insert((device, refuser), now).unwrap_or(now);
        let total = self.totals.entry(device).or_default();
        *total = total.saturating_add(now.saturating_sub(before));
    }

    /// So many packets are held back now, and were not refused.
    pub(super) fn hold(&mut self, device: u32, packets: u64) {
        let total = self.totals.entry(device).or_default();
        *total = total.saturating_add(packets);
    }

    /// What the device has sent since this was last asked, in bytes; nothing at first.
    pub(super) fn sent_since(&mut self, device: u32, transmitted: u64) -> u64 {
        let before = self.sent.insert(device, transmitted).unwrap_or(transmitted);
        transmitted.saturating_sub(before)
    }

    /// Packets refused since the device was first read.
    pub(super) fn total(&self, device: u32) -> u64 {
        self.totals.get(&device).copied().unwrap_or(0)
    }

    /// Forgets the devices of which this is not true.
    pub(super) fn keep(&mut self, is_there: impl Fn(u32) -> bool) {
        self.last.retain(|(device, _), _| is_there(*device));
        self.totals.retain(|device, _| is_there(*device));
        self.sent.retain(|device, _| is_there(*device));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_that_falls_or_appears_does_not_jump() {
        let mut refusals = Refusals::default();
        let mut at = |refuser, now| {
            refusals.note(1, refuser, now);
            refusals.total(1)
        };
        assert_eq!(at(Refuser::Queue, 500), 0);
        assert_eq!(at(Refuser::Queue, 510), 10);
        assert_eq!(at(Refuser::Card, 9_000), 10);
        assert_eq!(at(Refuser::Queue, 3), 10);
        assert_eq!(at(Refuser::Queue, 5), 12);
        assert_eq!(at(Refuser::Card, 9_001), 13);
    }

    #[test]
    fn a_device_that_left_is_forgotten() {
        let mut refusals = Refusals::default();
        refusals.note(1, Refuser::Device, 5);
        refusals.note(1, Refuser::Device, 6);
        refusals.keep(|_| false);
        assert_eq!(refusals.total(1), 0);
    }
}
