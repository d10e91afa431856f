//! The fast path: common questions over UDP, answered from tables by copying and patching.
//!
//! Facts of the world: nearly all questions are one name, one type, class IN, with or without a plain OPT record; what
//! an answer costs is then mostly what the kernel takes for two datagrams, as long as nothing is allocated, encoded or
//! looked up twice.
//!
//! ```text
//!  datagram ─► Ask ─► Names ─► Reply ─► datagram
//!      │         │       │        ╰─ Snapshot, Line (whose turn it is), Guard (cookies, limits)
//!      ╰─────────┴───────┴─► whatever is unusual: None, which leaves it to the general path
//! ```
//!
//! Invariants:
//! * The same bytes as the general path, for the same snapshot, zones, line and cookies; a test asks both for every
//!   name and type. What the tables can't say for certain they leave to the general path, before anything is counted
//!   or anyone's turn is used up.
//! * One answer comes from one [`Compiled`], which holds one snapshot and one set of zones.
//! * Nothing is allocated per question, and the one lock is that of a pool's line, for one pick.
//!
//! Pieces: what a question is ([`ask`]), which names there are ([`names`]), what a snapshot makes of them
//! ([`compiled`]), and the answer ([`reply`]). Threads and sockets are the listener's.
//!
//! Refused: answers that are whole per member, as weights and times to live change every second and addresses are
//! copied as fast; tables per thread, which each thread would have to build.

mod ask;
mod compiled;
mod names;
mod reply;

use std::sync::{Arc, Mutex, TryLockError};

use arc_swap::{ArcSwap, Guard};
use weir_core::Reader;

use crate::desk::Desk;
use crate::zone::Zones;

pub(crate) use compiled::Compiled;
pub(crate) use reply::{Batch, Buffer, Replier, Reply};

/// The tables in force, shared by all threads.
#[derive(Debug, Default)]
pub(crate) struct Fast {
    current: ArcSwap<Compiled>,
    /// Held by the one thread that makes the next tables.
    making: Mutex<()>,
}

impl Fast {
    /// The tables for what is published. The first thread that finds them outdated makes new ones; those that come
    /// meanwhile go on with the old, which are one snapshot, if not the newest.
    pub(crate) fn load(&self, zones: &ArcSwap<Zones>, reader: &Reader, desk: &Desk) -> Guard<Arc<Compiled>> {
        let current = self.current.load();
        if current.is_of(&zones.load(), reader) {
            return current;
        }
        let _making = match self.making.try_lock() {
            Ok(making) => making,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return current,
        };
        let before = self.current.load();
        if !before.is_of(&zones.load(), reader) {
            let next = before.followed_by(zones.load_full(), reader.load(), desk);
            self.current.store(Arc::new(next));
        }
        self.current.load()
    }
}

#[cfg(test)]
mod tests;
