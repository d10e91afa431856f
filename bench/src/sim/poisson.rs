//! How many arrive in a second.

use super::dice::Dice;

/// Above so many at once, the least probability would be too small for a number.
const MOST: f64 = 400.0;

/// A Poisson law, drawn by one number and a search in its sums (inversion).
#[derive(Debug)]
pub(crate) struct Poisson {
    /// Probability of no more than so many, in one of the parts.
    sums: Vec<f64>,
    /// A large mean is the sum of so many smaller ones.
    parts: u32,
}

impl Poisson {
    /// With a mean that is finite and not negative.
    pub(crate) fn new(mean: f64) -> Self {
        let mut parts = 1;
        while mean > MOST * f64::from(parts) {
            parts *= 2;
        }
        let mean = mean / f64::from(parts);
        let (mut probability, mut sum, mut many) = ((-mean).exp(), 0.0, 0.0);
        let mut sums = Vec::new();
        // Beyond the mean terms fall faster than by a geometric law; the last sum is as good as one.
        while probability > 1e-17 || many < mean {
            sum += probability;
            sums.push(sum);
            many += 1.0;
            probability *= mean / many;
        }
        Self { sums, parts }
    }

    /// So many arrive.
    pub(crate) fn draw(&self, dice: &mut Dice) -> usize {
        let mut part = || {
            let drawn = dice.unit();
            self.sums.partition_point(|&sum| sum <= drawn)
        };
        (0..self.parts).map(|_| part()).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::super::dice::Stream;
    use super::*;

    #[test]
    fn mean_and_variance_are_the_same_at_any_size() {
        for mean in [0.0, 0.3, 7.8, 399.0, 3000.0] {
            let (law, mut dice) = (Poisson::new(mean), Dice::new(1, Stream::Arrivals));
            let drawn: Vec<f64> = (0..20_000)
                .map(|_| f64::from(u32::try_from(law.draw(&mut dice)).expect("a small number")))
                .collect();
            let average = drawn.iter().sum::<f64>() / 20_000.0;
            let variance = drawn.iter().map(|many| (many - average).powi(2)).sum::<f64>() / 20_000.0;
            // Five standard deviations of the average, and of the variance (whose own is near sqrt(2 / n)).
            assert!((average - mean).abs() <= 5.0 * (mean / 20_000.0).sqrt(), "{average} for {mean}");
            assert!((variance - mean).abs() <= 0.1 * mean, "{variance} for {mean}");
        }
    }
}
