//! Who comes, when, behind which resolver, wanting what, and for how long: the same for all policies.
//!
//! Viewers arrive as a Poisson process and stay for a log-normal time. Resolvers are popular by Zipf's law, and some keep
//! answers longer than they may (8.7 % of them by a measurement of 2023, Passive and Active Measurement conference).
//! The crowd of a seed is drawn once; the noise of the measured rates too.

use super::alias::Alias;
use super::dice::{Dice, Stream};
use super::poisson::Poisson;
use super::scenario::{Event, Plan};
use super::site::{RUNG_SHARE, Site, mean_bitrate};

/// Spread of the log-normal stay.
const SIGMA: f64 = 1.0;
/// Nobody leaves before so many seconds.
const SHORTEST: u32 = 5;

/// What a crowd is drawn from.
#[derive(Clone, Debug)]
pub(crate) struct Recipe {
    /// Wanted rate of all as a part of all interfaces' capacity, in the mean.
    pub(crate) load: f64,
    /// Zipf's exponent: 0 makes all resolvers alike.
    pub(crate) zipf: f64,
    /// Whether some resolvers keep answers too long.
    pub(crate) violators: bool,
}

/// One viewer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Viewer {
    /// The second in which it leaves.
    pub(crate) end: u32,
    /// Behind which resolver it is.
    pub(crate) resolver: u16,
    /// Which rung of the ladder it wants.
    pub(crate) rung: u8,
    /// Where it is from the start, if it is.
    pub(crate) home: u8,
}

/// All viewers of a run, and what else chance gives.
#[derive(Debug)]
pub(crate) struct Crowd {
    /// In the order of their arrival.
    pub(crate) viewers: Vec<Viewer>,
    /// For each second the first of its arrivals, and one end.
    arrivals: Vec<u32>,
    /// Viewers in the order of leaving, and for each second the first of them, and one end.
    leavers: Vec<u32>,
    leaving: Vec<u32>,
    /// Seconds for which a resolver keeps any answer at least.
    pub(crate) holds: Vec<u32>,
    /// Standard normal numbers, one for each interface in each second.
    pub(crate) noise: Vec<f64>,
}

impl Recipe {
    /// How many arrive in a second in the mean, while nothing special happens.
    pub(crate) fn rate(&self, site: &Site) -> f64 {
        self.load * site.total() / mean_bitrate() / site.mean_stay
    }
}

impl Crowd {
    /// Draws the crowd of a seed.
    pub(crate) fn new(recipe: &Recipe, site: &Site, plan: &Plan, seed: u64) -> Self {
        let dice = |stream| Dice::new(seed, stream);
        let mut births = Births::new(recipe, site, seed);
        let calm = recipe.rate(site);
        // A tenth more than is expected, so that the list hardly ever moves.
        let expected = calm * (site.mean_stay + f64::from(plan.seconds));
        let mut viewers = Vec::with_capacity(length(whole(1.1 * expected)));
        viewers.extend((0..whole(calm * site.mean_stay)).map(|_| births.settled()));
        let (mut timing, mut law) = (dice(Stream::Arrivals), Poisson::new(calm));
        let mut rushes = plan.events.iter().filter_map(|&(at, event)| match event {
            Event::Rush(factor) => Some((at, factor)),
            _ => None,
        });
        let mut rush = rushes.next();
        let mut arrivals = Vec::with_capacity(length(plan.seconds) + 1);
        for second in 0..plan.seconds {
            while let Some((_, factor)) = rush.take_if(|(at, _)| *at <= second) {
                law = Poisson::new(calm * factor);
                rush = rushes.next();
            }
            arrivals.push(number(viewers.len()));
            viewers.extend((0..law.draw(&mut timing)).map(|_| births.newcomer(second)));
        }
        arrivals.push(number(viewers.len()));
        let (leavers, leaving) = by_end(&viewers, plan.seconds);
        let mut noise = dice(Stream::Noise);
        let noise = (0..length(plan.seconds) * site.capacity.len()).map(|_| noise.normal()).collect();
        let mut violators = dice(Stream::Violators);
        let holds = (0..site.resolvers).map(|_| hold(recipe, &mut violators)).collect();
        Self { viewers, arrivals, leavers, leaving, holds, noise }
    }

    /// How many are there from the start; they are the first.
    pub(crate) fn settled(&self) -> u32 {
        self.arrivals[0]
    }

