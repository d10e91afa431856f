//! Chance by seed: SplitMix64, so that a run can be repeated on any machine and with any version of a library.
//!
//! Every use has a stream of its own. What a policy draws therefore never changes who arrives, and all policies meet
//! the identical crowd: their difference is then the policy's, not the dice's.

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
    spare: Option<f64>,
}

impl Dice {
    /// The stream for one use under one seed.
    pub(crate) fn new(seed: u64, stream: Stream) -> Self {
        let mut mixer = Self { state: seed, spare: None };
        let mixed = mixer.next() ^ (stream as u64 + 1).wrapping_mul(0xd1b5_4a32_d192_ed03);
        Self { state: mixed, spare: None }
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
    #[allow(clippy::cast_precision_loss, reason = "53 bits are exactly what an f64 holds")]
    pub(crate) fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 * (1.0 / 9_007_199_254_740_992.0)
    }

    /// A whole number below `bound` (multiply and shift; for small bounds the bias is far below what could be seen).
    #[inline]
    #[allow(clippy::cast_possible_truncation, reason = "the upper half of a product of 32 bits by 32 has 32 bits")]
    pub(crate) fn below(&mut self, bound: u32) -> u32 {
        (((self.next() >> 32) * u64::from(bound)) >> 32) as u32
    }

    /// A standard normal number (Box and Muller 1958; the second of a pair is kept for the next call).
    pub(crate) fn normal(&mut self) -> f64 {
        if let Some(spare) = self.spare.take() {
            return spare;
        }
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        let (sine, cosine) = (std::f64::consts::TAU * self.unit()).sin_cos();
        self.spare = Some(radius * sine);
        radius * cosine
    }

    /// An exponential number with mean 1.
    #[inline]
    pub(crate) fn exponential(&mut self) -> f64 {
        -(1.0 - self.unit()).ln()
    }
}
