//! Requests that two servers in a row could read differently, and clients that stop speaking.
//!
//! Whoever stands before weir may take the end of a request for somewhere else than weir does; what is left over would
//! then be somebody else's next request ("request smuggling", RFC 9112 section 11.2). So a request whose length is in doubt is
//! refused, and no connection goes on behind a body.

use weir_core::{HttpPolicy, Mode};

use super::modes::staged;
use super::*;

const SMUGGLED: &str = "GET /smuggled HTTP/1.1\r\nHost: live.stream.test\r\n\r\n";

/// All that comes back for these bytes, until the connection ends.
async fn said(served: &Served, bytes: &[u8]) -> String {
    let mut client = served.connect().await;
    // The server may close before it has read all.
    let _ = client.stream.write_all(bytes).await;
    client.until_closed().await;
    String::from_utf8_lossy(&client.buffer).into_owned()
}

#[tokio::test]
async fn a_request_whose_length_is_in_doubt_is_refused_and_nothing_behind_it_is_answered() {
    let served = serve(Limits::DEFAULT);
    for doubtful in [
        "Content-Length: 5\r\nContent-Length: 6",
        "Content-Length: 5, 6",
        "Content-Length: -1",
        "Content-Length: +5",
        "Content-Length: 0x5",
        "Content-Length: 99999999999999999999",
        "Transfer-Encoding: chunked, identity",
        "Transfer-Encoding: xchunked",
        "Transfer-Encoding : chunked",
        "Content-Length: 0\r\n Content-Length: 44",
    ] {
        let request = format!("GET /a HTTP/1.1\r\nHost: live.stream.test\r\n{doubtful}\r\n\r\n{SMUGGLED}");
        let said = said(&served, request.as_bytes()).await;
        assert!(said.starts_with("HTTP/1.1 400 "), "{doubtful}: {said}");
        assert!(!said.contains("smuggled"), "{doubtful}: {said}");
    }
}

#[tokio::test]
async fn a_body_ends_the_connection_so_that_nothing_within_it_is_taken_for_a_request() {
    let served = serve(Limits::DEFAULT);
    for head in [
        format!("Content-Length: {}", SMUGGLED.len()),
        "Transfer-Encoding: chunked".to_owned(),
        format!("Transfer-Encoding: chunked\r\nContent-Length: {}", SMUGGLED.len()),
        format!("Content-Length: {}\r\nTransfer-Encoding: chunked", SMUGGLED.len()),
    ] {
        let request =
            format!("GET /a HTTP/1.1\r\nHost: live.stream.test\r\n{head}\r\n\r\n0\r\n\r\n{SMUGGLED}");
        let said = said(&served, request.as_bytes()).await;
        assert_eq!(said.matches("HTTP/1.1 ").count(), 1, "{head}: {said}");
        assert!(!said.contains("smuggled"), "{head}: {said}");
    }
}

#[tokio::test]
async fn bytes_that_are_no_text_of_http_are_refused() {
    let served = serve(Limits::DEFAULT);
    for request in [
        &b"GET /\xff\xfe HTTP/1.1\r\nHost: live.stream.test\r\n\r\n"[..],
        b"GET /a HTTP/1.1\r\nHost: \xff\xfe\r\n\r\n",
        b"GET /a HTTP/1.1\r\nHost: live.stream.test\r\nA: \0\r\n\r\n",
        b"GET /a b HTTP/1.1\r\nHost: live.stream.test\r\n\r\n",
        b"G\xc3\x89T /a HTTP/1.1\r\nHost: live.stream.test\r\n\r\n",
        b"GET /a HTTP/1.1\r\nHost: live.stream.test\r\nA\xff: b\r\n\r\n",
    ] {
        let mut client = served.connect().await;
        client.send(request).await;
        let seen = client.response(false).await;
        assert_eq!(seen.status, 400, "{}: {}", String::from_utf8_lossy(request), seen.body);
    }
}

#[tokio::test]
async fn a_client_that_has_said_its_last_word_is_answered_all_the_same() {
    let redirects = serve(Limits::DEFAULT);
    let policy = HttpPolicy { mode: Mode::Rewrite, ..HttpPolicy::default() };
    let (_, rewrites) = staged(policy, "200 OK", "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\na.m3u8\n").await;
    for (served, status) in [(redirects, 302), (rewrites, 200)] {
        let mut client = served.connect().await;
        client.send(ask("GET", "/a.m3u8", "live.stream.test")).await;
        client.stream.shutdown().await.expect("it can say so");
        assert_eq!(client.response(false).await.status, status);
        client.until_closed().await;
    }
}