    /// Who arrives in a second.
    pub(crate) fn arrivals(&self, second: u32) -> std::ops::Range<u32> {
        self.arrivals[length(second)]..self.arrivals[length(second) + 1]
    }

    /// Who leaves in a second.
    pub(crate) fn leavers(&self, second: u32) -> &[u32] {
        let at = |second| length(self.leaving[length(second)]);
        &self.leavers[at(second)..at(second + 1)]
    }
}

/// What makes viewers.
struct Births {
    rungs: Dice,
    rung: Alias,
    resolvers: Dice,
    resolver: Alias,
    stays: Dice,
    mu: f64,
    homes: Dice,
    home: Alias,
}

impl Births {
    fn new(recipe: &Recipe, site: &Site, seed: u64) -> Self {
        let dice = |stream| Dice::new(seed, stream);
        let ranks = 1..=u16::try_from(site.resolvers).unwrap_or(u16::MAX);
        let popularity: Vec<f64> = ranks.map(|rank| f64::from(rank).powf(-recipe.zipf)).collect();
        Self {
            rungs: dice(Stream::Rungs),
            rung: Alias::new(&RUNG_SHARE),
            resolvers: dice(Stream::Resolvers),
            resolver: Alias::new(&popularity),
            stays: dice(Stream::Stays),
            // The mean of a log-normal number is exp(mu + sigma^2 / 2).
            mu: site.mean_stay.ln() - SIGMA * SIGMA / 2.0,
            homes: dice(Stream::Homes),
            home: Alias::new(&site.capacity),
        }
    }

    fn viewer(&mut self, end: u32) -> Viewer {
        Viewer {
            end,
            resolver: self.resolver.draw(&mut self.resolvers),
            rung: u8::try_from(self.rung.draw(&mut self.rungs)).unwrap_or(0),
            home: 0,
        }
    }

    fn newcomer(&mut self, now: u32) -> Viewer {
        let stay = (self.mu + SIGMA * self.stays.normal()).exp();
        self.viewer(now + whole(stay).max(SHORTEST))
    }

    /// One who is in the middle of a stay: long stays are met more often (the same law with mu + sigma^2), and the
    /// moment falls anywhere in them.
    fn settled(&mut self) -> Viewer {
        let stay = (self.mu + SIGMA * SIGMA + SIGMA * self.stays.normal()).exp() * self.stays.unit();
        let home = u8::try_from(self.home.draw(&mut self.homes)).unwrap_or(0);
        Viewer { home, ..self.viewer(whole(stay).max(SHORTEST)) }
    }
}

/// 10 % keep an answer at least a minute, 2 % a quarter of an hour.
fn hold(recipe: &Recipe, dice: &mut Dice) -> u32 {
    match dice.unit() {
        _ if !recipe.violators => 0,
        drawn if drawn < 0.10 => 60,
        drawn if drawn < 0.12 => 900,
        _ => 0,
    }
}

/// Sorts by the second of leaving, by counting; who stays beyond the run's end is left out.
fn by_end(viewers: &[Viewer], seconds: u32) -> (Vec<u32>, Vec<u32>) {
    let mut first = vec![0; length(seconds) + 1];
    let leaves = |viewer: &Viewer| viewer.end < seconds;
    viewers.iter().filter(|&viewer| leaves(viewer)).for_each(|viewer| first[length(viewer.end) + 1] += 1);
    for second in 0..length(seconds) {
        first[second + 1] += first[second];
    }
    let mut next = first.clone();
    let mut sorted = vec![0; length(first[length(seconds)])];
    for (index, viewer) in (0..).zip(viewers) {
        if leaves(viewer) {
            let place = &mut next[length(viewer.end)];
            sorted[length(*place)] = index;
            *place += 1;
        }
    }
    (sorted, first)
}

fn number(length: usize) -> u32 {
    u32::try_from(length).expect("the arguments keep a crowd far below four thousand million")
}

fn length(number: u32) -> usize {
    usize::try_from(number).expect("a machine that runs this has addresses of 32 bits or more")
}

/// The whole part of what is not negative; what does not fit becomes the largest number.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a cast from f64 saturates")]
fn whole(real: f64) -> u32 {
    // A stay of centuries would overflow when the second of arrival is added.
    (real as u32).min(u32::MAX / 2)
}
