//! Masters as origins send them, and what becomes of them.

use super::*;

const OWN: [&str; 2] = ["127.0.0.11:1935", "live.test:1935"];

const PATH: &str = "/app/_definst_/stream/playlist.m3u8?token=a%2Fb==";

const STEERING: &str = "http://live.test/steering?token=a%2Fb==";

const PATHWAYS: [Pathway<'static>; 2] = [
    Pathway { id: "eni1", root: "http://eni1.live.test:1935" },
    Pathway { id: "eni0", root: "http://eni0.live.test:1935" },
];

/// What Wowza sends for a stream of one rendition: a session in the name, and the token of the request behind it.
const WOWZA: &str = "#EXTM3U\r\n#EXT-X-VERSION:3\r\n\
    #EXT-X-STREAM-INF:BANDWIDTH=1128000,CODECS=\"avc1.66.30,mp4a.40.2\",RESOLUTION=640x360\r\n\
    chunklist_w123456.m3u8?token=a%2Fb==\r\n";

/// Several renditions by a SMIL file, with a comment and a blank line where they should not be.
const SMIL: &str = "#EXTM3U\n#EXT-X-VERSION:3\n## made by hand\n\n\
    #EXT-X-STREAM-INF:BANDWIDTH=3000000,NAME=\"720p\"\nchunklist_w9_b3000000.m3u8\n\
    #EXT-X-STREAM-INF:BANDWIDTH=800000\n# the small one\n\n../stream/chunklist_w9_b800000.m3u8\n";

/// Audio, subtitles and captions apart, with variants for fast forward, data and a key; as a packager writes it.
const GROUPS: &str = r#"#EXTM3U
#EXT-X-VERSION:6
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-SESSION-KEY:METHOD=AES-128,URI="/keys/1"
#EXT-X-SESSION-DATA:DATA-ID="com.test.title",URI="title.json"
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="aac",NAME="English, stereo",DEFAULT=YES,URI="audio/en.m3u8"
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="aac",NAME="as filmed"
#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="subs",NAME="Deutsch",STABLE-RENDITION-ID="de",URI="subs/de.m3u8"
#EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS,GROUP-ID="cc",NAME="CC1",INSTREAM-ID="CC1"
#EXT-X-STREAM-INF:BANDWIDTH=3000000,AUDIO="aac",SUBTITLES="subs",CLOSED-CAPTIONS="cc"
v1/index.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=800000,AUDIO="aac",CLOSED-CAPTIONS=NONE,STABLE-VARIANT-ID="low"
v2/index.m3u8
#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=90000,URI="v1/iframes.m3u8"
"#;

/// What others have steered already, by absolute URIs of the origin and of another network.
const STEERED: &str = r#"#EXTM3U
#EXT-X-CONTENT-STEERING:SERVER-URI="/steering",PATHWAY-ID="cdn-a"
#EXT-X-STREAM-INF:PATHWAY-ID="cdn-a",BANDWIDTH=800000
HTTP://127.0.0.11:1935/app/_definst_/stream/a.m3u8?b=HTTP://127.0.0.11:1935
#EXT-X-STREAM-INF:BANDWIDTH=800000,PATHWAY-ID="cdn-b"
https://cdn.test/./b.m3u8
"#;

fn master(text: &str) -> Master {
    match read(text.as_bytes(), &OWN) {
        Ok(Playlist::Master(master)) => master,
        other => panic!("no master: {other:?}"),
    }
}

fn rewritten(text: &str) -> String {
    master(text).rewritten(&Place { root: "http://eni0.live.test:1935", path: PATH })
}

fn steered(text: &str) -> String {
    master(text).steered(&PATHWAYS, PATH, STEERING)
}

fn fault(text: &str) -> String {
    read(text.as_bytes(), &OWN).expect_err(text).to_string()
}

