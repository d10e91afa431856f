//! Viewers who play are moved from interface to interface, and do not notice.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use weir_tests::ports::INTERFACES;
use weir_tests::weir::run_to_end;
use weir_tests::{patience, process::Process};

use crate::chromium;
use crate::page::Page;
use crate::request::Request;
use crate::scene::{NAMES, Scene, TTL};
use crate::viewer::{Player, Scheme, Viewer, Way};

/// All play by then.
const PLAYING: Duration = Duration::from_secs(30);

/// Seconds of the stream that each has seen when it is said to play: waits before are of its start.
const BEGUN: f64 = 3.0;

/// How long after a move it is watched that none comes back.
const WATCHED: Duration = Duration::from_secs(3);

/// Players whose interface dies are on another one by then.
const AT_ONCE: Duration = Duration::from_secs(3);

pub(crate) fn players_move() {
    let mut scene = Scene::open();
    let viewers = [Player::HlsJs, Player::VideoJs]
        .map(|player| Scheme::ALL.map(|scheme| Viewer { player, way: Way::Steer, scheme }))
        .concat();
    let _browsers = Scheme::ALL.map(|scheme| browser(&scene, scheme, &viewers));
    let begun = patience::wait_for("steered players that play", PLAYING, || {
        let begun = |viewer: &Viewer| scene.page.sights(*viewer).iter().any(|sight| sight.time > BEGUN);
        viewers.iter().all(begun).then(now)
    });
    for (name, step) in [("drained", drain as Step), ("gathered on one", gather), ("killed", kill)] {
        let start = now();
        let hit = step(&mut scene, &viewers);
        eprintln!("{name} ({:.1} s)", now() - start);
        for viewer in viewers.iter().filter(|viewer| !hit.contains(viewer)) {
            plays_on(&scene, *viewer, begun);
        }
        hit.into_iter().for_each(|viewer| plays_again(&scene, viewer));
    }
}

/// Something happens to the viewers; those are returned who may notice.
type Step = fn(&mut Scene, &[Viewer]) -> Vec<Viewer>;

fn browser(scene: &Scene, scheme: Scheme, viewers: &[Viewer]) -> Process {
    let viewers: Vec<_> = viewers.iter().copied().filter(|viewer| viewer.scheme == scheme).collect();
    let page = Page::address(scheme, &viewers, "&hasty");
    chromium::open(&page, &scene.folder, &format!("chromium-{}", scheme.word()), &scene.certificate)
}

/// The one that the first is on is drained, which may be another one's, too.
fn drain(scene: &mut Scene, viewers: &[Viewer]) -> Vec<Viewer> {
    let drained = current(scene, viewers[0]);
    let ordered = now();
    order(scene, "drain", drained);
    watch(scene, TTL * 2 + WATCHED);
    viewers.iter().for_each(|viewer| leaves(scene, *viewer, ordered, TTL * 2, |index| index == drained));
    Vec::new()
}

/// All but the one that the first is on are drained, and all come to that one.
fn gather(scene: &mut Scene, viewers: &[Viewer]) -> Vec<Viewer> {
    let kept = current(scene, viewers[0]);
    let others = (0..4).filter(|&index| index != kept);
    let ordered = now();
    others.clone().for_each(|index| order(scene, "drain", index));
    watch(scene, TTL * 2 + WATCHED);
    viewers.iter().for_each(|viewer| leaves(scene, *viewer, ordered, TTL * 2, |index| index != kept));
    others.for_each(|index| order(scene, "undrain", index));
    // All are told of all interfaces again, and stay where they are well.
    watch(scene, TTL + WATCHED);
    Vec::new()
}

