//! A file that is rewritten, and taken over, as often as the daemon can.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use weir_tests::patience;

use crate::scene::Scene;

/// A file is read and applied by then.
const APPLIED: Duration = Duration::from_secs(10);

/// Rewrites the file and sends SIGHUP until it is told to end; the next time as soon as the last one is in force.
pub(crate) fn rewrite_until(end: &AtomicBool, scene: &Scene) -> u32 {
    let metric = |name| scene.weir.metric(name).expect("it is there");
    // In fractions of a second, so that each reload has its own.
    let stamp = || metric("weir_config_last_reload_success_timestamp_seconds");
    let mut turn = 0;
    while !end.load(Ordering::Relaxed) {
        let before = stamp();
        turn += 1;
        scene.rewrite(turn);
        scene.weir.reload();
        patience::wait_for("the file to be in force", APPLIED, || (stamp() > before).then_some(()));
        assert_eq!(metric("weir_config_last_reload_successful"), 1.0);
    }
    turn
}
