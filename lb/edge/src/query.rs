//! The query of a request's target, key by key (WHATWG URL, "application/x-www-form-urlencoded parsing", without decoding:
//! keys here are plain words, and values are compared and passed on byte for byte).

/// The value of the first pair with this key.
pub(crate) fn value<'a>(query: &'a str, key: &str) -> Option<&'a str> {
    pairs(query).find(|(name, _)| *name == key).map(|(_, value)| value)
}

/// The path and what stands behind its first question mark, which may be nothing.
pub(crate) fn split(path: &str) -> (&str, &str) {
    path.split_once('?').unwrap_or((path, ""))
}

/// Path and query without the pairs of these keys; the rest stays byte for byte.
pub(crate) fn without(path: &str, keys: &[&str]) -> String {
    let (path, query) = split(path);
    let mut kept = String::with_capacity(path.len() + 1 + query.len());
    kept.push_str(path);
    let mut mark = '?';
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        if !keys.contains(&pair.split_once('=').map_or(pair, |(name, _)| name)) {
            kept.push(std::mem::replace(&mut mark, '&'));
            kept.push_str(pair);
        }
    }
    kept
}

fn pairs(query: &str) -> impl Iterator<Item = (&str, &str)> {
    query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_found_by_its_whole_key() {
        let query = "token=a%20b&format=json&empty&format=xml";
        assert_eq!(value(query, "token"), Some("a%20b"));
        assert_eq!(value(query, "format"), Some("json"), "the first counts");
        assert_eq!(value(query, "empty"), Some(""));
        assert_eq!(value(query, "form"), None);
    }

    #[test]
    fn what_is_left_stays_byte_for_byte() {
        for (path, kept) in [
            ("/a/b.m3u8?format=json", "/a/b.m3u8"),
            ("/a?x=%2f&format=json&y=?&z", "/a?x=%2f&y=?&z"),
            ("/a?format=json&x=1", "/a?x=1"),
            ("/a", "/a"),
        ] {
            assert_eq!(without(path, &["format"]), kept, "{path}");
        }
    }
}
