//! How much one client may send, and how slowly; how many may come.

use std::time::Duration;

/// The longest path and query that is redirected, in bytes; longer ones are answered 414.
pub const PATH_BYTES: usize = 8 * 1024;

/// What a listener allows its clients. The defaults are what the manual states.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a request's line and headers; more are answered 431, or cut off.
    pub head_bytes: usize,
    /// Headers of one request; more are answered 431.
    pub headers: usize,
    /// From a request's first byte to the end of its headers; on a new connection, from its start. Then it is cut off.
    pub head_time: Duration,
    /// How long a connection may wait between two requests. Then it is closed.
    pub idle_time: Duration,
    /// How long a TLS handshake may take.
    pub handshake_time: Duration,
    /// How long a connection that is being closed may go on sending what nobody will read.
    pub linger_time: Duration,
    /// Connections per listener; one more is counted and closed, over plain HTTP with a 503 for some at a time.
    pub connections: usize,
}

impl Limits {
    /// The limits of a listener that is told nothing else.
    pub const DEFAULT: Self = Self {
        head_bytes: 16 * 1024,
        headers: 64,
        head_time: Duration::from_secs(5),
        idle_time: Duration::from_secs(30),
        handshake_time: Duration::from_secs(5),
        linger_time: Duration::from_secs(1),
        connections: 10_000,
    };
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}
