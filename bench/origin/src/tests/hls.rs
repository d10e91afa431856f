//! HLS as a player sees it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::BodyExt;
use hyper::Request;

use super::client::{Http, soon};
use super::{origin, quick};
use crate::OriginConfig;
use crate::endpoint::Endpoint;
use crate::http::answer;
use crate::stream::Stream;

#[tokio::test]
async fn a_player_can_go_from_the_master_to_the_segments_on_one_connection() {
    let (_origin, addresses) = origin();
    for folder in ["/live/_definst_/demo", "/live/demo"] {
        let mut http = Http::to(addresses[0]).await;
        let master = http.get(&format!("{folder}/playlist.m3u8?token=a%20b&x")).await;
        assert_eq!(master.status, 200);
        assert_eq!(master.header("content-type"), Some("application/vnd.apple.mpegurl"));
        assert_eq!(master.header("access-control-allow-origin"), Some("*"));
        let media = &master.entries()[0];
        assert!(media.starts_with("chunklist_w") && media.ends_with(".m3u8?token=a%20b&x"), "{media}");

        let list = http.get(&format!("{folder}/{media}")).await;
        assert_eq!((list.status, list.entries().len()), (200, 50));
        for (place, name) in list.entries().iter().enumerate() {
            let number = list.sequence() + place as u64;
            assert!(name.ends_with(&format!("_{number}.ts?token=a%20b&x")), "{name}");
            let segment = http.get(&format!("{folder}/{name}")).await;
            assert_eq!((segment.status, segment.header("content-type")), (200, Some("video/MP2T")));
            assert_eq!(segment.body.len(), 12_500 / 188 * 188);
            assert!(segment.body.chunks(188).all(|packet| packet.len() == 188 && packet[0] == 0x47));
        }
    }
}

#[tokio::test]
async fn every_master_has_a_new_session_and_any_session_is_known() {
    let (_origin, addresses) = origin();
    let mut http = Http::to(addresses[0]).await;
    let first = http.get("/live/demo/playlist.m3u8").await.entries();
    let second = http.get("/live/demo/playlist.m3u8").await.entries();
    assert_ne!(first, second);
    assert_eq!(http.get("/live/demo/chunklist_w1.m3u8").await.status, 200);
}

#[tokio::test]
async fn head_ranges_and_preflight_are_answered() {
    let (_origin, addresses) = origin();
    let mut http = Http::to(addresses[0]).await;
    let name = http.get("/live/demo/chunklist_w1.m3u8").await.entries().pop().unwrap();
    let path = format!("/live/demo/{name}");
    let whole = http.get(&path).await.body;

    let head = http.ask("HEAD", &path, "").await.unwrap();
    assert_eq!(head.header("content-length"), Some(&*whole.len().to_string()));

    let part = http.ask("GET", &path, "Range: bytes=180-2000\r\n").await.unwrap();
    assert_eq!((part.status, &part.body[..]), (206, &whole[180..=2000]));
    assert_eq!(part.header("content-range"), Some(&*format!("bytes 180-2000/{}", whole.len())));

    let outside = http.ask("GET", &path, "Range: bytes=999999-\r\n").await.unwrap();
    assert_eq!((outside.status, outside.body.len()), (416, 0));

    let preflight = http.ask("OPTIONS", &path, "Origin: null\r\n").await.unwrap();
    assert_eq!((preflight.status, preflight.header("access-control-allow-origin")), (200, Some("*")));
}

#[tokio::test]
async fn version_is_told_and_other_paths_and_methods_are_not_known() {
    let (_origin, addresses) = origin();
    let mut http = Http::to(addresses[0]).await;
    let version = http.get("/ServerVersion").await;
    assert_eq!((version.status, version.header("content-type")), (200, Some("text/html")));
    assert!(version.text().contains("Wowza Streaming Engine 4"));
    assert_eq!(http.get("/").await.status, 404);
    assert_eq!(http.get("/live/other/playlist.m3u8").await.status, 404);
    assert_eq!(http.get("/live/demo/media_w1_99999999.ts").await.status, 404);
    assert_eq!(http.ask("DELETE", "/live/demo/playlist.m3u8", "").await.unwrap().status, 405);
}

#[tokio::test]
async fn the_list_grows_for_a_player_that_reloads_it() {
    let (_origin, addresses) = origin();
    let mut http = Http::to(addresses[0]).await;
    let first = http.get("/live/demo/chunklist_w1.m3u8").await.sequence();
    let mut last = first;
    soon(async {
        while last < first + 3 {
            let now = http.get("/live/demo/chunklist_w1.m3u8").await.sequence();
            assert!(now >= last);
            last = now;
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn the_sequence_follows_the_clock_and_nothing_else() {
    let config = OriginConfig { target_duration: Duration::from_secs(2), ..quick() };
    let address = SocketAddr::from(([127, 0, 0, 1], 1));
    let endpoint = Endpoint::new(address, Arc::new(Stream::new(config)));
    let list = async || {
        let request = Request::get("/live/demo/chunklist_w1.m3u8").body(()).unwrap();
        let body = answer(&endpoint, &request).into_body().collect().await.unwrap();
        String::from_utf8(body.to_bytes().to_vec()).unwrap()
    };
    for step in 0..50 {
        assert!(list().await.contains(&format!("#EXT-X-MEDIA-SEQUENCE:{}\n", 950 + step)));
        tokio::time::advance(Duration::from_millis(1_999)).await;
        assert!(list().await.contains(&format!("#EXT-X-MEDIA-SEQUENCE:{}\n", 950 + step)));
        tokio::time::advance(Duration::from_millis(1)).await;
    }
}
