//! HLS playlists, as far as a probe needs them (RFC 8216 section 4): where the first variant is, which segment is the
//! newest, and whether the list says that it is over.
//!
//! Lenient where players are: unknown tags, the parts of low-latency lists, and URIs without `#EXTINF` are passed over.
//! Strict where a player would stop.

#[cfg(test)]
mod tests;

use std::time::Duration;

/// The most bytes of a playlist. A live list has a few kilobytes; a day of DVR at 10 s has about 400 KiB.
pub(crate) const MAX_BYTES: usize = 512 * 1024;

/// The most lines of a playlist.
pub(crate) const MAX_LINES: usize = 20_000;

/// The longest target duration in seconds; thrice that fits any clock.
const MAX_TARGET: u64 = 3600;

/// A playlist of either kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Playlist {
    /// A list of variants, of which the first one's URI is kept: the server's own choice to start with.
    Master(String),
    /// A list of segments.
    Media(Media),
}

/// A list of segments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Media {
    /// The bound of a segment's duration, at least one second.
    pub(crate) target: Duration,
    /// The media sequence number of the last segment.
    pub(crate) newest: u64,
    /// The URI of the last segment that is not a gap; none when all are.
    pub(crate) newest_uri: Option<String>,
    /// Whether that segment is encrypted, so that its first bytes say nothing.
    pub(crate) encrypted: bool,
    /// Whether no segment will follow (`#EXT-X-ENDLIST`).
    pub(crate) ended: bool,
}

/// Why bytes are not a playlist that plays.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PlaylistError {
    #[error("more than {MAX_BYTES} bytes")]
    TooManyBytes,
    #[error("more than {MAX_LINES} lines")]
    TooManyLines,
    #[error("not UTF-8")]
    NotUtf8,
    #[error("begins with \"{0}\" instead of #EXTM3U")]
    NoHeader(String),
    #[error("mixes variants and segments")]
    Mixed,
    #[error("no variant has a URI")]
    NoVariant,
    #[error("no #EXT-X-TARGETDURATION")]
    NoTarget,
    #[error("no segment")]
    NoSegment,
    #[error("\"{0}\" has no usable number")]
    BadNumber(String),
}

/// Parses a playlist.
pub(crate) fn parse(bytes: &[u8]) -> Result<Playlist, PlaylistError> {
    if bytes.len() > MAX_BYTES {
        return Err(PlaylistError::TooManyBytes);
    }
    let text = str::from_utf8(bytes).map_err(|_| PlaylistError::NotUtf8)?;
    let mut lines = text.lines().map(str::trim_end);
    let first = lines.next().unwrap_or_default();
    if first != "#EXTM3U" {
        return Err(PlaylistError::NoHeader(first.chars().take(40).collect()));
    }
    let mut draft = Draft::default();
    for (index, line) in lines.enumerate() {
        if index >= MAX_LINES {
            return Err(PlaylistError::TooManyLines);
        }
        draft.line(line)?;
    }
    draft.finish()
}

/// What the lines so far say.
#[derive(Debug, Default)]
struct Draft<'a> {
    has_variants: bool,
    first_variant: Option<&'a str>,
    target: Option<u64>,
    first_sequence: u64,
    segments: u64,
    newest_uri: Option<&'a str>,
    newest_encrypted: bool,
    ended: bool,
    /// What the next URI is.
    next: Next,
    gap: bool,
    encrypted: bool,
}

#[derive(Clone, Copy, Debug, Default)]
enum Next {
    Variant,
    Segment,
    #[default]
    Nothing,
}

impl<'a> Draft<'a> {
    fn line(&mut self, line: &'a str) -> Result<(), PlaylistError> {
        if line.is_empty() {
            return Ok(());
        }
        if !line.starts_with('#') {
            self.uri(line);
            return Ok(());
        }
        let (tag, value) = line.split_once(':').unwrap_or((line, ""));
        match tag {
            "#EXT-X-STREAM-INF" => {
                self.has_variants = true;
                self.next = Next::Variant;
            }
            "#EXTINF" => self.next = Next::Segment,
            "#EXT-X-TARGETDURATION" => self.target = Some(number(line, value).map(|n| n.max(1))?),
            "#EXT-X-MEDIA-SEQUENCE" => self.first_sequence = number(line, value)?,
            "#EXT-X-KEY" => self.encrypted = !value.split(',').any(|field| field.trim() == "METHOD=NONE"),
            "#EXT-X-GAP" => self.gap = true,
            "#EXT-X-ENDLIST" => self.ended = true,
            _ => {}
        }
        Ok(())
    }

    fn uri(&mut self, uri: &'a str) {
        match self.next {
            Next::Variant => {
                self.first_variant.get_or_insert(uri);
            }
            Next::Segment => {
                self.segments += 1;
                if !self.gap {
                    self.newest_uri = Some(uri);
                    self.newest_encrypted = self.encrypted;
                }
                self.gap = false;
            }
            Next::Nothing => {}
        }
        self.next = Next::Nothing;
    }

    fn finish(self) -> Result<Playlist, PlaylistError> {
        if self.has_variants {
            if self.target.is_some() || self.segments > 0 {
                return Err(PlaylistError::Mixed);
            }
            return self
                .first_variant
                .map(|uri| Playlist::Master(uri.to_owned()))
                .ok_or(PlaylistError::NoVariant);
        }
        let target = self.target.ok_or(PlaylistError::NoTarget)?;
        if target > MAX_TARGET {
            return Err(PlaylistError::BadNumber(format!("#EXT-X-TARGETDURATION:{target}")));
        }
        let after_first = self.segments.checked_sub(1).ok_or(PlaylistError::NoSegment)?;
        let newest = self.first_sequence.checked_add(after_first).ok_or_else(|| {
            PlaylistError::BadNumber(format!("#EXT-X-MEDIA-SEQUENCE:{}", self.first_sequence))
        })?;
        Ok(Playlist::Media(Media {
            target: Duration::from_secs(target),
            newest,
            newest_uri: self.newest_uri.map(str::to_owned),
            encrypted: self.newest_encrypted,
            ended: self.ended,
        }))
    }
}

/// A decimal integer; a fraction, which some servers write, is rounded up.
fn number(line: &str, value: &str) -> Result<u64, PlaylistError> {
    let bad = || PlaylistError::BadNumber(line.chars().take(60).collect());
    let (whole, fraction) = value.trim().split_once('.').unwrap_or((value.trim(), ""));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(fraction) {
        return Err(bad());
    }
    let whole: u64 = whole.parse().map_err(|_| bad())?;
    let up = u64::from(fraction.bytes().any(|b| b != b'0'));
    whole.checked_add(up).ok_or_else(bad)
}
