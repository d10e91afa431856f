//! Looks at an interface the way a player does, and reports.
//!
//! The commonest failure of a live stream is not a server that is down: the encoder stops, and the server goes on
//! answering 200 with the same playlist, or says `Play.Start` and sends nothing. So a probe passes only on what a
//! viewer would see: a playlist that grows and whose newest segment is there, or an audio or video message.
//!
//! Invariants:
//! * Every connection leaves from the address of the interface that it looks at, and goes to that address. What
//!   points elsewhere (a redirect, a variant on another server) says nothing of the interface and is a failure.
//! * A report carries facts. Rise and fall, and what an interface is worth, are judged elsewhere.
//! * Bytes from the network never panic, and each buffer has a bound that is a constant here.
//! * Nothing is spawned: a look is one future, and dropping it closes its connections.
//! * Probes count as viewers on the server, so an HLS probe stays with one media playlist instead of opening a
//!   session per look, and reads the start of a segment only.
//!
//! ```text
//! ProbeSpec ──► Prober ── look ──► tcp ─┐
//!   (what)      (state of one           http ─► exchange ─┐
//!                probe of one           hls ──► exchange ─┼─► connect (bound to the interface)
//!                interface)             rtmp ─► session ──┘
//! schedule: when to look next, and where the reports go
//! ```
//!
//! Refused: one connection kept from look to look (it would hide a listener that is gone), reading whole segments
//! (a viewer's bandwidth per probe), and a status code alone as proof of a stream.

mod connect;
mod exchange;
mod hls;
mod http;
mod place;
mod prober;
mod random;
mod rtmp;
mod schedule;
mod spec;
mod tcp;
mod trace;

#[cfg(test)]
mod tests;

pub use crate::prober::Prober;
pub use crate::schedule::schedule;
pub use crate::spec::{ProbeKind, ProbeSpec, ProbeSpecError, Timing, Wanted};

/// What every probe says it is, so that operators can tell its sessions from those of viewers.
pub(crate) const USER_AGENT: &str = concat!("weir-probe/", env!("CARGO_PKG_VERSION"));

/// The parsers of foreign bytes, for fuzzers. Not for use otherwise.
#[doc(hidden)]
pub mod fuzzing {
    /// Parses bytes as an HLS playlist and as the start of a segment.
    pub fn playlist(bytes: &[u8]) {
        let _ = crate::hls::segment::check(bytes);
        let _ = crate::hls::playlist::parse(bytes);
    }

    /// Parses bytes as a handshake, a chunk stream, AMF0 and media.
    pub fn rtmp(bytes: &[u8]) {
        crate::rtmp::fuzz(bytes);
    }
}
