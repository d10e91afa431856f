//! Chance by seed: SplitMix64, so that a run can be repeated on any machine and with any version of a library.
//!
//! Every use has a stream of its own. What a policy draws therefore never changes who arrives, and all policies meet
//! the identical crowd: their difference is then the policy's, not the dice's.

use std::sync::LazyLock;

/// What numbers are drawn for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Stream {
    Arrivals,
    Rungs,
    Resolvers,
    Stays,
    Homes,
    Violators,
    Noise,
    Jitter,
    Policy,
}

/// A stream of numbers.
#[derive(Clone, Debug)]
pub(crate) struct Dice {
    state: u64,
}

impl Dice {
    /// The stream for one use under one seed.
    pub(crate) fn new(seed: u64, stream: Stream) -> Self {
        let mut mixer = Self { state: seed };
        let mixed = mixer.next() ^ (stream as u64 + 1).wrapping_mul(0xd1b5_4a32_d192_ed03);
        Self { state: mixed }
    }

    /// 64 bits. Source of the formula: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014.
    #[inline]
    pub(crate) fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 to below 1.
    #[inline]
    pub(crate) fn unit(&mut self) -> f64 {
        unit(self.next())
    }

    /// A whole number below `bound` (multiply and shift; for small bounds the bias is far below what could be seen).
    #[inline]
    #[allow(
        clippy::cast_possible_truncation,
        reason = "the upper half of a product of 32 bits by 32 has 32 bits"
    )]
    pub(crate) fn below(&mut self, bound: u32) -> u32 {
        (((self.next() >> 32) * u64::from(bound)) >> 32) as u32
    }

    /// A standard normal number.
    #[inline]
    pub(crate) fn normal(&mut self) -> f64 {
        ZIGGURAT.draw(self)
    }
}

/// How many layers the ziggurat has.
const LAYERS: usize = 128;
/// Where the tail begins, and the area of each layer, for so many layers.
const TAIL: f64 = 3.442_619_855_899;
const AREA: f64 = 9.912_563_035_262_17e-3;

static ZIGGURAT: LazyLock<Ziggurat> = LazyLock::new(Ziggurat::new);

/// Layers of equal area that cover the bell: nearly all draws take one multiplication and no logarithm (Marsaglia and
/// Tsang 2000, in the form of Doornik, "An improved ziggurat method to generate normal random samples", 2005).
#[derive(Debug)]
struct Ziggurat {
    /// Widths of the layers, widest first, and one end.
    width: [f64; LAYERS + 1],
}

impl Ziggurat {
    fn new() -> Self {
        let mut width = [0.0; LAYERS + 1];
        width[0] = AREA / height(TAIL);
        width[1] = TAIL;
        for layer in 2..LAYERS {
            let below = width[layer - 1];
            width[layer] = (-2.0 * (AREA / below + height(below)).ln()).sqrt();
        }
        Self { width }
    }

    #[inline]
    fn draw(&self, dice: &mut Dice) -> f64 {
        loop {
            let bits = dice.next();
            // The lowest bits choose the layer and the highest the place in it.
            let layer = usize::from(bits.to_le_bytes()[0] & 0x7f);
            let drawn = (2.0 * unit(bits) - 1.0) * self.width[layer];
            if drawn.abs() < self.width[layer + 1] {
                return drawn;
            }
            if layer == 0 {
                return tail(dice).copysign(drawn);
            }
            let (low, high) = (height(self.width[layer]), height(self.width[layer + 1]));
            if low + dice.unit() * (high - low) < height(drawn) {
                return drawn;
            }
        }
    }
}

/// Height of the bell, 1 in the middle.
fn height(place: f64) -> f64 {
    (-0.5 * place * place).exp()
}

/// A number beyond the last layer.
#[cold]
fn tail(dice: &mut Dice) -> f64 {
    loop {
        let beyond = -(1.0 - dice.unit()).ln() / TAIL;
        if -2.0 * (1.0 - dice.unit()).ln() >= beyond * beyond {
            return TAIL + beyond;
        }
    }
}

/// The upper 53 bits as a number from 0 to below 1.
#[inline]
#[allow(clippy::cast_precision_loss, reason = "53 bits are exactly what an f64 holds")]
fn unit(bits: u64) -> f64 {
    (bits >> 11) as f64 * (1.0 / 9_007_199_254_740_992.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normal_numbers_have_the_moments_and_tails_of_the_bell() {
        let mut dice = Dice::new(1, Stream::Noise);
        let drawn: Vec<f64> = (0..1_000_000).map(|_| dice.normal()).collect();
        let mean = |of: fn(f64) -> f64| drawn.iter().copied().map(of).sum::<f64>() / 1e6;
        // Five standard deviations of each mean over a million.
        assert!(mean(|x| x).abs() < 0.005);
        assert!((mean(|x| x * x) - 1.0).abs() < 0.0071);
        assert!(mean(|x| x.powi(3)).abs() < 0.0194);
        assert!((mean(|x| x.powi(4)) - 3.0).abs() < 0.049);
        let beyond = |limit: f64| drawn.iter().filter(|x| x.abs() > limit).map(|_| 1e-6).sum::<f64>();
        assert!((beyond(1.0) - 0.317_311).abs() < 0.002_4);
        assert!(
            (beyond(TAIL) - 0.000_576).abs() < 0.000_12,
            "the part beyond the last layer: {}",
            beyond(TAIL)
        );
    }

    #[test]
    fn streams_differ_and_seeds_repeat() {
        let draws = |seed, stream| {
            let mut dice = Dice::new(seed, stream);
            [dice.next(), dice.next(), dice.next()]
        };
        assert_eq!(draws(1, Stream::Stays), draws(1, Stream::Stays));
        assert_ne!(draws(1, Stream::Stays), draws(1, Stream::Noise));
        assert_ne!(draws(1, Stream::Stays), draws(2, Stream::Stays));
    }
}
