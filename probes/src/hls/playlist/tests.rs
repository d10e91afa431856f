use super::*;
use crate::random::Draws;
use crate::tests::mutate::mutants;

const WOWZA: &str = "#EXTM3U\r\n#EXT-X-VERSION:3\r\n#EXT-X-TARGETDURATION:10\r\n#EXT-X-MEDIA-SEQUENCE:417\r\n\
    #EXTINF:10.0,\r\nmedia_w1_417.ts\r\n#EXTINF:9.6,\r\nmedia_w1_418.ts\r\n#EXTINF:10.0,\r\nmedia_w1_419.ts\r\n";

const MASTER: &str = "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"en\",URI=\"a.m3u8\"\n\
    #EXT-X-STREAM-INF:BANDWIDTH=3000000,CODECS=\"avc1.4d401f,mp4a.40.2\"\n\nchunklist_w9_b3000000.m3u8\n\
    #EXT-X-STREAM-INF:BANDWIDTH=800000\nchunklist_w9_b800000.m3u8\n";

const LOW_LATENCY: &str = "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,\
    PART-HOLD-BACK=1.0\n#EXT-X-PART-INF:PART-TARGET=0.33\n#EXT-X-MEDIA-SEQUENCE:266\n#EXT-X-MAP:URI=\"init.mp4\"\n\
    #EXTINF:4.0,\nseg266.m4s\n#EXT-X-PART:DURATION=0.33,URI=\"seg267.0.m4s\"\n#EXTINF:4.0,\nseg267.m4s\n\
    #EXT-X-PART:DURATION=0.33,URI=\"seg268.0.m4s\"\n#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"seg268.1.m4s\"\n";

fn media(text: &str) -> Media {
    match parse(text.as_bytes()) {
        Ok(Playlist::Media(media)) => media,
        other => panic!("not a media playlist: {other:?}"),
    }
}

fn fault(text: &str) -> String {
    parse(text.as_bytes()).expect_err(text).to_string()
}

/// A list with one segment and further lines.
fn with(lines: &str) -> String {
    format!("#EXTM3U\n#EXT-X-TARGETDURATION:4\n{lines}\n#EXTINF:4,\na.ts\n")
}

#[test]
fn the_newest_segment_of_a_live_list_is_its_last() {
    let media = media(WOWZA);
    assert_eq!((media.newest, media.newest_uri.as_deref()), (419, Some("media_w1_419.ts")));
    assert_eq!(media.target, Duration::from_secs(10));
    assert!(!media.ended && !media.encrypted);
}

#[test]
fn the_first_variant_of_a_master_is_kept() {
    assert_eq!(parse(MASTER.as_bytes()), Ok(Playlist::Master("chunklist_w9_b3000000.m3u8".into())));
}

#[test]
fn parts_of_a_low_latency_list_are_no_segments() {
    let media = media(LOW_LATENCY);
    assert_eq!((media.newest, media.newest_uri.as_deref()), (267, Some("seg267.m4s")));
}

#[test]
fn an_ended_list_says_so() {
    assert!(media(&format!("{WOWZA}#EXT-X-ENDLIST\n")).ended);
}

#[test]
fn a_gap_counts_and_is_not_fetched() {
    let media = media(&with("#EXTINF:4,\nolder.ts\n#EXT-X-GAP"));
    assert_eq!((media.newest, media.newest_uri.as_deref()), (1, Some("older.ts")));
}

#[test]
fn encryption_lasts_until_a_key_of_method_none() {
    assert!(media(&with("#EXT-X-KEY:METHOD=AES-128,URI=\"k\"")).encrypted);
    assert!(!media(&with("#EXT-X-KEY:METHOD=AES-128,URI=\"k\"\n#EXT-X-KEY:METHOD=NONE")).encrypted);
}

#[test]
fn a_target_with_a_fraction_is_rounded_up_and_is_never_zero() {
    let target =
        |text: &str| media(&format!("#EXTM3U\n#EXT-X-TARGETDURATION:{text}\n#EXTINF:1,\na\n")).target;
    assert_eq!(target("6.006"), Duration::from_secs(7));
    assert_eq!(target("6.000"), Duration::from_secs(6));
    assert_eq!(target("0"), Duration::from_secs(1));
}

#[test]
fn each_bad_list_says_what_is_wrong() {
    assert_eq!(fault(""), "begins with \"\" instead of #EXTM3U");
    assert_eq!(fault("<html>"), "begins with \"<html>\" instead of #EXTM3U");
    assert_eq!(fault("#EXTM3U8"), "begins with \"#EXTM3U8\" instead of #EXTM3U");
    assert_eq!(fault("#EXTM3U\n#EXTINF:4,\na.ts\n"), "no #EXT-X-TARGETDURATION");
    assert_eq!(fault("#EXTM3U\n#EXT-X-TARGETDURATION:4\n"), "no segment");
    assert_eq!(fault("#EXTM3U\n#EXT-X-TARGETDURATION:4\na.ts\n"), "no segment");
    assert_eq!(fault("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n"), "no variant has a URI");
    assert_eq!(fault(&with("#EXT-X-STREAM-INF:BANDWIDTH=1\nb.m3u8")), "mixes variants and segments");
    assert_eq!(fault(&with("#EXT-X-MEDIA-SEQUENCE:-1")), "\"#EXT-X-MEDIA-SEQUENCE:-1\" has no usable number");
    let last = format!("#EXTINF:4,\nb\n#EXT-X-MEDIA-SEQUENCE:{}", u64::MAX);
    assert_eq!(fault(&with(&last)), format!("\"#EXT-X-MEDIA-SEQUENCE:{}\" has no usable number", u64::MAX));
    assert_eq!(
        fault("#EXTM3U\n#EXT-X-TARGETDURATION:3601\n#EXTINF:4,\na\n"),
        "\"#EXT-X-TARGETDURATION:3601\" has no usable number"
    );
    assert_eq!(parse(b"#EXTM3U\n\xff"), Err(PlaylistError::NotUtf8));
    assert_eq!(parse(&vec![b'#'; MAX_BYTES + 1]), Err(PlaylistError::TooManyBytes));
    assert_eq!(fault(&format!("#EXTM3U{}", "\n#".repeat(MAX_LINES + 1))), "more than 20000 lines");
}

#[test]
fn mutated_playlists_never_panic() {
    let mut draws = Draws::new(1);
    for seed in [WOWZA, MASTER, LOW_LATENCY] {
        for mutant in mutants(seed.as_bytes(), 2_000, &mut draws) {
            if let Ok(Playlist::Media(media)) = parse(&mutant) {
                assert!(
                    media.target >= Duration::from_secs(1) && media.target <= Duration::from_secs(MAX_TARGET)
                );
            }
        }
    }
}
