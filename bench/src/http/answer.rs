//! Whether what came is the redirect that was asked for.

/// What the bytes of a connection are so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Judged {
    /// More must come.
    Part,
    /// All of the right answer, and no more.
    Right,
    /// Something else.
    Wrong,
}

/// Judges the answer to a request for this path and query: it must be 302 to an interface of the pool, with the path
/// and query kept.
pub(super) fn judge(answer: &[u8], path: &[u8]) -> Judged {
    judge_parts(answer, STATUS, |location, _| is_there(location, path))
}

/// Judges the answer to a player of this number: a steering manifest with its own number in it.
pub(super) fn judge_manifest(answer: &[u8], number: u8) -> Judged {
    let begin = b"{\"VERSION\":1,\"TTL\":";
    let viewer = format!("viewer={number:016x}&");
    let contains = |body: &[u8]| body.windows(viewer.len()).any(|window| window == viewer.as_bytes());
    judge_parts(answer, OK, |_, body| body.starts_with(begin) && body.ends_with(b"}") && contains(body))
}

/// Judges an answer of this status; `is_right` sees its location, if any, and its body.
fn judge_parts(answer: &[u8], status: &[u8], is_right: impl FnOnce(&[u8], &[u8]) -> bool) -> Judged {
    let Some((mut location, mut body, mut rest)) = start(answer, status) else {
        let begun = status.len().min(answer.len());
        return if answer[..begun] == status[..begun] { Judged::Part } else { Judged::Wrong };
    };
    loop {
        let Some(end) = rest.iter().position(|&byte| byte == b'\n') else { return Judged::Part };
        let (line, after) = (&rest[..end], &rest[end + 1..]);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        rest = after;
        match line.first().map(u8::to_ascii_lowercase) {
            None => break,
            Some(b'l') => location = value(line, b"location: ").unwrap_or(location),
            Some(b'c') => body = value(line, b"content-length: ").unwrap_or(body),
            Some(_) => {}
        }
    }
    let length = std::str::from_utf8(body).ok().and_then(|digits| digits.parse::<usize>().ok());
    match length {
        Some(length) if rest.len() < length => Judged::Part,
        Some(length) if rest.len() == length && is_right(location, rest) => Judged::Right,
        _ => Judged::Wrong,
    }
}

const STATUS: &[u8] = b"HTTP/1.1 302 ";
const OK: &[u8] = b"HTTP/1.1 200 ";

/// No location and no length yet, and what stands behind the status.
fn start<'a>(answer: &'a [u8], status: &[u8]) -> Option<(&'a [u8], &'a [u8], &'a [u8])> {
    answer.strip_prefix(status).map(|rest| (&rest[..0], &rest[..0], rest))
}

/// The value of a header line, if it has this name (in lower case, with colon and space).
fn value<'a>(line: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let (begin, value) = line.split_at_checked(name.len())?;
    begin.eq_ignore_ascii_case(name).then_some(value)
}

/// Whether a location is this path at one of `eni0` to `eni3` of the pool, on whatever port and scheme.
fn is_there(location: &[u8], path: &[u8]) -> bool {
    let Some(host) = location.strip_suffix(path) else { return false };
    let host = host.strip_prefix(b"https").or_else(|| host.strip_prefix(b"http"));
    let Some([b'0'..=b'3', rest @ ..]) = host.and_then(|host| host.strip_prefix(b"://eni")) else {
        return false;
    };
    match rest.strip_prefix(b".live.stream.test") {
        Some([b':', port @ ..]) => port.iter().all(u8::is_ascii_digit),
        Some(rest) => rest.is_empty(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RIGHT: &[u8] = b"HTTP/1.1 302 Found\r\nContent-Length: 3\r\ncache-control: no-store\r\n\
        location: http://eni2.live.stream.test:1935/a?b=1\r\n\r\nhi\n";

    #[test]
    fn each_beginning_is_a_part_and_the_whole_is_right() {
        for end in 0..RIGHT.len() {
            assert_eq!(judge(&RIGHT[..end], b"/a?b=1"), Judged::Part, "{end}");
        }
        assert_eq!(judge(RIGHT, b"/a?b=1"), Judged::Right);
        assert_eq!(judge(&[RIGHT, b"x"].concat(), b"/a?b=1"), Judged::Wrong);
    }

    #[test]
    fn a_manifest_is_the_players_own() {
        let body = r#"{"VERSION":1,"TTL":9,"RELOAD-URI":"/.weir/steering?viewer=0000000000000007&has=eni0"}"#;
        let whole = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        let whole = whole.as_bytes();
        assert!((0..whole.len()).all(|end| judge_manifest(&whole[..end], 7) == Judged::Part));
        assert_eq!(judge_manifest(whole, 7), Judged::Right);
        assert_eq!(judge_manifest(whole, 8), Judged::Wrong, "it is another player's");
        assert_eq!(judge_manifest(RIGHT, 7), Judged::Wrong);
    }

    #[test]
    fn another_answer_is_wrong() {
        assert_eq!(judge(RIGHT, b"/a?b=2"), Judged::Wrong);
        for (from, to) in [
            ("302", "200"),
            ("eni2", "eni7"),
            ("live.", "dead."),
            (":1935", "x1935"),
            ("location", "elsewhere"),
            ("http://", "rtmp://"),
            ("Length: 3", "Length: a"),
        ] {
            let other = String::from_utf8_lossy(RIGHT).replace(from, to);
            assert_eq!(judge(other.as_bytes(), b"/a?b=1"), Judged::Wrong, "{from} became {to}");
        }
    }
}
