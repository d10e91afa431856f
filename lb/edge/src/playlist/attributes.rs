//! A tag's list of attributes (RFC 8216 section 4.2), by the place of each in its line.

use std::ops::Range;

/// An attribute of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Attribute<'a> {
    pub(super) name: &'a str,
    /// Without the quotes of a quoted string.
    pub(super) value: &'a str,
    /// Where the value stands in its line, again without quotes.
    pub(super) range: Range<usize>,
    pub(super) quoted: bool,
}

/// The attributes of a line, from the byte after its tag's colon. Nothing, if it is no list of attributes.
pub(super) fn attributes(line: &str, from: usize) -> Option<Vec<Attribute<'_>>> {
    let mut found = Vec::new();
    let mut at = from;
    while at < line.len() {
        let equals = at + line[at..].find('=')?;
        // Some servers write a space after each comma.
        let name = line[at..equals].trim();
        let start = equals + 1;
        let quoted = line[start..].starts_with('"');
        let range = if quoted {
            start + 1..start + 1 + line[start + 1..].find('"')?
        } else {
            start..line[start..].find(',').map_or(line.len(), |comma| start + comma)
        };
        let end = range.end + usize::from(quoted);
        let rest = &line[end..];
        let comma = rest.find(',').unwrap_or(rest.len());
        let between = &rest[..comma];
        if name.contains([',', '"']) || line[range.clone()].contains('"') || !between.trim().is_empty() {
            return None;
        }
        found.push(Attribute { name, value: &line[range.clone()], range, quoted });
        at = end + comma + 1;
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(list: &str) -> Option<Vec<(&str, &str)>> {
        let found = attributes(list, 0)?;
        Some(found.into_iter().map(|attribute| (attribute.name, attribute.value)).collect())
    }

    #[test]
    fn a_comma_within_quotes_separates_nothing() {
        let list = "BANDWIDTH=1,CODECS=\"avc1.4d401f,mp4a.40.2\",RESOLUTION=640x360";
        let expected = [("BANDWIDTH", "1"), ("CODECS", "avc1.4d401f,mp4a.40.2"), ("RESOLUTION", "640x360")];
        assert_eq!(pairs(list), Some(expected.to_vec()));
    }

    #[test]
    fn spaces_after_commas_and_an_equals_sign_in_quotes_are_read() {
        let expected = [("URI", "a?b=c"), ("NAME", "")];
        assert_eq!(pairs("URI=\"a?b=c\" , NAME=\"\","), Some(expected.to_vec()));
        assert_eq!(pairs(""), Some(Vec::new()));
    }

    #[test]
    fn what_is_no_list_of_attributes_is_nothing() {
        for list in ["URI", "URI=\"a", "URI=\"a\"b,C=1", "A=1,B", "A=b\"c\"", "A=1,,B=2"] {
            assert_eq!(pairs(list), None, "{list}");
        }
    }
}
