//! One address of the origin: the shared stream, seen through this address's fault.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::watch;

use crate::fault::{Fault, Setting};
use crate::sequence::Listing;
use crate::stats::Counters;
use crate::stream::Stream;

/// One address of the origin.
#[derive(Debug)]
pub(crate) struct Endpoint {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// What it serves.
    pub(crate) stream: Arc<Stream>,
    /// What it has done.
    pub(crate) counters: Counters,
    setting: watch::Sender<Setting>,
    /// Bytes per second per connection, or 0 for no limit: read at every write, so not behind the watch's lock.
    limit: AtomicU64,
}

impl Endpoint {
    /// A sound endpoint.
    pub(crate) fn new(address: SocketAddr, stream: Arc<Stream>) -> Self {
        Self {
            address,
            stream,
            counters: Counters::default(),
            setting: watch::Sender::new(Setting::default()),
            limit: AtomicU64::new(0),
        }
    }

    /// Sets or clears the fault, and tells the generation that it has.
    pub(crate) fn set(&self, fault: Option<Fault>) -> u64 {
        let limit = match fault {
            Some(Fault::Slow(rate)) => rate.max(1),
            _ => 0,
        };
        self.limit.store(limit, Ordering::Relaxed);
        let since = self.stream.clock.elapsed();
        let mut generation = 0;
        self.setting.send_modify(|setting| {
            generation = setting.generation + 1;
            *setting = Setting { fault, since, generation };
        });
        generation
    }

    /// The fault as it is now.
    pub(crate) fn setting(&self) -> Setting {
        *self.setting.borrow()
    }

    /// Follows the fault.
    pub(crate) fn follow(&self) -> watch::Receiver<Setting> {
        self.setting.subscribe()
    }

    /// Bytes per second that a connection may be written to, if that is limited.
    pub(crate) fn limit(&self) -> Option<u64> {
        Some(self.limit.load(Ordering::Relaxed)).filter(|&limit| limit > 0)
    }

    /// The segments that this address shows now.
    pub(crate) fn listing(&self, setting: &Setting) -> Listing {
        let stream = &self.stream;
        Listing::at(stream.clock.elapsed(), stream.config.target_duration, stream.config.window, setting)
    }
}