/// A master with one variant and further lines.
fn with(lines: &str) -> String {
    format!("#EXTM3U\n{lines}\n#EXT-X-STREAM-INF:BANDWIDTH=1\na.m3u8\n")
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
    let expected = r#"#EXTM3U
#EXT-X-CONTENT-STEERING:SERVER-URI="http://live.test/steering?token=a%2Fb==",PATHWAY-ID="eni1"
#EXT-X-VERSION:3
#EXT-X-STREAM-INF:BANDWIDTH=1128000,CODECS="avc1.66.30,mp4a.40.2",RESOLUTION=640x360,STABLE-VARIANT-ID="v0",PATHWAY-ID="eni1"
http://eni1.live.test:1935/app/_definst_/stream/chunklist_w123456.m3u8?token=a%2Fb==
#EXT-X-STREAM-INF:BANDWIDTH=1128000,CODECS="avc1.66.30,mp4a.40.2",RESOLUTION=640x360,STABLE-VARIANT-ID="v0",PATHWAY-ID="eni0"
http://eni0.live.test:1935/app/_definst_/stream/chunklist_w123456.m3u8?token=a%2Fb==
"#;
    assert_eq!(steered(WOWZA), expected);
}

#[test]
fn comments_stay_and_blank_lines_go() {
    let expected = "#EXTM3U\n#EXT-X-VERSION:3\n## made by hand\n\
        #EXT-X-STREAM-INF:BANDWIDTH=3000000,NAME=\"720p\"\n\
        http://eni0.live.test:1935/app/_definst_/stream/chunklist_w9_b3000000.m3u8\n\
        #EXT-X-STREAM-INF:BANDWIDTH=800000\n# the small one\n\
        http://eni0.live.test:1935/app/_definst_/stream/chunklist_w9_b800000.m3u8\n";
    assert_eq!(rewritten(SMIL), expected);
}

#[test]
fn all_variants_of_the_viewers_own_pathway_come_first() {
    let expected = r#"#EXTM3U
#EXT-X-CONTENT-STEERING:SERVER-URI="http://live.test/steering?token=a%2Fb==",PATHWAY-ID="eni1"
#EXT-X-VERSION:3
## made by hand
#EXT-X-STREAM-INF:BANDWIDTH=3000000,NAME="720p",STABLE-VARIANT-ID="v0",PATHWAY-ID="eni1"
http://eni1.live.test:1935/app/_definst_/stream/chunklist_w9_b3000000.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=800000,STABLE-VARIANT-ID="v1",PATHWAY-ID="eni1"
# the small one
http://eni1.live.test:1935/app/_definst_/stream/chunklist_w9_b800000.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=3000000,NAME="720p",STABLE-VARIANT-ID="v0",PATHWAY-ID="eni0"
http://eni0.live.test:1935/app/_definst_/stream/chunklist_w9_b3000000.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=800000,STABLE-VARIANT-ID="v1",PATHWAY-ID="eni0"
http://eni0.live.test:1935/app/_definst_/stream/chunklist_w9_b800000.m3u8
"#;
    assert_eq!(steered(SMIL), expected);
}

#[test]
fn each_pathway_has_groups_of_its_own_but_shares_captions() {
    let expected = r#"#EXTM3U
#EXT-X-CONTENT-STEERING:SERVER-URI="http://live.test/steering?token=a%2Fb==",PATHWAY-ID="eni1"
#EXT-X-VERSION:6
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-SESSION-KEY:METHOD=AES-128,URI="http://eni1.live.test:1935/keys/1"
#EXT-X-SESSION-DATA:DATA-ID="com.test.title",URI="http://eni1.live.test:1935/app/_definst_/stream/title.json"
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="aac@eni1",NAME="English, stereo",DEFAULT=YES,URI="http://eni1.live.test:1935/app/_definst_/stream/audio/en.m3u8",STABLE-RENDITION-ID="r0"
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="aac@eni1",NAME="as filmed"
#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="subs@eni1",NAME="Deutsch",STABLE-RENDITION-ID="de",URI="http://eni1.live.test:1935/app/_definst_/stream/subs/de.m3u8"
#EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS,GROUP-ID="cc",NAME="CC1",INSTREAM-ID="CC1"
#EXT-X-STREAM-INF:BANDWIDTH=3000000,AUDIO="aac@eni1",SUBTITLES="subs@eni1",CLOSED-CAPTIONS="cc",STABLE-VARIANT-ID="v0",PATHWAY-ID="eni1"
http://eni1.live.test:1935/app/_definst_/stream/v1/index.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=800000,AUDIO="aac@eni1",CLOSED-CAPTIONS=NONE,STABLE-VARIANT-ID="low",PATHWAY-ID="eni1"
http://eni1.live.test:1935/app/_definst_/stream/v2/index.m3u8
#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=90000,URI="http://eni1.live.test:1935/app/_definst_/stream/v1/iframes.m3u8",STABLE-VARIANT-ID="i0",PATHWAY-ID="eni1"
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="aac@eni0",NAME="English, stereo",DEFAULT=YES,URI="http://eni0.live.test:1935/app/_definst_/stream/audio/en.m3u8",STABLE-RENDITION-ID="r0"
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="aac@eni0",NAME="as filmed"
#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="subs@eni0",NAME="Deutsch",STABLE-RENDITION-ID="de",URI="http://eni0.live.test:1935/app/_definst_/stream/subs/de.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=3000000,AUDIO="aac@eni0",SUBTITLES="subs@eni0",CLOSED-CAPTIONS="cc",STABLE-VARIANT-ID="v0",PATHWAY-ID="eni0"
http://eni0.live.test:1935/app/_definst_/stream/v1/index.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=800000,AUDIO="aac@eni0",CLOSED-CAPTIONS=NONE,STABLE-VARIANT-ID="low",PATHWAY-ID="eni0"
http://eni0.live.test:1935/app/_definst_/stream/v2/index.m3u8
#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=90000,URI="http://eni0.live.test:1935/app/_definst_/stream/v1/iframes.m3u8",STABLE-VARIANT-ID="i0",PATHWAY-ID="eni0"
"#;
    assert_eq!(steered(GROUPS), expected);
}

