//! The early signal: a connection shows before its bytes, and does not flicker as they do.
//!
//! Players download a segment, rest, and download the next, so the rate of one second says little; their connections stay
//! open. What a connection carries on average changes slowly, so the connections of this second, times that, tell the
//! load of this second. Where players open a connection for each segment the two flicker alike, and nothing is lost.

/// Seconds of the moving averages: shorter ones flicker, longer ones remember how players fill their buffers at the start.
const SMOOTHED: f64 = 20.0;
/// With fewer connections than these their mean says nothing.
const ENOUGH: f64 = 8.0;

/// The rate and the connections of one interface, smoothed alike.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Early {
    steady: Option<(f64, f64)>,
}

impl Early {
    /// What the connections of this second carry, by what one carried of late; the rate itself where they are not known or
    /// too few.
    pub(super) fn rate(&mut self, rate: f64, connections: Option<u32>) -> f64 {
        let Some(connections) = connections.map(f64::from) else {
            self.steady = None;
            return rate;
        };
        let (carried, open) = self.steady.unwrap_or((rate, connections));
        let carried = carried + (rate - carried) / SMOOTHED;
        let open = open + (connections - open) / SMOOTHED;
        self.steady = Some((carried, open));
        if connections.min(open) < ENOUGH { rate } else { carried / open * connections }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_that_flickers_is_steadied_by_connections_that_do_not() {
        let mut early = Early::default();
        let flicker = |second: u32| if second.is_multiple_of(2) { 50.0 } else { 150.0 };
        let seen: Vec<f64> = (0..300).map(|second| early.rate(flicker(second), Some(100))).collect();
        assert!(seen[200..].iter().all(|seen| (93.0..107.0).contains(seen)), "{seen:?}");
    }

    #[test]
    fn a_connection_shows_before_its_bytes() {
        let mut early = Early::default();
        for _ in 0..100 {
            early.rate(100.0, Some(100));
        }
        let seen = early.rate(100.0, Some(120));
        assert!((117.0..121.0).contains(&seen), "{seen}");
    }

    #[test]
    fn few_or_unknown_connections_leave_the_rate_as_it_is() {
        let mut early = Early::default();
        assert!((early.rate(7.0, Some(3)) - 7.0).abs() < 1e-9);
        assert!((early.rate(9.0, None) - 9.0).abs() < 1e-9);
    }
}
