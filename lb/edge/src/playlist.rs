//! Master playlists (RFC 8216 section 4.3.4), pointed at one interface or made steerable over several.
//!
//! Facts of the world: an origin writes its URIs relative to where it was asked, or absolute with the address that it
//! was asked at. A player that was given the master by the edge would ask the edge for what they name. So each must
//! become absolute on the interface that the viewer is meant for. What stands elsewhere (a CDN, `data:`) is meant to.
//!
//! Steering (rfc8216bis section 4.4.6.6) wants every variant once per pathway, and renditions in groups of each pathway,
//! by which hls.js tells what it plays. A player that knows steering keeps to the variants of one pathway; most of the
//! others take the first of several alike. So those of the viewer's own pathway come first, all of them. To clients
//! that do not know them, the tags are to mean nothing ("backward-compatible with all HLS clients", Apple's
//! specification of steering): `EXT-X-VERSION` stays as it is.
//!
//! A master is read once, for many viewers, into pieces; for each of them the pieces are put together in one pass.
//!
//! ```text
//! bytes ─ read ─► Master: lines of pieces ─ rewritten(place) ───► text on one interface
//!                   text │ URI │ name      └ steered(pathways) ──► text on all of them
//! ```
//!
//! Lenient where players are (blank lines, comments between a variant and its URI, unknown tags); a fault where they
//! would not agree on what is meant. Then a redirect still serves the viewer.
//!
//! Bounds: [`MAX_LINES`], [`MAX_LINE_BYTES`] and [`MAX_URIS`] of what is read, the caller's bound of the bytes, and
//! [`ENOUGH_BYTES`] of what is written. Reading and writing are linear.

mod attributes;
mod base;
mod draft;
mod line;
mod reference;

#[cfg(test)]
mod laws;
#[cfg(test)]
mod tests;

use self::base::{Base, quotable};
use self::draft::Draft;
use self::line::{Line, Spot, Turn};
use self::reference::Reference;

/// The most lines of a master that say anything. Real ones have less than a hundred.
pub(crate) const MAX_LINES: usize = 10_000;

/// The most bytes of a line.
pub(crate) const MAX_LINE_BYTES: usize = 8 * 1024;

/// The most URIs of a master. Each grows by what the viewer's request has before its last slash.
pub(crate) const MAX_URIS: usize = 1_000;

/// A steered text that is as long as this gets no further pathway, so that it is at most by one of them longer. What
/// is left out can't be steered to; everybody plays.
pub(crate) const ENOUGH_BYTES: usize = 1024 * 1024;

/// What an origin's answer turned out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Playlist {
    /// A list of variants.
    Master(Master),
    /// A list of segments: [`Master::of_media`] makes a master for it.
    Media,
}

/// A master playlist as its origin sent it, ready to be pointed at any interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Master {
    /// The first is `#EXTM3U`.
    lines: Vec<Line>,
}

/// Where URIs are to point.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'a> {
    /// Scheme and authority of an interface: `http://eni0.live.stream.test:1935`.
    pub(crate) root: &'a str,
    /// Path and query of the master as asked: `/app/stream/playlist.m3u8?token=1`.
    pub(crate) path: &'a str,
}

/// An interface as steering knows it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pathway<'a> {
    /// Its name, of letters, digits, `.`, `-` and `_` (rfc8216bis section 7).
    pub(crate) id: &'a str,
    /// Its scheme and authority.
    pub(crate) root: &'a str,
}

/// Why an answer is no playlist that can be pointed elsewhere. Lines are counted from 1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PlaylistFault {
    #[error("the playlist is not UTF-8")]
    NotUtf8,
    #[error("the answer begins with {0:?} instead of #EXTM3U, so it is no playlist")]
    NoHeader(String),
    #[error("the playlist has more than {MAX_LINES} lines")]
    TooManyLines,
    #[error("line {0} of the playlist is longer than {MAX_LINE_BYTES} bytes")]
    LongLine(usize),
    #[error("the playlist has more than {MAX_URIS} URIs")]
    TooManyUris,
    #[error("the playlist has neither a variant nor a segment")]
    Empty,
    #[error("the playlist mixes variants and segments")]
    Mixed,
    #[error("no URI follows the variant in line {0} of the playlist, which may have been cut off")]
    NoUri(usize),
    #[error("line {0} of the playlist is no list of attributes (RFC 8216 section 4.2)")]
    BadAttributes(usize),
    #[error("a URI in line {0} of the playlist begins with a variable, so where it points is not known")]
    Variable(usize),
}

