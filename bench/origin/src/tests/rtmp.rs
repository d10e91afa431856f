//! RTMP as a player sees it.

use super::client::Rtmp;
use super::origin;
use crate::rtmp::amf::{Value, object};

#[tokio::test]
async fn a_player_gets_headers_then_frames_at_the_bit_rate() {
    let (origin, addresses) = origin();
    for (app, stream) in [("live", "demo"), ("live/_definst_", "mp4:demo?token=x"), ("live/?a", "demo")] {
        let (mut client, code) = Rtmp::play(addresses[0], app, stream).await;
        assert_eq!(code, "NetStream.Play.Start");
        let video = client.media().await.unwrap();
        assert_eq!((video.kind, &video.payload[..5]), (9, &[0x17, 0, 0, 0, 0][..]));
        let audio = client.media().await.unwrap();
        assert_eq!((audio.kind, &audio.payload[..]), (8, &[0xAF, 0, 0x11, 0x88][..]));

        // Whole frames: from one picture to the fifth after it.
        let mut bytes = 0;
        let mut times = Vec::new();
        while times.len() < 6 {
            let media = client.media().await.unwrap();
            bytes += if times.is_empty() { 0 } else { media.payload.len() };
            if media.kind == 9 {
                times.push(media.time);
            }
        }
        // Frames may be left out when the machine stalls, but never moved.
        assert!(times.windows(2).all(|pair| pair[0] < pair[1] && (pair[1] - pair[0]) % 100 == 0));
        // 1 Mbit/s for half a second, less the chunk headers.
        assert!((61_000..62_600).contains(&bytes), "{bytes}");
    }
    let stats = origin.stats(0).unwrap();
    assert_eq!((stats.requests, stats.connections), (3, 3));
    assert!(stats.bytes_sent > 3 * 61_000);
    assert_eq!(origin.stats(1), Some(crate::Stats::default()));
}

#[tokio::test]
async fn unknown_names_are_told_and_the_right_one_may_be_tried_after() {
    let (_origin, addresses) = origin();
    let (mut client, code) = Rtmp::play(addresses[0], "vod", "demo").await;
    assert_eq!(code, "NetConnection.Connect.InvalidApp");
    assert!(client.next().await.is_none());

    let (mut client, code) = Rtmp::play(addresses[0], "live", "other").await;
    assert_eq!(code, "NetStream.Play.StreamNotFound");
    client.call("play", 4.0, &[Value::Null, "demo".into()]).await;
    assert!(client.media().await.is_some());
    client.call("deleteStream", 5.0, &[Value::Null, 1.0.into()]).await;
    client.falls_silent().await;
}

#[tokio::test]
async fn a_command_before_connect_ends_the_session_and_a_second_connect_does_not() {
    let (_origin, addresses) = origin();
    let mut early = Rtmp::to(addresses[0]).await;
    early.call("play", 1.0, &[Value::Null, "demo".into()]).await;
    assert!(early.next().await.is_none());

    let (mut client, _) = Rtmp::play(addresses[0], "live", "demo").await;
    client.call("connect", 9.0, &[object([("app", "vod".into())])]).await;
    assert!(client.media().await.is_some());
}
