//! What a run leaves behind, second by second, and what can be asked of it.

use std::ops::Range;

use super::figures::Row;

/// One second of the world as it really was.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Moment {
    /// Highest utilisation of a live interface, or of the card.
    pub(crate) max: f64,
    /// Demand on all live interfaces by their capacity.
    pub(crate) mean: f64,
    /// Viewers who run and get less than the rung they want.
    pub(crate) short: u32,
    /// Viewers whose interface is dead.
    pub(crate) stalled: u32,
    /// Viewers who run or are stalled.
    pub(crate) viewers: u32,
    /// Mbit/s that arrive.
    pub(crate) delivered: f64,
    /// Mbit/s that viewers want.
    pub(crate) wanted: f64,
}

/// The seconds after the warm-up.
#[derive(Clone, Debug)]
pub(crate) struct Series {
    /// The second of the first moment.
    pub(crate) first: u32,
    pub(crate) moments: Vec<Moment>,
    /// Demand by true capacity, for each interface one after the other, moment by moment.
    pub(crate) utilisation: Vec<f64>,
    /// The weights in force, likewise.
    pub(crate) weights: Vec<f64>,
    pub(crate) interfaces: usize,
    /// Questions that resolvers asked, and running viewers that were moved, from second 0 on.
    pub(crate) questions: u32,
    pub(crate) moves: u32,
}

/// A stretch of a run, summed up; parts of viewer-seconds in per cent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part {
    pub(crate) over: f64,
    pub(crate) stalled: f64,
    pub(crate) stalled_seconds: f64,
    /// 99th percentile and mean of the highest utilisation.
    pub(crate) high: f64,
    pub(crate) max: f64,
    /// Mean of the mean utilisation.
    pub(crate) mean: f64,
}

/// What counts as settled: for a minute no interface far above the mean, and few stalled.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settled {
    pub(crate) from: u32,
    pub(crate) to: u32,
    /// The highest utilisation is at most so far above the mean.
    pub(crate) within: f64,
    /// At most so many viewers are stalled.
    pub(crate) stalled: f64,
}

impl Series {
    /// With room for all moments from `first` to before `end`.
    pub(crate) fn new(first: u32, end: u32, interfaces: usize) -> Self {
        let moments = usize::try_from(end.saturating_sub(first)).unwrap_or(0);
        Self {
            first,
            moments: Vec::with_capacity(moments),
            utilisation: Vec::with_capacity(moments * interfaces),
            weights: Vec::with_capacity(moments * interfaces),
            interfaces,
            questions: 0,
            moves: 0,
        }
    }

    /// The second after the last.
    pub(crate) fn end(&self) -> u32 {
        self.first + u32::try_from(self.moments.len()).unwrap_or(u32::MAX)
    }

    fn window(&self, from: u32, to: u32) -> Range<usize> {
        let place = |second: u32| second.clamp(self.first, self.end()) - self.first;
        let place = |second| usize::try_from(place(second)).unwrap_or(usize::MAX);
        place(from)..place(to)
    }

    fn within(&self, from: u32, to: u32) -> impl Iterator<Item = (u32, &Moment)> + Clone {
        (from.max(self.first)..).zip(&self.moments[self.window(from, to)])
    }

    /// How many are stalled at the end of a second.
    pub(crate) fn stalled_at(&self, second: u32) -> u32 {
        self.within(second, second + 1).next().map_or(0, |(_, moment)| moment.stalled)
    }

    /// Seconds after `second` until so few are stalled.
    pub(crate) fn first_after(&self, second: u32, few: impl Fn(u32) -> bool) -> Option<f64> {
        let found = self.within(second + 1, self.end()).find(|(_, moment)| few(moment.stalled));
        found.map(|(at, _)| f64::from(at - second))
    }

    /// Seconds until it is settled and stays so for a minute.
    pub(crate) fn settled(&self, rule: &Settled) -> Option<f64> {
        let mut since = None;
        for (second, moment) in self.within(rule.from, rule.to) {
            let calm = moment.max <= moment.mean + rule.within && f64::from(moment.stalled) <= rule.stalled;
            since = calm.then(|| since.unwrap_or(second));
            if let Some(since) = since.filter(|since| second - since >= 60) {
                return Some(f64::from(since - rule.from));
            }
        }
        None
    }

