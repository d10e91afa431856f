//! Paths, as Wowza lays them out: `/<app>/[<instance>/]<stream>/<file>`.

use crate::config::OriginConfig;

/// The longest session id taken. Any id is taken, as Wowza opens a session for one that it does not know.
const MAX_SESSION: usize = 64;

/// What a path asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Route<'a> {
    /// `/ServerVersion`.
    Version,
    /// `playlist.m3u8`.
    Master,
    /// `chunklist_w<id>.m3u8`, or `chunklist.m3u8` with an empty id.
    Media { session: &'a str },
    /// `media_w<id>_<n>.ts`. The id makes no difference.
    Segment { number: u64 },
}

impl<'a> Route<'a> {
    /// What a path asks for, if it is ours.
    pub(crate) fn of(path: &'a str, config: &OriginConfig) -> Option<Self> {
        if path == "/ServerVersion" {
            return Some(Self::Version);
        }
        let rest = below(path.strip_prefix('/')?, &config.app)?;
        let rest = below(rest, &config.instance).unwrap_or(rest);
        let file = below(rest, &config.stream)?;
        if file == "playlist.m3u8" {
            return Some(Self::Master);
        }
        if let Some(name) = file.strip_prefix("chunklist").and_then(|name| name.strip_suffix(".m3u8")) {
            return session(name).map(|session| Self::Media { session });
        }
        let name = file.strip_prefix("media")?.strip_suffix(".ts")?;
        let (name, number) = name.rsplit_once('_')?;
        session(name)?;
        let digits = number.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| number.parse().ok().map(|number| Self::Segment { number }))?
    }
}

/// The path below a folder.
fn below<'a>(path: &'a str, folder: &str) -> Option<&'a str> {
    path.strip_prefix(folder)?.strip_prefix('/')
}

/// The id in `_w<id>`, or an empty one in nothing.
fn session(name: &str) -> Option<&str> {
    if name.is_empty() {
        return Some(name);
    }
    let id = name.strip_prefix("_w")?;
    let plain = id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    (plain && (1..=MAX_SESSION).contains(&id.len())).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_path_is_known_and_no_other() {
        let config = OriginConfig::default();
        let of = |path| Route::of(path, &config);
        for (path, expected) in [
            ("/ServerVersion", Some(Route::Version)),
            ("/live/_definst_/demo/playlist.m3u8", Some(Route::Master)),
            ("/live/demo/playlist.m3u8", Some(Route::Master)),
            ("/live/demo/chunklist_w12_b800000.m3u8", Some(Route::Media { session: "12_b800000" })),
            ("/live/demo/chunklist.m3u8", Some(Route::Media { session: "" })),
            ("/live/_definst_/demo/media_w12_7.ts", Some(Route::Segment { number: 7 })),
            ("/live/demo/media_7.ts", Some(Route::Segment { number: 7 })),
            ("/live/demo/media_w12_99999999999999999999.ts", None),
            ("/live/demo/media_w12_.ts", None),
            ("/live/demo/media_w12_+1.ts", None),
            ("/live/demo/chunklist_w.m3u8", None),
            ("/live/demo/chunklist_w%0a.m3u8", None),
            ("/live/_definst_/_definst_/demo/playlist.m3u8", None),
            ("/live/other/playlist.m3u8", None),
            ("/vod/demo/playlist.m3u8", None),
            ("/", None),
            ("", None),
            ("*", None),
        ] {
            assert_eq!(of(path), expected, "{path}");
        }
    }
}
