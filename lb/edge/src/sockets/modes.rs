//! What each mode answers a playlist with, from an origin that is really asked, and what pages and returning viewers get.

use std::net::{IpAddr, Ipv4Addr};

use serde_json::Value;
use tokio::net::TcpListener;
use weir_core::{Directive, HttpPolicy, Interface, Mode, OriginScheme, Stickiness};

use super::*;
use crate::world::{interface, pool};

const MASTER: &str = "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=800000\nchunklist_w1.m3u8?s=1\n";
const MEDIA: &str = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\na.ts\n";
const LIVE: &str = "live.stream.test";

/// A world with two interfaces at which one origin answers everybody with the same.
pub(super) async fn staged(policy: HttpPolicy, status: &'static str, body: &'static str) -> (World, Served) {
    let origin = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).await.expect("a free port");
    let port = origin.local_addr().expect("it is bound").port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = origin.accept().await {
            tokio::spawn(async move {
                let mut client = Client::new(stream);
                while !client.buffer.ends_with(b"\r\n\r\n") && client.more().await > 0 {}
                client
                    .send(format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n{body}", body.len()))
                    .await;
            });
        }
    });
    let mut world = World::new();
    let mut live = pool("live", LIVE, OriginScheme::Http, port);
    live.http = policy;
    world.configure(vec![live]);
    let at = |number: u8| {
        let address = IpAddr::from([127, 0, 0, 11 + number]);
        Interface { address, ..interface(number, 10, &format!("198.51.100.{number}")) }
    };
    world.interfaces(vec![at(0), at(1)]);
    let served = serve_world(&world, Limits::DEFAULT, None);
    (world, served)
}

fn of(mode: Mode) -> HttpPolicy {
    HttpPolicy { mode, ..HttpPolicy::default() }
}

async fn get(served: &Served, target: &str) -> Seen {
    served.connect().await.request(&ask("GET", target, LIVE)).await
}

#[tokio::test]
async fn a_rewritten_master_leads_to_one_interface() {
    let (_, served) = staged(of(Mode::Rewrite), "200 OK", MASTER).await;
    let seen = get(&served, "/app/demo/playlist.m3u8?token=1").await;
    assert_eq!((seen.status, seen.header("content-type")), (200, "application/vnd.apple.mpegurl"));
    assert_eq!((seen.header("cache-control"), seen.header("access-control-allow-origin")), ("no-store", "*"));
    let url = seen.body.lines().last().expect("a URL");
    assert!(
        url.starts_with("http://eni") && url.ends_with("/app/demo/chunklist_w1.m3u8?s=1"),
        "{}",
        seen.body
    );
    served.until("weir_http_requests_total", "master", 1.0).await;
    let other = get(&served, "/app/demo/segment.ts").await;
    assert_eq!(other.status, 302, "what is no playlist is redirected");
    let head = served.connect().await.request(&ask("HEAD", "/app/demo/playlist.m3u8", LIVE)).await;
    assert_eq!((head.status, head.body.as_str()), (200, ""));
}

#[tokio::test]
async fn a_steered_master_has_each_variant_on_each_interface_and_its_server_answers() {
    let (_, served) = staged(of(Mode::Steer), "200 OK", MASTER).await;
    let seen = get(&served, "/app/demo/playlist.m3u8").await;
    assert_eq!(seen.status, 200);
    for name in ["eni0", "eni1"] {
        assert!(seen.body.contains(&format!("PATHWAY-ID=\"{name}\"")), "{}", seen.body);
        assert!(seen.body.contains(&format!("http://{name}.{LIVE}:")), "{}", seen.body);
    }
    let (_, rest) = seen.body.split_once("SERVER-URI=\"").expect("it is steered");
    let server = rest.split('"').next().expect("a URI");
    let seen = get(&served, &format!("{server}&_HLS_pathway=eni1&_HLS_throughput=1")).await;
    assert_eq!((seen.status, seen.header("content-type")), (200, "application/json"));
    let manifest: Value = serde_json::from_str(&seen.body).expect("JSON");
    assert_eq!(manifest["PATHWAY-PRIORITY"][0], "eni1");
    assert_eq!(served.metric("weir_steering_players", "live"), 1.0);
}

#[tokio::test]
async fn a_media_playlist_in_place_of_a_master_gets_one() {
    let (_, served) = staged(of(Mode::Steer), "200 OK", MEDIA).await;
    let seen = get(&served, "/app/demo/chunklist.m3u8?x=1").await;
    assert_eq!(seen.status, 200);
    let urls: Vec<_> = seen.body.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(urls.len(), 2, "{}", seen.body);
    assert!(urls.iter().all(|url| url.ends_with("/app/demo/chunklist.m3u8?x=1")), "{}", seen.body);
}

