//! How one pool's viewers are split over its interfaces.

use std::time::{Duration, Instant};

use super::comeback::Comeback;
use super::control::Law;
use super::fill::{Vessel, fill};
use super::lane::Standing;
use super::rules::Rules;
use super::smooth::{Wish, normalised};
use crate::units::{BytesPerSec, Ttl};

/// Held interfaces come back when the others would be used by more than this.
const OTHERS_CARRY: f64 = 0.95;
/// Shares are weighed anew after so long.
const EVERY: Duration = Duration::from_secs(5);
/// No horizon is longer, in seconds.
const LONGEST_HORIZON: f64 = 600.0;
/// Within the horizon so many standard deviations of the estimate must come in.
const NOISE_IN_HORIZON: f64 = 10.0;
/// Of the present load at least this part is expected to stay.
const STAYS: f64 = 0.2;
/// A rate that was seen so long ago says nothing any more.
const STALE_AFTER: Duration = Duration::from_secs(180);
/// For so long after a failure, and after the return of one that fails often, answers are kept for a short time only;
const RESTLESS: Duration = Duration::from_secs(120);
/// and for so long after a step that did not reach what was wished.
const MOVES: Duration = Duration::from_secs(30);

/// What a pool thinks of its interfaces.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Health {
    /// In the pool's order.
    pub standings: Vec<Standing>,
    /// When nothing plays that may be used: those to be answered all the same, by capacity.
    pub opened: Option<Vec<bool>>,
}

/// A pool's interfaces, as numbers of lanes, with its longest time to live.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolRules {
    /// Its interfaces.
    pub lanes: Vec<usize>,
    /// The longest time to live of its answers: for so long an answer of now keeps acting.
    pub longest: Ttl,
    /// What one of its viewers needs, if that is known.
    pub viewer: Option<BytesPerSec>,
}

/// What made a share what it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Limit {
    /// Water filling: as much as it has room for.
    #[default]
    Room,
    /// It has less room than that, but is not forgotten: its least share.
    Floor,
    /// It has more room than that, but one that is suddenly empty does not become everybody's answer.
    Cap,
    /// It came back a moment ago, and starts slowly.
    SlowStart,
    /// It, or its group, carries all that it can, while another has room.
    Full,
    /// It failed again and again, and is held out.
    Held,
    /// Its rate collapsed while nobody was told to leave.
    Suspect,
    /// An operator wants it to be left.
    Drained,
    /// It plays, but an operator wants it to be taken for down.
    OrderedDown,
    /// It does not play.
    Down,
    /// The pool fails open: by capacity.
    Opened,
    /// Its rate is not known: by capacity.
    Unmeasured,
}

/// The split of one pool.
#[derive(Clone, Debug)]
pub(super) struct Split {
    pub(super) rules: PoolRules,
    pub(super) places: Vec<Place>,
    pub(super) shares: Vec<f64>,
    opened: bool,
    /// When the first of them played.
    began: Option<Instant>,
    weighed: Option<Instant>,
    /// The members are others than when it was weighed last.
    is_other: bool,
    restless_until: Option<Instant>,
}

/// One interface of the pool.
#[derive(Clone, Debug, Default)]
pub(super) struct Place {
    standing: Standing,
    comeback: Comeback,
    pub(super) was_live: bool,
    was_dead: bool,
    /// Whether viewers may be sent there.
    pub(super) is_open: bool,
    pub(super) limit: Limit,
}

impl Split {
    /// A split by capacity, in which everybody is thought to play.
    pub(super) fn new(rules: PoolRules, capacity: impl Fn(usize) -> f64) -> Self {
        let place = Place::new;
        Self {
            shares: normalised(rules.lanes.iter().map(|&lane| capacity(lane)).collect()),
            places: rules.lanes.iter().map(|_| place()).collect(),
            rules,
            opened: false,
            began: None,
            weighed: None,
            is_other: true,
            restless_until: None,
        }
    }

    /// Takes over who is a member now; `was` says where each was before. Shares follow with the next weighing.
    pub(super) fn rearrange(&mut self, rules: PoolRules, was: &[Option<usize>]) {
        let mut before = std::mem::take(&mut self.places);
        let shares = std::mem::take(&mut self.shares);
        for &was in was {
            let place = was.and_then(|was| before.get_mut(was)).map(std::mem::take);
            self.places.push(place.unwrap_or_else(Place::new));
            self.shares.push(was.and_then(|was| shares.get(was).copied()).unwrap_or(0.0));
        }
        self.shares = normalised(std::mem::take(&mut self.shares));
        self.is_other |= self.rules.lanes.len() != rules.lanes.len() || was.contains(&None);
        self.rules = rules;
    }

    /// Takes over what the pool thinks; says whether it is something else than before.
    pub(super) fn stand(&mut self, health: &Health) -> bool {
        let mut turned = false;
        for (place, &standing) in self.places.iter_mut().zip(&health.standings) {
            turned |= place.standing != standing;
            place.standing = standing;
        }
        turned
    }

