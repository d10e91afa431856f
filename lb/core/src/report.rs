//! What a probe saw: a report carries facts, never a verdict.

use std::fmt;
use std::time::Duration;

use crate::name::{InterfaceName, PoolName, ProbeId};

/// One look of one probe at one interface for one pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The pool that the probe belongs to.
    pub pool: PoolName,
    /// The interface that was looked at.
    pub interface: InterfaceName,
    /// Which of the pool's probes looked.
    pub probe: ProbeId,
    /// What it saw.
    pub outcome: Outcome,
    /// How long it took.
    pub timings: Timings,
}

/// The result of one look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It plays.
    Pass,
    /// Something is off, yet not enough to count for or against it (a playlist that is late, but not yet dead).
    Warn(Failure),
    /// It does not play.
    Fail(Failure),
}

/// Durations of the parts of a look, each from its own start; absent when it was not reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timings {
    /// Until the TCP connection stood (none when a kept connection was used).
    pub connect: Option<Duration>,
    /// From the request, or the play command, to the first byte or media message of the answer.
    pub first_byte: Option<Duration>,
    /// The whole look.
    pub total: Duration,
}

/// Where in its work a probe was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Connecting by TCP.
    Connect,
    /// Waiting for an HTTP answer.
    Response,
    /// The RTMP handshake.
    Handshake,
    /// RTMP `connect`.
    RtmpConnect,
    /// RTMP `createStream`.
    CreateStream,
    /// RTMP `play`, up to its status.
    Play,
    /// Waiting for the first audio or video message.
    Media,
}

/// What kept an interface from playing, with the evidence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The machine has no such address to look from, or it cannot be bound.
    #[error("cannot look from {address}: {error}")]
    Source {
        /// The address of the interface.
        address: String,
        /// What the kernel said.
        error: String,
    },
    /// Nothing listens there.
    #[error("connection refused")]
    Refused,
    /// The network said that it cannot be reached.
    #[error("unreachable: {0}")]
    Unreachable(String),
    /// No answer in time.
    #[error("timed out in {phase}")]
    TimedOut {
        /// What it waited for.
        phase: Phase,
    },
    /// The connection broke in the middle.
    #[error("connection lost in {phase}: {error}")]
    Lost {
        /// What it was doing.
        phase: Phase,
        /// What the kernel or the library said.
        error: String,
    },
    /// What came back is not the protocol that was asked for.
    #[error("not {protocol}: {evidence}")]
    Protocol {
        /// The protocol that was spoken (`HTTP`, `RTMP`).
        protocol: &'static str,
        /// What was wrong.
        evidence: Evidence,
    },
    /// An HTTP status outside the wanted range.
    #[error("{url} answered status {status}")]
    Status {
        /// What was asked for.
        url: String,
        /// What came back.
        status: u16,
    },
    /// The wanted text is not in the body.
    #[error("the body does not hold {wanted:?}")]
    BodyMismatch {
        /// The text that should be there.
        wanted: String,
    },
    /// An answer larger than a probe reads.
    #[error("{url} answered more than {limit} bytes")]
    TooLarge {
        /// What was asked for.
        url: String,
        /// The bound.
        limit: usize,
    },
    /// An HLS playlist that is none, or one without what a player needs.
    #[error("bad playlist {url}: {evidence}")]
    BadPlaylist {
        /// Which playlist.
        url: String,
        /// What was wrong with it.
        evidence: Evidence,
    },
    /// A live playlist that has stopped growing.
    #[error("stale: media sequence {sequence} for {age:.1?}, target duration {target:?}")]
    Stale {
        /// The newest media sequence number.
        sequence: u64,
        /// How long it has been that.
        age: Duration,
        /// The playlist's target duration.
        target: Duration,
    },
    /// A live playlist that says that it has ended.
    #[error("the playlist has ended (EXT-X-ENDLIST) at media sequence {sequence}")]
    Ended {
        /// The newest media sequence number.
        sequence: u64,
    },
    /// A media sequence that went back (RFC 8216 section 4.3.3.2 forbids it): the origin was restarted.
    #[error("the media sequence fell from {from} to {to}")]
    SequenceFell {
        /// The one before.
        from: u64,
        /// The one now.
        to: u64,
    },
    /// A segment that is listed and cannot be fetched.
    #[error("segment {url} is listed but answered status {status}")]
    SegmentMissing {
        /// Which segment.
        url: String,
        /// What came back.
        status: u16,
    },
    /// A segment that holds no media.
    #[error("segment {url} is not media: {evidence}")]
    BadSegment {
        /// Which segment.
        url: String,
        /// What its first bytes were.
        evidence: Evidence,
    },
    /// The RTMP server refused the application or the stream.
    #[error("refused with {code}: {description}")]
    Rejected {
        /// The RTMP status code, such as `NetStream.Play.StreamNotFound`.
        code: String,
        /// The server's own words.
        description: String,
    },
    /// The RTMP server said that it plays, and sent nothing to play.
    #[error("play started, but no audio or video came")]
    NoMedia,
}

