//! What is asked of a stretch of a run.

use std::ops::Range;

use crate::books::{Told, Visit};
use crate::run::{Run, Stretch};

/// The averages reach five seconds back: those at the beginning of a phase belong to the one before.
const REACH: f64 = 5.0;

/// What is settled has been so for this long, in seconds.
const A_WHILE: f64 = 20.0;

/// A stretch, summed up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Figures {
    /// Mean of the utilisation of all limits together.
    pub(crate) mean: f64,
    /// Mean utilisation of each device.
    pub(crate) each: [f64; 4],
    /// Highest over mean: its mean, and its 99th percentile.
    pub(crate) ratio: f64,
    pub(crate) ratio_p99: f64,
    /// The highest of all averages.
    pub(crate) peak: f64,
    /// Viewers in the mean, and the part of viewer-seconds that were short.
    pub(crate) viewers: f64,
    pub(crate) short: f64,
}

impl Run {
    /// The phase of this name.
    pub(crate) fn stretch(&self, name: &str) -> Option<&Stretch> {
        self.stretches.iter().find(|stretch| stretch.phase.name == name)
    }

    /// Its figures.
    pub(crate) fn figures(&self, stretch: &Stretch) -> Figures {
        self.between(stretch.from + REACH, stretch.to)
    }

    /// The figures of its last part.
    pub(crate) fn end_of(&self, stretch: &Stretch, part: f64) -> Figures {
        self.between(stretch.to - part * (stretch.to - stretch.from), stretch.to)
    }

    fn between(&self, from: f64, to: f64) -> Figures {
        let moments: Vec<_> =
            self.moments.iter().filter(|moment| moment.at > from && moment.at <= to).collect();
        let mean_of = |values: &[f64]| values.iter().sum::<f64>() / (values.len() as f64).max(1.0);
        let mut ratios: Vec<_> = moments.iter().map(|moment| moment.highest() / moment.mean).collect();
        ratios.sort_by(f64::total_cmp);
        let each =
            |index: usize| mean_of(&moments.iter().map(|moment| moment.each[index]).collect::<Vec<_>>());
        let watched = &self.records.watched[self.seconds(from, to)];
        let sum =
            |of: fn(&crate::books::Watched) -> u32| watched.iter().map(|w| f64::from(of(w))).sum::<f64>();
        let (viewers, short) = (sum(|watched| watched.viewers), sum(|watched| watched.short));
        Figures {
            mean: mean_of(&moments.iter().map(|moment| moment.mean).collect::<Vec<_>>()),
            each: std::array::from_fn(each),
            ratio: mean_of(&ratios),
            ratio_p99: ratios.get(ratios.len() * 99 / 100).copied().unwrap_or_default(),
            peak: moments.iter().map(|moment| moment.highest()).fold(0.0, f64::max),
            viewers: viewers / (watched.len() as f64).max(1.0),
            short: short / viewers.max(1.0),
        }
    }

    /// Seconds from the beginning of a stretch until no device is further above the mean than this for a while.
    pub(crate) fn settled(&self, stretch: &Stretch, within: f64) -> Option<f64> {
        let mut since = None;
        let of_it = self.moments.iter().filter(|moment| moment.at > stretch.from && moment.at <= stretch.to);
        for moment in of_it {
            let calm = moment.highest() <= moment.mean + within;
            since = calm.then(|| since.unwrap_or(moment.at));
            if let Some(since) = since.filter(|since| moment.at - since >= A_WHILE) {
                return Some(since - stretch.from);
            }
        }
        None
    }

    /// Whole seconds that lie between two moments.
    fn seconds(&self, from: f64, to: f64) -> Range<usize> {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "runs last minutes")]
        let place = |at: f64| (at.ceil() as usize).min(self.records.watched.len());
        place(from)..place(to)
    }

    /// Answers that named an address after a moment.
    pub(crate) fn answers_naming(&self, index: usize, from: f64, to: f64) -> Vec<&Told> {
        let address = weir_tests::namespace::edge_address(index);
        let fits = |told: &&Told| told.at > from && told.at <= to && told.addresses.contains(&address);
        self.records.answers.iter().filter(fits).collect()
    }

    /// Viewers who went to an address after a moment, by what their resolvers still kept.
    pub(crate) fn visits_to(&self, index: usize, from: f64, to: f64) -> usize {
        let address = weir_tests::namespace::edge_address(index);
        let fits = |visit: &&Visit| visit.at > from && visit.at <= to && visit.address == address;
        self.records.visits.iter().filter(fits).count()
    }

    /// How many were cut off in a stretch, and for how long in the mean and in the worst case.
    pub(crate) fn outages(&self, stretch: &Stretch) -> (usize, f64, f64) {
        let within = |at: f64| at > stretch.from - 1.0 && at <= stretch.to;
        let outages = self.records.outages.iter().filter(|outage| within(outage.at));
        let lasted: Vec<_> = outages.map(|outage| outage.lasted).collect();
        let mean = lasted.iter().sum::<f64>() / (lasted.len() as f64).max(1.0);
        (lasted.len(), mean, lasted.iter().copied().fold(0.0, f64::max))
    }
}
