//! Everything that the state can be told; a closed set.

use crate::counter::Sample;
use crate::directive::Order;
use crate::inventory::{Group, NodeInventory};
use crate::law::audience::Arrivals;
use crate::law::redirects::Reservations;
use crate::name::{InterfaceName, PoolName};
use crate::pool::Pool;
use crate::report::Report;
use crate::units::BytesPerSec;

/// A fact that enters the state.
#[derive(Clone, Debug)]
pub enum Event {
    /// The configuration was read, at the start or again.
    Configured(Settings),
    /// Discovery has seen what a node has.
    Inventory(NodeInventory),
    /// A counter was read.
    Sample(InterfaceName, Sample),
    /// A probe has looked.
    Report(Report),
    /// Answers of a pool have brought viewers since this was last told.
    Brought {
        /// The pool.
        pool: PoolName,
        /// To which interfaces.
        to: Vec<(InterfaceName, Arrivals)>,
        /// Viewers per second of all its resolvers.
        viewers_per_second: f64,
    },
    /// What redirects have promised to an interface so far, and what steering has moved away from it.
    Reserved(InterfaceName, Reservations),
    /// Steered players on an interface say that they download at this rate, on average.
    Downloaded(InterfaceName, BytesPerSec),
    /// An operator has ordered something for an interface, which need not exist yet.
    Ordered(InterfaceName, Order),
    /// Time has passed.
    Tick,
}

/// What of the configuration the state needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// The pools.
    pub pools: Vec<Pool>,
    /// The groups whose capacity is known.
    pub groups: Vec<Group>,
}
