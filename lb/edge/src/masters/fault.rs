//! Why there is no master to answer with, and what to do about it.
//!
//! The sentences are for the log: they name addresses of the machine, which viewers need not know.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::StatusCode;

use crate::playlist::PlaylistFault;

/// Why a master could not be fetched. Cheap to clone, as all who wait for one fetch get it.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum FetchFault {
    /// The pool has no interface to fetch from.
    #[error("the pool has no interface to fetch the playlist from")]
    NoInterface,
    /// Too much is being fetched already.
    #[error(
        "{fetches} playlists are being fetched, which is all that may at once: see whether the origin is slow"
    )]
    Busy {
        /// How many.
        fetches: usize,
    },
    /// The fetch ended without an end.
    #[error(
        "the fetch of the playlist was given up: weir is stopping, or has a fault that it reported before"
    )]
    GivenUp,
    /// The path or the host name cannot be sent.
    #[error("\"{0}\" cannot be asked for")]
    BadRequest(Excerpt),
    /// Nobody accepts connections there.
    #[error("no connection to {interface}: see whether the origin listens on this address (`ss -ltn`)")]
    Connect {
        /// The interface and the origin's port.
        interface: SocketAddr,
        /// What the kernel said.
        #[source]
        source: Arc<io::Error>,
    },
    /// It was too slow.
    #[error("{interface} did not send the whole playlist within {time:?}: see what keeps the origin busy")]
    TimedOut {
        /// The interface and the origin's port.
        interface: SocketAddr,
        /// How long it had.
        time: Duration,
    },
    /// The connection ended before the playlist did.
    #[error("{interface} closed the connection before the whole playlist was there: see the origin's log")]
    Lost {
        /// The interface and the origin's port.
        interface: SocketAddr,
        /// What was seen of it.
        #[source]
        source: Arc<hyper::Error>,
    },
    /// What came back is not HTTP.
    #[error(
        "{interface} does not answer in HTTP/1: see whether the pool's `origin` has the right port and scheme"
    )]
    NotHttp {
        /// The interface and the origin's port.
        interface: SocketAddr,
        /// What was seen of it.
        #[source]
        source: Arc<hyper::Error>,
    },
    /// The origin lets nobody have this path, or does not know it.
    #[error("{interface} answered {status}, which is passed on to the viewer")]
    Refused {
        /// The interface and the origin's port.
        interface: SocketAddr,
        /// 401, 403, 404 or 410.
        status: StatusCode,
    },
    /// The origin has a fault of its own.
    #[error("{interface} answered {status}: see the origin's log")]
    Broken {
        /// The interface and the origin's port.
        interface: SocketAddr,
        /// 500 to 599.
        status: StatusCode,
    },
    /// The playlist is somewhere else.
    #[error(
        "{interface} redirects to {location} ({status}): let the origin answer playlists itself, or the pool redirect"
    )]
    Redirected {
        /// The interface and the origin's port.
        interface: SocketAddr,
        /// 300 to 399.
        status: StatusCode,
        /// Where to.
        location: Excerpt,
    },
    /// Any other status than 200.
    #[error("{interface} answered {status}, where a playlist comes with 200")]
    Status {
        /// The interface and the origin's port.
        interface: SocketAddr,
        /// What it was.
        status: StatusCode,
    },
    /// The body is compressed, though it was asked not to be.
    #[error(
        "{interface} compresses playlists, though asked not to: switch that off in the origin, or in what stands before it"
    )]
    Encoded {
        /// The interface and the origin's port.
        interface: SocketAddr,
    },
    /// The status line and headers are longer than allowed, or more.
    #[error(
        "{interface} sent more than {bytes} bytes of headers, or more than 100: see what the origin adds"
    )]
    LongHead {
        /// The interface and the origin's port.
        interface: SocketAddr,
        /// The limit. That of their number is hyper's.
        bytes: usize,
    },
    /// The body is longer than allowed.
    #[error("{interface} sent more than {bytes} bytes as a playlist: see whether the path is a playlist's")]
    LongBody {
        /// The interface and the origin's port.
        interface: SocketAddr,
        /// The limit.
        bytes: usize,
    },
    /// It is no playlist, or not one that can be rewritten.
    #[error(
        "{interface} sent something that is no playlist to rewrite: see whether the path is a playlist's"
    )]
    NoPlaylist {
        /// The interface and the origin's port.
        interface: SocketAddr,
        /// What is wrong with it.
        #[source]
        source: Arc<PlaylistFault>,
    },
}

/// Foreign bytes that are fit for a log: of bounded length, and visible characters only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Excerpt(Arc<str>);

/// What is longer is cut.
const EXCERPT_CHARS: usize = 200;

impl FetchFault {
    /// The status to answer the viewer with. Never 429, which ends the reloading of hls.js for good.
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::NoInterface | Self::Busy { .. } | Self::GivenUp => StatusCode::SERVICE_UNAVAILABLE,
            Self::BadRequest(_) => StatusCode::BAD_REQUEST,
            Self::TimedOut { .. } => StatusCode::GATEWAY_TIMEOUT,
            Self::Refused { status, .. } => *status,
            Self::Connect { .. }
            | Self::Lost { .. }
            | Self::NotHttp { .. }
            | Self::Broken { .. }
            | Self::Redirected { .. }
            | Self::Status { .. }
            | Self::Encoded { .. }
            | Self::LongHead { .. }
            | Self::LongBody { .. }
            | Self::NoPlaylist { .. } => StatusCode::BAD_GATEWAY,
        }
    }

    /// Whether another interface might do better: the origin would say the rest through each of them.
    pub(super) fn is_of_interface(&self) -> bool {
        matches!(self, Self::Connect { .. } | Self::TimedOut { .. } | Self::Lost { .. } | Self::Broken { .. })
    }

    /// What a response other than 200 means.
    pub(super) fn of_status(interface: SocketAddr, status: StatusCode, location: Option<&[u8]>) -> Self {
        match status.as_u16() {
            401 | 403 | 404 | 410 => Self::Refused { interface, status },
            300..=399 => {
                Self::Redirected { interface, status, location: Excerpt::new(location.unwrap_or(b"nowhere")) }
            }
            500..=599 => Self::Broken { interface, status },
            _ => Self::Status { interface, status },
        }
    }
}

impl Excerpt {
    pub(super) fn new(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes);
        let fit = |c: char| if c.is_ascii_graphic() { c } else { '?' };
        let text: String = text.chars().take(EXCERPT_CHARS).map(fit).collect();
        Self(text.into())
    }
}

impl fmt::Display for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status_for(origin: u16) -> u16 {
        let interface = "127.0.0.1:80".parse().expect("an address");
        let status = StatusCode::from_u16(origin).expect("a status");
        FetchFault::of_status(interface, status, None).status().as_u16()
    }

    #[test]
    fn what_the_origin_refuses_is_passed_on_and_nothing_else() {
        for status in (100..1000).filter(|status| *status != 200) {
            let passed = [401, 403, 404, 410].contains(&status);
            assert_eq!(status_for(status), if passed { status } else { 502 }, "{status}");
        }
    }

    #[test]
    fn foreign_bytes_in_the_log_are_few_and_visible() {
        assert_eq!(Excerpt::new(b"http://a/\r\n\x1b[31m\xff").to_string(), "http://a/???[31m?");
        assert_eq!(Excerpt::new(&[b'a'; 9000]).to_string().len(), EXCERPT_CHARS);
    }
}
