//! Weights by a rule, and a random draw by them for every answer: how the peers do it.

use super::super::dice::Dice;
use super::super::site::Site;
use super::{Answer, Channel, Newcomer, Policy, Question, Reading, Sight};

/// What a rule weighs by.
#[derive(Debug)]
pub(super) struct Scene<'a> {
    /// Nominal capacities in Mbit/s.
    pub(super) capacity: &'a [f64],
    /// The newest reading of each interface.
    pub(super) readings: &'a [Reading],
    /// Moving average of the utilisation, a third of each new sample; the rules that want none pay for it gladly.
    pub(super) smoothed: &'a [f64],
}

/// A rule writes one weight for each interface, dead or alive; they need not sum to one.
pub(super) type Rule = fn(&Scene<'_>, &mut [f64]);

/// Draws by the weights of a rule.
#[derive(Debug)]
pub(super) struct Drawn {
    channel: Channel,
    rule: Rule,
    capacity: Vec<f64>,
    ttl: u32,
    smoothed: Vec<f64>,
    weights: Vec<f64>,
    dice: Dice,
}

impl Drawn {
    /// Starts with weights by capacity, which hold until the first sight.
    pub(super) fn new(channel: Channel, rule: Rule, site: &Site, dice: Dice) -> Self {
        let capacity = site.capacity.clone();
        let weights = capacity.iter().map(|capacity| capacity / site.total()).collect();
        Self { channel, rule, capacity, ttl: site.ttl, smoothed: Vec::new(), weights, dice }
    }

    fn draw(&mut self) -> usize {
        let mut left = self.dice.unit();
        let mut heaviest = 0;
        for (interface, &weight) in self.weights.iter().enumerate() {
            left -= weight;
            if left <= 0.0 && weight > 0.0 {
                return interface;
            }
            if weight > self.weights[heaviest] {
                heaviest = interface;
            }
        }
        // Rounding may leave a crumb that no weight took.
        heaviest
    }
}

impl Policy for Drawn {
    fn channel(&self) -> Channel {
        self.channel
    }

    fn see(&mut self, sight: &Sight<'_>) {
        let used = |(reading, capacity): (&Reading, &f64)| reading.rate / capacity;
        let samples = sight.readings.iter().zip(&self.capacity).map(used);
        if self.smoothed.is_empty() {
            self.smoothed.extend(samples);
        } else {
            self.smoothed.iter_mut().zip(samples).for_each(|(kept, new)| *kept = 0.3 * new + 0.7 * *kept);
        }
        let scene = Scene { capacity: &self.capacity, readings: sight.readings, smoothed: &self.smoothed };
        (self.rule)(&scene, &mut self.weights);
        mask(&mut self.weights, &self.capacity, sight.readings);
    }

    fn weights(&self) -> &[f64] {
        &self.weights
    }

    fn answer(&mut self, _question: Question) -> Answer {
        let interface = self.draw();
        Answer::new([interface], self.ttl)
    }

    fn redirect(&mut self, _newcomer: &Newcomer<'_>) -> usize {
        self.draw()
    }
}

/// Takes what is dead out and makes the rest sum to one; what would be empty falls back to capacity, at last to that of
/// all interfaces.
fn mask(weights: &mut [f64], capacity: &[f64], readings: &[Reading]) {
    for (weight, reading) in weights.iter_mut().zip(readings) {
        if !reading.alive {
            *weight = 0.0;
        }
    }
    let mut sum: f64 = weights.iter().sum();
    if sum <= 0.0 {
        let nobody = readings.iter().all(|reading| !reading.alive);
        for ((weight, capacity), reading) in weights.iter_mut().zip(capacity).zip(readings) {
            *weight = if reading.alive || nobody { *capacity } else { 0.0 };
        }
        sum = weights.iter().sum();
    }
    weights.iter_mut().for_each(|weight| *weight /= sum);
}
