//! What the law keeps of one interface.

use std::time::Instant;

use super::capacity::{Learned, Signs};
use super::early::Early;
use super::expected::{Expected, Manner, Phase};
use super::guard::{Guard, Pulse};
use crate::units::BytesPerSec;

/// An interface as it is known beforehand.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Nominal {
    /// What it can carry, if anybody said so.
    pub capacity: Option<BytesPerSec>,
    /// The group that it belongs to.
    pub group: Option<usize>,
}

/// What one second showed of an interface. What there is no fresh sign of is absent.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sight {
    /// The measured rate.
    pub rate: Option<BytesPerSec>,
    /// Whether packets were refused, if that can be known.
    pub refused: Option<bool>,
    /// The part of the bytes that TCP had sent before.
    pub resent: Option<f64>,
    /// Viewer connections.
    pub connections: Option<u32>,
}

/// Whether viewers may be sent to an interface.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// It does not play.
    Down,
    /// It plays, but was ordered down: viewers who are there stay.
    OrderedDown,
    /// It plays, but is to be left.
    Drained,
    /// It plays.
    #[default]
    Up,
}

/// One interface.
#[derive(Clone, Debug)]
pub(super) struct Lane {
    pub(super) group: Option<usize>,
    pub(super) capacity: Learned,
    pub(super) expected: Expected,
    pub(super) guard: Guard,
    /// The best of what pools think of it.
    pub(super) standing: Standing,
    /// Whether some pool sends viewers there.
    pub(super) is_live: bool,
    pub(super) was_full: bool,
    /// When its rate was last seen, and what it was.
    pub(super) read: Option<(Instant, f64)>,
    /// What comes to it and was not yet counted, in bytes per second.
    pub(super) coming: f64,
    early: Early,
}

/// How samples are taken in this second.
#[derive(Clone, Copy, Debug)]
pub(super) struct Taking {
    pub(super) now: Instant,
    pub(super) phase: Phase,
    pub(super) time_constant: f64,
    /// Capacities are learned.
    pub(super) learns: bool,
    /// The guard is on watch.
    pub(super) guards: bool,
    /// Connections tell the load, as they show before their bytes.
    pub(super) early: bool,
    /// Much is sent again here, and nowhere else.
    pub(super) strained: bool,
}

impl Lane {
    pub(super) fn new(nominal: Nominal, assumed: f64, late: usize) -> Self {
        let capacity = nominal
            .capacity
            .map_or_else(|| Learned::assumed(assumed), |capacity| Learned::new(capacity.as_f64()));
        Self {
            group: nominal.group,
            capacity,
            expected: Expected::new(0.0, 0.0, late),
            guard: Guard::Calm,
            standing: Standing::Up,
            is_live: true,
            was_full: false,
            read: None,
            coming: 0.0,
            early: Early::default(),
        }
    }

    /// Takes one sample.
    pub(super) fn measure(&mut self, sight: Sight, taking: Taking, (grain, late): (f64, usize)) {
        let Some(rate) = sight.rate.map(BytesPerSec::as_f64) else { return };
        if self.read.is_none() {
            // The first sight is believed as it is.
            self.expected = Expected::new(rate, grain, late);
        }
        self.read = Some((taking.now, rate));
        let early = self.early.rate(rate, sight.connections);
        self.expected.listen(rate);
        if taking.learns && self.standing != Standing::Down {
            let signs = Signs { refused: sight.refused, strained: taking.strained };
            self.capacity.observe(rate, signs);
        }
        let capacity = self.capacity.configured();
        let pulse = Pulse {
            rate,
            expected: self.expected.load(),
            deviation: self.expected.variance().sqrt(),
            capacity,
        };
        self.guard = match self.standing {
            Standing::Up if taking.guards => self.guard.watch(taking.now, pulse),
            _ => Guard::Calm,
        };
        // What collapsed is not followed: it is a death or nothing.
        if self.guard == Guard::Calm {
            let clipped = self.capacity.is_saturated();
            let manner =
                Manner { time_constant: taking.time_constant, capacity, clipped, phase: taking.phase };
            self.expected.correct(if taking.early { early } else { rate }, manner);
        }
    }

    /// Whether nobody may be sent there, whatever pools think.
    pub(super) fn is_dead(&self) -> bool {
        self.guard.is_suspect() || self.standing == Standing::Down
    }
}
