//! A synthetic live origin, HLS and RTMP on one port, that breaks on demand.
//!
//! Facts. A Wowza-like server listens on several addresses of one machine, often on port 1935 alone, and speaks HTTP
//! and RTMP there: an RTMP client's first byte is 0x03, which no HTTP method begins with. Its HLS playlists carry a
//! session id (`chunklist_w<id>.m3u8`), its segments are numbered, and its commonest failure is silent: the encoder
//! stops and the same playlist is answered with 200.
//!
//! Invariants.
//! * There is one stream and one clock. What an address shows differs from the others by its fault alone.
//! * A position in the stream is computed from the time since start; no task produces segments.
//! * A fault reaches open connections as well as new ones, and never another address.
//! * Bytes from the network never panic; what one connection can make us keep is bounded by constants.
//! * Every task belongs to the [`Origin`]: [`Origin::stop`] waits for all of them, dropping it aborts all of them.
//!
//! ```text
//!              ┌ listener ─ sniff ─┬─ http ─ route ─ playlist ┐
//!  Origin ─────┤   (per address)   └─ rtmp ─ session ─────────┼─ stream ─ clock, sequence, media
//!              └ endpoint: fault, counters ─ wire ────────────┘
//! ```
//!
//! Refused: a real encoder (a picture of one colour and silence are valid AVC and AAC and cost nothing); a task per
//! player that makes media (frames and segments are made once and shared); proxying a recorded file (its end is seen).
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use weir_origin::{Fault, Origin, OriginConfig};
//!
//! let listen = vec!["127.0.0.11:1935".parse()?, "127.0.0.12:1935".parse()?];
//! let origin = Origin::start(OriginConfig { listen, ..OriginConfig::default() })?;
//! origin.set_fault(0, Fault::Frozen).await?; // by place, or by the address that was bound
//! origin.clear_fault(origin.addresses()[0]).await?;
//! println!("{} bytes sent", origin.stats(1).map_or(0, |stats| stats.bytes_sent));
//! origin.stop().await;
//! # Ok(())
//! # }
//! ```

mod address;
mod clock;
mod config;
mod endpoint;
mod fault;
mod http;
mod listener;
mod media;
mod origin;
mod rtmp;
mod seed;
mod sequence;
mod stats;
mod stream;
mod wire;

pub use address::At;
pub use config::{ConfigError, OriginConfig};
pub use fault::Fault;
pub use origin::{FaultError, Origin};
pub use stats::Stats;

#[cfg(test)]
mod tests;
