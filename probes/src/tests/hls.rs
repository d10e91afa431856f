//! `hls`.

use tokio::time::Instant;
use weir_core::Phase;

use super::origin::{Origin, Reply, moved, ok, reply};
use super::*;

const MASTER: &str = "/live/demo/playlist.m3u8";
const LIST: &str = "/live/demo/chunklist_w1.m3u8";
const SECOND: Duration = Duration::from_secs(1);

/// A live stream with a target duration of 2 s, its prober, and a clock that moves by the test's word.
struct Scene {
    origin: Origin,
    prober: Prober,
    now: Instant,
}

fn list(first: u64, last: u64) -> String {
    let head = format!("#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:{first}\n");
    (first..=last).fold(head, |list, number| list + &format!("#EXTINF:2.0,\nmedia_{number}.ts\n"))
}

fn packets() -> Vec<u8> {
    (0..188 * 20).map(|at| if at % 188 == 0 { 0x47 } else { 0xff }).collect()
}

fn segment(number: u64) -> String {
    format!("/live/demo/media_{number}.ts")
}

impl Scene {
    async fn start() -> Self {
        Self::with(Wanted::default(), PATIENT).await
    }

    async fn with(wanted: Wanted, timeout: Duration) -> Self {
        let origin = Origin::start().await;
        let prober = prober(ProbeKind::Hls, &format!(":{}{MASTER}", origin.port), timeout, wanted);
        let scene = Self { origin, prober, now: Instant::now() };
        scene.origin.set(MASTER, ok("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1000\nchunklist_w1.m3u8\n"));
        scene.show(1, 3);
        scene
    }

    /// The list goes from one segment to another, and all of these are there.
    fn show(&self, first: u64, last: u64) {
        self.origin.set(LIST, ok(list(first, last)));
        (first..=last).for_each(|number| self.origin.set(&segment(number), ok(packets())));
    }

    async fn look(&mut self) -> Outcome {
        self.prober.look_at(self.now).await.outcome
    }

    async fn look_after(&mut self, time: Duration) -> Outcome {
        self.now += time;
        self.look().await
    }

    fn url(&self, path: &str) -> String {
        format!("http://127.0.0.12:{}{path}", self.origin.port)
    }
}

fn code(outcome: &Outcome) -> (&'static str, &'static str) {
    (outcome.label(), outcome.failure().map_or("", Failure::code))
}

#[tokio::test]
async fn a_growing_list_passes_and_stays_pinned() {
    let mut scene = Scene::start().await;
    assert_eq!(scene.look().await, Outcome::Pass);
    assert_eq!(scene.origin.paths(), [MASTER, LIST, &segment(3)]);
    for last in 4..8 {
        scene.show(last - 2, last);
        assert_eq!(scene.look_after(2 * SECOND).await, Outcome::Pass);
        assert_eq!(scene.origin.paths(), [LIST], "only the pinned list, as one viewer");
    }
    scene.show(6, 8);
    assert_eq!(scene.look_after(2 * SECOND).await, Outcome::Pass);
    assert_eq!(scene.origin.paths(), [LIST, &segment(8)], "a segment each ten seconds");
}

#[tokio::test]
async fn the_master_is_asked_again_after_some_minutes() {
    let mut scene = Scene::start().await;
    scene.look().await;
    scene.origin.asked();
    scene.show(100, 103);
    assert_eq!(scene.look_after(300 * SECOND).await, Outcome::Pass);
    assert_eq!(scene.origin.paths(), [MASTER, LIST, &segment(103)]);
}

#[tokio::test]
async fn a_media_playlist_in_place_of_the_master_will_do() {
    let mut scene = Scene::start().await;
    scene.origin.set(MASTER, ok(list(1, 2)));
    assert_eq!(scene.look().await, Outcome::Pass);
    assert_eq!(scene.origin.paths(), [MASTER, &segment(2)]);
}

#[tokio::test]
async fn only_the_start_of_a_segment_is_asked_for_and_read() {
    let mut scene = Scene::start().await;
    let head = b"HTTP/1.1 200 OK\r\n\r\n".to_vec();
    scene.origin.set(&segment(3), Reply::Endless(head, packets()));
    assert_eq!(scene.look().await, Outcome::Pass);
    let asked = scene.origin.asked();
    assert!(asked[2].head.to_ascii_lowercase().contains("\r\nrange: bytes=0-2047\r\n"));
    assert!(!asked[1].head.to_ascii_lowercase().contains("\r\nrange:"));
    assert!(asked.iter().all(|asked| asked.peer.ip() == IpAddr::from(ADDRESS)));
}

