//! Answers to resolvers: what one costs, how long it may be kept, and what it will bring.

use std::time::Instant;

use super::{Law, whole};
use crate::units::Ttl;

/// What the law says to one question.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bill {
    /// So many viewers are expected to follow the answer.
    pub viewers: f64,
    /// So long it may be kept.
    pub ttl: Ttl,
    /// It asked for the first time, and goes on an account apart: see [`crate::law::hidden`].
    pub newcomer: bool,
    rate: f64,
    backlog: f64,
}

impl Law {
    /// A resolver asks. The key is a keyed hash of what it is known by.
    pub fn bill(&mut self, now: Instant, resolver: u64) -> Bill {
        let at = self.at(now);
        self.promised.pass(whole(at));
        let entry = self.hidden.ask(resolver, at);
        let (rate, newcomer) = (entry.rate(), entry.is_newcomer());
        let backlog = f64::from(std::mem::take(&mut entry.backlog));
        let ended = (entry.expires(), entry.told, entry.promised);
        if ended.0 > at && ended.1.1 > 0 {
            for &interface in &ended.1.0[..usize::from(ended.1.1)] {
                let part = f64::from(ended.2) / f64::from(ended.1.1);
                self.promised.withdraw(usize::from(interface), part, whole(ended.0));
            }
        }
        let ttl = self.ttl(now, rate);
        let viewers = if !self.rules.parts.hidden_load || newcomer {
            1.0
        } else {
            1.0 + rate * f64::from(ttl.as_secs()) + backlog
        };
        Bill { viewers, ttl, newcomer, rate, backlog }
    }

    /// The resolver was told these interfaces.
    pub fn told(&mut self, now: Instant, resolver: u64, bill: &Bill, interfaces: &[usize]) {
        let at = self.at(now);
        let expires = at + f64::from(bill.ttl.as_secs());
        let parts = f64::from(u32::try_from(interfaces.len().max(1)).unwrap_or(u32::MAX));
        for &interface in interfaces {
            self.promised.add(interface, bill.rate / parts, whole(expires));
            if let Some(lane) = self.lanes.get_mut(interface) {
                lane.asked += 1.0 / parts;
                lane.recovered += bill.backlog / parts;
            }
        }
        if bill.newcomer {
            self.newcomers += 1.0;
        }
        // It was found or made by the question just now.
        if let Some(entry) = self.hidden.find(resolver) {
            entry.tell(interfaces, expires);
        }
    }

    /// The time to live of an answer to a resolver of this rate.
    fn ttl(&self, now: Instant, rate: f64) -> Ttl {
        let (shortest, longest) = self.rules.ttl;
        let restless = self.rules.parts.ttl_by_change && now < self.restless_until;
        let longest = if restless { longest.min(RESTLESS_TTL).max(shortest) } else { longest };
        if !self.rules.parts.ttl_by_resolver || rate <= 0.0 {
            return longest;
        }
        let wanted = self.rules.viewers_per_answer / rate;
        // A float above u32::MAX saturates: that is what `as` promises here.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let wanted = Ttl::from_secs(wanted as u32);
        wanted.max(shortest).min(longest)
    }

    /// What one second of answers brings to each interface, in bytes per second. All together no more than the
    /// measured inflow, whoever asks how often; what comes back after a failure is known and counts in full.
    pub(super) fn brought(&mut self, seconds: f64) -> Vec<f64> {
        let inflow = self.inflow_per_second();
        // Newcomers are at most as many as those who are known, or a flood of forged ones would take the inflow over.
        self.newcomer_rate += (self.newcomers / seconds - self.newcomer_rate) / 60.0;
        self.newcomers = 0.0;
        let known = self.hidden.rate();
        let viewers = known + self.newcomer_rate.min(known);
        let per_viewer = if viewers > 0.0 { inflow / viewers } else { 0.0 };
        let coming: Vec<f64> = self
            .lanes
            .iter_mut()
            .zip(self.promised.rates())
            .map(|(lane, rate)| rate * seconds + std::mem::take(&mut lane.asked))
            .collect();
        let all: f64 = coming.iter().sum();
        let most = MOST_OF_INFLOW * inflow * seconds;
        let scale = if all * per_viewer > most { most / all } else { per_viewer };
        self.lanes
            .iter_mut()
            .zip(coming)
            .map(|(lane, coming)| coming * scale + std::mem::take(&mut lane.recovered) * per_viewer)
            .collect()
    }

    /// An interface died with this load. Viewers whose resolver holds an answer with another address are there within
    /// seconds; the others come with their resolver's next answer, which costs more by them.
    pub(super) fn storm(&mut self, now: Instant, dead: usize, lost: f64) {
        let at = self.at(now);
        let all = self.hidden.rate();
        let inflow = self.inflow_of(self.lanes.iter().map(|lane| lane.expected.load()).sum::<f64>() + lost);
        if all <= 0.0 || inflow <= 0.0 {
            return;
        }
        let mut saved = vec![0.0; self.lanes.len()];
        for resolver in self.hidden.known() {
            let behind = resolver.rate() / all * lost;
            let others = || resolver.told().filter(|&interface| interface != dead);
            let count = others().count();
            if resolver.expires() > at && count > 0 {
                let part = behind / if count > 1 { 2.0 } else { 1.0 };
                for interface in others() {
                    if let Some(saved) = saved.get_mut(interface) {
                        *saved += part;
                    }
                }
            } else {
                // Viewers, as many as a float tells.
                #[allow(clippy::cast_possible_truncation)]
                let viewers = (behind * all / inflow) as f32;
                resolver.backlog += viewers;
            }
        }
        for (lane, saved) in self.lanes.iter_mut().zip(saved) {
            lane.expected.send(saved);
        }
    }
}

/// No answer is kept for longer while things change.
const RESTLESS_TTL: Ttl = Ttl::from_secs(10);

/// Answers of one second may bring more than the mean inflow of a second, as they come in bursts.
const MOST_OF_INFLOW: f64 = 3.0;
