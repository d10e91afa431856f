//! MistServer's balancer: the last sample, and what was sent since, which decays by a quarter every five seconds.

use super::super::site::{Site, mean_bitrate};
use super::{Answer, Channel, Newcomer, Policy, Question, Sight};

/// Seconds between two readings.
const EVERY: u32 = 5;
/// What is left of a reservation at the next reading.
const KEPT: f64 = 0.75;

/// Redirects to the lowest sum of what was measured and what was reserved.
#[derive(Debug)]
pub(super) struct Mist {
    capacity: Vec<f64>,
    ttl: u32,
    alive: Vec<bool>,
    measured: Vec<f64>,
    reserved: Vec<f64>,
    weights: Vec<f64>,
}

impl Mist {
    /// With nothing measured and nothing reserved.
    pub(super) fn new(site: &Site) -> Self {
        let zeros = vec![0.0; site.capacity.len()];
        Self {
            capacity: site.capacity.clone(),
            ttl: site.ttl,
            alive: vec![true; zeros.len()],
            measured: zeros.clone(),
            reserved: zeros.clone(),
            weights: vec![1.0 / f64::from(u8::try_from(zeros.len()).unwrap_or(u8::MAX)); zeros.len()],
        }
    }

    fn place(&mut self) -> usize {
        let used = |interface: usize| {
            (self.measured[interface] + self.reserved[interface]) / self.capacity[interface]
        };
        let nobody = !self.alive.contains(&true);
        let least = (0..self.capacity.len())
            .filter(|&interface| nobody || self.alive[interface])
            .min_by(|&one, &other| used(one).total_cmp(&used(other)))
            .unwrap_or(0);
        self.reserved[least] += mean_bitrate();
        least
    }
}

impl Policy for Mist {
    fn channel(&self) -> Channel {
        Channel::Redirect
    }

    fn see(&mut self, sight: &Sight<'_>) {
        for (alive, reading) in self.alive.iter_mut().zip(sight.readings) {
            *alive = reading.alive;
        }
        if sight.now.is_multiple_of(EVERY) {
            self.reserved.iter_mut().for_each(|reserved| *reserved *= KEPT);
            for (measured, reading) in self.measured.iter_mut().zip(sight.readings) {
                *measured = reading.rate;
            }
        }
    }

    fn weights(&self) -> &[f64] {
        &self.weights
    }

    fn answer(&mut self, _question: Question) -> Answer {
        Answer::new([self.place()], self.ttl)
    }

    fn redirect(&mut self, _newcomer: &Newcomer<'_>) -> usize {
        self.place()
    }
}