#[tokio::test]
async fn a_list_that_does_not_grow_warns_and_then_fails() {
    let mut scene = Scene::start().await;
    assert_eq!(scene.look().await, Outcome::Pass);
    assert_eq!(scene.look_after(3 * SECOND).await, Outcome::Pass);
    let stale = |age| Failure::Stale { sequence: 3, age, target: 2 * SECOND };
    assert_eq!(scene.look_after(SECOND).await, Outcome::Warn(stale(4 * SECOND)));
    assert_eq!(scene.look_after(2 * SECOND).await, Outcome::Fail(stale(6 * SECOND)));
    scene.show(2, 4);
    assert_eq!(scene.look_after(SECOND).await, Outcome::Pass);
}

#[tokio::test]
async fn a_dead_list_is_looked_for_anew_but_not_at_each_look() {
    let mut scene = Scene::start().await;
    scene.look().await;
    scene.origin.asked();
    for _ in 0..5 {
        assert_eq!(code(&scene.look_after(6 * SECOND).await), ("fail", "stale"));
    }
    assert_eq!(scene.origin.paths(), [LIST; 5], "the pin is given up after 30 s");
    assert_eq!(code(&scene.look_after(SECOND).await), ("fail", "stale"));
    assert_eq!(scene.origin.paths(), [MASTER, LIST]);
}

#[tokio::test]
async fn a_list_that_has_ended_fails() {
    let mut scene = Scene::start().await;
    scene.origin.set(LIST, ok(list(1, 3) + "#EXT-X-ENDLIST\n"));
    assert_eq!(scene.look().await, Outcome::Fail(Failure::Ended { sequence: 3 }));
}

#[tokio::test]
async fn a_sequence_that_falls_fails_once() {
    let mut scene = Scene::start().await;
    scene.show(417, 419);
    assert_eq!(scene.look().await, Outcome::Pass);
    scene.show(0, 2);
    let fell = Failure::SequenceFell { from: 419, to: 2 };
    assert_eq!(scene.look_after(SECOND).await, Outcome::Fail(fell));
    assert_eq!(scene.look_after(SECOND).await, Outcome::Pass);
}

#[tokio::test]
async fn a_listed_segment_that_is_missing_fails_each_look_until_it_is_there() {
    let mut scene = Scene::start().await;
    scene.look().await;
    scene.show(2, 4);
    scene.origin.set(&segment(4), reply(404, "", "gone"));
    let missing = Failure::SegmentMissing { url: scene.url(&segment(4)), status: 404 };
    assert_eq!(scene.look_after(10 * SECOND).await, Outcome::Fail(missing.clone()));
    assert_eq!(scene.look_after(SECOND).await, Outcome::Fail(missing));
    scene.show(2, 4);
    assert_eq!(scene.look_after(SECOND).await, Outcome::Pass);
    scene.origin.asked();
    assert_eq!(scene.look_after(SECOND).await, Outcome::Pass);
    assert_eq!(scene.origin.paths(), [LIST]);
    scene.origin.set(&segment(5), reply(500, "", "broken"));
    scene.origin.set(LIST, ok(list(3, 5)));
    assert_eq!(code(&scene.look_after(10 * SECOND).await), ("fail", "segment_missing"));
}

#[tokio::test]
async fn a_segment_that_is_not_media_fails() {
    let mut scene = Scene::start().await;
    scene.origin.set(&segment(3), ok("<html>busy</html>"));
    assert_eq!(code(&scene.look().await), ("fail", "bad_segment"));
    scene.origin.set(&segment(3), ok(""));
    assert_eq!(code(&scene.look().await), ("fail", "bad_segment"));
    scene.origin.set(&segment(3), ok(b"\0\0\0\x18styp...."));
    assert_eq!(scene.look().await, Outcome::Pass);
}

#[tokio::test]
async fn an_encrypted_segment_need_only_be_there() {
    let mut scene = Scene::start().await;
    let key = "#EXT-X-KEY:METHOD=AES-128,URI=\"key\"\n#EXTINF:2,\nmedia_9.ts\n";
    scene.origin.set(LIST, ok(list(7, 8) + key));
    scene.origin.set(&segment(9), ok("noise"));
    assert_eq!(scene.look().await, Outcome::Pass);
}

