//! What can be wrong with an address.

use std::time::Duration;

/// A fault of one address. One at a time; a new one takes the place of the old.
///
/// | fault | HTTP | RTMP |
/// | --- | --- | --- |
/// | `Refuse`, `Silent`, `Slow` | yes | yes |
/// | `Frozen`, `Ended` | the list stands still | media stops (`Ended` also tells: `NetStream.Play.UnpublishNotify`) |
/// | `Status` … `MasterOnly` | yes | untouched |
/// | `Rtmp…` | untouched | yes |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The listener is closed and its connections are cut. It listens again when the fault goes.
    Refuse,
    /// Connections are accepted and never answered; open ones go silent. They are closed when the fault goes.
    Silent,
    /// Every HTTP request is answered with this status. What is not within 200 and 599 counts as 500.
    Status(u16),
    /// The encoder stopped: playlists stop growing while they are answered with 200.
    Frozen,
    /// The playlist stops growing and says `EXT-X-ENDLIST`.
    Ended,
    /// The media sequence restarts at 0, as after a restart of the server, and grows from there.
    SequenceFell,
    /// Playlists are right; the segments that they list are 404.
    MissingSegments,
    /// Playlists are answered with 200 and a page that is no playlist.
    Garbage,
    /// The master playlist is right; media playlists are 404.
    MasterOnly,
    /// RTMP says `NetStream.Play.Start` and sends no media.
    RtmpNoMedia,
    /// RTMP refuses `connect` with `NetConnection.Connect.Rejected`; running plays are cut.
    RtmpReject,
    /// RTMP answers `play` with `NetStream.Play.StreamNotFound`; running plays are cut.
    RtmpNotFound,
    /// A brown-out: each connection is written to at this many bytes per second. 0 counts as 1.
    Slow(u64),
}

/// The fault of an address, with what is needed to judge by it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Setting {
    /// The fault, if there is one.
    pub(crate) fault: Option<Fault>,
    /// The stream's time when it was set.
    pub(crate) since: Duration,
    /// Rises with each change, so that the listener can say which one it has followed.
    pub(crate) generation: u64,
}

/// What a fault leaves of RTMP media.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Media {
    /// Frames are sent.
    Flowing,
    /// The session stands, and nothing is sent.
    Still,
    /// As `Still`, and the player is told.
    Unpublished,
    /// A running play is cut.
    Cut,
}

impl Setting {
    /// What this leaves of RTMP media.
    pub(crate) fn media(&self) -> Media {
        match self.fault {
            Some(Fault::Frozen | Fault::RtmpNoMedia) => Media::Still,
            Some(Fault::Ended) => Media::Unpublished,
            Some(Fault::RtmpReject | Fault::RtmpNotFound) => Media::Cut,
            _ => Media::Flowing,
        }
    }
}