#[test]
fn attributes_and_groups_stay_as_written_on_one_interface() {
    let there = "http://eni0.live.test:1935";
    let folder = format!("{there}/app/_definst_/stream/");
    let mut expected = GROUPS.replace("/keys/1", &format!("{there}/keys/1"));
    for uri in ["title.json", "audio/en.m3u8", "subs/de.m3u8", "v1/iframes.m3u8"] {
        expected = expected.replace(&format!("\"{uri}"), &format!("\"{folder}{uri}"));
    }
    for uri in ["v1/index.m3u8", "v2/index.m3u8"] {
        expected = expected.replace(&format!("\n{uri}"), &format!("\n{folder}{uri}"));
    }
    assert_eq!(rewritten(GROUPS), expected);
}

#[test]
fn steering_of_the_origin_is_replaced_by_ours() {
    let expected = r#"#EXTM3U
#EXT-X-CONTENT-STEERING:SERVER-URI="http://live.test/steering?token=a%2Fb==",PATHWAY-ID="eni1"
#EXT-X-STREAM-INF:PATHWAY-ID="eni1",BANDWIDTH=800000,STABLE-VARIANT-ID="v0"
http://eni1.live.test:1935/app/_definst_/stream/a.m3u8?b=HTTP://127.0.0.11:1935
#EXT-X-STREAM-INF:BANDWIDTH=800000,PATHWAY-ID="eni1",STABLE-VARIANT-ID="v1"
https://cdn.test/./b.m3u8
#EXT-X-STREAM-INF:PATHWAY-ID="eni0",BANDWIDTH=800000,STABLE-VARIANT-ID="v0"
http://eni0.live.test:1935/app/_definst_/stream/a.m3u8?b=HTTP://127.0.0.11:1935
#EXT-X-STREAM-INF:BANDWIDTH=800000,PATHWAY-ID="eni0",STABLE-VARIANT-ID="v1"
https://cdn.test/./b.m3u8
"#;
    assert_eq!(steered(STEERED), expected);
}

#[test]
fn steering_of_the_origin_stays_on_one_interface() {
    let there = "http://eni0.live.test:1935";
    let expected = STEERED
        .replace("\"/steering", &format!("\"{there}/steering"))
        .replace("\nHTTP://127.0.0.11:1935", &format!("\n{there}"));
    assert_eq!(rewritten(STEERED), expected);
}

#[test]
fn a_media_playlist_gets_a_master_of_its_own() {
    assert_eq!(read(b"#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\n\xc3\xa4.ts", &OWN), Ok(Playlist::Media));
    assert_eq!(read(b"#EXTM3U\n#EXTINF:4,\na.ts\n", &OWN), Ok(Playlist::Media));
    let master = Master::of_media("/app/stream/../x/chunklist.m3u8?t=1", 1_500_000);
    assert_eq!(
        master.rewritten(&Place { root: "https://eni0", path: "/other" }),
        "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1500000\nhttps://eni0/app/stream/../x/chunklist.m3u8?t=1\n"
    );
    let steered = master.steered(&PATHWAYS, "/other", STEERING);
    let second = "#EXT-X-STREAM-INF:BANDWIDTH=1500000,STABLE-VARIANT-ID=\"v0\",PATHWAY-ID=\"eni0\"\n\
        http://eni0.live.test:1935/app/stream/../x/chunklist.m3u8?t=1\n";
    assert!(steered.ends_with(second), "{steered}");
}