    /// Sums a stretch up.
    pub(crate) fn part(&self, from: u32, to: u32) -> Part {
        let window = self.window(from, to);
        let moments = &self.moments[window];
        let sum = |figure: fn(&Moment) -> f64| moments.iter().map(figure).sum::<f64>();
        let viewers = sum(|moment| f64::from(moment.viewers)).max(1.0);
        let stalled_seconds = sum(|moment| f64::from(moment.stalled));
        let count = sum(|_| 1.0).max(1.0);
        Part {
            over: 100.0 * sum(|moment| f64::from(moment.short)) / viewers,
            stalled: 100.0 * stalled_seconds / viewers,
            stalled_seconds,
            high: quantile(moments.iter().map(|moment| moment.max).collect(), &[99])[0],
            max: sum(|moment| moment.max) / count,
            mean: sum(|moment| moment.mean) / count,
        }
    }

    /// All figures of a quiet run.
    pub(crate) fn summary(&self) -> Row {
        let part = self.part(self.first, self.end());
        let sum = |figure: fn(&Moment) -> f64| self.moments.iter().map(figure).sum::<f64>();
        let count = sum(|_| 1.0).max(1.0);
        let ratio = |moment: &Moment| if moment.mean > 0.0 { moment.max / moment.mean } else { 0.0 };
        let below = |limit: f64| -> f64 {
            self.moments.iter().map(|moment| f64::from(u8::from(moment.max < limit))).sum::<f64>() / count
        };
        let highest = quantile(self.moments.iter().map(|moment| moment.max).collect(), &[95, 99]);
        let ratios = quantile(self.moments.iter().map(ratio).collect(), &[95, 99]);
        let whole_run = f64::from(self.end());
        let figures = [
            ("max_mean", part.max),
            ("max_p95", highest[0]),
            ("max_p99", highest[1]),
            ("mean_util", part.mean),
            ("ratio_mean", self.moments.iter().map(ratio).sum::<f64>() / count),
            ("ratio_p95", ratios[0]),
            ("ratio_p99", ratios[1]),
            ("P_lt_0.8", below(0.8)),
            ("P_lt_0.9", below(0.9)),
            ("P_lt_1.0", below(1.0)),
            ("over_pct", part.over),
            ("stall_pct", part.stalled),
            ("deliv_pct", 100.0 * sum(|moment| moment.delivered) / sum(|moment| moment.wanted).max(1.0)),
            ("dns_qps", f64::from(self.questions) / whole_run),
            ("migr_per_h", 3600.0 * f64::from(self.moves) / whole_run),
            ("w_std", self.spread(&self.weights)),
            ("w_move_per_min", 60.0 * self.way() / count),
            ("util_std", self.spread(&self.utilisation)),
        ];
        Row(figures.into_iter().map(|(key, figure)| (key, Some(figure))).collect())
    }

    /// How far the weights went: half of the sum of all changes, as what one loses another gains.
    fn way(&self) -> f64 {
        let later = self.weights.iter().skip(self.interfaces);
        self.weights.iter().zip(later).map(|(before, after)| 0.5 * (after - before).abs()).sum()
    }

    /// Standard deviation over time, in the mean of the interfaces.
    fn spread(&self, values: &[f64]) -> f64 {
        let of = |interface: usize| {
            let own = values.iter().skip(interface).step_by(self.interfaces);
            let count = own.clone().fold(0.0, |count, _| count + 1.0_f64).max(1.0);
            let mean = own.clone().sum::<f64>() / count;
            (own.map(|value| (value - mean).powi(2)).sum::<f64>() / count).sqrt()
        };
        let (sum, count) =
            (0..self.interfaces).map(of).fold((0.0, 0.0), |(sum, count), one| (sum + one, count + 1.0));
        sum / f64::max(count, 1.0)
    }
}

/// Percentiles, in ascending order, of values in any order; 0 of nothing.
fn quantile(mut values: Vec<f64>, percents: &[usize]) -> Vec<f64> {
    if values.is_empty() {
        return vec![0.0; percents.len()];
    }
    let last = values.len() - 1;
    let place = |percent: usize| (values.len() * percent / 100).min(last);
    let places: Vec<usize> = percents.iter().map(|&percent| place(percent)).collect();
    places.into_iter().map(|place| *values.select_nth_unstable_by(place, f64::total_cmp).1).collect()
}
