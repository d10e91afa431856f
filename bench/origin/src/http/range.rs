//! `Range: bytes=a-b` (RFC 9110, 14.1.2 and 14.2).

/// What of a body is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Slice {
    /// All of it: no range, one that cannot be read, or several, which a server may ignore.
    Whole,
    /// Both ends included, within the body.
    Part { first: usize, last: usize },
    /// Nothing that there is.
    Outside,
}

/// Reads a `Range` header for a body of some size.
pub(crate) fn slice(header: Option<&str>, size: usize) -> Slice {
    let Some((from, to)) = header.and_then(|text| text.trim().strip_prefix("bytes=")?.split_once('-')) else {
        return Slice::Whole;
    };
    let end = size.saturating_sub(1);
    let (first, last) = match (number(from), number(to)) {
        (Some(first), Some(last)) if first <= last => (first, last.min(end)),
        (Some(first), None) if to.is_empty() => (first, end),
        (None, Some(0)) if from.is_empty() => return Slice::Outside,
        (None, Some(suffix)) if from.is_empty() => (size.saturating_sub(suffix), end),
        _ => return Slice::Whole,
    };
    if first < size { Slice::Part { first, last } } else { Slice::Outside }
}

/// Digits alone; more than fit are as good as the largest.
fn number(text: &str) -> Option<usize> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().unwrap_or(usize::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_the_standard_says() {
        let part = |first, last| Slice::Part { first, last };
        for (text, expected) in [
            ("bytes=0-187", part(0, 187)),
            ("bytes=900-", part(900, 999)),
            ("bytes=-10", part(990, 999)),
            ("bytes=-5000", part(0, 999)),
            ("bytes=990-99999999999999999999999", part(990, 999)),
            ("bytes=1000-", Slice::Outside),
            ("bytes=-0", Slice::Outside),
            ("bytes=5-4", Slice::Whole),
            ("bytes=0-1,4-5", Slice::Whole),
            ("bytes=+1-5", Slice::Whole),
            ("bytes=-", Slice::Whole),
            ("lines=1-2", Slice::Whole),
        ] {
            assert_eq!(slice(Some(text), 1_000), expected, "{text}");
        }
        assert_eq!(slice(None, 1_000), Slice::Whole);
        assert_eq!(slice(Some("bytes=0-"), 0), Slice::Outside);
    }
}
