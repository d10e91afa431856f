//! What bad origins send, and what becomes of it.

use super::*;

/// What is said of an origin that does this to everybody, and the status that the viewer gets.
async fn fault_of(script: impl Into<Vec<Step>>) -> (FetchFault, u16) {
    let origin = Origin::start(script).await;
    let fault = Fetching::new(FetchLimits::DEFAULT).once(&origin).await.expect_err("it is bad");
    let status = fault.status().as_u16();
    assert!(fault.to_string().contains(&origin.address.to_string()), "{fault}");
    (fault, status)
}

/// The same, when the clock moves on as soon as the origin makes us wait.
async fn fault_in_time(script: impl Into<Vec<Step>>) -> (FetchFault, u16) {
    let origin = Origin::start(script).await;
    let fetching = Fetching::new(FetchLimits::DEFAULT);
    let (fetch, ()) = tokio::join!(fetching.once(&origin), pass_time(&origin));
    let fault = fetch.expect_err("it is too slow");
    let status = fault.status().as_u16();
    (fault, status)
}

/// Lets an interface's time pass. The clock must run while sockets are waited for: a clock that stands jumps on by itself.
async fn pass_time(origin: &Origin) {
    origin.until_stuck().await;
    tokio::time::pause();
    tokio::time::advance(FetchLimits::DEFAULT.time).await;
    tokio::time::resume();
}

fn text(text: &str) -> Step {
    Step::Send(text.as_bytes().to_vec())
}

const HEAD: &str = "HTTP/1.1 200 OK\r\n";

#[tokio::test]
async fn a_playlist_that_is_announced_too_long_is_not_read_to_its_end() {
    let head = format!("{HEAD}Content-Length: 10000000000\r\n\r\n{MASTER}{}", "#\n".repeat(4096));
    let (fault, status) = fault_of([Step::Read, text(&head), Step::Hang]).await;
    assert!(matches!(fault, FetchFault::LongBody { bytes: 1_048_576, .. }), "{fault}");
    assert_eq!(status, 502);
}

#[tokio::test]
async fn of_a_media_playlist_the_begin_is_enough() {
    let day = MEDIA.to_owned() + &"#EXTINF:4,\nsegment.ts\n".repeat(400);
    let head = format!("{HEAD}Content-Length: 10000000000\r\n\r\n{day}");
    let origin = Origin::start([Step::Read, text(&head), Step::Hang]).await;
    let fetch = Fetching::new(FetchLimits::DEFAULT).once(&origin).await;
    assert!(matches!(fetch.as_deref(), Ok(Playlist::Media)), "{fetch:?}");
}

#[tokio::test]
async fn a_playlist_without_end_is_cut_off() {
    let chunk = [b"4000\r\n".as_slice(), &[b'#'; 0x4000], b"\r\n"].concat();
    let chunked = text(&format!("{HEAD}Transfer-Encoding: chunked\r\n\r\n"));
    let (fault, _) = fault_of([Step::Read, chunked, Step::Forever(chunk)]).await;
    assert!(matches!(fault, FetchFault::LongBody { .. }), "{fault}");
    let (fault, _) =
        fault_of([Step::Read, text(&format!("{HEAD}\r\n")), Step::Forever(vec![b'#'; 9000])]).await;
    assert!(matches!(fault, FetchFault::LongBody { .. }), "{fault}");
}

#[tokio::test]
async fn headers_without_end_are_cut_off() {
    let (fault, status) = fault_of([Step::Read, text(HEAD), Step::Forever(b"a: b\r\n".to_vec())]).await;
    assert_eq!(status, 502);
    assert!(matches!(fault, FetchFault::LongHead { .. }), "{fault}");
    let long = format!("{HEAD}X: {}\r\nContent-Length: 0\r\n\r\n", "x".repeat(16 * 1024));
    let (fault, _) = fault_of([Step::Read, text(&long)]).await;
    assert!(matches!(fault, FetchFault::LongHead { bytes: 16_384, .. }), "{fault}");
}

#[tokio::test]
async fn an_origin_that_says_nothing_is_given_its_time_and_no_more() {
    let (fault, status) = fault_in_time([Step::Read, Step::Hang]).await;
    assert!(matches!(fault, FetchFault::TimedOut { .. }), "{fault}");
    assert_eq!(status, 504);
    let (_, status) = fault_in_time([Step::Hang]).await;
    assert_eq!(status, 504);
}

#[tokio::test]
async fn a_playlist_that_trickles_in_has_no_more_time_than_others() {
    let head = text(&format!("{HEAD}Content-Length: 1000000\r\n\r\n"));
    let (fault, status) = fault_in_time([Step::Read, head, Step::Forever(b"#".to_vec())]).await;
    assert!(matches!(fault, FetchFault::TimedOut { .. }), "{fault}");
    assert_eq!(status, 504);
}

#[tokio::test]
async fn what_is_cut_short_is_no_playlist() {
    let begun = [Step::Read, text(&format!("{HEAD}Content-Length: 200\r\n\r\n{MASTER}"))];
    let chunk = [Step::Read, text(&format!("{HEAD}Transfer-Encoding: chunked\r\n\r\n20\r\n#EXTM3U\n"))];
    let head = [Step::Read, text("HTTP/1.1 200 OK\r\nContent-")];
    for begun in [begun.to_vec(), chunk.to_vec(), head.to_vec(), vec![Step::Read]] {
        for end in [Step::Reset, Step::HalfClose] {
            let script = [begun.clone(), vec![end.clone()]].concat();
            let (fault, status) = fault_of(script).await;
            assert!(matches!(fault, FetchFault::Lost { .. }), "{begun:?}, {end:?}: {fault:?}");
            assert_eq!(status, 502);
        }
    }
}

