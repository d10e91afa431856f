//! What an operator orders, and how the daemon ends.

use std::time::Duration;

use weir_tests::patience;
use weir_tests::ports::INTERFACES;
use weir_tests::reference::{HOSTNAME, POOL};
use weir_tests::weir::Weir;

use crate::scene::{NAMES, Scene};

/// The interface that is drained.
const DRAINED: usize = 1;

/// An order is in the answers by then.
const IN_FORCE: Duration = Duration::from_secs(2);

/// After a restart the first reports decide.
const FIRST_REPORTS: Duration = Duration::from_secs(12);

pub(crate) fn a_directive_survives_a_restart(scene: &mut Scene) {
    scene.weir().direct(NAMES[DRAINED], "drain", "kernel update");
    patience::wait_for("answers without the drained one", IN_FORCE, || (!is_named(scene)).then_some(()));
    is_drained(scene);

    let weir = scene.weir.take().expect("it runs");
    assert!(weir.stop().success(), "SIGTERM ends it with 0");
    scene.weir = Some(Weir::start(&scene.config, scene.ports.admin()));
    assert!(!is_named(scene), "not for a moment after the restart");
    scene.weir().wait_for("all four up again", FIRST_REPORTS, |state| state.count(POOL, "up") == 4);
    is_drained(scene);
    assert!(!is_named(scene));

    scene.weir().direct(NAMES[DRAINED], "auto", "");
    patience::wait_for("answers with it", IN_FORCE, || is_named(scene).then_some(()));
}

pub(crate) fn sigterm_ends_it(scene: &mut Scene) {
    let weir = scene.weir.take().expect("it runs");
    let status = weir.stop();
    assert_eq!(status.code(), Some(0), "{status:?}");
}

/// The order stands in the state, beside the verdict and not instead of it.
fn is_drained(scene: &Scene) {
    let state = scene.weir().state();
    let order = &state.interface(NAMES[DRAINED])["directive"];
    assert_eq!(
        (order["directive"].as_str(), order["reason"].as_str()),
        (Some("drain"), Some("kernel update"))
    );
    let remaining = order["expires_in_seconds"].as_f64().unwrap_or_default();
    assert!(remaining > 1500.0 && remaining <= 1800.0, "{order}");
    let member = state.member(POOL, NAMES[DRAINED]).expect("it is still a member");
    assert_eq!((member.verdict(), member.weight()), ("up", 0));
}

fn is_named(scene: &Scene) -> bool {
    let resolver = scene.resolver(0);
    (0..12).any(|n| {
        let answer = resolver.ask(HOSTNAME).expect("each question is answered");
        answer.addresses.contains(&INTERFACES[DRAINED])
            || scene.named_in(&scene.redirect(n % 4)) == NAMES[DRAINED]
    })
}
