//! The load that an interface is expected to carry: what was sent there, less what has left, set right by what is
//! measured.
//!
//! A smoothed rate comes too late, as viewers act for minutes after their answer; a raw one is noise, as players
//! download in bursts. So the load is modelled: it decays as stays end, grows by what answers and redirects bring, and
//! a measured sample corrects it by a part of the difference. In quiet times that part is small, so that noise does
//! not reach a decision; after a change, or when the differences all point one way, it is large.
//!
//! Viewers start some seconds after they were sent, and samples are late. A sample is therefore compared with the load
//! of the moment that it belongs to, and what it corrects is corrected in the whole trail, or it would be corrected
//! again by the next sample.
//!
//! Source: an observer in the sense of D. G. Luenberger, "Observing the State of a Linear System", 1964, with the
//! reservation of MistServer's load balancer (`addBandwidth`) as its input.

use std::collections::VecDeque;

/// A viewer is on the wire some seconds after the answer.
const UNDER_WAY: usize = 2;
/// Seconds of the moving average over differences.
const SURPRISE: f64 = 5.0;
/// Differences whose average is above so many standard deviations of a sample,
const CLEAR_SIGMAS: f64 = 1.33;
/// and above this part of the capacity, are no noise.
const CLEAR_PART: f64 = 0.03;
/// Seconds for which a surprise makes corrections quick.
const HURRY: f64 = 10.0;
/// The time constant of quick corrections.
const QUICK: f64 = 5.0;
/// Seconds of the moving average over the variance.
const VARIANCE: f64 = 60.0;
/// One pair of samples counts as no more than so many variances: a step is not noise.
const OUTLIER: f64 = 25.0;

/// The expected load of one interface, in any unit of rate.
#[derive(Clone, Debug)]
pub struct Expected {
    load: f64,
    trail: VecDeque<f64>,
    late: usize,
    last: f64,
    variance: f64,
    surprise: f64,
    hurry: f64,
}

/// How a sample is taken.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Manner {
    /// Time constant of corrections in quiet times, in seconds.
    pub time_constant: f64,
    /// The capacity, by which differences are judged.
    pub capacity: f64,
    /// The interface is saturated: a sample below the load proves nothing.
    pub clipped: bool,
    /// What lies behind: nothing is corrected in the first seconds after a change of health, as those who lost their
    /// interface are on their way.
    pub phase: Phase,
}

/// The time since the last change of health.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The first seconds.
    Settling,
    /// The next, in which corrections are quick.
    Catching,
    /// All later ones.
    Quiet,
}

impl Expected {
    /// Starts at a measured rate; samples are so many seconds late. `grain` is the rate at which one download runs:
    /// with downloads that start and stop at random, the variance of a sample is the rate times the grain.
    pub fn new(rate: f64, grain: f64, late: usize) -> Self {
        let trail = VecDeque::from([rate]);
        Self { load: rate, trail, late, last: rate, variance: rate * grain, surprise: 0.0, hurry: 0.0 }
    }

    /// The expected load.
    pub const fn load(&self) -> f64 {
        self.load
    }

    /// The variance of one sample.
    pub const fn variance(&self) -> f64 {
        self.variance
    }

    /// Adds what was sent there at this moment; a negative amount was taken away.
    pub fn send(&mut self, amount: f64) {
        self.load = (self.load + amount).max(0.0);
    }

    /// One second, or more, passes: of the load `kept` is left.
    pub fn pass(&mut self, kept: f64, added: f64) {
        self.load = self.load * kept + added;
        self.trail.push_back(self.load);
        while self.trail.len() > self.late + UNDER_WAY + 1 {
            self.trail.pop_front();
        }
    }

    /// Forgets the past and starts again from this load.
    pub fn set(&mut self, load: f64) {
        self.load = load;
        self.forget_trail();
    }

    /// Forgets how the load was before now.
    pub fn forget_trail(&mut self) {
        self.trail.clear();
        self.trail.push_back(self.load);
    }