#[tokio::test]
async fn a_master_or_list_with_another_status_fails_with_it() {
    let mut scene = Scene::start().await;
    scene.origin.set(LIST, reply(500, "", "broken"));
    let failure = Failure::Status { url: scene.url(LIST), status: 500 };
    assert_eq!(scene.look().await, Outcome::Fail(failure));
    scene.origin.set(MASTER, reply(404, "", "no stream"));
    let failure = Failure::Status { url: scene.url(MASTER), status: 404 };
    assert_eq!(scene.look().await, Outcome::Fail(failure));
}

#[tokio::test]
async fn a_playlist_that_is_none_is_told_from_one_that_is_too_large() {
    let mut scene = Scene::start().await;
    scene.origin.set(LIST, ok("<html>"));
    assert_eq!(code(&scene.look().await), ("fail", "bad_playlist"));
    scene.origin.set(LIST, ok("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nagain.m3u8\n"));
    assert_eq!(code(&scene.look().await), ("fail", "bad_playlist"));
    scene.origin.set(LIST, ok("#".repeat(512 * 1024 + 1)));
    assert_eq!(code(&scene.look().await), ("fail", "too_large"));
    scene.show(1, 3);
    assert_eq!(scene.look().await, Outcome::Pass);
}

#[tokio::test]
async fn a_pinned_list_that_is_gone_is_looked_for_within_the_same_look() {
    let mut scene = Scene::start().await;
    scene.look().await;
    scene.origin.asked();
    scene.origin.set(LIST, reply(404, "", "gone"));
    scene.origin.set(MASTER, ok("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nchunklist_w2.m3u8\n"));
    scene.origin.set("/live/demo/chunklist_w2.m3u8", ok(list(2, 3)));
    assert_eq!(scene.look_after(SECOND).await, Outcome::Pass);
    assert_eq!(scene.origin.paths(), [LIST, MASTER, "/live/demo/chunklist_w2.m3u8"]);
}

#[tokio::test]
async fn redirects_are_followed_on_the_same_server_only() {
    let mut scene = Scene::start().await;
    let master = "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n/live/demo/chunklist_w1.m3u8\n";
    scene.origin.set(MASTER, moved("/a"));
    scene.origin.set("/a", moved(&scene.url("/b/c.m3u8")));
    scene.origin.set("/b/c.m3u8", ok(master));
    assert_eq!(scene.look().await, Outcome::Pass);
    let mut scene = Scene::start().await;
    scene.origin.set(MASTER, moved("http://cdn.example.com/x"));
    let Outcome::Fail(failure) = scene.look().await else {
        panic!("elsewhere says nothing of the interface")
    };
    assert_eq!(failure.to_string(), "not HTTP: redirects elsewhere: http://cdn.example.com/x");
    scene.origin.set(MASTER, moved(MASTER));
    assert_eq!(code(&scene.look().await), ("fail", "protocol"));
}

#[tokio::test]
async fn variants_and_segments_elsewhere_fail() {
    let mut scene = Scene::start().await;
    scene.origin.set(MASTER, ok("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nhttp://127.0.0.13/x.m3u8\n"));
    let Outcome::Fail(failure) = scene.look().await else {
        panic!("elsewhere says nothing of the interface")
    };
    assert_eq!(failure.to_string(), "not HTTP: points to a variant elsewhere: http://127.0.0.13/x.m3u8");
    scene.origin.set(MASTER, ok(list(1, 2) + "#EXTINF:2,\nhttps://cdn.example.com/3.ts\n"));
    assert_eq!(code(&scene.look().await), ("fail", "protocol"));
}

#[tokio::test]
async fn absolute_urls_under_the_wanted_host_are_still_the_interface() {
    let wanted = Wanted { host: Some("live.example.com".into()), ..Wanted::default() };
    let mut scene = Scene::with(wanted, PATIENT).await;
    let absolute = format!("http://live.example.com{LIST}");
    scene.origin.set(MASTER, ok(format!("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n{absolute}\n")));
    assert_eq!(scene.look().await, Outcome::Pass);
    assert!(scene.origin.asked().iter().all(|asked| asked.head.contains("live.example.com")));
}

#[tokio::test]
async fn a_segment_that_does_not_come_times_out_and_is_asked_for_again() {
    let mut scene = Scene::with(Wanted::default(), SHORT).await;
    scene.origin.set(&segment(3), Reply::Silence);
    assert_eq!(scene.look().await, Outcome::Fail(Failure::TimedOut { phase: Phase::Response }));
    scene.show(1, 3);
    assert_eq!(scene.look_after(SECOND).await, Outcome::Pass);
}
