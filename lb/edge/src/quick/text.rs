//! A response as bytes, as hyper would write it.
//!
//! Redirects and steering manifests, which are nearly all that is answered, are written from texts; all else from the same
//! [`Reply::into_response`] that hyper gets. A test compares the bytes of both ways.

use std::io::Write as _;

use crate::reply::Reply;

/// What stands before and behind a location.
const REDIRECT: &[u8] = b"HTTP/1.1 302 Found\r\n\
cache-control: no-store\r\n\
access-control-allow-origin: *\r\n\
content-type: text/plain; charset=utf-8\r\n\
location: ";
const EXPOSED: &[u8] = b"\r\naccess-control-expose-headers: Location\r\n";
/// What stands before a manifest's length.
const MANIFEST: &[u8] = b"HTTP/1.1 200 OK\r\n\
cache-control: no-store\r\n\
access-control-allow-origin: *\r\n\
content-type: application/json\r\n";

/// Writes a response; `is_head` leaves its body out, `last` says that the connection ends.
pub(super) fn write(reply: Reply, text: &mut Vec<u8>, (is_head, last): (bool, bool), date: &[u8]) {
    match reply {
        Reply::Redirect(location) => {
            text.extend_from_slice(REDIRECT);
            text.extend_from_slice(location.as_bytes());
            text.extend_from_slice(EXPOSED);
            end(text, (is_head, last), date, Reply::SEE_LOCATION);
        }
        Reply::Manifest(manifest) => {
            text.extend_from_slice(MANIFEST);
            end(text, (is_head, last), date, manifest.as_bytes());
        }
        other => {
            let (parts, body) = other.into_response().into_parts();
            let reason = parts.status.canonical_reason().unwrap_or_default();
            // Writing to a vector cannot fail.
            let _ = write!(text, "HTTP/1.1 {} {reason}\r\n", parts.status.as_str());
            for (name, value) in &parts.headers {
                for part in [name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"] {
                    text.extend_from_slice(part);
                }
            }
            end(text, (is_head, last), date, &body.into_inner().unwrap_or_default());
        }
    }
}

fn end(text: &mut Vec<u8>, (is_head, last): (bool, bool), date: &[u8], body: &[u8]) {
    if last {
        text.extend_from_slice(b"connection: close\r\n");
    }
    text.extend_from_slice(b"content-length: ");
    let _ = write!(text, "{}", body.len());
    text.extend_from_slice(b"\r\ndate: ");
    text.extend_from_slice(date);
    text.extend_from_slice(b"\r\n\r\n");
    if !is_head {
        text.extend_from_slice(body);
    }
}