    /// Learns from two samples in a row how noisy they are.
    pub fn listen(&mut self, rate: f64) {
        let half = 0.5 * (rate - self.last).powi(2);
        self.variance += (half.min(OUTLIER * self.variance + 1.0) - self.variance) / VARIANCE;
        self.last = rate;
    }

    /// Corrects the load by a sample.
    pub fn correct(&mut self, rate: f64, manner: Manner) {
        // One sample, from a counter that jumped, is worth no more than the interface.
        let past = self.trail.front().copied().unwrap_or(self.load);
        let difference = (rate - past).clamp(-manner.capacity.max(past), manner.capacity);
        if manner.clipped && difference < 0.0 {
            return;
        }
        self.surprise += (difference - self.surprise) / SURPRISE;
        let noise = CLEAR_SIGMAS * self.variance.sqrt();
        let clear = self.surprise.abs() > noise.max(CLEAR_PART * manner.capacity);
        self.hurry = if clear { HURRY } else { (self.hurry - 1.0).max(0.0) };
        let time_constant = match manner.phase {
            Phase::Settling => return,
            Phase::Catching => QUICK,
            Phase::Quiet if self.hurry > 0.0 => QUICK,
            Phase::Quiet => manner.time_constant.max(1.0),
        };
        let step = difference / time_constant;
        self.load = (self.load + step).max(0.0);
        self.trail.iter_mut().for_each(|load| *load += step);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const QUIET: Manner =
        Manner { time_constant: 40.0, capacity: 100.0, clipped: false, phase: Phase::Quiet };

    #[test]
    fn what_was_sent_counts_at_once_and_is_not_corrected_away_before_it_is_seen() {
        let mut expected = Expected::new(50.0, 0.0, 0);
        expected.send(10.0);
        for second in 0..60 {
            expected.pass(1.0, 0.0);
            let rate = if second < UNDER_WAY { 50.0 } else { 60.0 };
            expected.correct(rate, QUIET);
            assert!((expected.load() - 60.0).abs() < 1.5, "{second}: {}", expected.load());
        }
    }

    #[test]
    fn a_clipped_sample_corrects_nothing_downwards() {
        let mut expected = Expected::new(50.0, 0.0, 0);
        expected.correct(10.0, Manner { clipped: true, ..QUIET });
        assert!((expected.load() - 50.0).abs() < 1e-9);
        expected.correct(60.0, Manner { clipped: true, ..QUIET });
        assert!(expected.load() > 50.0);
    }

    #[test]
    fn a_lasting_difference_is_followed_quickly_and_noise_slowly() {
        let follow = |rates: &dyn Fn(u32) -> f64| {
            let mut expected = Expected::new(50.0, 4.0, 0);
            for second in 0..30 {
                expected.pass(1.0, 0.0);
                expected.listen(rates(second));
                expected.correct(rates(second), QUIET);
            }
            expected.load()
        };
        assert!(follow(&|_| 90.0) > 75.0);
        let noisy = follow(&|second| if second % 2 == 0 { 60.0 } else { 40.0 });
        assert!((noisy - 50.0).abs() < 1.0, "{noisy}");
    }

    proptest! {
        #[test]
        fn a_load_is_never_negative_nor_beyond_reason(
            seconds in prop::collection::vec((-1e3_f64..1e3, 0.0_f64..1e9, any::<bool>()), 1..200),
        ) {
            let mut expected = Expected::new(50.0, 1.0, 3);
            for (sent, rate, clipped) in seconds {
                let before = expected.load() + sent.max(0.0);
                expected.send(sent);
                expected.pass(0.999, 0.0);
                expected.listen(rate);
                expected.correct(rate, Manner { clipped, ..QUIET });
                // A jump of a counter moves it by a fifth of the capacity at most.
                prop_assert!((0.0..=before + 20.0 + 1e-6).contains(&expected.load()));
                prop_assert!(expected.variance().is_finite());
            }
        }
    }
}
