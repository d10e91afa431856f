//! The text of playlists (RFC 8216).

use std::fmt::Write;
use std::time::Duration;

use crate::media::picture;
use crate::sequence::{Listing, Outlook};
use crate::stream::Stream;

const SOUND_CODEC: &str = "mp4a.40.2";

/// A master playlist with a session of its own. The query (a token) is passed on.
pub(crate) fn master(stream: &Stream, query: Option<&str>) -> String {
    let session = stream.new_session();
    let Query(query) = Query::of(query);
    format!(
        "#EXTM3U\n#EXT-X-VERSION:3\n\
         #EXT-X-STREAM-INF:BANDWIDTH={},CODECS=\"{},{SOUND_CODEC}\",RESOLUTION={}\n\
         chunklist_w{session}.m3u8{query}\n",
        stream.config.bits_per_second,
        picture::CODEC,
        picture::RESOLUTION,
    )
}

/// A media playlist.
pub(crate) fn media(listing: &Listing, segment: Duration, session: &str, query: Option<&str>) -> String {
    let Query(query) = Query::of(query);
    let mark = if session.is_empty() { String::new() } else { format!("_w{session}") };
    let mut text = format!(
        "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:{}\n#EXT-X-MEDIA-SEQUENCE:{}\n",
        target(segment),
        listing.first,
    );
    for number in listing.first..listing.end {
        let seconds = segment.as_secs_f64();
        // Writing to a String does not fail.
        let _ = write!(text, "#EXTINF:{seconds:.3},\nmedia{mark}_{number}.ts{query}\n");
    }
    if listing.outlook == Outlook::Ended {
        text.push_str("#EXT-X-ENDLIST\n");
    }
    text
}

/// Whole seconds, and no `EXTINF` may round to more (4.3.3.1): rounded up, so at least 1.
fn target(segment: Duration) -> u64 {
    segment.as_secs() + u64::from(segment.subsec_nanos() > 0)
}

/// A query with its question mark, or nothing.
struct Query(String);

impl Query {
    fn of(query: Option<&str>) -> Self {
        Self(query.map(|query| format!("?{query}")).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_media_playlist_reads_like_this() {
        let listing = Listing { first: 7, end: 9, oldest: 0, outlook: Outlook::Ended };
        let text = media(&listing, Duration::from_millis(1_500), "42", Some("token=a"));
        let expected = "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:7\n\
            #EXTINF:1.500,\nmedia_w42_7.ts?token=a\n#EXTINF:1.500,\nmedia_w42_8.ts?token=a\n#EXT-X-ENDLIST\n";
        assert_eq!(text, expected);
    }
}
