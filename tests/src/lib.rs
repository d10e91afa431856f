//! The whole of weir from outside, against real servers and clients.
//!
//! Facts. What counts is what a viewer gets: an address in a DNS answer, a `Location`, a picture. So the daemon runs
//! here as an operator runs it, as a process with a file, and it is looked at through its sockets alone. The origin
//! is nginx fed by ffmpeg, the viewers are dig, ffmpeg and rtmpdump.
//!
//! Invariants.
//! * The kit links nothing of weir's own crates: a fault in a shared parser would hide itself.
//! * Nothing outlives a test: each process is the head of a group that is killed when its owner is dropped, and dies
//!   with the thread that started it.
//! * Nothing sleeps to let time pass: [`patience`] waits for a condition, with a deadline and with words for it.
//! * A missing tool is said, and with `WEIR_TESTS=all` it is a failure ([`tools`]).
//!
//! ```text
//!  Encoder ──rtmp──► Ingest ──push──► NginxOrigin, one nginx per interface ◄──probes── Weir ◄── dns, dig, http
//!                                            ▲                                            │
//!                                            └───────────── ffmpeg, rtmpdump ◄── answers ─┘
//! ```
//!
//! Refused: one nginx for all interfaces. It can't lose a listener without a reload, and a reload starts a new worker
//! to which no encoder is connected: all interfaces would go at once.

pub mod patience;
pub mod ports;
pub mod scratch;
pub mod tools;

pub mod process;
pub mod weir;

pub mod reference;
pub mod sockets;
pub mod state;

pub mod dig;
pub mod dns;
pub mod http;

pub mod encoder;
pub mod origin;

pub mod namespace;

pub mod hostile;
pub mod metadata;
pub mod noise;
