//! Why a viewer comes back through its entry.

use std::io;

use thiserror::Error;

use crate::http::HttpError;
use crate::names::NameError;
use crate::rtmp::RtmpError;

/// One thing that went wrong for one viewer.
#[derive(Debug, Error)]
pub(crate) enum PlayError {
    #[error("no address for {host}")]
    Name { host: String, source: NameError },
    #[error("no address answered")]
    Unreachable,
    #[error("the connection broke")]
    Connection(#[from] io::Error),
    #[error("the server did not answer in time")]
    Slow,
    #[error("not an HTTP answer")]
    Http(#[from] HttpError),
    #[error("status {0}")]
    Status(u16),
    #[error("more than {0} redirects")]
    Redirects(usize),
    #[error("a URL that cannot be followed: {0}")]
    Url(String),
    #[error("not a playlist")]
    Playlist,
    #[error("the playlist stood still")]
    StoodStill,
    #[error("the stream has ended")]
    Ended,
    #[error("RTMP failed")]
    Rtmp(#[from] RtmpError),
}
