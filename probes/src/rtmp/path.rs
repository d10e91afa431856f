//! The application and the stream of an RTMP URL.

use url::Url;

/// `rtmp://host/<app>/<stream>`, as the two parts are sent apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PlayPath {
    /// All but the stream, so that `live/_definst_` stays whole.
    pub(crate) app: String,
    /// The last segment, or all from the first segment with a colon (`mp4:shows/one.mp4`), and the query.
    pub(crate) stream: String,
}

impl PlayPath {
    /// The parts of a URL that has both.
    pub(crate) fn of(url: &Url) -> Option<Self> {
        let path = url.path().strip_prefix('/')?;
        let end_of_app = match path.find(':') {
            Some(colon) => path[..colon].rfind('/')?,
            None => path.rfind('/')?,
        };
        let (app, stream) = (&path[..end_of_app], &path[end_of_app + 1..]);
        if app.is_empty() || stream.is_empty() {
            return None;
        }
        let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
        Some(Self { app: app.to_owned(), stream: format!("{stream}{query}") })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(url: &str) -> Option<(String, String)> {
        let path = PlayPath::of(&Url::parse(url).expect("a URL"))?;
        Some((path.app, path.stream))
    }

    #[test]
    fn the_stream_is_the_last_part_and_the_app_what_is_before_it() {
        let pair = |app: &str, stream: &str| Some((app.to_owned(), stream.to_owned()));
        assert_eq!(parts("rtmp://h:1935/live/demo"), pair("live", "demo"));
        assert_eq!(parts("rtmp://h/live/_definst_/demo"), pair("live/_definst_", "demo"));
        assert_eq!(parts("rtmp://h/vod/mp4:shows/one.mp4"), pair("vod", "mp4:shows/one.mp4"));
        assert_eq!(parts("rtmp://h/live/demo?token=a/b"), pair("live", "demo?token=a/b"));
        for without in
            ["rtmp://h", "rtmp://h/", "rtmp://h/live", "rtmp://h/live/", "rtmp://h//demo", "rtmp://h/a:b"]
        {
            assert_eq!(parts(without), None, "{without}");
        }
    }
}
