//! Every player, every way, over both schemes: what it fetched from whom, and how far it came.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use weir_tests::ports::INTERFACES;
use weir_tests::{patience, process::Process};

use crate::origin::{HTTPS_PORT, PORT};
use crate::page::{HOSTNAME, Page};
use crate::request::Request;
use crate::scene::{NAMES, Scene};
use crate::viewer::{Player, Scheme, Viewer, Way};
use crate::{chromium, programs};

/// All programs have ended by then, side by side on two busy cores.
const ENDED: Duration = Duration::from_secs(60);

/// A player in a page must come so far.
const WATCHED: f64 = 6.0;

/// So many segments of a second in a row at least: eight seconds were asked for, of which the first segment may be a part.
const SEGMENTS: usize = 6;

pub(crate) fn all_play() {
    let mut scene = Scene::open();
    for scheme in Scheme::ALL {
        let start = Instant::now();
        let all =
            Way::ALL.into_iter().flat_map(|way| Player::ALL.map(|player| Viewer { player, way, scheme }));
        let (in_page, by_program): (Vec<_>, Vec<_>) = all.partition(|viewer| viewer.player.is_in_a_page());
        let page = Page::address(scheme, &in_page, "");
        let browser =
            chromium::open(&page, &scene.folder, &format!("chromium-{}", scheme.word()), &scene.certificate);
        let mut playing: Vec<_> = by_program
            .iter()
            .map(|viewer| (*viewer, programs::start(*viewer, &scene.folder, &scene.certificate)))
            .collect();
        for (viewer, program) in &mut playing {
            ends_well(*viewer, program);
            is_served(&scene, *viewer);
        }
        for viewer in in_page {
            is_watched(&scene, viewer);
            is_served(&scene, viewer);
        }
        drop(browser);
        scene.weir.is_well();
        eprintln!("all over {} in {:.1} s", scheme.word(), start.elapsed().as_secs_f64());
    }
}

fn ends_well(viewer: Viewer, program: &mut Process) {
    let status = program.wait_for_end(ENDED);
    assert!(status.success(), "{viewer}: {status}");
}

/// A player in the page comes far enough, and meets no error that ends it.
fn is_watched(scene: &Scene, viewer: Viewer) {
    patience::wait_for(&format!("{WATCHED} s of {viewer}"), ENDED, || {
        let sights = scene.page.sights(viewer);
        let (first, last) = (sights.iter().find(|sight| sight.time > 0.0)?, sights.last()?);
        assert!(!last.errors.contains("fatal"), "{viewer}: {}", last.errors);
        (last.time - first.time >= WATCHED).then_some(())
    });
}

/// What the interfaces saw of a viewer is what they should.
fn is_served(scene: &Scene, viewer: Viewer) {
    let requests = scene.requests(viewer);
    let port = if viewer.scheme == Scheme::Https { HTTPS_PORT } else { PORT };
    for request in &requests {
        let index = INTERFACES.iter().position(|address| address.to_string() == request.address);
        let name = NAMES[index.expect("only interfaces serve")];
        assert_eq!(request.host, format!("{name}.{}:{port}", viewer.hostname()), "{viewer}: {request:?}");
        assert_eq!(request.scheme, viewer.scheme.word(), "{viewer}: {request:?}");
        // nginx writes 499 when a player that has enough leaves in the middle of an answer.
        assert!(matches!(request.status, 200 | 206 | 499), "{viewer}: {request:?}");
    }
    let first: Vec<_> = requests.iter().filter(|request| request.file() == viewer.way.file()).collect();
    if viewer.way.redirects() {
        assert!(!first.is_empty(), "{viewer} never came to an interface");
    }
    let numbers: BTreeSet<_> = requests.iter().filter_map(Request::segment).collect();
    // The last ones in a row: a player that opens its address twice may leave out some in between.
    let row = numbers
        .iter()
        .rev()
        .zip(0..)
        .take_while(|(number, back)| Some(**number + back) == numbers.last().copied());
    assert!(row.count() >= SEGMENTS, "{viewer} left out segments, or had too few: {numbers:?}");
    let used: BTreeSet<_> = requests.iter().map(|request| &request.address).collect();
    assert!(used.len() == 1 || goes_elsewhere(viewer), "{viewer} was on {used:?}");
    if viewer.player.is_in_a_page() {
        let page = format!("{}://{HOSTNAME}", viewer.scheme.word());
        // Who was sent on to another origin has an origin that nobody may know (Fetch standard, section 4.4).
        let hops = requests.iter().filter(|request| request.origin == "null").count();
        assert_eq!(hops > 0, viewer.way.redirects(), "{viewer}: {requests:?}");
        assert!(requests.iter().all(|r| r.origin == "null" || r.origin == page), "{viewer}: {requests:?}");
    }
    let (first, file, segments) = (first.len(), viewer.way.file(), numbers.len());
    eprintln!("{:30} {first} × {file}, {segments} segments, {} interfaces", viewer.to_string(), used.len());
}

/// Who does not play from one interface, from begin to end.
fn goes_elsewhere(viewer: Viewer) -> bool {
    match (viewer.way, viewer.player) {
        // Asks the edge for the playlist each time, and plays from wherever it is sent.
        (Way::RedirectMedia, Player::Streamlink) => true,
        // Opens its address twice, the second time to play.
        (Way::Redirect | Way::RedirectMedia | Way::Rewrite | Way::RewriteMedia, Player::Mpv) => true,
        // Opens all variants that it is told of before it plays one.
        (Way::Steer | Way::SteerMedia, Player::Ffmpeg | Player::Mpv) => true,
        // May be told to go elsewhere at any time.
        (Way::Steer | Way::SteerMedia, Player::HlsJs | Player::VideoJs) => true,
        _ => false,
    }
}
