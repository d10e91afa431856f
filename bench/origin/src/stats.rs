//! What an address has done so far.

use std::sync::atomic::{AtomicU64, Ordering};

/// A reading of an address's counters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Bytes written to clients, with headers and handshakes.
    pub bytes_sent: u64,
    /// Connections that are open now.
    pub open_connections: u64,
    /// Connections accepted.
    pub connections: u64,
    /// HTTP requests and RTMP plays.
    pub requests: u64,
}

/// The counters. Relaxed: each is read for itself, and no other memory hangs on them.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    bytes_sent: AtomicU64,
    open_connections: AtomicU64,
    connections: AtomicU64,
    requests: AtomicU64,
}

impl Counters {
    /// So many bytes left.
    pub(crate) fn sent(&self, bytes: usize) {
        // usize is at most 64 bits wide.
        self.bytes_sent.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// A request, or a play, began.
    pub(crate) fn requested(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
    }

    /// A connection is open for as long as the guard lives.
    pub(crate) fn open(&self) -> Open<'_> {
        self.connections.fetch_add(1, Ordering::Relaxed);
        self.open_connections.fetch_add(1, Ordering::Relaxed);
        Open(self)
    }

    /// A reading.
    pub(crate) fn read(&self) -> Stats {
        Stats {
            bytes_sent: self.bytes_sent.load(Ordering::Relaxed),
            open_connections: self.open_connections.load(Ordering::Relaxed),
            connections: self.connections.load(Ordering::Relaxed),
            requests: self.requests.load(Ordering::Relaxed),
        }
    }
}

/// Counts one open connection. A guard, because a connection may end by being aborted.
#[derive(Debug)]
pub(crate) struct Open<'a>(&'a Counters);

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.open_connections.fetch_sub(1, Ordering::Relaxed);
    }
}
