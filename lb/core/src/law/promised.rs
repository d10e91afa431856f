//! What valid answers still bring: viewers per second to each interface, until the answers expire.
//!
//! A resolver that was answered sends its viewers to that interface as long as it keeps the answer. So each answer
//! adds its resolver's arrival rate now, and takes it away when it expires; a wheel of slots, each a part of the
//! longest time to live, holds what is to be taken away when. Its size does not depend on how many ask.

/// Slots of the wheel; the longest time to live takes half of them, so that none is used twice.
const SLOTS: usize = 128;

/// Arrival rates by interface, with the times at which they end.
#[derive(Clone, Debug)]
pub struct Promised {
    now: Vec<f64>,
    ends: Vec<f64>,
    /// A slot is so many seconds wide, as a power of two.
    width: u32,
    slot: u32,
}

impl Promised {
    /// For so many interfaces and answers that are kept for no longer than this, in seconds.
    pub fn new(interfaces: usize, longest: u32) -> Self {
        let width = longest.div_ceil(64).max(1).next_power_of_two().ilog2();
        Self { now: vec![0.0; interfaces], ends: vec![0.0; interfaces * SLOTS], width, slot: 0 }
    }

    /// Viewers per second that valid answers bring to each interface.
    pub fn rates(&self) -> &[f64] {
        &self.now
    }

    /// Promises `rate` to an interface until `end`, in seconds since the start.
    pub fn add(&mut self, interface: usize, rate: f64, end: u32) {
        if let Some(place) = self.place(interface, end) {
            self.now[interface] += rate;
            self.ends[place] += rate;
        }
    }

    /// Takes back what was promised, for the resolver has asked anew.
    pub fn withdraw(&mut self, interface: usize, rate: f64, end: u32) {
        if let Some(place) = self.place(interface, end) {
            self.now[interface] = (self.now[interface] - rate).max(0.0);
            self.ends[place] = (self.ends[place] - rate).max(0.0);
        }
    }

    /// Ends all that ends until now, in seconds since the start.
    #[inline]
    pub fn pass(&mut self, now: u32) {
        let slot = now >> self.width;
        if slot != self.slot {
            self.pass_to(slot);
        }
    }

    fn pass_to(&mut self, slot: u32) {
        let passed = slot.saturating_sub(self.slot).min(128);
        for slot in slot + 1 - passed.min(slot + 1)..=slot {
            for interface in 0..self.now.len() {
                let place = self.at(slot) + interface;
                let ended = std::mem::take(&mut self.ends[place]);
                self.now[interface] = (self.now[interface] - ended).max(0.0);
            }
        }
        self.slot = slot.max(self.slot);
    }

    /// Where the end of a promise is noted, if it lies ahead.
    fn place(&self, interface: usize, end: u32) -> Option<usize> {
        let slot = (end >> self.width).min(self.slot + 127);
        (slot > self.slot && interface < self.now.len()).then(|| self.at(slot) + interface)
    }

    fn at(&self, slot: u32) -> usize {
        slot as usize % SLOTS * self.now.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_promise_ends_with_its_answer() {
        let mut promised = Promised::new(2, 30);
        promised.add(1, 0.5, 30);
        promised.pass(29);
        assert_eq!(promised.rates(), [0.0, 0.5]);
        promised.pass(30);
        assert_eq!(promised.rates(), [0.0, 0.0]);
    }

    #[test]
    fn a_promise_can_be_withdrawn() {
        let mut promised = Promised::new(1, 300);
        promised.add(0, 0.5, 300);
        promised.pass(100);
        promised.withdraw(0, 0.5, 300);
        assert_eq!(promised.rates(), [0.0]);
        promised.pass(400);
        assert_eq!(promised.rates(), [0.0]);
    }

    proptest! {
        #[test]
        fn nothing_is_left_when_all_has_ended(
            asked in prop::collection::vec((0_usize..3, 0.0_f64..5.0, 0_u32..20, 0_u32..301), 0..100),
        ) {
            let mut promised = Promised::new(3, 300);
            let mut now = 0;
            for (interface, rate, later, ttl) in asked {
                now += later;
                promised.pass(now);
                promised.add(interface, rate, now + ttl);
                prop_assert!(promised.rates().iter().all(|&rate| rate >= 0.0));
            }
            promised.pass(now + 310);
            prop_assert!(promised.rates().iter().all(|&rate| rate < 1e-9), "{:?}", promised.rates());
        }
    }
}
