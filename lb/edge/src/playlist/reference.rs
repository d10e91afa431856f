//! A URI of a playlist, and how it becomes absolute (RFC 3986 section 5.2).
//!
//! Not by the `url` crate, which the tests compare this with: it percent-encodes, lowers case and drops default ports,
//! and a token that is signed must arrive byte for byte.

use super::base::{Base, append};

/// What a URI of a master refers to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Reference {
    /// Another place, which every interface's viewers are sent to: a whole URI.
    Elsewhere(String),
    /// Another place, by the scheme of the interface: `//authority/...`.
    Neighbour(String),
    /// A path of the origin, from its root, and what follows it.
    Absolute(String),
    /// A path of the origin, from the master's directory, and what follows it.
    Relative(String),
    /// The master's own path, and this query and fragment.
    Query(String),
    /// The master's own path and query, and this fragment.
    Fragment(String),
    /// What was asked for, as it was asked: path and query.
    Asked(String),
}

impl Reference {
    /// What a URI refers to, when absolute URIs of the authorities `own` mean the origin itself. Nothing, if it begins
    /// with a variable (rfc8216bis section 4.3), behind which anything may stand.
    pub(super) fn of(uri: &str, own: &[&str]) -> Option<Self> {
        if uri.starts_with("{$") {
            return None;
        }
        let scheme = scheme(uri);
        let rest = scheme.map_or(uri, |scheme| &uri[scheme.len() + 1..]);
        if let Some(after) = rest.strip_prefix("//") {
            let end = after.find(['/', '?', '#']).unwrap_or(after.len());
            let (authority, rest) = after.split_at(end);
            let is_http = scheme
                .is_none_or(|name| ["http", "https"].iter().any(|http| name.eq_ignore_ascii_case(http)));
            if is_http && own.iter().any(|own| own.eq_ignore_ascii_case(authority)) {
                return Some(Self::Absolute(rest.to_owned()));
            }
        }
        let kind = match (scheme, uri.as_bytes()) {
            (Some(_), _) => Self::Elsewhere,
            (None, [b'/', b'/', ..]) => Self::Neighbour,
            (None, [b'/', ..]) => Self::Absolute,
            (None, [b'?', ..]) => Self::Query,
            (None, [] | [b'#', ..]) => Self::Fragment,
            (None, _) => Self::Relative,
        };
        Some(kind(uri.to_owned()))
    }

    /// Appends the absolute URI, on the interface with this scheme and authority.
    pub(super) fn write(&self, text: &mut String, root: &str, base: &Base) {
        match self {
            Self::Elsewhere(uri) => text.push_str(uri),
            Self::Neighbour(rest) => {
                text.push_str(scheme(root).unwrap_or("http"));
                text.push(':');
                text.push_str(rest);
            }
            Self::Absolute(rest) => {
                text.push_str(root);
                let floor = text.len();
                text.push('/');
                append_before_query(text, floor, rest.strip_prefix('/').unwrap_or(rest));
            }
            Self::Relative(rest) => {
                text.push_str(root);
                let floor = text.len();
                text.push_str(base.directory());
                append_before_query(text, floor, rest);
            }
            Self::Query(rest) => text.extend([root, base.path(), rest]),
            Self::Fragment(rest) => text.extend([root, base.whole(), rest]),
            Self::Asked(path) => {
                let slash = if path.starts_with('/') { "" } else { "/" };
                text.extend([root, slash, path]);
            }
        }
    }

    /// How many bytes the absolute URI has at most.
    pub(super) fn room(&self, root: &str, base: &Base) -> usize {
        match self {
            Self::Elsewhere(uri) => uri.len(),
            Self::Neighbour(rest) | Self::Absolute(rest) | Self::Asked(rest) => root.len() + 1 + rest.len(),
            Self::Relative(rest) => root.len() + base.directory().len() + rest.len(),
            Self::Query(rest) => root.len() + base.path().len() + rest.len(),
            Self::Fragment(rest) => root.len() + base.whole().len() + rest.len(),
        }
    }
}

/// Dot segments mean something before the query only.
fn append_before_query(text: &mut String, floor: usize, rest: &str) {
    let (path, rest) = rest.split_at(rest.find(['?', '#']).unwrap_or(rest.len()));
    append(text, floor, path);
    text.push_str(rest);
}

