//! Addresses that Wowza's own load-balancer add-on has, so that pages made for it move over unchanged.
//!
//! `GET /loadbalancer` answers `redirect=<address>` (add-on 2.0); `/redirect/<app>/<stream>?type=m3u8`, in earlier versions
//! `?scheme=m3u8`, leads to the playlist (add-on 4.x). Source: Wowza, "How to get Dynamic Load Balancing AddOn".

use std::borrow::Cow;

use crate::query;
use crate::reply::Fault;

/// Where the add-on tells the chosen address.
pub(crate) const BALANCER: &str = "/loadbalancer";
/// What the path of a redirect begins with.
const REDIRECT: &str = "/redirect/";
/// The keys that say what kind of stream is wanted.
const KINDS: [&str; 2] = ["type", "scheme"];

/// The path that is meant: the stream's own for an address of the add-on, any other as it is.
pub(crate) fn path(path: &str) -> Result<Cow<'_, str>, Fault> {
    let (plain, asked) = query::split(path);
    let kind = KINDS.iter().find_map(|key| query::value(asked, key));
    let (Some(stream), Some(kind)) = (plain.strip_prefix(REDIRECT), kind) else {
        return Ok(Cow::Borrowed(path));
    };
    let file = match kind {
        "m3u8" => "playlist.m3u8",
        "mpd" => "manifest.mpd",
        "f4m" => "manifest.f4m",
        _ => return Err(Fault::BadType),
    };
    let rest = query::without(&path[plain.len()..], &KINDS);
    let stream = stream.trim_end_matches('/');
    let file = if stream.ends_with(file) { String::new() } else { format!("/{file}") };
    Ok(Cow::Owned(format!("/{stream}{file}{rest}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_the_add_on_lead_to_the_stream() {
        for (asked, meant) in [
            ("/redirect/live/demo?type=m3u8", "/live/demo/playlist.m3u8"),
            ("/redirect/live/demo?scheme=m3u8", "/live/demo/playlist.m3u8"),
            (
                "/redirect/live/_definst_/demo?a=1&type=m3u8&b=%2f",
                "/live/_definst_/demo/playlist.m3u8?a=1&b=%2f",
            ),
            ("/redirect/live/demo/playlist.m3u8?type=m3u8", "/live/demo/playlist.m3u8"),
            ("/redirect/live/demo/?type=mpd", "/live/demo/manifest.mpd"),
            ("/redirect/live/demo", "/redirect/live/demo"),
            ("/live/demo/playlist.m3u8?type=m3u8", "/live/demo/playlist.m3u8?type=m3u8"),
        ] {
            assert_eq!(path(asked).as_deref(), Ok(meant), "{asked}");
        }
        assert_eq!(path("/redirect/live/demo?type=rtmp"), Err(Fault::BadType));
    }
}
