//! No question is lost or answered wrongly while everything behind the answers changes.
//!
//! dnsperf counts what is lost, over UDP with and without EDNS and over TCP. A client of our own asks beside it and
//! looks at each answer: dnsperf sees no more of one than its code.
//!
//! ```text
//!  dnsperf ×3 ──┐                       ┌── directives, some twenty a second
//!               ├──► weir ◄── admin ────┤
//!  asker ───────┘     ▲                 └── or a rewritten file and SIGHUP, as soon as the last one is in force
//!                     ╰── each answer is compared with what may be true when it was asked
//! ```

mod scene;

mod directives;
mod reloads;

mod question;
mod reply;

mod asker;
mod dnsperf;

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Instant;

use weir_tests::tools::{Need, alone, needs};

use asker::Asked;
use directives::Drains;
use question::{NOERROR, NXDOMAIN, Question};
use scene::Scene;

const DNSPERF: &[Need] = &[Need::Program("dnsperf")];

/// The snapshot must change so often in a second.
const CHANGES: f64 = 10.0;

/// Reloads that a run must have seen at least. An idle machine makes thirty in a second, a busy one made three.
const RELOADS: u32 = 5;

#[test]
fn no_question_is_lost_while_the_snapshot_changes_ten_times_a_second() {
    let _alone = alone();
    if !needs(DNSPERF) {
        return;
    }
    let mut scene = Scene::open();
    // Two of four interfaces are drained at most, so that two addresses are left for `live` and one for `trio`. One that
    // is to get more than half is sometimes named alone.
    let questions = question::all(&[1, 2], &[1, 2]);
    let drains = Drains::default();
    let run =
        under_load(&scene, &questions, &drains, |end| directives::order_until(end, &scene.weir, &drains));
    eprintln!("{} directives; {run}", run.changes);
    assert!(run.generations >= CHANGES * run.seconds, "the snapshot changed too seldom: {run}");
    let trio = run.asked.faces("trio.stream.test");
    assert_eq!(trio, [(NOERROR, 1), (NOERROR, 2)], "directives were seen in answers");
    scene.weir.is_well();
}

#[test]
fn no_question_is_lost_while_the_configuration_reloads() {
    let _alone = alone();
    if !needs(DNSPERF) {
        return;
    }
    let mut scene = Scene::open();
    // One interface stays drained over all reloads.
    let drains = Drains::default();
    drains.drain(&scene.weir, 1);
    let [few, many] = scene::ANSWER_COUNTS;
    // Of what is left eni2 has more than half, and is sometimes named alone where answers name two.
    let questions = question::all(&[1, few, many], &[1, 2]);
    let run = under_load(&scene, &questions, &drains, |end| reloads::rewrite_until(end, &scene));
    eprintln!("{} reloads; {run}", run.changes);
    assert!(run.changes >= RELOADS && run.generations >= f64::from(run.changes), "{run}");
    assert_eq!(
        run.asked.faces("live.stream.test"),
        [(NOERROR, 1), (NOERROR, few), (NOERROR, many)],
        "both files were seen"
    );
    assert_eq!(
        run.asked.faces("sometimes.stream.test"),
        [(NOERROR, 1), (NXDOMAIN, 0)],
        "both files were seen"
    );
    scene.weir.is_well();
}

/// What came of a run.
struct Run {
    seconds: f64,
    /// Directives, or reloads.
    changes: u32,
    generations: f64,
    asked: Asked,
    reports: Vec<dnsperf::Report>,
}

/// Asks for as long as dnsperf does, while `change` changes things until it is told to end. It returns how often it
/// has.
fn under_load(
    scene: &Scene,
    questions: &[Question],
    drains: &Drains,
    change: impl FnOnce(&AtomicBool) -> u32 + Send,
) -> Run {
    let generation = || scene.weir.metric("weir_snapshot_generation").expect("it is there");
    let (end, start, before) = (AtomicBool::new(false), Instant::now(), generation());
    let (changes, asked, reports) = thread::scope(|scope| {
        // Also when dnsperf fails: the threads are waited for.
        let ending = Ending(&end);
        let asker = scope.spawn(|| asker::ask_until(&end, scene.server_at(3), questions, drains));
        let changer = scope.spawn(|| change(&end));
        let reports = dnsperf::run(scene, questions);
        drop(ending);
        // Before the threads, whose panics have been shown already.
        reports.iter().for_each(dnsperf::Report::is_perfect);
        (join(changer), join(asker), reports)
    });
    let (generations, seconds) = (generation() - before, start.elapsed().as_secs_f64());
    Run { seconds, changes, generations, asked, reports }
}

/// Tells the threads to end when it is dropped.
struct Ending<'a>(&'a AtomicBool);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// The result of a thread, or its panic.
fn join<T>(thread: thread::ScopedJoinHandle<'_, T>) -> T {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

impl std::fmt::Display for Run {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} generations in {:.1} s; {}", self.generations, self.seconds, self.asked)?;
        self.reports.iter().try_for_each(|report| write!(f, "; {report}"))
    }
}
