//! Which requests are common, and what they ask for.

use std::mem::MaybeUninit;

use httparse::{Header, Request, Status};

/// A request with more headers is hyper's.
const HEADERS: usize = 48;

/// What bytes begin with.
pub(super) enum Seen<'a> {
    /// A whole request of the common kind.
    Common(Head<'a>),
    /// A part of a request.
    Part,
    /// Something else.
    Uncommon,
}

/// A request of the common kind.
pub(super) struct Head<'a> {
    /// In bytes.
    pub(super) length: usize,
    /// Path and query.
    pub(super) path: &'a str,
    /// In lower case, without a port.
    pub(super) host: &'a str,
    /// Whether only the head of the answer is wanted.
    pub(super) is_head: bool,
    /// Whether the client wants the connection to end.
    pub(super) closes: bool,
}

impl<'a> Head<'a> {
    /// Reads the head of a request. Whatever two servers could read differently is uncommon: lengths, encodings,
    /// upgrades, several hosts, and all bytes in path and host that are not plain.
    pub(super) fn read(bytes: &'a [u8]) -> Seen<'a> {
        let mut headers = [const { MaybeUninit::<Header<'a>>::uninit() }; HEADERS];
        let mut request = Request::new(&mut []);
        match request.parse_with_uninit_headers(bytes, &mut headers) {
            Ok(Status::Complete(length)) => common(&request, length).map_or(Seen::Uncommon, Seen::Common),
            Ok(Status::Partial) => Seen::Part,
            Err(_) => Seen::Uncommon,
        }
    }
}

fn common<'a>(request: &Request<'_, 'a>, length: usize) -> Option<Head<'a>> {
    let is_head = match request.method? {
        "GET" => false,
        "HEAD" => true,
        _ => return None,
    };
    let path = request.path.filter(|path| path.starts_with('/') && path.bytes().all(is_plain))?;
    if request.version != Some(1) {
        return None;
    }
    let (mut host, mut closes) = (None, false);
    for header in request.headers.iter() {
        let is = |name: &str| header.name.eq_ignore_ascii_case(name);
        // Few names are as long as those that matter.
        match header.name.len() {
            // The first is kept, and a second one is uncommon.
            4 if is("host") && host.replace(header.value).is_some() => return None,
            10 if is("connection") => {
                closes = header.value.eq_ignore_ascii_case(b"close");
                if !closes && !header.value.eq_ignore_ascii_case(b"keep-alive") {
                    return None;
                }
            }
            6 if is("expect") => return None,
            7 if is("upgrade") => return None,
            14 if is("content-length") => return None,
            17 if is("transfer-encoding") => return None,
            _ => {}
        }
    }
    let host = std::str::from_utf8(host?).ok()?;
    let host = host.split_once(':').map_or(Some(host), |(host, port)| {
        port.bytes().all(|digit| digit.is_ascii_digit()).then_some(host)
    })?;
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.');
    let named = !host.is_empty() && !host.ends_with('.') && host.bytes().all(plain);
    named.then_some(Head { length, path, host, is_head, closes })
}

/// Bytes that every URI may have (RFC 3986 section 2, and the escape); of the delimiters those that players send.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'/' | b'.'
                | b'-'
                | b'_'
                | b'~'
                | b'?'
                | b'&'
                | b'='
                | b'%'
                | b'+'
                | b','
                | b':'
                | b';'
                | b'@'
                | b'!'
                | b'$'
                | b'*'
        )
}