#[tokio::test]
async fn what_the_origin_refuses_is_passed_on_and_what_is_no_playlist_is_a_bad_gateway() {
    let (_, served) = staged(of(Mode::Steer), "404 Not Found", "no").await;
    assert_eq!(get(&served, "/a.m3u8").await.status, 404);
    let (_, served) = staged(of(Mode::Rewrite), "200 OK", "<html>").await;
    let seen = get(&served, "/a.m3u8").await;
    assert_eq!(seen.status, 502);
    assert_eq!(seen.body, "The origin's answer is no playlist that can be passed on.\n");
    served.until("weir_http_requests_total", "gateway", 1.0).await;
}

#[tokio::test]
async fn a_page_is_told_the_interface_and_where_to_go_on() {
    let (_, served) = staged(HttpPolicy::default(), "200 OK", MASTER).await;
    for target in ["/app/a.m3u8?x=1&format=json", "/api/pick?pool=live&path=/app/a.m3u8"] {
        let seen = get(&served, target).await;
        let pick: Value = serde_json::from_str(&seen.body).expect("JSON");
        let (first, other) = (&pick["interface"], &pick["alternatives"][0]["interface"]);
        assert_eq!(pick["pool"], "live");
        assert!(first != other && first.is_string() && other.is_string(), "{pick}");
        let url = pick["url"].as_str().expect("a URL");
        assert!(url.contains("/app/a.m3u8") && !url.contains("format"), "{url}");
    }
    let anywhere = served.connect().await.request(&ask("GET", "/api/pick?pool=live", "192.0.2.7")).await;
    assert_eq!(anywhere.status, 200);
    let unknown = served.connect().await.request(&ask("GET", "/api/pick?pool=other", "192.0.2.7")).await;
    assert_eq!(unknown.status, 404);
    assert_eq!(
        served.metric("weir_redirects_total", "eni0") + served.metric("weir_redirects_total", "eni1"),
        3.0
    );
}

#[tokio::test]
async fn a_page_made_for_wowza_finds_its_balancer() {
    let (_, served) = staged(HttpPolicy::default(), "200 OK", MASTER).await;
    let seen = get(&served, "/loadbalancer").await;
    assert!(
        ["redirect=eni0.live.stream.test", "redirect=eni1.live.stream.test"].contains(&seen.body.as_str())
    );
    let seen = get(&served, "/redirect/app/demo?type=m3u8&x=1").await;
    assert!(seen.header("location").ends_with("/app/demo/playlist.m3u8?x=1"), "{}", seen.header("location"));
    assert_eq!(get(&served, "/redirect/app/demo?type=smil").await.status, 400);
}

#[tokio::test]
async fn a_viewer_who_is_known_comes_to_the_same_interface_as_long_as_it_is_open() {
    let policy = HttpPolicy { stickiness: Stickiness::Query("user".to_owned()), ..HttpPolicy::default() };
    let (mut world, served) = staged(policy, "200 OK", MASTER).await;
    let (mut firsts, mut same) = (HashMap::new(), 0);
    for _ in 0..5 {
        for user in 0..20 {
            let seen = get(&served, &format!("/a.m3u8?user={user}")).await;
            let location = seen.header("location").to_owned();
            same += i32::from(*firsts.entry(user).or_insert_with(|| location.clone()) == location);
        }
    }
    // Few viewers are uneven by chance, and then the bound moves some. Without a key half of eighty would return.
    assert!(same >= 20 + 64, "{same} of 100 came to where they were first");
    let kept: Vec<_> = firsts.values().cloned().collect();
    assert!(
        kept.iter().any(|url| url.contains("eni0")) && kept.iter().any(|url| url.contains("eni1")),
        "{kept:?}"
    );
    world.order("eni0", Directive::Drain);
    for user in 0..20 {
        let seen = get(&served, &format!("/a.m3u8?user={user}")).await;
        assert!(seen.header("location").contains("//eni1."), "{}", seen.header("location"));
    }
}

#[tokio::test]
async fn when_nothing_plays_viewers_are_sent_elsewhere_if_there_is_such_a_place() {
    let policy =
        HttpPolicy { overflow: Some("https://backup.example/cdn".to_owned()), ..HttpPolicy::default() };
    let (mut world, served) = staged(policy, "200 OK", MASTER).await;
    assert!(get(&served, "/a.m3u8?x").await.header("location").contains("live.stream.test"));
    world.interfaces(Vec::new());
    let seen = get(&served, "/a.m3u8?x").await;
    assert_eq!((seen.status, seen.header("location")), (302, "https://backup.example/cdn/a.m3u8?x"));
    assert_eq!(served.metric("weir_overflow_redirects_total", "live"), 1.0);
}