/// The one that the first is on dies. hls.js goes on elsewhere at once. video.js tries again for longer than what it has
/// in store of so short segments, or until it is steered away.
fn kill(scene: &mut Scene, viewers: &[Viewer]) -> Vec<Viewer> {
    let killed = current(scene, viewers[0]);
    let there: Vec<_> = viewers.iter().copied().filter(|viewer| current(scene, *viewer) == killed).collect();
    let ordered = now();
    scene.origin.take_away(killed);
    watch(scene, TTL * 2 + WATCHED);
    let (hit, moved): (Vec<_>, Vec<_>) =
        there.into_iter().partition(|viewer| viewer.player == Player::VideoJs);
    moved.iter().for_each(|viewer| leaves(scene, *viewer, ordered, AT_ONCE, |index| index == killed));
    hit.iter().for_each(|viewer| leaves(scene, *viewer, ordered, TTL * 2, |index| index == killed));
    hit
}

/// Time passes, and the daemon stays well.
fn watch(scene: &mut Scene, period: Duration) {
    patience::all_through(period, || scene.weir.is_well());
}

/// Within this time after an order a viewer fetches from elsewhere, and does not come back.
fn leaves(scene: &Scene, viewer: Viewer, ordered: f64, within: Duration, left: impl Fn(usize) -> bool) {
    let requests = scene.requests(viewer);
    let within = within.as_secs_f64();
    let since = || requests.iter().filter(|request| request.at > ordered);
    let last_there = since().filter(|request| left(interface(request))).last();
    let elsewhere = since().find(|request| !left(interface(request)));
    let after = |request: Option<&Request>| request.map(|request| request.at - ordered);
    let seconds = |request| after(request).map_or("-".to_owned(), |after| format!("{after:.2}"));
    eprintln!(
        "{viewer}: last there after {} s, elsewhere after {} s",
        seconds(last_there),
        seconds(elsewhere)
    );
    assert!(after(last_there).is_none_or(|after| after <= within), "{viewer} is still there: {last_there:?}");
    assert!(after(elsewhere).is_some_and(|after| after <= within), "{viewer} goes nowhere: {requests:#?}");
}

/// Its time has grown in every sample since it began, as fast as time does, and it never waited for data.
fn plays_on(scene: &Scene, viewer: Viewer, begun: f64) {
    let sights = scene.page.sights(viewer);
    let sights: Vec<_> = sights.iter().filter(|sight| sight.at > begun).collect();
    for pair in sights.windows(2) {
        let (before, after) = (pair[0], pair[1]);
        assert!(after.time > before.time, "{viewer} stands still: {before:?}, {after:?}");
        assert!(
            after.time - before.time < after.clock - before.clock + 0.5,
            "{viewer} jumps: {before:?}, {after:?}"
        );
        assert_eq!(after.waits, before.waits, "{viewer} waits for data: {after:?}");
    }
    plays_again(scene, viewer);
}

/// It has met no error that ends it, and its time grows again.
fn plays_again(scene: &Scene, viewer: Viewer) {
    let sights = scene.page.sights(viewer);
    let [.., before, after] = &sights[..] else { panic!("{viewer} says nothing") };
    assert!(!after.errors.contains("fatal"), "{viewer}: {}", after.errors);
    assert!(after.time > before.time && now() - after.at < 2.0, "{viewer} stands still: {after:?}");
}

/// The interface from which a viewer had its last segment.
fn current(scene: &Scene, viewer: Viewer) -> usize {
    let requests = scene.requests(viewer);
    interface(requests.iter().rfind(|request| request.segment().is_some()).expect("it plays"))
}

fn interface(request: &Request) -> usize {
    let index = INTERFACES.iter().position(|address| address.to_string() == request.address);
    index.expect("only interfaces serve")
}

/// What an operator types.
fn order(scene: &Scene, word: &str, index: usize) {
    let admin = scene.weir.admin().to_string();
    let ended = run_to_end(scene.folder.path(), &[word, NAMES[index], "--admin", &admin]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
}

/// Seconds since 1970, as nginx writes them.
fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("it is later than 1970").as_secs_f64()
}
