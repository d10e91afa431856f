//! Ratios of pairs, and what is said of them.

use serde::Serialize;

/// One pair: what the same work cost weir and the peer, right after each other.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Pair {
    /// Microseconds: of CPU per answer, or those that a client waited.
    pub(crate) weir: f64,
    /// The same of the peer.
    pub(crate) peer: f64,
}

/// The pairs of a run.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Pairs {
    pub(crate) pairs: Vec<Pair>,
    pub(crate) median_weir: f64,
    pub(crate) median_peer: f64,
    pub(crate) median_ratio: f64,
    pub(crate) least_ratio: f64,
    pub(crate) largest_ratio: f64,
}

impl Pair {
    pub(crate) fn ratio(self) -> f64 {
        self.weir / self.peer
    }
}

impl Pairs {
    /// Sums up at least one pair.
    pub(crate) fn new(pairs: Vec<Pair>) -> Self {
        let sorted = |figure: fn(Pair) -> f64| {
            let mut figures: Vec<f64> = pairs.iter().copied().map(figure).collect();
            figures.sort_by(f64::total_cmp);
            figures
        };
        let ratios = sorted(Pair::ratio);
        Self {
            median_weir: median(&sorted(|pair| pair.weir)),
            median_peer: median(&sorted(|pair| pair.peer)),
            median_ratio: median(&ratios),
            least_ratio: ratios.first().copied().unwrap_or(f64::NAN),
            largest_ratio: ratios.last().copied().unwrap_or(f64::NAN),
            pairs,
        }
    }
}

fn median(sorted: &[f64]) -> f64 {
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => f64::NAN,
        even if even % 2 == 0 => f64::midpoint(sorted[middle - 1], sorted[middle]),
        _ => sorted[middle],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_ratios_is_not_the_ratio_of_medians() {
        let pair = |weir, peer| Pair { weir, peer };
        let pairs = Pairs::new(vec![pair(1.0, 1.0), pair(4.0, 2.0), pair(3.0, 1.0)]);
        let figures = (pairs.least_ratio, pairs.median_ratio, pairs.largest_ratio);
        assert_eq!((figures, pairs.median_weir, pairs.median_peer), ((1.0, 2.0, 3.0), 3.0, 1.0));
    }
}
