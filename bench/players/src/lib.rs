//! Simulated live viewers: they resolve, follow, fetch at a player's pace, and leave.
//!
//! Facts. A viewer finds an interface by DNS, through a resolver that it shares with others and that keeps an
//! answer for its TTL (so one answer brings many viewers), or by a redirect. An HLS player asks for the media
//! playlist once per target duration and for one segment per duration (RFC 8216 section 6.3); an RTMP player
//! keeps one connection. When something fails, the viewer comes back through the entry after some seconds.
//!
//! Invariants.
//! * A waiting viewer owns one task, one socket and no buffer: bytes are read when the socket says that there
//!   are some, into a buffer of the thread. `tests/memory` holds the cost per viewer.
//! * Every task belongs to [`Players`]; dropping it ends them all.
//! * Bytes from the network never panic, and whatever is kept of them has a bound.
//! * Every draw of a viewer comes from the crowd's seed and the viewer's number.
//!
//! ```text
//!  Players ─► viewer (one task each: arrive, watch, leave, again)
//!               │ entry            ┌─► names  (resolver groups, UDP queries, TTL cache)
//!               ├─► hls ─► http ───┤
//!               ├─► rtmp ──────────┴─► dial   (first address, then the next)
//!               └─► buffer (virtual: stalls)          books ◄─ everything counts here
//! ```
//!
//! ```no_run
//! use weir_players::{Audience, Entry, Players, PlayersConfig};
//!
//! # async fn demo() -> Result<(), Box<dyn std::error::Error>> {
//! let url = "http://live.stream.test:1935/live/demo/playlist.m3u8".parse()?;
//! let mut config = PlayersConfig::default();
//! config.names.servers = vec!["127.0.0.11:5300".parse()?];
//! config.audiences = vec![Audience { viewers: 200, entry: Entry::Dns { url } }];
//! let players = Players::start(config)?;
//! for (address, tally) in players.stats().addresses {
//!     println!("{address}: {} viewers", tally.viewers);
//! }
//! players.stop().await;
//! # Ok(())
//! # }
//! ```
//!
//! Refused. A hyper client per viewer: its connection is a second future with an 8 KiB read buffer at least, and
//! bodies arrive in buffers of their own; here a viewer that waits needs a few KiB in all, and the request is
//! always the same GET. A shared HTTP pool: viewers do not share connections. Decoding of media: bytes are
//! counted and thrown away.

mod config;
mod players;
mod stats;

mod buffer;
mod draw;
mod viewer;

mod hls;
mod http;
mod rtmp;

mod dial;
mod error;
mod names;
mod scratch;

#[cfg(test)]
mod mutate;

pub use config::{Audience, Entry, NamesConfig, PlayersConfig, StartError};
pub use players::Players;
pub use stats::{Stats, Tally};
