//! What clients see of each answer.

use super::*;

#[tokio::test]
async fn a_redirect_says_where_and_that_it_must_not_be_kept_and_who_may_follow() {
    let served = serve(Limits::DEFAULT);
    let seen = served.connect().await.request(&ask("GET", "/a/b.m3u8?c=%20", "Live.Stream.Test")).await;
    assert_eq!(seen.status, 302);
    assert_eq!(seen.header("location"), "http://eni2.live.stream.test:1935/a/b.m3u8?c=%20");
    assert_eq!(seen.header("cache-control"), "no-store");
    assert_eq!(seen.header("access-control-allow-origin"), "*");
    assert_eq!(seen.header("access-control-expose-headers"), "Location");
    assert_eq!(seen.header("content-type"), "text/plain; charset=utf-8");
    assert_eq!(seen.header("content-length"), seen.body.len().to_string());
    assert!(!seen.body.is_empty() && !seen.header("date").is_empty());
    assert!(!seen.headers.contains_key("connection"));
}

#[tokio::test]
async fn head_is_answered_like_get_without_a_body() {
    let served = serve(Limits::DEFAULT);
    let mut client = served.connect().await;
    let host = "eni1.live.stream.test";
    let head = client.request(&ask("HEAD", "/a", host)).await;
    let get = client.request(&ask("GET", "/a", host)).await;
    let but_date = |seen: &Seen| {
        let mut headers = seen.headers.clone();
        headers.remove("date");
        headers
    };
    assert_eq!((head.status, but_date(&head)), (302, but_date(&get)));
    assert!(head.body.is_empty() && !get.body.is_empty());
}

#[tokio::test]
async fn a_preflight_permits_what_it_is_asked_for() {
    let served = serve(Limits::DEFAULT);
    let mut client = served.connect().await;
    let asked = "OPTIONS /a HTTP/1.1\r\nHost: live.stream.test\r\nOrigin: https://page.test\r\n\
                 Access-Control-Request-Method: GET\r\nAccess-Control-Request-Headers: range\r\n\r\n";
    let seen = client.request(asked).await;
    assert_eq!((seen.status, seen.body.as_str()), (204, ""));
    assert_eq!(seen.header("access-control-allow-origin"), "*");
    assert_eq!(seen.header("access-control-allow-methods"), "GET, HEAD, OPTIONS");
    assert_eq!(seen.header("access-control-allow-headers"), "range");
    assert_eq!(seen.header("access-control-max-age"), "86400");
    let plain = client.request(&ask("OPTIONS", "/a", "live.stream.test")).await;
    assert_eq!(plain.header("access-control-allow-headers"), "*");
}

#[tokio::test]
async fn one_connection_answers_many_requests_in_the_shares_of_the_weights() {
    let served = serve(Limits::DEFAULT);
    let mut client = served.connect().await;
    let mut given: HashMap<String, u32> = HashMap::new();
    for _ in 0..1000 {
        let seen = client.request(&ask("GET", "/", "live.stream.test")).await;
        *given.entry(seen.header("location").to_owned()).or_default() += 1;
    }
    let mut counts: Vec<_> = given.into_values().collect();
    counts.sort_unstable();
    assert_eq!(counts, [100, 200, 200, 500]);
    assert_eq!(served.metric("weir_redirects_total", "eni2"), 500.0);
    assert_eq!(served.metric("weir_http_requests_total", "redirect"), 1000.0);
    assert_eq!(served.metric("weir_http_connections", ""), 1.0);
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_order() {
    let served = serve(Limits::DEFAULT);
    let mut client = served.connect().await;
    let requests: String = (0..20).map(|n| ask("GET", &format!("/{n}"), "live.stream.test")).collect();
    client.send(requests).await;
    for n in 0..20 {
        let seen = client.response(false).await;
        assert!(seen.header("location").ends_with(&format!(":1935/{n}")), "{seen:?}");
    }
}

#[tokio::test]
async fn every_other_answer_says_what_was_wrong() {
    let served = serve(Limits::DEFAULT);
    let mut client = served.connect().await;
    let unknown = client.request(&ask("GET", "/", "other.test")).await;
    let text = "No stream is served under the host name \"other.test\".\n";
    assert_eq!((unknown.status, unknown.body.as_str()), (404, text));
    assert_eq!(unknown.header("access-control-allow-origin"), "*");

    let method = client.request(&ask("DELETE", "/", "live.stream.test")).await;
    assert_eq!((method.status, method.header("allow")), (405, "GET, HEAD, OPTIONS"));

    let empty = client.request(&ask("GET", "/", "empty.stream.test")).await;
    assert_eq!((empty.status, empty.header("retry-after")), (503, "5"));

    let no_host = client.request("GET / HTTP/1.1\r\n\r\n").await;
    assert_eq!((no_host.status, no_host.body.as_str()), (400, "Bad request: the request names no host.\n"));

    let long = client.request(&ask("GET", &format!("/{}", "a".repeat(9000)), "live.stream.test")).await;
    assert_eq!(long.status, 414);
    for outcome in ["not_found", "method", "unavailable", "bad_request", "too_long"] {
        assert_eq!(served.metric("weir_http_requests_total", outcome), 1.0, "{outcome}");
    }
}

#[tokio::test]
async fn a_request_with_a_body_is_answered_and_is_the_last_of_its_connection() {
    let served = serve(Limits::DEFAULT);
    for framing in
        ["Content-Length: 100000", "Transfer-Encoding: chunked", "Content-Length: 5\r\nExpect: 100-continue"]
    {
        let mut client = served.connect().await;
        let head = format!("GET / HTTP/1.1\r\nHost: live.stream.test\r\n{framing}\r\n\r\n");
        let seen = client.request(&head).await;
        assert_eq!((seen.status, seen.header("connection")), (302, "close"), "{framing}");
        client.until_closed().await;
    }
    let mut client = served.connect().await;
    let empty = "GET / HTTP/1.1\r\nHost: live.stream.test\r\nContent-Length: 0\r\n\r\n";
    assert_eq!(client.request(empty).await.header("connection"), "");
    assert_eq!(client.request(empty).await.status, 302);
}