/// A short piece of what was seen, cut to [`Evidence::MAX`] bytes, with control characters replaced: it ends up in
/// logs and on a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence(String);

impl Evidence {
    /// The most bytes that evidence keeps.
    pub const MAX: usize = 160;

    /// Keeps the start of a text.
    pub fn new(text: impl AsRef<str>) -> Self {
        let mut kept = String::new();
        for c in text.as_ref().chars() {
            let c = if c.is_control() { '\u{fffd}' } else { c };
            if kept.len() + c.len_utf8() > Self::MAX {
                break;
            }
            kept.push(c);
        }
        Self(kept)
    }

    /// Keeps the start of foreign bytes.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        Self::new(String::from_utf8_lossy(&bytes[..bytes.len().min(Self::MAX)]))
    }
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connect => "TCP connect",
            Self::Response => "HTTP response",
            Self::Handshake => "RTMP handshake",
            Self::RtmpConnect => "RTMP connect",
            Self::CreateStream => "RTMP createStream",
            Self::Play => "RTMP play",
            Self::Media => "first media",
        })
    }
}

impl Outcome {
    /// The value of the `outcome` label in metrics; a closed set.
    pub fn label(&self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Warn(_) => "warn",
            Self::Fail(_) => "fail",
        }
    }

    /// What was wrong, if anything was.
    pub fn failure(&self) -> Option<&Failure> {
        match self {
            Self::Pass => None,
            Self::Warn(failure) | Self::Fail(failure) => Some(failure),
        }
    }
}

impl Failure {
    /// A short word for the kind of failure, from a closed set.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Source { .. } => "source",
            Self::Refused => "refused",
            Self::Unreachable(_) => "unreachable",
            Self::TimedOut { .. } => "timed_out",
            Self::Lost { .. } => "lost",
            Self::Protocol { .. } => "protocol",
            Self::Status { .. } => "status",
            Self::BodyMismatch { .. } => "body_mismatch",
            Self::TooLarge { .. } => "too_large",
            Self::BadPlaylist { .. } => "bad_playlist",
            Self::Stale { .. } => "stale",
            Self::Ended { .. } => "ended",
            Self::SequenceFell { .. } => "sequence_fell",
            Self::SegmentMissing { .. } => "segment_missing",
            Self::BadSegment { .. } => "bad_segment",
            Self::Rejected { .. } => "rejected",
            Self::NoMedia => "no_media",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn evidence_is_short_and_has_no_control_characters() {
        let evidence = Evidence::from_bytes(&[b'\n'; 1000]).to_string();
        assert!(evidence.len() <= Evidence::MAX);
        assert!(!evidence.chars().any(char::is_control));
        assert_eq!(Evidence::new("ok").to_string(), "ok");
    }
}
