//! The `http` probe: it passes when the status and the body are as wanted.

use weir_core::Failure;

use url::Url;

use crate::exchange::{Want, get_once};
use crate::place::Place;
use crate::spec::ProbeSpec;
use crate::trace::Trace;

/// The most bytes of a body that are read and searched.
const MAX_BODY: usize = 64 * 1024;

/// Asks once. A redirect is an answer like others here: whoever wants it says so by its status.
pub(crate) async fn look(
    spec: &ProbeSpec,
    url: &Url,
    place: &Place,
    trace: &mut Trace,
) -> Result<(), Failure> {
    let answer = get_once(place, Want { url, limit: MAX_BODY, range: None }, trace).await?;
    if !spec.status().contains(&answer.status) {
        return Err(Failure::Status { url: url.to_string(), status: answer.status });
    }
    match spec.body() {
        Some(wanted) if !holds(&answer.body, wanted.as_bytes()) => {
            Err(Failure::BodyMismatch { wanted: wanted.to_owned() })
        }
        _ => Ok(()),
    }
}

fn holds(body: &[u8], wanted: &[u8]) -> bool {
    wanted.is_empty() || body.windows(wanted.len()).any(|window| window == wanted)
}
