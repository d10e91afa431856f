//! Each probe against servers that pass and servers that fail, one for each reason.

mod hls;
mod http;
pub(crate) mod mutate;
mod origin;
mod rtmp;
mod rtmp_server;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use weir_core::{Failure, Outcome, Report};

use crate::prober::Prober;
use crate::spec::{ProbeKind, ProbeSpec, Timing, Wanted};

/// Far beyond what a look at loopback takes: a test that waits this long has failed.
const PATIENT: Duration = Duration::from_secs(10);

/// For looks that must run out of time, with room to reach the phase that they do so in.
const SHORT: Duration = Duration::from_millis(1500);

/// The interface of these tests.
const ADDRESS: [u8; 4] = [127, 0, 0, 12];

/// A prober of the test interface; `rest` follows the address in the URL.
fn prober(kind: ProbeKind, rest: &str, timeout: Duration, wanted: Wanted) -> Prober {
    prober_of(ADDRESS.into(), kind, rest, timeout, wanted)
}

fn prober_of(address: IpAddr, kind: ProbeKind, rest: &str, timeout: Duration, wanted: Wanted) -> Prober {
    let scheme = if kind == ProbeKind::Hls { "http" } else { kind.as_str() };
    let timing = Timing { interval: Duration::from_secs(1), timeout };
    let spec = ProbeSpec::new(kind, &format!("{scheme}://{{address}}{rest}"), timing, wanted).expect("valid");
    let pool = "live".parse().expect("a name");
    Prober::new(Arc::new(spec), pool, "eni1".parse().expect("a name"), address)
}

/// The failure of a report that is one.
#[track_caller]
fn failure(report: Report) -> Failure {
    match report.outcome {
        Outcome::Fail(failure) => failure,
        other => panic!("not a failure: {other:?}"),
    }
}

#[track_caller]
fn assert_passes(report: &Report) {
    assert_eq!(report.outcome, Outcome::Pass);
}
