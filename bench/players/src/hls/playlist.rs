//! What a player reads of a playlist (RFC 8216 section 4): the first variant, or the segments.

use std::time::Duration;

/// Longer durations in a playlist are taken for this one; it bounds how long a viewer waits.
const MAX_DURATION: Duration = Duration::from_secs(60);

/// Shorter target durations are taken for this one; it bounds how often a viewer asks.
const MIN_TARGET: Duration = Duration::from_millis(100);

/// A playlist of either kind; it borrows the text.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Playlist<'a> {
    /// The first variant is where players start (RFC 8216 section 4.3.4.2 leaves the choice open; they all do it).
    Master {
        variant: &'a str,
    },
    Media(Media<'a>),
}

/// A media playlist.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Media<'a> {
    pub(super) target: Duration,
    /// The number of the first listed segment.
    pub(super) sequence: u64,
    pub(super) segments: Vec<(&'a str, Duration)>,
    pub(super) ended: bool,
}

impl Media<'_> {
    /// The number that the next segment will have.
    pub(super) fn end(&self) -> u64 {
        self.sequence.saturating_add(u64::try_from(self.segments.len()).unwrap_or(u64::MAX))
    }
}

/// Reads a playlist; `None` if it is none, or has no target duration, variant or readable number where it needs one.
pub(super) fn read(text: &[u8]) -> Option<Playlist<'_>> {
    let text = std::str::from_utf8(text).ok()?;
    let mut lines = text.trim_start_matches('\u{feff}').lines().map(str::trim);
    if lines.next()? != "#EXTM3U" {
        return None;
    }
    let mut media = Media { target: Duration::ZERO, sequence: 0, segments: Vec::new(), ended: false };
    let mut duration = Duration::ZERO;
    let mut master = false;
    for line in lines.filter(|line| !line.is_empty()) {
        if let Some(value) = line.strip_prefix("#EXT-X-TARGETDURATION:") {
            // An integer by the standard; fractions help tests to be quick.
            media.target = seconds(value)?.max(MIN_TARGET);
        } else if let Some(value) = line.strip_prefix("#EXT-X-MEDIA-SEQUENCE:") {
            media.sequence = value.trim().parse().ok()?;
        } else if let Some(value) = line.strip_prefix("#EXTINF:") {
            duration = seconds(value.split(',').next()?)?;
        } else if line.starts_with("#EXT-X-STREAM-INF:") {
            master = true;
        } else if line == "#EXT-X-ENDLIST" {
            media.ended = true;
        } else if !line.starts_with('#') {
            if master {
                return Some(Playlist::Master { variant: line });
            }
            media.segments.push((line, duration));
        }
    }
    (!master && !media.target.is_zero()).then_some(Playlist::Media(media))
}

fn seconds(text: &str) -> Option<Duration> {
    let seconds: f64 = text.trim().parse().ok()?;
    // Not a number, negative or beyond what a duration can hold is refused by the conversion.
    Duration::try_from_secs_f64(seconds).ok().map(|duration| duration.min(MAX_DURATION))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MASTER: &[u8] =
        b"#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-STREAM-INF:BANDWIDTH=3000000\nchunklist_w1.m3u8\n";
    const MEDIA: &[u8] = b"#EXTM3U\r\n#EXT-X-TARGETDURATION:4\r\n#EXT-X-MEDIA-SEQUENCE:17\r\n\
        #EXTINF:4.0,\r\na17.ts\r\n#EXTINF:3.5,title\r\na18.ts\r\n";

    #[test]
    fn a_master_gives_its_first_variant() {
        assert_eq!(read(MASTER), Some(Playlist::Master { variant: "chunklist_w1.m3u8" }));
    }

    #[test]
    fn a_media_playlist_gives_its_segments() {
        let Some(Playlist::Media(media)) = read(MEDIA) else { panic!("not media") };
        let seconds = Duration::from_secs_f64;
        assert_eq!(media.segments, [("a17.ts", seconds(4.0)), ("a18.ts", seconds(3.5))]);
        assert_eq!((media.target, media.sequence, media.end(), media.ended), (seconds(4.0), 17, 19, false));
    }

    #[test]
    fn what_is_no_playlist_is_refused() {
        for text in [
            "<html>",
            "#EXTM3U\n",
            "#EXTM3U\n#EXT-X-STREAM-INF:X=1\n",
            "#EXTM3U\n#EXT-X-TARGETDURATION:-4\n",
            "#EXTM3U\n#EXT-X-TARGETDURATION:NaN\n",
            "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-MEDIA-SEQUENCE:-1\n",
        ] {
            assert_eq!(read(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn damaged_playlists_never_panic_and_their_durations_have_bounds() {
        crate::mutate::damage(13, 20_000, &[MASTER, MEDIA], |bytes| {
            if let Some(Playlist::Media(media)) = read(bytes) {
                assert!((MIN_TARGET..=MAX_DURATION).contains(&media.target));
                assert!(media.segments.iter().all(|(_, duration)| *duration <= MAX_DURATION));
            }
        });
    }
}
