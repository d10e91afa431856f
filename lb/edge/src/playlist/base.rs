//! What relative references are resolved against: path and query of the master as a viewer asked for it.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Path and query of a master, without dot segments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Base {
    text: String,
    /// Where the directory ends, after its slash.
    directory: usize,
    /// Where the path ends and the query begins, with its question mark.
    path: usize,
}

impl Base {
    /// From path and query of a request.
    pub(super) fn of(asked: &str) -> Self {
        let asked = quotable(asked);
        let (path, query) = asked.split_at(asked.find('?').unwrap_or(asked.len()));
        let mut text = String::with_capacity(asked.len() + 1);
        text.push('/');
        append(&mut text, 0, path.strip_prefix('/').unwrap_or(path));
        let directory = text.rfind('/').map_or(0, |slash| slash + 1);
        let path = text.len();
        text.push_str(query);
        Self { text, directory, path }
    }

    /// The path up to its last slash.
    pub(super) fn directory(&self) -> &str {
        &self.text[..self.directory]
    }

    /// The path without its query.
    pub(super) fn path(&self) -> &str {
        &self.text[..self.path]
    }

    /// Path and query.
    pub(super) fn whole(&self) -> &str {
        &self.text
    }
}

/// Appends the segments of a path to a directory, dot segments carried out (RFC 3986 section 5.2.4). The directory's
/// first slash is at `floor`, its last is the text's end.
pub(super) fn append(text: &mut String, floor: usize, path: &str) {
    debug_assert!(text.len() > floor && text.ends_with('/'));
    let mut rest = Some(path);
    while let Some(path) = rest {
        let (segment, others) = match path.split_once('/') {
            Some((segment, others)) => (segment, Some(others)),
            None => (path, None),
        };
        match segment {
            "." => {}
            ".." => {
                let last = text[floor..text.len() - 1].rfind('/').unwrap_or(0);
                text.truncate(floor + last + 1);
            }
            name => {
                text.push_str(name);
                if others.is_some() {
                    text.push('/');
                }
            }
        }
        rest = others;
    }
}

/// Text of a viewer's request as it can stand in a playlist: nothing in it ends a quoted string or a line.
pub(super) fn quotable(text: &str) -> Cow<'_, str> {
    let breaks = |c: char| c == '"' || c.is_ascii_control() || c.is_whitespace();
    if !text.contains(breaks) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if breaks(c) {
            for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                // Writing to a string cannot fail.
                let _ = write!(safe, "%{byte:02X}");
            }
        } else {
            safe.push(c);
        }
    }
    Cow::Owned(safe)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_split_at_its_last_slash_and_its_query() {
        let base = Base::of("/app/_definst_/stream/playlist.m3u8?token=a/b?c");
        assert_eq!(base.directory(), "/app/_definst_/stream/");
        assert_eq!(base.path(), "/app/_definst_/stream/playlist.m3u8");
        assert_eq!(base.whole(), "/app/_definst_/stream/playlist.m3u8?token=a/b?c");
    }

    #[test]
    fn dot_segments_of_a_request_are_carried_out() {
        for (asked, directory, path) in [
            ("/a/../b/x", "/b/", "/b/x"),
            ("/../../x", "/", "/x"),
            ("/a/b/..", "/a/", "/a/"),
            ("/a//../x", "/a/", "/a/x"),
            ("//x", "//", "//x"),
            ("", "/", "/"),
            ("?x", "/", "/"),
        ] {
            let base = Base::of(asked);
            assert_eq!((base.directory(), base.path()), (directory, path), "{asked}");
        }
    }

    #[test]
    fn nothing_in_a_request_can_end_a_string_or_a_line() {
        assert_eq!(quotable("/a%20b?c"), "/a%20b?c");
        assert_eq!(quotable("/a\"b c\r\n\u{2028}d"), "/a%22b%20c%0D%0A%E2%80%A8d");
        assert_eq!(Base::of("/a\"b/x?\"").whole(), "/a%22b/x?%22");
    }
}