/// Reads an origin's answer. `own` are authorities (`127.0.0.11:1935`; in lower case, with a port only when it is
/// written) whose absolute URIs mean the origin itself.
///
/// # Errors
/// When it is no playlist, or one that can't be pointed elsewhere.
pub(crate) fn read(body: &[u8], own: &[&str]) -> Result<Playlist, PlaylistFault> {
    let text = str::from_utf8(body).map_err(|_| PlaylistFault::NotUtf8)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    // Players take a lone carriage return for the end of a line, too.
    let mut lines =
        (1..).zip(text.lines()).flat_map(|(at, line)| line.split('\r').map(move |part| (at, part)));
    let (_, first) = lines.next().unwrap_or_default();
    if first.split_whitespace().next() != Some("#EXTM3U") || !first.starts_with('#') {
        return Err(PlaylistFault::NoHeader(first.chars().take(40).collect()));
    }
    let mut draft = Draft::new(own);
    for (at, line) in lines {
        let line = line.trim();
        if line.starts_with("#EXTINF:") || line.starts_with("#EXT-X-TARGETDURATION:") {
            // What follows is the player's business.
            return if draft.has_variants() { Err(PlaylistFault::Mixed) } else { Ok(Playlist::Media) };
        }
        if !line.is_empty() {
            draft.line(at, line)?;
        }
    }
    draft.finish().map(|lines| Playlist::Master(Master { lines }))
}

impl Master {
    /// A media playlist in a master of its own, so that a player can be pointed at an interface, or steered, all the
    /// same. `path` is path and query as asked.
    pub(crate) fn of_media(path: &str, bits_per_second: u64) -> Self {
        let lines = vec![
            Line::plain("#EXTM3U"),
            Line::variant(&format!("#EXT-X-STREAM-INF:BANDWIDTH={bits_per_second}"), "v0"),
            Line::uri(Reference::Asked(quotable(path).into_owned())),
        ];
        Self { lines }
    }

    /// The master with every URI absolute on one interface.
    pub(crate) fn rewritten(&self, place: &Place<'_>) -> String {
        let base = Base::of(place.path);
        let spot = Spot { root: place.root, base: &base, pathway: None };
        let mut text = String::with_capacity(self.lines.iter().map(|line| line.room(&spot)).sum());
        for line in &self.lines {
            line.write(&mut text, &spot);
        }
        text
    }

    /// The master with each variant once per pathway, in their order, and the URI of the steering manifest. `path` is
    /// path and query of the master as asked. Without a pathway there would be no variant, so there is at least one.
    pub(crate) fn steered(&self, pathways: &[Pathway<'_>], path: &str, server_uri: &str) -> String {
        debug_assert!(!pathways.is_empty(), "a master that is steered has a pathway");
        let base = Base::of(path);
        let spots = pathways.iter().map(|pathway| Spot {
            root: pathway.root,
            base: &base,
            pathway: Some(pathway.id),
        });
        let first = pathways.first().map_or("", |pathway| pathway.id);
        let tag = format!(
            "#EXT-X-CONTENT-STEERING:SERVER-URI=\"{}\",PATHWAY-ID=\"{first}\"\n",
            quotable(server_uri)
        );
        let room = spots.clone().enumerate().fold(tag.len(), |room, (index, spot)| {
            if room >= ENOUGH_BYTES {
                room
            } else {
                room + self.lines_of(index).map(|line| line.room(&spot)).sum::<usize>()
            }
        });
        let mut text = String::with_capacity(room);
        for (index, spot) in spots.enumerate() {
            if index > 0 && text.len() >= ENOUGH_BYTES {
                break;
            }
            for (place, line) in self.lines_of(index).enumerate() {
                line.write(&mut text, &spot);
                if index == 0 && place == 0 {
                    text.push_str(&tag);
                }
            }
        }
        text
    }

    /// The lines that are written for a pathway, by its place.
    fn lines_of(&self, pathway: usize) -> impl Iterator<Item = &Line> {
        self.lines.iter().filter(move |line| match line.turn() {
            Turn::Once => pathway == 0,
            Turn::EachPathway => true,
            Turn::Unsteered => false,
        })
    }
}

/// Reads any bytes, and checks of a master that to point it at an interface twice is to do it once.
pub(crate) fn fuzz(bytes: &[u8]) {
    let path = "/app/stream/playlist.m3u8?token=1";
    let place = Place { root: "http://eni0.test:1935", path };
    let pathways = ["eni0", "eni1"].map(|id| Pathway { id, root: "http://eni.test" });
    let master = match read(bytes, &["origin.test"]) {
        Ok(Playlist::Master(master)) => master,
        Ok(Playlist::Media) => Master::of_media(path, 1_000_000),
        Err(_) => return,
    };
    let rewritten = master.rewritten(&place);
    let steered = master.steered(&pathways, path, "http://steering.test/");
    for text in [rewritten, steered] {
        match read(text.as_bytes(), &[]) {
            Ok(Playlist::Master(again)) => assert_eq!(again.rewritten(&place), text),
            // With the directory before them, lines and URIs are longer; per pathway, there are more.
            Err(PlaylistFault::LongLine(_) | PlaylistFault::TooManyLines | PlaylistFault::TooManyUris) => {}
            other => panic!("{other:?} of {text}"),
        }
    }
}
