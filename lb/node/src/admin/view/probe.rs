//! What a probe says of a pool's interface, as JSON.

use std::time::{Duration, Instant};

use serde::Serialize;
use weir_core::{ProbeView, Timings};

/// What one probe saw last, and its verdict.
#[derive(Debug, Serialize)]
pub(super) struct ProbeJson<'a> {
    probe: &'a str,
    verdict: String,
    outcome: Option<&'static str>,
    failure: Option<FailureJson>,
    reported_seconds_ago: Option<f64>,
    verdict_since_seconds: Option<f64>,
    contrary_reports: u32,
    timings: TimingsJson,
}

#[derive(Debug, Serialize)]
struct FailureJson {
    code: &'static str,
    text: String,
}

#[derive(Debug, Serialize)]
struct TimingsJson {
    connect_seconds: Option<f64>,
    first_byte_seconds: Option<f64>,
    total_seconds: f64,
}

/// Shows a probe's view as it is at `now`.
pub(super) fn probe(view: &ProbeView, now: Instant) -> ProbeJson<'_> {
    let ago = |at: Instant| now.saturating_duration_since(at).as_secs_f64();
    let failure = view.last.as_ref().and_then(|outcome| outcome.failure());
    ProbeJson {
        probe: view.id.as_str(),
        verdict: view.verdict.to_string(),
        outcome: view.last.as_ref().map(weir_core::Outcome::label),
        failure: failure.map(|failure| FailureJson { code: failure.code(), text: failure.to_string() }),
        reported_seconds_ago: view.reported.map(ago),
        verdict_since_seconds: view.since.map(ago),
        contrary_reports: view.contrary,
        timings: timings(view.timings),
    }
}

fn timings(timings: Timings) -> TimingsJson {
    TimingsJson {
        connect_seconds: timings.connect.as_ref().map(Duration::as_secs_f64),
        first_byte_seconds: timings.first_byte.as_ref().map(Duration::as_secs_f64),
        total_seconds: timings.total.as_secs_f64(),
    }
}
