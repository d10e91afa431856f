//! What one client may send, and how slowly.

use tokio::time::Instant;

use std::num::NonZeroU32;

use super::*;
use crate::admission::Rates;

const SHORT: Duration = Duration::from_millis(150);

#[tokio::test]
async fn a_client_that_sends_its_headers_slowly_is_cut_off_in_time() {
    let served = serve(Limits { head_time: SHORT, ..Limits::DEFAULT });
    let mut client = served.connect().await;
    let begun = Instant::now();
    client.send("GET / HTTP/1.1\r\nHost: live.stream.test\r\n").await;
    let (mut reads, mut writes) = client.stream.into_split();
    // One more header line every 10 ms, for ever.
    let dripping = async {
        let mut every = tokio::time::interval(Duration::from_millis(10));
        while writes.write_all(b"A: b\r\n").await.is_ok() {
            every.tick().await;
        }
    };
    let closed = async { while reads.read(&mut [0; 64]).await.is_ok_and(|n| n > 0) {} };
    let either = async {
        tokio::select! { () = closed => {}, () = dripping => {} }
    };
    timeout(DEADLINE, either).await.expect("cut off");
    assert!(begun.elapsed() >= SHORT && begun.elapsed() < SHORT * 20, "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_client_that_never_says_anything_is_cut_off() {
    let served = serve(Limits { head_time: SHORT, ..Limits::DEFAULT });
    served.connect().await.until_closed().await;
    served.until("weir_http_connections", "", 0.0).await;
}

#[tokio::test]
async fn the_limit_for_headers_holds_for_later_requests_and_not_between_them() {
    let served = serve(Limits { head_time: SHORT, ..Limits::DEFAULT });
    let mut client = served.connect().await;
    let request = ask("GET", "/", "live.stream.test");
    for _ in 0..2 {
        assert_eq!(client.request(&request).await.status, 302);
        // The connection outlives the limit while it is idle.
        let idle = timeout(SHORT * 3, client.stream.read_buf(&mut client.buffer)).await;
        assert!(idle.is_err(), "{idle:?}");
    }
    let begun = Instant::now();
    client.send(&request[..20]).await;
    client.until_closed().await;
    assert!(begun.elapsed() < SHORT * 20, "{:?}", begun.elapsed());
}

#[tokio::test]
async fn an_idle_connection_is_closed_in_time() {
    let served = serve(Limits { idle_time: SHORT, ..Limits::DEFAULT });
    let mut client = served.connect().await;
    assert_eq!(client.request(&ask("GET", "/", "live.stream.test")).await.status, 302);
    let begun = Instant::now();
    client.until_closed().await;
    // The default limit for headers, five seconds, has no part in it.
    assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_client_that_does_not_read_its_answers_is_cut_off() {
    let served = serve(Limits { head_time: SHORT, idle_time: SHORT, ..Limits::DEFAULT });
    let mut client = served.connect().await;
    let requests = ask("GET", "/", "live.stream.test").repeat(1000);
    // The answers fill the sockets' buffers; then the server reads no more, and at last closes.
    let flood = async { while client.stream.write_all(requests.as_bytes()).await.is_ok() {} };
    timeout(DEADLINE, flood).await.expect("cut off");
}

#[tokio::test]
async fn headers_that_are_too_many_or_too_long_are_answered_431() {
    let served = serve(Limits::DEFAULT);
    let many: String = (0..65).map(|n| format!("A{n}: b\r\n")).collect();
    let long = format!("A: {}\r\n", "b".repeat(17 * 1024));
    let longer = format!("A: {}\r\n", "b".repeat(200 * 1024));
    for headers in [many, long, longer] {
        let mut client = served.connect().await;
        let request = format!("GET / HTTP/1.1\r\nHost: live.stream.test\r\n{headers}\r\n");
        assert_eq!(client.request(&request).await.status, 431);
        client.until_closed().await;
    }
    served.until("weir_http_requests_total", "too_long", 3.0).await;

    let most: String = (0..63).map(|n| format!("A{n}: {}\r\n", "b".repeat(200))).collect();
    let request = format!("GET / HTTP/1.1\r\nHost: live.stream.test\r\n{most}\r\n");
    assert_eq!(served.connect().await.request(&request).await.status, 302);
}

#[tokio::test]
async fn one_connection_too_many_is_told_so_and_closed_and_counted() {
    let served = serve(Limits { connections: 2, ..Limits::DEFAULT });
    let request = ask("GET", "/", "live.stream.test");
    let mut first = served.connect().await;
    let mut second = served.connect().await;
    assert_eq!(first.request(&request).await.status, 302);
    assert_eq!(second.request(&request).await.status, 302);
    let mut third = served.connect().await;
    let seen = third.request(&request).await;
    assert_eq!((seen.status, seen.header("retry-after"), seen.header("connection")), (503, "1", "close"));
    assert_eq!(seen.body, "Too many connections. Try again soon.\n");
    third.until_closed().await;
    served.until("weir_http_connections_refused_total", "", 1.0).await;

    drop(first);
    served.until("weir_http_connections", "", 1.0).await;
    // The gauge falls a moment before the place is free.
    let let_in = async {
        loop {
            let mut third = served.connect().await;
            if third.stream.write_all(request.as_bytes()).await.is_ok()
                && third.stream.read_buf(&mut third.buffer).await.is_ok_and(|n| n > 0)
            {
                break;
            }
        }
    };
    timeout(DEADLINE, let_in).await.expect("a place is free");
    assert_eq!(second.request(&request).await.status, 302);
}

#[tokio::test]
async fn a_client_that_asks_too_often_is_told_when_to_come_again_and_others_are_served() {
    let served = serve(Limits::DEFAULT);
    let two = Rates { client: NonZeroU32::new(2), total: None, exempt: Vec::new() };
    served.edge.replace_rates(two);
    let mut client = served.connect().await;
    let mut statuses = Vec::new();
    for _ in 0..20 {
        let seen = client.request(&ask("GET", "/a", "live.stream.test")).await;
        assert!(seen.status == 302 || seen.header("retry-after") == "1", "{seen:?}");
        statuses.push(seen.status);
    }
    assert_eq!(statuses[..2], [302, 302]);
    assert!(statuses.contains(&503), "{statuses:?}");
    served
        .until("weir_http_requests_total", "limited", statuses.iter().filter(|s| **s == 503).count() as f64)
        .await;
    served.edge.replace_rates(Rates { client: None, total: None, exempt: Vec::new() });
    for _ in 0..20 {
        let seen = served.connect().await.request(&ask("GET", "/a", "live.stream.test")).await;
        assert_eq!(seen.status, 302, "other rates hold for new connections");
    }
}
