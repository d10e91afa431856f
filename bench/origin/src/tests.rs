//! The origin from outside, over loopback.

mod client;
mod faults;
mod hls;
mod hostile;
mod life;
mod rtmp;

use std::net::SocketAddr;
use std::time::Duration;

use crate::{Origin, OriginConfig};

/// Two addresses and segments of 100 ms. The list is long, so that what it names is kept for 10 s: longer than any stall
/// of the machine that tests run on.
fn quick() -> OriginConfig {
    OriginConfig {
        listen: [1, 2].map(|last| SocketAddr::from(([127, 0, 0, last], 0))).into(),
        target_duration: Duration::from_millis(100),
        window: 50,
        ..OriginConfig::default()
    }
}

fn origin() -> (Origin, [SocketAddr; 2]) {
    let origin = Origin::start(quick()).unwrap();
    let addresses = origin.addresses().try_into().unwrap();
    (origin, addresses)
}
