//! What is known beforehand: the interfaces, the card, the ladder of bitrates, and what the operator configured.

/// Rungs of the ladder in Mbit/s, lowest first.
pub(crate) const LADDER: [f64; 5] = [0.8, 1.8, 3.5, 6.0, 9.0];
/// How common each rung is among viewers; sums to one.
pub(crate) const RUNG_SHARE: [f64; 5] = [0.10, 0.15, 0.30, 0.30, 0.15];
/// Capacities of the full laboratory in Mbit/s.
pub(crate) const CAPACITY: [f64; 4] = [10_000.0, 10_000.0, 25_000.0, 5_000.0];

/// The part of the world that a policy may know: an operator could have written it down.
#[derive(Clone, Debug)]
pub(crate) struct Site {
    /// Nominal capacity of each interface in Mbit/s.
    pub(crate) capacity: Vec<f64>,
    /// Interfaces that share one card.
    pub(crate) card: Option<Card>,
    /// Configured time to live of DNS answers in seconds.
    pub(crate) ttl: u32,
    /// Mean stay of a viewer in seconds.
    pub(crate) mean_stay: f64,
    /// Rate in Mbit/s at which a player downloads one segment: what makes a one-second rate noisy.
    pub(crate) burst: f64,
    /// How many resolvers there are; they are numbered from 0.
    pub(crate) resolvers: usize,
    /// Seconds between the polls of a viewer who is steered.
    pub(crate) poll_every: u32,
}

/// Interfaces that together carry no more than their card.
#[derive(Clone, Debug)]
pub(crate) struct Card {
    /// The interfaces on it.
    pub(crate) members: Vec<usize>,
    /// Its capacity in Mbit/s.
    pub(crate) capacity: f64,
}

impl Site {
    /// Capacity of all interfaces in Mbit/s, as if there were no card.
    pub(crate) fn total(&self) -> f64 {
        self.capacity.iter().sum()
    }

    /// `capacity` with the members of the card cut in proportion, so that `healthy` ones promise no more than it carries.
    pub(crate) fn beneath_card(&self, capacity: &[f64], healthy: impl Fn(usize) -> bool) -> Vec<f64> {
        let mut cut = capacity.to_vec();
        if let Some(card) = &self.card {
            let members = || card.members.iter().copied().filter(|&member| healthy(member));
            let promised: f64 = members().map(|member| capacity[member]).sum();
            if promised > card.capacity {
                members().for_each(|member| cut[member] *= card.capacity / promised);
            }
        }
        cut
    }
}

/// Mean bitrate of a viewer in Mbit/s.
pub(crate) fn mean_bitrate() -> f64 {
    LADDER.iter().zip(RUNG_SHARE).map(|(rung, share)| rung * share).sum()
}