#[test]
fn a_long_media_playlist_is_no_fault() {
    let text = format!("#EXTM3U\n#EXT-X-TARGETDURATION:4\n{}", "#EXTINF:4,\na.ts\n".repeat(MAX_LINES));
    assert_eq!(read(text.as_bytes(), &OWN), Ok(Playlist::Media));
}

#[test]
fn a_byte_order_mark_and_any_ends_of_lines_are_read() {
    let expected = rewritten(SMIL);
    assert_eq!(rewritten(&format!("\u{feff}{SMIL}")), expected);
    assert_eq!(rewritten(&SMIL.replace('\n', "\r\n")), expected);
    assert_eq!(rewritten(&SMIL.replace('\n', "\r")), expected);
    assert_eq!(rewritten(SMIL.trim_end()), expected);
    assert_eq!(rewritten(&SMIL.replace("\n#EXT", " \n \t#EXT")), expected);
}

#[test]
fn an_empty_uri_is_none_and_a_group_without_a_name_is_shared() {
    let media = "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"\",NAME=\"a\",URI=\"\"";
    assert!(rewritten(&with(media)).contains(media));
    assert_eq!(steered(&with(media)).matches(media).count(), 1);
}

#[test]
fn a_variant_that_says_none_has_no_group() {
    let text = steered("#EXTM3U\n#EXT-X-STREAM-INF:AUDIO=NONE,VIDEO=\"NONE\",SUBTITLES=\"\"\na.m3u8\n");
    let line = "#EXT-X-STREAM-INF:AUDIO=NONE,VIDEO=\"NONE@eni1\",SUBTITLES=\"\",STABLE";
    assert!(text.contains(line), "{text}");
}

#[test]
fn a_comma_behind_the_last_attribute_is_no_attribute() {
    let text = steered("#EXTM3U\n#EXT-X-STREAM-INF:PROGRAM-ID=1, BANDWIDTH=1, \na.m3u8\n");
    let line = "#EXT-X-STREAM-INF:PROGRAM-ID=1, BANDWIDTH=1,STABLE-VARIANT-ID=\"v0\",PATHWAY-ID=\"eni1\"\n";
    assert!(text.contains(line), "{text}");
    // Found by fuzzing.
    fuzz(b"#EXTM3U\n#EXT-X-STREAM-INF:A=\"a\"\x0c\x0c,\na");
}

#[test]
fn pictures_for_a_timeline_are_listed_once() {
    let text = steered(&with("#EXT-X-IMAGE-STREAM-INF:BANDWIDTH=1,URI=\"tiles.m3u8\""));
    let line = "#EXT-X-IMAGE-STREAM-INF:BANDWIDTH=1,URI=\"http://eni1.live.test:1935/app/_definst_/stream/tiles.m3u8\"\n";
    assert_eq!(text.matches(line).count(), 1, "{text}");
    assert_eq!(text.matches("IMAGE").count(), 1, "{text}");
}

#[test]
fn a_request_cannot_write_into_the_playlist() {
    let master = master(GROUPS);
    let path = "/a\",URI=\"b\n#EXT-X-ENDLIST/playlist.m3u8";
    let text = master.steered(&PATHWAYS, path, "http://live.test/?\"\r\n#x");
    assert_eq!(text.lines().count(), steered(GROUPS).lines().count());
    assert!(
        text.contains("\"http://eni1.live.test:1935/a%22,URI=%22b%0A#EXT-X-ENDLIST/audio/en.m3u8\""),
        "{text}"
    );
    assert!(text.contains("SERVER-URI=\"http://live.test/?%22%0D%0A#x\""), "{text}");
}

