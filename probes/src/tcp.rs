//! The `tcp` probe: it passes when something accepts.

use weir_core::Failure;

use crate::connect::connect;
use crate::place::Place;
use crate::trace::Trace;

/// Connects and closes.
pub(crate) async fn look(place: &Place, trace: &mut Trace) -> Result<(), Failure> {
    connect(place, trace).await.map(drop)
}