    /// What the pool thinks of each lane that it uses.
    pub(super) fn standings(&self) -> impl Iterator<Item = (usize, Standing)> {
        self.rules.lanes.iter().copied().zip(self.places.iter().map(|place| place.standing))
    }

    /// Whether answers are to be kept for a short time only.
    pub(super) fn is_restless(&self, now: Instant) -> bool {
        self.restless_until.is_some_and(|until| now < until)
    }

    /// How much of its cap an interface may have.
    pub(super) fn trust(&self, place: usize, now: Instant, rules: &Rules) -> f64 {
        self.places[place].comeback.trust(now, &rules.comeback)
    }

    /// Who went and who came, given which lanes are dead for everybody. Says whether anybody did.
    pub(super) fn follow(&mut self, now: Instant, law: &Law, opened: Option<&[bool]>) -> bool {
        let rules = &law.rules.comeback;
        for (place, &lane) in self.places.iter_mut().zip(&self.rules.lanes) {
            let dead = place.standing == Standing::Down || law.is_dead(lane);
            if dead && place.was_live && !place.was_dead {
                place.comeback.failed(now, rules);
                self.restless_until = Some(now + RESTLESS);
            }
            place.was_dead = dead;
        }
        let live = self.live(now, law);
        if live.contains(&true) {
            self.began.get_or_insert(now);
        }
        // All that come up when weir has just been started come together, and none of them slowly.
        let starts = self.began.is_none_or(|began| now.saturating_duration_since(began) < rules.slow_start);
        let mut changed = self.opened != opened.is_some();
        self.opened = opened.is_some();
        for (place, &live) in self.places.iter_mut().zip(&live) {
            changed |= place.was_live != live;
            if live && !place.was_live && !(starts && place.comeback.is_new()) {
                place.comeback.returned(now);
                // One that has failed before may soon fail again.
                if place.comeback.failed_again() {
                    self.restless_until = Some(now + RESTLESS);
                }
            }
            place.was_live = live;
        }
        let open = opened.map_or_else(|| self.open(&live), <[bool]>::to_vec);
        for (place, open) in self.places.iter_mut().zip(open) {
            changed |= place.is_open != open;
            place.is_open = open;
        }
        changed
    }

    /// The lanes to which viewers are sent.
    pub(super) fn live_lanes(&self) -> impl Iterator<Item = usize> {
        let live = self.places.iter().zip(&self.rules.lanes).filter(|(place, _)| place.was_live);
        live.map(|(_, &lane)| lane)
    }

    /// Who may be picked. One that failed again and again is held out as long as the others carry the load.
    fn live(&self, now: Instant, law: &Law) -> Vec<bool> {
        let lanes = || self.places.iter().zip(&self.rules.lanes);
        let up = |place: &Place, lane: usize| place.standing == Standing::Up && !law.is_suspect(lane);
        let free = |place: &Place, lane: usize| up(place, lane) && !place.comeback.is_held(now);
        let carried: f64 = lanes()
            .filter(|&(place, &lane)| free(place, lane))
            .map(|(_, &lane)| law.lanes[lane].capacity.effective())
            .sum();
        let load: f64 = self.rules.lanes.iter().map(|&lane| law.lanes[lane].expected.load()).sum();
        let enough = OTHERS_CARRY * carried >= load && carried > 0.0;
        lanes().map(|(place, &lane)| if enough { free(place, lane) } else { up(place, lane) }).collect()
    }

    /// Who is open to viewers: the live ones; if there are none, those that play; then those that are drained; then all.
    fn open(&self, live: &[bool]) -> Vec<bool> {
        let by = |standing| self.places.iter().map(|place| place.standing == standing).collect();
        let all = vec![true; self.places.len()];
        let rules: [Vec<bool>; 4] = [live.to_vec(), by(Standing::Up), by(Standing::Drained), all];
        rules.into_iter().find(|open| open.contains(&true)).unwrap_or_default()
    }

    /// Weighs, if it is time or `jump` says that something has changed; then nothing is smoothed.
    pub(super) fn weigh(&mut self, now: Instant, law: &Law, jump: bool) {
        let due = self.weighed.is_none_or(|then| now.saturating_duration_since(then) >= EVERY);
        let jump = jump || std::mem::take(&mut self.is_other);
        if !jump && !due {
            return;
        }
        self.weighed = Some(now);
        let live: Vec<bool> = self.places.iter().map(|place| place.was_live && !self.opened).collect();
        if !live.contains(&true) {
            let capacity = |lane: usize| law.lanes[lane].capacity.configured();
            let weight = |(place, &lane): (&Place, &usize)| if place.is_open { capacity(lane) } else { 0.0 };
            self.shares = normalised(self.places.iter().zip(&self.rules.lanes).map(weight).collect());
            self.places.iter_mut().for_each(|place| place.explain_opened(Limit::Opened));
            return;
        }
        let wishes = self.wishes(now, law, &live);
        let wished = law.rules.pace.bound(&wishes);
        self.explain(&wishes, law, now);
        let smoothed = law.rules.parts.smooth && !jump;
        if smoothed && law.rules.pace.is_far(&self.shares, &wished) {
            self.restless_until = self.restless_until.max(Some(now + MOVES));
        }
        self.shares = if smoothed { law.rules.pace.step(&self.shares, &wished) } else { wished };
    }

