//! Common requests, which are answered without hyper, and hyper's own answers to the same.

use weir_core::{HttpPolicy, Mode, SteeringRules, Ttl};

use super::*;
use crate::world::pool;

/// What makes hyper answer: a length, although of nothing.
const UNCOMMON: &str = "Content-Length: 0\r\n";

/// A world with a pool of each mode, of one interface each, so that two answers are alike.
fn world() -> World {
    let mut world = World::new();
    let of = |name: &str, mode| {
        let mut pool = pool(name, &format!("{name}.stream.test"), weir_core::OriginScheme::Http, 1935);
        // Of a second no part is taken off.
        let steering = SteeringRules { ttl: Ttl::from_secs(1), ..SteeringRules::default() };
        pool.http = HttpPolicy { mode, steering, ..HttpPolicy::default() };
        pool
    };
    let mut empty = of("empty", Mode::Redirect);
    empty.members = weir_core::Members::Named(Vec::new());
    world.configure(vec![of("live", Mode::Redirect), of("steer", Mode::Steer), empty]);
    world.interfaces(vec![crate::world::interface(0, 10, "198.51.100.10")]);
    world
}

/// All that comes back for these bytes, on a connection that the client ends.
async fn said(served: &Served, bytes: &str) -> String {
    let mut client = served.connect().await;
    client.send(bytes).await;
    client.stream.shutdown().await.expect("it can say so");
    client.until_closed().await;
    String::from_utf8_lossy(&client.buffer).into_owned()
}

/// Without what may differ: the date.
fn alike(said: &str) -> Vec<&str> {
    said.split("\r\n").filter(|line| !line.starts_with("date: ")).collect()
}

#[tokio::test]
async fn both_ways_answer_the_same_bytes() {
    let served = serve_world(&world(), Limits::DEFAULT, None);
    for host in ["live.stream.test", "steer.stream.test", "empty.stream.test", "live.stream.test:8080"] {
        for path in [
            "/",
            "/live/demo/playlist.m3u8?token=%2f&x",
            "/a?format=json",
            "/loadbalancer",
            "/redirect/live/demo?type=m3u8",
            "/redirect/live/demo?type=rtmp",
            "/.weir/steering?viewer=7&has=eni0&_HLS_pathway=eni0",
            "/api/pick?pool=live",
        ] {
            if host.starts_with("steer") && path.contains("m3u8") {
                continue; // Nobody listens where the master would be fetched.
            }
            for (method, more) in [
                ("GET", ""),
                ("HEAD", ""),
                ("GET", "Connection: close\r\n"),
                ("GET", "X-Forwarded: a, b\r\n"),
            ] {
                let request =
                    |header: &str| format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\n{more}{header}\r\n");
                let quick = said(&served, &request("")).await;
                let general = said(&served, &request(UNCOMMON)).await;
                assert!(quick.contains("\r\ndate: "), "{quick}");
                assert_eq!(alike(&quick), alike(&general), "{method} {path} at {host} with {more:?}");
            }
        }
    }
}

#[tokio::test]
async fn requests_in_a_row_are_answered_in_order_whoever_answers_them() {
    let served = serve_world(&world(), Limits::DEFAULT, None);
    let get = |path: &str, more: &str| format!("GET {path} HTTP/1.1\r\nHost: live.stream.test\r\n{more}\r\n");
    for order in [
        ["", "", "", ""],
        ["", "", UNCOMMON, ""],
        [UNCOMMON, "", "", ""],
        ["", "", "", "Connection: close\r\n"],
    ] {
        let all: String = (0..4).zip(order).map(|(number, more)| get(&format!("/{number}"), more)).collect();
        // In one piece, and byte by byte.
        for piece in [all.len(), 1, 7] {
            let mut client = served.connect().await;
            for part in all.as_bytes().chunks(piece) {
                client.send(part).await;
            }
            for number in 0..4 {
                let seen = client.response(false).await;
                assert!(seen.header("location").ends_with(&format!("/{number}")), "{number}: {seen:?}");
            }
        }
    }
}

#[tokio::test]
async fn what_follows_the_last_request_of_a_connection_does_not_lose_its_answer() {
    let served = serve_world(&world(), Limits::DEFAULT, None);
    let last = "GET /last HTTP/1.1\r\nHost: live.stream.test\r\nConnection: close\r\n\r\n";
    let said = said(&served, &format!("{last}{last}{}", "x".repeat(4000))).await;
    assert_eq!(said.matches("HTTP/1.1 302").count(), 1, "{said}");
    assert!(said.contains("/last\r\n") && said.contains("connection: close\r\n"), "{said}");
}

/// So many requests are far more than the sockets hold.
const MANY: usize = 3000;

#[tokio::test]
async fn no_answer_is_lost_when_more_is_asked_than_the_sockets_hold() {
    let served = serve_world(&world(), Limits::DEFAULT, None);
    let mut client = served.connect().await;
    let request = format!("GET /{} HTTP/1.1\r\nHost: live.stream.test\r\n\r\n", "a".repeat(3000));
    let (mut reading, mut writing) = client.stream.split();
    let asking = async {
        for _ in 0..MANY {
            writing.write_all(request.as_bytes()).await.expect("it reads");
        }
    };
    let answered = async {
        let (mut count, mut bytes, mut room) = (0, 0, vec![0; 64 * 1024]);
        while count < MANY {
            let read = reading.read(&mut room).await.expect("it answers");
            assert!(read > 0, "closed after {count}");
            bytes += read;
            count = bytes / (3000 + 300);
        }
    };
    timeout(DEADLINE, async { tokio::join!(asking, answered) }).await.expect("nobody waits for the other");
}
