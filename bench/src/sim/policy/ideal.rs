//! The bound: sends every viewer to the lowest true demand, which nobody can know.

use super::super::site::Site;
use super::{Answer, Channel, Newcomer, Policy, Question, Sight};

/// Knows the truth, but learns of a death as late as everybody.
#[derive(Debug)]
pub(super) struct Ideal {
    site: Site,
    alive: Vec<bool>,
    weights: Vec<f64>,
}

impl Ideal {
    /// With all interfaces alive.
    pub(super) fn new(site: &Site) -> Self {
        let count = site.capacity.len();
        Self { site: site.clone(), alive: vec![true; count], weights: vec![0.0; count] }
    }
}

impl Policy for Ideal {
    fn channel(&self) -> Channel {
        Channel::Redirect
    }

    fn see(&mut self, sight: &Sight<'_>) {
        for (alive, reading) in self.alive.iter_mut().zip(sight.readings) {
            *alive = reading.alive;
        }
    }

    fn weights(&self) -> &[f64] {
        &self.weights
    }

    fn answer(&mut self, _question: Question) -> Answer {
        // It is never asked: nobody knows which viewers a resolver's answer will bring.
        Answer::new([0], self.site.ttl)
    }

    fn redirect(&mut self, newcomer: &Newcomer<'_>) -> usize {
        let truth = newcomer.truth;
        let capacity = self.site.beneath_card(truth.capacity, |member| self.alive[member]);
        let used = |interface: usize| (truth.demand[interface] + newcomer.bitrate) / capacity[interface];
        let nobody = !self.alive.contains(&true);
        (0..capacity.len())
            .filter(|&interface| nobody || self.alive[interface])
            .min_by(|&one, &other| used(one).total_cmp(&used(other)))
            .unwrap_or(0)
    }
}
