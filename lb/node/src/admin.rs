//! The admin listener: metrics, health, readiness, the state, its changes as they happen, directives,
//! ACME challenges, and a page.
//!
//! It runs on a thread and a small runtime of its own, so that it answers while the data plane is busy: that is when
//! people look. What can be changed here needs the bearer token when one is set; without one the listener is on
//! loopback (the configuration sees to that), and a change must be asked for by a loopback name, so that a page in
//! the operator's own browser cannot ask for it under a name that was pointed here.

mod access;
mod challenge;
mod directive;
mod events;
mod reply;
mod routes;
mod server;
mod view;

pub use access::Access;
pub use server::{AdminError, AdminServer};

use std::sync::Arc;

use tokio::sync::{Mutex, watch};
use weir_core::{Event, NodeName, Reader};
use weir_dns::Answerer;

use crate::config::Config;
use crate::metrics::Metrics;
use crate::orders::OrderBook;
use crate::readiness::Readiness;

/// All that the admin listener answers from.
#[derive(Debug)]
pub struct Admin {
    /// The name of this node.
    pub node: NodeName,
    /// Where snapshots come from.
    pub reader: Reader,
    /// Tells that there is a new one.
    pub generation: watch::Receiver<u64>,
    /// Where orders go.
    pub events: tokio::sync::mpsc::Sender<Event>,
    /// Where orders are written down first.
    pub orders: Mutex<OrderBook>,
    /// Where ACME challenges go.
    pub answerer: Arc<Answerer>,
    /// What is measured.
    pub metrics: Arc<Metrics>,
    /// Whether traffic may come.
    pub readiness: Arc<Readiness>,
    /// The configuration in force: it says who may change something.
    pub config: watch::Receiver<Arc<Config>>,
}