    fn wishes(&self, now: Instant, law: &Law, live: &[bool]) -> Vec<Wish> {
        let lanes = &self.rules.lanes;
        let inflow = law.inflow_to(lanes);
        let horizon = self.horizon(inflow, law);
        let stays = (1.0 - law.rules.leaving() * horizon).max(STAYS);
        let loads = self.believed_loads(now, law);
        let vessel = |place: usize| Vessel {
            capacity: if live[place] { law.capacities[lanes[place]] } else { 0.0 },
            carried: loads[place] * stays,
        };
        let vessels: Vec<Vessel> = (0..live.len()).map(vessel).collect();
        let mut room = if law.rules.parts.fill {
            fill(&vessels, (inflow * horizon).max(1.0))
        } else {
            vessels.iter().map(|vessel| vessel.capacity).collect()
        };
        let full = |place: usize| law.is_full(lanes[place]);
        if (0..room.len()).any(|place| room[place] > 0.0 && !full(place)) {
            (0..room.len()).filter(|&place| full(place)).for_each(|place| room[place] = 0.0);
        }
        let shares = normalised(room);
        let all: f64 = vessels.iter().map(|vessel| vessel.capacity).sum();
        let wish = |place: usize| Wish {
            share: shares[place],
            of_capacity: if all > 0.0 { vessels[place].capacity / all } else { 0.0 },
            trust: self.trust(place, now, &law.rules),
            full: full(place),
        };
        (0..live.len()).map(wish).collect()
    }

    /// The horizon in seconds: long enough that noise is small against what can be steered within it.
    fn horizon(&self, inflow: f64, law: &Law) -> f64 {
        let variance: f64 = self.rules.lanes.iter().map(|&lane| law.lanes[lane].expected.variance()).sum();
        let deviation = (variance / (2.0 * law.rules.time_constant())).sqrt();
        let quiet = NOISE_IN_HORIZON * deviation / inflow.max(f64::MIN_POSITIVE);
        law.rules.horizon(self.rules.longest).max(quiet).min(LONGEST_HORIZON)
    }

    /// The loads by which is weighed. One whose rate has not been seen for long is taken to be as full as the others
    /// are together, so that its capacity decides.
    fn believed_loads(&self, now: Instant, law: &Law) -> Vec<f64> {
        let lanes = &self.rules.lanes;
        let seen = || lanes.iter().copied().filter(|&lane| !law.is_blind(lane, now));
        let capacity: f64 = seen().map(|lane| law.capacities[lane]).sum();
        let carried: f64 = seen().map(|lane| law.lanes[lane].expected.load()).sum();
        let level = if capacity > 0.0 { carried / capacity } else { 0.0 };
        let load = |&lane: &usize| {
            if law.is_blind(lane, now) {
                level * law.capacities[lane]
            } else {
                law.lanes[lane].expected.load()
            }
        };
        lanes.iter().map(load).collect()
    }

    fn explain(&mut self, wishes: &[Wish], law: &Law, now: Instant) {
        let pace = &law.rules.pace;
        for ((place, wish), &lane) in self.places.iter_mut().zip(wishes).zip(&self.rules.lanes) {
            place.limit = if !place.was_live {
                place.why_left(law.is_suspect(lane))
            } else if wish.full && wish.share <= 0.0 {
                Limit::Full
            } else if wish.share > pace.cap(wish) {
                if wish.trust < 1.0 { Limit::SlowStart } else { Limit::Cap }
            } else if law.is_blind(lane, now) {
                Limit::Unmeasured
            } else if wish.share < pace.floor(wish) {
                Limit::Floor
            } else {
                Limit::Room
            };
        }
    }
}

impl Place {
    /// One that is thought to play, and has never failed.
    fn new() -> Self {
        Self { was_live: true, was_dead: true, is_open: true, ..Self::default() }
    }

    fn why_left(&self, is_suspect: bool) -> Limit {
        match self.standing {
            Standing::Down => Limit::Down,
            Standing::OrderedDown => Limit::OrderedDown,
            Standing::Drained => Limit::Drained,
            Standing::Up if is_suspect => Limit::Suspect,
            Standing::Up => Limit::Held,
        }
    }

    fn explain_opened(&mut self, limit: Limit) {
        self.limit = if self.is_open { limit } else { self.why_left(false) };
    }
}

impl Law {
    /// Whether the rate of a lane has not been seen for so long that it says nothing.
    pub(super) fn is_blind(&self, lane: usize, now: Instant) -> bool {
        let fresh = |(then, _): (Instant, f64)| now.saturating_duration_since(then) <= STALE_AFTER;
        !self.lanes[lane].read.is_some_and(fresh)
    }
}
