//! When the node may be sent traffic: its sockets are bound, and every probe has reported once or ten seconds have
//! passed; not any more once it is asked to stop.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use weir_core::Snapshot;

/// Probes get this long before the node is ready without them.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// A latch that the daemon sets and `/readyz` reads.
#[derive(Debug)]
pub struct Readiness {
    started: Instant,
    bound: AtomicBool,
    stopping: AtomicBool,
}

/// Whether traffic may come, and what is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ready {
    /// It may.
    Yes,
    /// The sockets are not bound yet.
    NotBound,
    /// Some probe has not reported yet.
    NotProbed,
    /// The process is asked to stop.
    Stopping,
}

impl Readiness {
    /// Not ready.
    pub fn new(started: Instant) -> Self {
        Self { started, bound: AtomicBool::new(false), stopping: AtomicBool::new(false) }
    }

    /// The sockets are bound.
    pub fn bound(&self) {
        self.bound.store(true, Ordering::Release);
    }

    /// The process is asked to stop.
    pub fn stopping(&self) {
        self.stopping.store(true, Ordering::Release);
    }

    /// Whether traffic may come.
    pub fn check(&self, snapshot: &Snapshot, now: Instant) -> Ready {
        if self.stopping.load(Ordering::Acquire) {
            Ready::Stopping
        } else if !self.bound.load(Ordering::Acquire) {
            Ready::NotBound
        } else if all_reported(snapshot) || now.saturating_duration_since(self.started) >= PATIENCE {
            Ready::Yes
        } else {
            Ready::NotProbed
        }
    }
}

impl Ready {
    /// A sentence for people.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Yes => "ready",
            Self::NotBound => "not ready: the sockets are not bound yet",
            Self::NotProbed => "not ready: not every probe has reported yet",
            Self::Stopping => "not ready: stopping",
        }
    }
}

fn all_reported(snapshot: &Snapshot) -> bool {
    let members = snapshot.pools.iter().flat_map(|pool| &pool.members);
    let reported = members.flat_map(|member| &member.probes).all(|probe| probe.reported.is_some());
    // Before the first inventory there is nobody to report.
    snapshot.generation > 0 && !snapshot.interfaces.is_empty() && reported
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_ready_once_bound_and_patient_and_never_again_once_stopping() {
        let start = Instant::now();
        let readiness = Readiness::new(start);
        let snapshot = Snapshot::empty();
        assert_eq!(readiness.check(&snapshot, start), Ready::NotBound);
        readiness.bound();
        assert_eq!(readiness.check(&snapshot, start), Ready::NotProbed);
        assert_eq!(readiness.check(&snapshot, start + PATIENCE), Ready::Yes);
        readiness.stopping();
        assert_eq!(readiness.check(&snapshot, start + PATIENCE), Ready::Stopping);
    }
}