#[tokio::test]
async fn a_playlist_that_ends_with_its_connection_is_good() {
    let origin = Origin::start([Step::Read, text(&format!("{HEAD}\r\n{MASTER}")), Step::HalfClose]).await;
    assert!(is_master(&Fetching::new(FetchLimits::DEFAULT).once(&origin).await));
}

#[tokio::test]
async fn compressed_playlists_are_a_fault() {
    let (fault, status) =
        fault_of([Step::Read, answer("200 OK", "Content-Encoding: gzip\r\n", "\x1f\u{8b}")]).await;
    assert!(matches!(fault, FetchFault::Encoded { .. }), "{fault}");
    assert_eq!(status, 502);
    let origin =
        Origin::start([Step::Read, answer("200 OK", "Content-Encoding: Identity\r\n", MASTER)]).await;
    assert!(is_master(&Fetching::new(FetchLimits::DEFAULT).once(&origin).await));
}

#[tokio::test]
async fn what_is_no_playlist_is_a_fault() {
    let page = "<!doctype html><title>It works</title>";
    for body in ["", page, "\u{feff}", "\0\0\0\0"] {
        let (fault, status) = fault_of([Step::Read, answer("200 OK", "", body)]).await;
        assert!(matches!(fault, FetchFault::NoPlaylist { .. }), "{body:?}: {fault}");
        assert_eq!(status, 502);
    }
}

#[tokio::test]
async fn what_is_not_http_is_a_fault() {
    let greeting = [text("SSH-2.0-OpenSSH_9.2\r\n"), Step::Read];
    let answered = [Step::Read, text("RTMP\r\n\r\n")];
    for script in [greeting, answered] {
        let (fault, status) = fault_of(script).await;
        assert!(matches!(fault, FetchFault::NotHttp { .. }), "{fault:?}");
        assert_eq!(status, 502);
    }
}

#[tokio::test]
async fn what_the_origin_refuses_is_passed_on_from_the_first_interface() {
    let second = Origin::start(good()).await;
    for status in [401, 403, 404, 410] {
        let first = Origin::start([Step::Read, answer(&format!("{status} No"), "", "No.")]).await;
        let fetching = Fetching::new(FetchLimits::DEFAULT);
        let from = [first.address, second.address];
        let fault = fetching.get("/a", &from, Instant::now()).await.expect_err("refused");
        assert_eq!((fault.status().as_u16(), fetching.count("refused")), (status, 1));
    }
    assert_eq!(second.asked(), 0);
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let elsewhere = Origin::start(good()).await;
    let location = format!("Location: http://{}/a.m3u8\r\n", elsewhere.address);
    let (fault, status) = fault_of([Step::Read, answer("302 Found", &location, "")]).await;
    assert!(fault.to_string().contains(&format!("http://{}/a.m3u8", elsewhere.address)), "{fault}");
    assert_eq!((status, elsewhere.asked()), (502, 0));
}

#[tokio::test]
async fn too_many_requests_never_reaches_a_viewer() {
    let (_, status) = fault_of([Step::Read, answer("429 Too Many Requests", "", "")]).await;
    assert_eq!(status, 502);
}

#[tokio::test]
async fn when_the_first_interface_cannot_the_second_is_asked() {
    let good = Origin::start(good()).await;
    for script in [
        vec![Step::Read, answer("500 Oops", "", "")],
        vec![Step::Read, answer("503 Busy", "", "")],
        vec![Step::Read, text(&format!("{HEAD}Content-Length: 200\r\n\r\n{MASTER}"))],
        vec![Step::Reset],
    ] {
        let bad = Origin::start(script.clone()).await;
        let fetching = Fetching::new(FetchLimits::DEFAULT);
        let fetch = fetching.get("/a", &[bad.address, good.address], Instant::now()).await;
        assert!(is_master(&fetch), "{script:?}: {fetch:?}");
    }
    let nobody = SocketAddr::from(([127, 0, 0, 1], 1));
    let fetch = Fetching::new(FetchLimits::DEFAULT).get("/a", &[nobody, good.address], Instant::now()).await;
    assert!(is_master(&fetch), "{fetch:?}");
}

#[tokio::test]
async fn where_nobody_listens_is_said_with_what_to_do() {
    let nobody = [SocketAddr::from(([127, 0, 0, 1], 1))];
    let fetching = Fetching::new(FetchLimits::DEFAULT);
    let fault = fetching.get("/a", &nobody, Instant::now()).await.expect_err("nobody listens");
    let wanted = "no connection to 127.0.0.1:1: see whether the origin listens on this address (`ss -ltn`)";
    assert_eq!((fault.to_string().as_str(), fault.status().as_u16()), (wanted, 502));
    assert_eq!(fetching.count("unreachable"), 1);
}

#[tokio::test]
async fn when_the_first_interface_hangs_the_second_is_asked() {
    let hung = Origin::start([Step::Read, Step::Hang]).await;
    let good = Origin::start(good()).await;
    let fetching = Fetching::new(FetchLimits::DEFAULT);
    let from = [hung.address, good.address];
    let (fetch, ()) = tokio::join!(fetching.get("/a", &from, Instant::now()), pass_time(&hung));
    assert!(is_master(&fetch), "{fetch:?}");
}

#[tokio::test]
async fn no_more_than_two_interfaces_are_asked() {
    let bad = Origin::start([Step::Read, answer("500 Oops", "", "")]).await;
    let good = Origin::start(good()).await;
    let from = [bad.address, bad.address, good.address];
    let fault = Fetching::new(FetchLimits::DEFAULT).get("/a", &from, Instant::now()).await.expect_err("bad");
    assert!(matches!(fault, FetchFault::Broken { .. }), "{fault}");
    assert_eq!((bad.asked(), good.asked()), (2, 0));
}
