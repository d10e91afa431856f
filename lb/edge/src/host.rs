//! Which host a request asks for (RFC 9112 section 3.2).
//!
//! The target's own authority, if it has one, outranks the Host header. Ports and a dot at the end do not matter,
//! nor does case.

use hyper::header::HOST;
use hyper::{Request, Version};

use crate::reply::Fault;

/// No host name is longer (RFC 1035 section 2.3.4, as text).
pub(crate) const NAME_BYTES: usize = 253;

/// The host that a request asks for, as written, without its port and without a dot at its end.
pub(crate) fn asked<B>(request: &Request<B>) -> Result<&str, Fault> {
    let mut headers = request.headers().get_all(HOST).iter();
    let header = headers.next();
    if headers.next().is_some() {
        return Err(Fault::SeveralHosts);
    }
    if header.is_none() && request.version() == Version::HTTP_11 {
        return Err(Fault::NoHost);
    }
    let host = match (request.uri().authority(), header) {
        (Some(authority), _) => authority.host(),
        (None, Some(value)) => without_port(value.to_str().map_err(|_| Fault::BadHost)?)?,
        (None, None) => return Err(Fault::NoHost),
    };
    let host = host.strip_suffix('.').unwrap_or(host);
    if host.is_empty() { Err(Fault::NoHost) } else { Ok(host) }
}

/// A Host header's value without its port.
fn without_port(value: &str) -> Result<&str, Fault> {
    // The colons of an IPv6 address stand within brackets.
    let after_address = value.rfind(']').unwrap_or(0);
    let Some(colon) = value[after_address..].find(':') else { return Ok(value) };
    let (host, port) = value.split_at(after_address + colon);
    if port[1..].bytes().all(|b| b.is_ascii_digit()) { Ok(host) } else { Err(Fault::BadHost) }
}

/// `host` in lower case, copied to `room` only if it must be; nothing when no name is that long.
pub(crate) fn lower<'a>(host: &'a str, room: &'a mut [u8; NAME_BYTES]) -> Option<&'a str> {
    if !host.bytes().any(|b| b.is_ascii_uppercase()) {
        return Some(host);
    }
    let room = room.get_mut(..host.len())?;
    room.copy_from_slice(host.as_bytes());
    room.make_ascii_lowercase();
    std::str::from_utf8(room).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked_by_header(value: &str) -> Result<String, Fault> {
        let request = Request::get("/a").header(HOST, value).body(()).expect("a request");
        asked(&request).map(str::to_owned)
    }

    #[test]
    fn a_port_and_a_dot_at_the_end_do_not_matter() {
        for value in ["live.test", "live.test.", "live.test:8080", "live.test.:80", "live.test:"] {
            assert_eq!(asked_by_header(value), Ok("live.test".to_owned()), "{value}");
        }
        assert_eq!(asked_by_header("[2001:db8::1]:80"), Ok("[2001:db8::1]".to_owned()));
        assert_eq!(asked_by_header("[2001:db8::1]"), Ok("[2001:db8::1]".to_owned()));
    }

    #[test]
    fn what_is_no_host_is_a_fault() {
        for value in ["live.test:http", "2001:db8::1", "a:1:2", "]a:b"] {
            assert_eq!(asked_by_header(value), Err(Fault::BadHost), "{value}");
        }
        for value in ["", ".", ":80"] {
            assert_eq!(asked_by_header(value), Err(Fault::NoHost), "{value}");
        }
    }

    #[test]
    fn case_does_not_matter_and_nothing_too_long_is_copied() {
        let mut room = [0; NAME_BYTES];
        assert_eq!(lower("Live.TEST", &mut room), Some("live.test"));
        assert_eq!(lower(&"A".repeat(NAME_BYTES + 1), &mut room), None);
        let longest = "A".repeat(NAME_BYTES);
        assert_eq!(lower(&longest, &mut room).map(str::len), Some(NAME_BYTES));
    }
}
