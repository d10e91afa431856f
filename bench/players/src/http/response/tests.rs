use super::*;

const LENGTH: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
const CHUNKED: &[u8] =
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nhel\r\n2\r\nlo\r\n0\r\nExpires: 0\r\n\r\n";
const INTERIM: &[u8] =
    b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length:5\r\n\r\nhello";
const REDIRECT: &[u8] =
    b"HTTP/1.1 302 Found\r\nLocation: http://eni0.live.test:1935/a.m3u8\r\nContent-Length: 0\r\n\r\n";

fn read(pieces: &[&[u8]]) -> Result<(Option<Head>, Vec<u8>, bool), HttpError> {
    let mut response = Response::default();
    let mut body = Vec::new();
    for piece in pieces {
        response.feed(piece, |part| body.extend_from_slice(part))?;
    }
    let complete = response.is_complete();
    Ok((response.into_head(), body, complete))
}

#[test]
fn a_response_reads_the_same_however_it_is_cut() {
    for sample in [LENGTH, CHUNKED, INTERIM] {
        for first in 0..sample.len() {
            for second in first..sample.len() {
                let pieces = [&sample[..first], &sample[first..second], &sample[second..]];
                let (head, body, complete) = read(&pieces).unwrap();
                assert_eq!((head.unwrap().status, body.as_slice(), complete), (200, &b"hello"[..], true));
            }
        }
        let bytes: Vec<&[u8]> = sample.chunks(1).collect();
        assert!(read(&bytes).unwrap().2);
    }
}

#[test]
fn a_redirect_gives_its_location() {
    let (head, body, complete) = read(&[REDIRECT]).unwrap();
    let head = head.unwrap();
    assert_eq!(head.location.as_deref(), Some("http://eni0.live.test:1935/a.m3u8"));
    assert!(head.keep_alive && complete && body.is_empty());
}

#[test]
fn a_body_without_length_ends_with_the_connection() {
    let mut response = Response::default();
    response.feed(b"HTTP/1.0 200 OK\r\n\r\nhel", |_| {}).unwrap();
    response.feed(b"lo", |part| assert_eq!(part, b"lo")).unwrap();
    assert!(!response.is_complete());
    response.closed().unwrap();
    assert!(response.is_complete() && !response.into_head().unwrap().keep_alive);
}

#[test]
fn what_is_no_response_is_refused_with_its_reason() {
    let refused = |bytes: &[u8]| read(&[bytes]).map(drop);
    assert_eq!(refused(b"220 smtp ready\r\n"), Err(HttpError::Head));
    assert_eq!(refused(b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"), Err(HttpError::Length));
    assert_eq!(refused(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n"), Err(HttpError::Length));
    assert_eq!(
        refused(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n+1\r\nx"),
        Err(HttpError::Chunk)
    );
    let long = [b"HTTP/1.1 200 OK\r\nX: ".as_slice(), &[b'x'; MAX_HEAD]].concat();
    assert_eq!(refused(&long), Err(HttpError::LongHead));
    assert_eq!(refused(&[LENGTH, b"more"].concat()), Err(HttpError::Excess));
    let mut cut = Response::default();
    cut.feed(&LENGTH[..LENGTH.len() - 1], |_| {}).unwrap();
    assert_eq!(cut.closed(), Err(HttpError::Cut));
}

#[test]
fn damaged_responses_never_panic() {
    crate::mutate::damage(12, 20_000, &[LENGTH, CHUNKED, INTERIM, REDIRECT], |bytes| {
        let _ = read(&[bytes]);
        let halves = bytes.split_at(bytes.len() / 2);
        let _ = read(&[halves.0, halves.1]);
    });
}
