//! The parameters of the law, and which of its parts are in force.

use std::time::Duration;

use crate::law::comeback::ComebackRules;
use crate::law::smooth::Pace;
use crate::units::{BytesPerSec, Ttl};

/// What the law must be told. A mean stay that is wrong by a factor of three either way costs one point of utilisation.
/// What belongs to one pool is in its [`PoolRules`](super::split::PoolRules).
#[derive(Clone, Debug)]
pub struct Rules {
    /// How long a viewer stays on average.
    pub mean_stay: Duration,
    /// What a viewer needs on average, as long as it is neither told nor measured.
    pub mean_rate: BytesPerSec,
    /// The rate at which a player downloads one segment: what makes a rate of one second noisy.
    pub grain: BytesPerSec,
    /// How late samples are, in whole seconds.
    pub late: usize,
    /// How shares move.
    pub pace: Pace,
    /// How interfaces return.
    pub comeback: ComebackRules,
    /// What is in force.
    pub parts: Parts,
}

/// The parts that can be switched off, so that a simulation shows what each buys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parts {
    /// The expected load grows by what was sent, and not by measuring alone.
    pub feed_forward: bool,
    /// An answer costs as many viewers as stand behind it, and not one.
    pub hidden_load: bool,
    /// The time to live follows the resolver's rate.
    pub ttl_by_resolver: bool,
    /// The time to live is short after a change.
    pub ttl_by_change: bool,
    /// Capacities are learned.
    pub learned_capacity: bool,
    /// Weights by water filling, and not by capacity.
    pub fill: bool,
    /// Dead band and slew limit.
    pub smooth: bool,
    /// The guard against black holes.
    pub guard: bool,
    /// Connections tell the load, as they show before their bytes.
    pub early: bool,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            mean_stay: Duration::from_secs(1200),
            mean_rate: BytesPerSec::from_bits(4_550_000),
            grain: BytesPerSec::from_bits(30_000_000),
            late: 0,
            pace: Pace::default(),
            comeback: ComebackRules::default(),
            parts: Parts::default(),
        }
    }
}

impl Default for Parts {
    fn default() -> Self {
        Self {
            feed_forward: true,
            hidden_load: true,
            ttl_by_resolver: true,
            ttl_by_change: true,
            learned_capacity: true,
            fill: true,
            smooth: true,
            guard: true,
            early: true,
        }
    }
}

impl Rules {
    /// The part of the present viewers that leave per second.
    pub(super) fn leaving(&self) -> f64 {
        1.0 / self.mean_stay.as_secs_f64().max(1.0)
    }

    /// The time constant of quiet corrections, in seconds: short stays want a quicker loop.
    pub(super) fn time_constant(&self) -> f64 {
        (0.12 * self.mean_stay.as_secs_f64()).clamp(10.0, 40.0)
    }

    /// The shortest horizon, in seconds: for so long an answer of now keeps acting.
    pub(super) fn horizon(&self, longest: Ttl) -> f64 {
        (90.0 + 0.25 * f64::from(longest.as_secs())).min((0.15 * self.mean_stay.as_secs_f64()).max(20.0))
    }
}
