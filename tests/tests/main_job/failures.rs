//! Interfaces that die, one by one and together, and what viewers are told meanwhile.
//!
//! Times come from the reference configuration: the HLS probe looks every 2 s, three failures take an interface down,
//! three passes bring it back; the RTMP probe needs two passes, 5 s apart.

use std::time::{Duration, Instant};

use weir_tests::encoder::Encoder;
use weir_tests::patience;
use weir_tests::ports::INTERFACES;
use weir_tests::reference::{HOSTNAME, POOL};

use crate::scene::{NAMES, Scene};

/// The interface whose listener goes.
const GONE: usize = 2;

/// fall × interval of the HLS probe, and one second.
const NOTICED: Duration = Duration::from_secs(3 * 2 + 1);

/// How long after that it is watched that nobody names it again.
const WATCHED: Duration = Duration::from_secs(4);

/// Two intervals of the HLS probe lie between three passes; jitter may take a tenth off.
const RETURNS_AFTER: Duration = Duration::from_millis(2 * 1800);

/// Stream pushed again, first segments, three passes of one probe and two of the other, on a busy machine.
const RETURNED: Duration = Duration::from_secs(40);

/// Three target durations without growth, then three failures; the target is one or two seconds.
const STALE: Duration = Duration::from_secs(30);

pub(crate) fn one_listener_goes_and_returns(scene: &mut Scene) {
    scene.origin.take_away(GONE);
    let gone = Instant::now();
    let mut last_named = None;
    patience::all_through(NOTICED + WATCHED, || {
        if is_named(scene, GONE) {
            last_named = Some(gone.elapsed());
        }
    });
    let last_named = last_named.unwrap_or_default();
    assert!(last_named <= NOTICED, "named {last_named:.1?} after its listener went");
    eprintln!("          last named {last_named:.2?} after its listener went");
    let state = scene.weir().state();
    let member = state.member(POOL, NAMES[GONE]).expect("it is still a member");
    assert_eq!((member.verdict(), member.weight()), ("down", 0));
    assert_eq!(state.count(POOL, "up"), 3, "the others stay: {:#}", state.pool(POOL));
    assert!(!state.failed_open(POOL));

    scene.origin.bring_back(GONE);
    let back = Instant::now();
    patience::wait_for("an answer that names it again", RETURNED, || is_named(scene, GONE).then_some(()));
    assert!(back.elapsed() >= RETURNS_AFTER, "it came back before `rise` passes: {:.1?}", back.elapsed());
    let state = scene.weir().state();
    assert_eq!(state.count(POOL, "up"), 4, "{:#}", state.pool(POOL));
}

pub(crate) fn the_encoder_stops(scene: &mut Scene) {
    scene.encoder = None;
    let state = scene.weir().wait_for("all four down", STALE, |state| state.count(POOL, "down") == 4);
    for member in state.members(POOL) {
        let failures = member.failures();
        assert!(failures.contains(&"stale"), "{} fails with {failures:?}", member.interface());
    }
    let statuses = [0, 1, 2, 3].map(|index| scene.origin.playlist_status(index));
    assert_eq!(statuses, [Some(200); 4], "nginx notices nothing");
    fails_open(scene);
}

pub(crate) fn all_four_go(scene: &mut Scene) {
    (0..4).for_each(|index| scene.origin.take_away(index));
    scene.weir().wait_for("refused on all four", STALE, |state| {
        state.members(POOL).into_iter().all(|member| member.failures().contains(&"refused"))
    });
    fails_open(scene);
}

pub(crate) fn all_come_back(scene: &mut Scene) {
    (0..4).for_each(|index| scene.origin.bring_back(index));
    scene.encoder = Some(Encoder::start(&scene.origin.publish_url()));
    let state = scene.weir().wait_for("all four up", RETURNED, |state| state.count(POOL, "up") == 4);
    assert!(!state.failed_open(POOL), "{:#}", state.pool(POOL));
    let series = format!("weir_pool_failed_open{{pool=\"{POOL}\"}}");
    assert_eq!(scene.weir().metric(&series), Some(0.0));
}

/// All four are handed out, by DNS and by redirect, and it is said why.
fn fails_open(scene: &Scene) {
    let state = scene.weir().state();
    assert_eq!((state.reason(POOL), state.failed_open(POOL)), ("nothing_healthy", true));
    let series = format!("weir_pool_failed_open{{pool=\"{POOL}\"}}");
    assert_eq!(scene.weir().metric(&series), Some(1.0), "{series}");
    let resolver = scene.resolver(0);
    let (mut answered, mut redirected) = (Vec::new(), Vec::new());
    for n in 0..30 {
        let answer = resolver.ask(HOSTNAME).expect("each question is answered");
        assert_eq!((answer.code, answer.addresses.len()), (0, 2));
        answered.extend(answer.addresses);
        redirected.push(scene.named_in(&scene.redirect(n % 4)));
    }
    assert!(INTERFACES.iter().all(|address| answered.contains(address)), "{answered:?}");
    assert!(NAMES.iter().all(|name| redirected.contains(name)), "{redirected:?}");
}

/// Whether one of some answers or redirects names an interface. Eight of each: with a quarter of the weights it is
/// due twice, give or take one.
fn is_named(scene: &Scene, index: usize) -> bool {
    let resolver = scene.resolver((index + 1) % 4);
    let mut named = false;
    for n in 0..8 {
        let answer = resolver.ask(HOSTNAME).expect("each question is answered");
        assert!(!answer.addresses.is_empty(), "an answer is never empty");
        named |= answer.addresses.contains(&INTERFACES[index]);
        named |= scene.named_in(&scene.redirect(n % 4)) == NAMES[index];
    }
    named
}
