use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::time::timeout;
use weir_core::{Failure, Report};

use super::*;
use crate::spec::{ProbeKind, ProbeSpec, Timing, Wanted};

const DEADLINE: Duration = Duration::from_secs(10);
const SECOND: Duration = Duration::from_secs(1);

fn fail() -> Outcome {
    Outcome::Fail(Failure::Refused)
}

fn warn() -> Outcome {
    Outcome::Warn(Failure::NoMedia)
}

fn seen(outcomes: &[Outcome], interval: Duration) -> Duration {
    let mut rhythm = Rhythm::new(interval);
    outcomes.iter().map(|outcome| rhythm.next_look(outcome, Duration::ZERO, u64::MAX)).last().expect("one")
}

#[test]
fn jitter_stays_within_a_tenth_and_reaches_both_ends() {
    let interval = 2 * SECOND;
    assert_eq!(jittered(interval, 0), Duration::from_millis(1800));
    assert!(jittered(interval, u64::MAX) > Duration::from_micros(2_199_999));
    let mut draws = Draws::new(7);
    for _ in 0..1_000 {
        let wait = jittered(interval, draws.next());
        assert!(wait >= interval * 9 / 10 && wait <= interval * 11 / 10);
    }
}

#[test]
fn only_the_first_failure_after_a_pass_hurries_the_next_look() {
    let hurried = |outcomes: &[Outcome]| seen(outcomes, 5 * SECOND) <= HURRY;
    assert!(hurried(&[Outcome::Pass, fail()]));
    assert!(hurried(&[Outcome::Pass, warn(), fail()]));
    assert!(!hurried(&[fail()]));
    assert!(!hurried(&[Outcome::Pass, fail(), fail()]));
    assert!(!hurried(&[Outcome::Pass, fail(), warn(), fail()]));
    assert!(!hurried(&[Outcome::Pass]) && !hurried(&[Outcome::Pass, warn()]));
    assert!(hurried(&[Outcome::Pass, fail(), Outcome::Pass, fail()]));
}

#[test]
fn a_hurried_look_counts_from_the_end_of_the_failing_one_and_is_never_later_than_a_regular_one() {
    let next = |interval, took, draw| {
        let mut rhythm = Rhythm { interval, passing: true };
        rhythm.next_look(&fail(), took, draw)
    };
    assert_eq!(next(5 * SECOND, SECOND, 0), SECOND + HURRY / 2);
    assert!(next(5 * SECOND, SECOND, u64::MAX) <= SECOND + HURRY);
    assert_eq!(next(2 * SECOND, 3 * SECOND, 0), 2 * SECOND * 9 / 10);
    assert!(next(SECOND / 5, Duration::ZERO, u64::MAX) <= SECOND / 5);
}

#[test]
fn long_intervals_do_not_overflow() {
    assert!(jittered(Duration::MAX / 2, u64::MAX) > Duration::ZERO);
}

async fn prober(listener: &TcpListener, interval: Duration) -> Prober {
    let address = listener.local_addr().expect("bound");
    let url = format!("tcp://{{address}}:{}", address.port());
    let timing = Timing { interval, timeout: SECOND };
    let spec = ProbeSpec::new(ProbeKind::Tcp, &url, timing, Wanted::default()).expect("valid");
    let name = |text: &str| text.parse().expect("a name");
    Prober::new(Arc::new(spec), "live".parse().expect("a name"), name("eni0"), IpAddr::from([127, 0, 0, 14]))
}

async fn next(reports: &mut mpsc::Receiver<Report>) -> Report {
    timeout(DEADLINE, reports.recv()).await.expect("in time").expect("a report")
}

#[tokio::test]
async fn the_first_report_comes_at_once_and_a_cancelled_schedule_ends() {
    let listener = TcpListener::bind("127.0.0.14:0").await.expect("loopback");
    let (sink, mut reports) = mpsc::channel(1);
    let cancel = CancellationToken::new();
    let task = tokio::spawn(schedule(prober(&listener, 3600 * SECOND).await, 1, sink, cancel.clone()));
    assert_eq!(next(&mut reports).await.outcome, Outcome::Pass);
    cancel.cancel();
    timeout(DEADLINE, task).await.expect("in time").expect("no panic");
}

#[tokio::test]
async fn a_failure_after_a_pass_is_looked_at_again_long_before_the_interval() {
    let listener = TcpListener::bind("127.0.0.14:0").await.expect("loopback");
    let (sink, mut reports) = mpsc::channel(1);
    let cancel = CancellationToken::new();
    let interval = 3 * SECOND;
    let prober = prober(&listener, interval).await;
    let task = tokio::spawn(schedule(prober, 2, sink, cancel.clone()));
    assert_eq!(next(&mut reports).await.outcome, Outcome::Pass);
    drop(listener);
    while next(&mut reports).await.outcome != fail() {}
    let first = Instant::now();
    assert_eq!(next(&mut reports).await.outcome, fail());
    assert!(first.elapsed() < interval * 9 / 10, "{:?}", first.elapsed());
    cancel.cancel();
    timeout(DEADLINE, task).await.expect("in time").expect("no panic");
}

#[tokio::test]
async fn a_full_sink_is_waited_for_and_a_closed_one_ends_the_schedule() {
    let listener = TcpListener::bind("127.0.0.14:0").await.expect("loopback");
    let (sink, mut reports) = mpsc::channel(1);
    let prober = prober(&listener, SECOND / 100).await;
    let task = tokio::spawn(schedule(prober, 3, sink, CancellationToken::new()));
    // One report waits in the queue and one for it, so the third look has not begun.
    for _ in 0..2 {
        timeout(DEADLINE, listener.accept()).await.expect("in time").expect("a look");
    }
    for _ in 0..10 {
        assert_eq!(next(&mut reports).await.outcome, Outcome::Pass);
    }
    drop(reports);
    timeout(DEADLINE, task).await.expect("in time").expect("no panic");
}
