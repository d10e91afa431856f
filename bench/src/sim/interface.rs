//! One interface as it really is, and how it shares what it cannot carry.

use super::site::LADDER;

/// State and viewers of an interface.
#[derive(Clone, Debug)]
pub(crate) struct Interface {
    /// Mbit/s that it can carry now.
    pub(crate) capacity: f64,
    pub(crate) alive: bool,
    /// What the probes believe.
    pub(crate) verdict: bool,
    /// Viewers who run, for each rung.
    pub(crate) running: [u32; LADDER.len()],
    /// Connections that were open when it died: nobody closes them.
    pub(crate) orphans: u32,
}

impl Interface {
    /// Alive and empty.
    pub(crate) fn new(capacity: f64) -> Self {
        Self { capacity, alive: true, verdict: true, running: [0; LADDER.len()], orphans: 0 }
    }

    /// Mbit/s wanted by those who run.
    pub(crate) fn demand(&self) -> f64 {
        self.running.iter().zip(LADDER).map(|(&count, rung)| f64::from(count) * rung).sum()
    }

    /// How many run.
    pub(crate) fn viewers(&self) -> u32 {
        self.running.iter().sum()
    }
}

/// How many get less than they want when `running` viewers share `capacity` max-min fairly, as TCP nearly does: whoever
/// wants no more than an even part of what is left gets it, lowest wants first.
pub(crate) fn short(running: &[u32; LADDER.len()], capacity: f64) -> u32 {
    let (mut left, mut waiting) = (capacity, running.iter().sum::<u32>());
    for (&count, rung) in running.iter().zip(LADDER) {
        if rung * f64::from(waiting) > left {
            return waiting;
        }
        left -= rung * f64::from(count);
        waiting -= count;
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_wants_little_is_served_before_an_overload_hurts() {
        let running = [10, 0, 10, 0, 0];
        // Together they want 43 Mbit/s.
        assert_eq!(short(&running, 43.0), 0);
        assert_eq!(short(&running, 42.9), 10, "only those on the higher rung are short");
        assert_eq!(short(&running, 16.0), 10, "an even part is 0.8, which is just the lowest rung");
        assert_eq!(short(&running, 15.9), 20);
    }
}
