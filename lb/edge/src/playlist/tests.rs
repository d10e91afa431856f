//! Masters as origins send them, and what becomes of them.

use super::*;

const OWN: [&str; 1] = ["127.0.0.11:1935"];

/// What Wowza sends for a stream of one rendition: a session in the name, the token of the request at the end.
const WOWZA: &str = "#EXTM3U\r\n#EXT-X-VERSION:3\r\n\
    #EXT-X-STREAM-INF:BANDWIDTH=1128000,CODECS=\"avc1.66.30,mp4a.40.2\",RESOLUTION=640x360\r\n\
    chunklist_w123456.m3u8?token=a%2Fb==\r\n";

const PATH: &str = "/app/_definst_/stream/playlist.m3u8?token=a%2Fb==";

fn master(text: &str) -> Master {
    match read(text.as_bytes(), &OWN) {
        Ok(Playlist::Master(master)) => master,
        other => panic!("no master: {other:?}"),
    }
}

fn rewritten(text: &str) -> String {
    master(text).rewritten(&Place { root: "http://eni0.live.test:1935", path: PATH })
}

#[test]
fn a_master_of_wowza_points_at_one_interface() {
    let expected = "#EXTM3U\n#EXT-X-VERSION:3\n\
        #EXT-X-STREAM-INF:BANDWIDTH=1128000,CODECS=\"avc1.66.30,mp4a.40.2\",RESOLUTION=640x360\n\
        http://eni0.live.test:1935/app/_definst_/stream/chunklist_w123456.m3u8?token=a%2Fb==\n";
    assert_eq!(rewritten(WOWZA), expected);
}

#[test]
fn a_master_of_wowza_is_steered_over_two_interfaces() {
    let pathways = [
        Pathway { id: "eni1", root: "http://eni1.live.test:1935" },
        Pathway { id: "eni0", root: "http://eni0.live.test:1935" },
    ];
    let text = master(WOWZA).steered(&pathways, PATH, "http://live.test/steer?token=a%2Fb==");
    let expected = "#EXTM3U\n\
        #EXT-X-CONTENT-STEERING:SERVER-URI=\"http://live.test/steer?token=a%2Fb==\",PATHWAY-ID=\"eni1\"\n\
        #EXT-X-VERSION:3\n\
        #EXT-X-STREAM-INF:BANDWIDTH=1128000,CODECS=\"avc1.66.30,mp4a.40.2\",RESOLUTION=640x360,\
        STABLE-VARIANT-ID=\"v0\",PATHWAY-ID=\"eni1\"\n\
        http://eni1.live.test:1935/app/_definst_/stream/chunklist_w123456.m3u8?token=a%2Fb==\n\
        #EXT-X-STREAM-INF:BANDWIDTH=1128000,CODECS=\"avc1.66.30,mp4a.40.2\",RESOLUTION=640x360,\
        STABLE-VARIANT-ID=\"v0\",PATHWAY-ID=\"eni0\"\n\
        http://eni0.live.test:1935/app/_definst_/stream/chunklist_w123456.m3u8?token=a%2Fb==\n";
    assert_eq!(text, expected);
}

#[test]
fn a_media_playlist_gets_a_master_of_its_own() {
    assert_eq!(read(b"#EXTM3U\n#EXT-X-TARGETDURATION:4\n", &OWN), Ok(Playlist::Media));
    let master = Master::of_media("/app/stream/chunklist.m3u8?t=1", 1_500_000);
    assert_eq!(
        master.rewritten(&Place { root: "https://eni0", path: "/other" }),
        "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1500000\nhttps://eni0/app/stream/chunklist.m3u8?t=1\n"
    );
}