/// The scheme of a URI that has one (RFC 3986 section 3.1).
fn scheme(uri: &str) -> Option<&str> {
    let (scheme, _) = uri.split_once(':')?;
    let follows = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.');
    let begins = scheme.as_bytes().first().is_some_and(u8::is_ascii_alphabetic);
    (begins && scheme.bytes().all(follows)).then_some(scheme)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: [&str; 2] = ["127.0.0.11:1935", "origin.test"];

    fn resolved(uri: &str, path: &str) -> String {
        let mut text = String::new();
        let base = Base::of(path);
        let reference = Reference::of(uri, &OWN).expect(uri);
        reference.write(&mut text, "http://eni0", &base);
        assert!(text.len() <= reference.room("http://eni0", &base), "{uri}");
        text
    }

    /// RFC 3986 section 5.4, whose base is `http://a/b/c/d;p?q`.
    #[test]
    fn the_examples_of_the_rfc_resolve_as_it_says() {
        for (uri, expected) in [
            ("g:h", "g:h"),
            ("g", "http://eni0/b/c/g"),
            ("./g", "http://eni0/b/c/g"),
            ("g/", "http://eni0/b/c/g/"),
            ("/g", "http://eni0/g"),
            ("//g", "http://g"),
            ("?y", "http://eni0/b/c/d;p?y"),
            ("g?y", "http://eni0/b/c/g?y"),
            ("#s", "http://eni0/b/c/d;p?q#s"),
            ("g#s", "http://eni0/b/c/g#s"),
            ("g?y#s", "http://eni0/b/c/g?y#s"),
            (";x", "http://eni0/b/c/;x"),
            ("g;x?y#s", "http://eni0/b/c/g;x?y#s"),
            ("", "http://eni0/b/c/d;p?q"),
            (".", "http://eni0/b/c/"),
            ("./", "http://eni0/b/c/"),
            ("..", "http://eni0/b/"),
            ("../g", "http://eni0/b/g"),
            ("../..", "http://eni0/"),
            ("../../../../g", "http://eni0/g"),
            ("/./g", "http://eni0/g"),
            ("/../g", "http://eni0/g"),
            ("g.", "http://eni0/b/c/g."),
            ("..g", "http://eni0/b/c/..g"),
            ("./g/.", "http://eni0/b/c/g/"),
            ("g/../h", "http://eni0/b/c/h"),
            ("g;x=1/../y", "http://eni0/b/c/y"),
            ("g?y/../x", "http://eni0/b/c/g?y/../x"),
            ("g#s/./x", "http://eni0/b/c/g#s/./x"),
        ] {
            assert_eq!(resolved(uri, "/b/c/d;p?q"), expected, "{uri}");
        }
    }

    #[test]
    fn an_absolute_uri_of_the_origin_itself_becomes_a_path() {
        for (uri, expected) in [
            ("http://127.0.0.11:1935/a/b.m3u8?t=1", "http://eni0/a/b.m3u8?t=1"),
            ("HTTPS://Origin.TEST/a/../b", "http://eni0/b"),
            ("//origin.test/b", "http://eni0/b"),
            ("http://origin.test", "http://eni0/"),
            ("http://origin.test?x", "http://eni0/?x"),
        ] {
            assert_eq!(resolved(uri, "/x/y"), expected, "{uri}");
        }
    }

    #[test]
    fn what_stands_elsewhere_stays_there() {
        for uri in [
            "http://127.0.0.11/a",
            "http://127.0.0.11:1936/a",
            "http://origin.test:80/a",
            "http://user@origin.test/a",
            "http://origin.test.evil/a/../b",
            "ftp://origin.test/a",
            "data:application/json,{}",
            "skd://key",
        ] {
            assert_eq!(resolved(uri, "/x/y"), uri);
        }
    }

    #[test]
    fn an_address_with_a_port_is_no_scheme() {
        assert_eq!(resolved("127.0.0.11:1935/a", "/x/y"), "http://eni0/x/127.0.0.11:1935/a");
    }

    #[test]
    fn bytes_of_path_and_query_are_kept() {
        let uri = "chünklist_w1.m3u8?t=a%2Fb+c==&x=%zz\\|^`<>{$q}";
        assert_eq!(resolved(uri, "/Ä/%7e/p"), format!("http://eni0/Ä/%7e/{uri}"));
    }

    #[test]
    fn nothing_is_known_of_what_a_variable_begins() {
        assert_eq!(Reference::of("{$base}/a.m3u8", &OWN), None);
    }
}
