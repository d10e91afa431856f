//! One viewer: a player, how it is sent on, and over what.

use std::fmt;

/// The playlist that viewers are given, and one of the two that it names.
const MASTER: &str = "playlist.m3u8";
const MEDIA: &str = "chunklist_0.m3u8";

/// A viewer; its words make the path that it alone asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Viewer {
    pub(crate) player: Player,
    pub(crate) way: Way,
    pub(crate) scheme: Scheme,
}

/// What plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Player {
    HlsJs,
    VideoJs,
    Ffmpeg,
    Mpv,
    Vlc,
    Streamlink,
}

/// How a viewer comes to an interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Way {
    /// The master is redirected.
    Redirect,
    /// A media playlist is redirected, as if it were the master.
    RedirectMedia,
    /// The master is answered with one interface in it.
    Rewrite,
    /// A media playlist is answered in a master, with one interface in it.
    RewriteMedia,
    /// The master is answered with all interfaces in it.
    Steer,
    /// A media playlist is answered in a master, with all interfaces in it.
    SteerMedia,
}

/// Over what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Scheme {
    Http,
    Https,
}

impl Player {
    /// All that play.
    pub(crate) const ALL: [Self; 6] =
        [Self::HlsJs, Self::VideoJs, Self::Ffmpeg, Self::Mpv, Self::Vlc, Self::Streamlink];

    /// Whether it plays in a page.
    pub(crate) fn is_in_a_page(self) -> bool {
        matches!(self, Self::HlsJs | Self::VideoJs)
    }

    /// Its word in paths and in the page.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::HlsJs => "hlsjs",
            Self::VideoJs => "videojs",
            Self::Ffmpeg => "ffmpeg",
            Self::Mpv => "mpv",
            Self::Vlc => "vlc",
            Self::Streamlink => "streamlink",
        }
    }
}

impl Way {
    /// All of them.
    pub(crate) const ALL: [Self; 6] = [
        Self::Redirect,
        Self::RedirectMedia,
        Self::Rewrite,
        Self::RewriteMedia,
        Self::Steer,
        Self::SteerMedia,
    ];

    /// The pool that answers so, which is the first label of its host name, too.
    pub(crate) fn pool(self) -> &'static str {
        match self {
            Self::Redirect | Self::RedirectMedia => "redirected",
            Self::Rewrite | Self::RewriteMedia => "rewritten",
            Self::Steer | Self::SteerMedia => "steered",
        }
    }

    /// Whether the viewer asks an interface for what it asked the edge for.
    pub(crate) fn redirects(self) -> bool {
        matches!(self, Self::Redirect | Self::RedirectMedia)
    }

    /// The file that viewers are given.
    pub(crate) fn file(self) -> &'static str {
        match self {
            Self::Redirect | Self::Rewrite | Self::Steer => MASTER,
            Self::RedirectMedia | Self::RewriteMedia | Self::SteerMedia => MEDIA,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Redirect => "redirect",
            Self::RedirectMedia => "redirect-media",
            Self::Rewrite => "rewrite",
            Self::RewriteMedia => "rewrite-media",
            Self::Steer => "steer",
            Self::SteerMedia => "steer-media",
        }
    }
}

impl Scheme {
    /// Both.
    pub(crate) const ALL: [Self; 2] = [Self::Http, Self::Https];

    /// As it stands in an address.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }
}

impl Viewer {
    /// The name that it asks the edge by.
    pub(crate) fn hostname(self) -> String {
        format!("{}.stream.test", self.way.pool())
    }

    /// What it is told to play.
    pub(crate) fn address(self) -> String {
        format!("{}://{}/live/{self}/demo/{}", self.scheme.word(), self.hostname(), self.way.file())
    }
}

impl fmt::Display for Viewer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.player.word(), self.way.word(), self.scheme.word())
    }
}