#[test]
fn what_is_no_playlist_says_what_is_wrong() {
    let cut = |at: usize| {
        format!("no URI follows the variant in line {at} of the playlist, which may have been cut off")
    };
    assert_eq!(fault(""), "the answer begins with \"\" instead of #EXTM3U, so it is no playlist");
    assert_eq!(
        fault("<!DOCTYPE html>\n<html>"),
        "the answer begins with \"<!DOCTYPE html>\" instead of #EXTM3U, so it is no playlist"
    );
    for header in ["#EXTM3U8", " #EXTM3U", "\n#EXTM3U", "#EXT"] {
        assert!(fault(&format!("{header}\n")).contains("instead of #EXTM3U"), "{header}");
    }
    assert_eq!(fault("#EXTM3U\n#EXT-X-VERSION:3\n"), "the playlist has neither a variant nor a segment");
    assert_eq!(fault("#EXTM3U\na.m3u8\n"), "the playlist has neither a variant nor a segment");
    assert_eq!(fault("#EXTM3U\n\n#EXT-X-STREAM-INF:A=1\n#x\n"), cut(3));
    assert_eq!(fault(&with("#EXT-X-STREAM-INF:A=1")), cut(2));
    assert_eq!(fault(&format!("{WOWZA}#EXTINF:4,\na.ts")), "the playlist mixes variants and segments");
    assert_eq!(read(b"#EXTM3U\n\xff", &OWN), Err(PlaylistFault::NotUtf8));
    let bad = ["STREAM-INF:CODECS=\"avc", "STREAM-INF", "STREAM-INF:,", "MEDIA:URI=a", "SESSION-DATA:x"];
    for line in bad.map(|rest| format!("#EXT-X-{rest}")) {
        let expected = "line 2 of the playlist is no list of attributes (RFC 8216 section 4.2)";
        assert_eq!(fault(&with(&line)), expected, "{line}");
    }
    let expected = "a URI in line 2 of the playlist begins with a variable, so where it points is not known";
    assert_eq!(fault(&with("#EXT-X-MEDIA:URI=\"{$base}/a\"")), expected);
}

#[test]
fn what_is_too_much_says_so() {
    let lines = |count: usize| with(&"#x\n".repeat(count));
    assert_eq!(fault(&lines(MAX_LINES)), "the playlist has more than 10000 lines");
    assert!(read(lines(MAX_LINES - 3).as_bytes(), &OWN).is_ok());
    assert!(read(with(&"\n".repeat(2 * MAX_LINES)).as_bytes(), &OWN).is_ok());
    let long = |length: usize| with(&format!("#{}", "x".repeat(length)));
    assert_eq!(fault(&long(MAX_LINE_BYTES)), "line 2 of the playlist is longer than 8192 bytes");
    assert!(read(long(MAX_LINE_BYTES - 1).as_bytes(), &OWN).is_ok());
    let uris = |count: usize| with(&"a\n".repeat(count));
    assert_eq!(fault(&uris(MAX_URIS)), "the playlist has more than 1000 URIs");
    assert!(read(uris(MAX_URIS - 1).as_bytes(), &OWN).is_ok());
}

#[test]
fn pathways_beyond_what_is_enough_are_left_out() {
    let path = format!("/{}/playlist.m3u8", "x".repeat(MAX_LINE_BYTES));
    let text = format!("#EXTM3U\n{}", "#EXT-X-STREAM-INF:BANDWIDTH=1\na.m3u8\n".repeat(50));
    let ids: Vec<String> = (0..64).map(|place| format!("eni{place}")).collect();
    let pathways: Vec<_> = ids.iter().map(|id| Pathway { id, root: "http://eni.test" }).collect();
    let text = master(&text).steered(&pathways, &path, STEERING);
    assert!(
        text.len() >= ENOUGH_BYTES && text.len() < ENOUGH_BYTES + 50 * (MAX_LINE_BYTES + 200),
        "{}",
        text.len()
    );
    // 50 URIs of 8 KiB are 400 KiB, and three times that is more than 1 MiB.
    let named = ids.iter().take_while(|id| text.contains(&format!("PATHWAY-ID=\"{id}\""))).count();
    assert_eq!(named, 3);
    assert_eq!(text.matches("#EXT-X-STREAM-INF").count(), 3 * 50);
}

#[test]
fn room_for_all_is_taken_at_once() {
    let place = Place { root: "http://eni0", path: PATH };
    for text in [WOWZA, SMIL, GROUPS, STEERED] {
        let master = master(text);
        for text in [master.rewritten(&place), master.steered(&PATHWAYS, PATH, STEERING)] {
            // A string that grows takes twice as much.
            assert!(text.capacity() < text.len() + text.len() / 2, "{} of {}", text.len(), text.capacity());
        }
    }
}
