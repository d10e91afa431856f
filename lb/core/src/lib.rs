//! The pure heart of weir: facts in, judgement in one place, one snapshot out.
//!
//! Facts of the world: interfaces of one machine carry different loads, die one by one, and share capacities.
//! Everything that is known about them enters as an [`Event`]; [`State::apply`] keeps it; [`weigh`] judges it and
//! makes the [`Snapshot`] that every answer comes from; a [`Dispatcher`] hands out a snapshot's interfaces in the
//! exact proportion of their weights.
//!
//! ```text
//! Sample ─┐
//! Report ─┤
//! Node's  │
//! inventory ─► Event ─► State::apply(event, now) ─► weigh(&state, now) ─► Publisher ─► Arc<Snapshot> ─► Dispatcher::pick
//! Order  ─┤
//! Tick   ─┘
//! ```
//!
//! What must not be here, each held by a test in `tests/`: no I/O, no clock, no randomness, no task, no log, no
//! serde, and nothing that assumes that there is only one node. Time is an `Instant` argument.

mod units;

mod name;

mod counter;
mod directive;
mod http_policy;
mod inventory;
mod pool;
mod report;
mod smoothing;
mod verdict;

mod event;
mod health;
mod state;
mod traffic;

mod grounds;
pub mod law;
mod snapshot;
mod weigh;

mod dispatch;
mod publish;
pub mod rendezvous;

pub use counter::{Growth, Meter, Sample, TcpReading};
pub use directive::{Directive, Order, ParseDirectiveError};
pub use dispatch::{Ask, Dispatcher};
pub use event::{Event, Settings};
pub use grounds::{Band, Grounds, InterfaceLaw, Lost, Signal, SignalKind, Steering};
pub use http_policy::{HttpPolicy, Mode, SteeringRules, Stickiness};
pub use inventory::{CloudFacts, Group, Interface, LeftOut, NodeInventory};
pub use law::LAW_SCALE;
pub use law::audience::{Arrivals, Audience, Bill, Brought};
pub use law::redirects::{Berth, Reservations, leaves, lowest};
pub use law::split::Limit;
pub use name::{GroupName, HostName, InterfaceName, NameError, NodeName, PoolName, ProbeId};
pub use pool::{Members, OriginScheme, OriginTarget, Pool, ProbeRule, TtlBounds, Viewer};
pub use publish::{Publisher, Reader};
pub use report::{Evidence, Failure, Outcome, Phase, Report, Timings};
pub use smoothing::Smoothed;
pub use snapshot::{
    Family, Found, GroupView, InterfaceView, Member, OrderView, PoolView, ProbeView, Reason, Snapshot,
};
pub use state::{Effect, State};
pub use units::{BytesPerSec, ParseRateError, Ttl, Weight};
pub use verdict::{Judge, Verdict};
pub use weigh::weigh;
