//! Bytes sent and received, and viewer connections, of each interface, once a second.
//!
//! Facts of the world: the kernel counts bytes per device, not per address. Where an interface has its device for
//! itself, the device's counters are its own. Where several interfaces share one (secondary addresses, loopback),
//! only the TCP sockets know which address carried what: each has its own totals, which vanish with it.
//!
//! Invariants: a counter that is handed on never falls and never jumps because its source changed. A call to the
//! kernel that fails gives no sample, never a wrong one; the core takes silence as a stale reading. Nothing here
//! blocks the runtime.
//!
//! ```text
//!  links (stats64) ──────────────► of devices ──┐
//!  sockets (inet_diag, tcp_info) ─► accumulator ├─► one source per interface ─► continuity ─► Sample
//!  sockets that closed (notices) ─►             ┘
//! ```
//!
//! Refused: reading `/sys/class/net` or `/proc/net` (a file per number, or no bytes at all), and counting by
//! firewall rules (root, and somebody else's rules).

mod accumulator;
mod closings;
mod devices;
mod sample;
mod sockets;
mod tcp_info;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, watch};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use weir_core::{Interface, InterfaceName, Sample};

use crate::discovery::troubles::Troubles;
use accumulator::Accumulator;
use closings::Closings;
use devices::DeviceReading;
use sample::{Continuity, Reading, Source};

/// How often the counters are read.
const PERIOD: Duration = Duration::from_secs(1);

/// Reads the counters once a second until it is cancelled or nobody listens.
///
/// `interfaces` are this node's; `ports` are the origin's, on whose sockets viewers are counted. Both may change at
/// any time. While the sink is full, readings are skipped.
pub async fn run(
    interfaces: watch::Receiver<Arc<[Interface]>>,
    ports: watch::Receiver<Arc<[u16]>>,
    sink: mpsc::Sender<(InterfaceName, Sample)>,
    cancel: CancellationToken,
) {
    tokio::select! {
        () = cancel.cancelled() => {}
        () = Counters::new(interfaces, ports).follow(&sink) => {}
    }
}

struct Counters {
    interfaces: watch::Receiver<Arc<[Interface]>>,
    ports: watch::Receiver<Arc<[u16]>>,
    closings: Closings,
    accumulator: Accumulator,
    continuity: Continuity,
    devices: Troubles,
    sockets: Troubles,
}

impl Counters {
    fn new(interfaces: watch::Receiver<Arc<[Interface]>>, ports: watch::Receiver<Arc<[u16]>>) -> Self {
        Self {
            interfaces,
            ports,
            closings: Closings::new(),
            accumulator: Accumulator::default(),
            continuity: Continuity::default(),
            devices: Troubles::new("the devices' counters can't be read; interfaces on them give no samples"),
            sockets: Troubles::new(
                "the sockets can't be read; interfaces that share a device give no samples",
            ),
        }
    }

    async fn follow(mut self, sink: &mpsc::Sender<(InterfaceName, Sample)>) {
        let mut ticks = interval(PERIOD);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            tokio::select! {
                biased;
                _ = ticks.tick() => for sample in self.read().await {
                    if sink.send(sample).await.is_err() {
                        return;
                    }
                },
                closed = self.closings.next() => self.accumulator.close(&closed),
            }
        }
    }

    async fn read(&mut self) -> Vec<(InterfaceName, Sample)> {
        let interfaces = self.interfaces.borrow_and_update().clone();
        let ports = self.ports.borrow_and_update().clone();
        let devices = self.devices.note(devices::read().await);
        let devices_at = Instant::now();
        let counted = self.count_sockets(&ports).await;
        let sockets_at = Instant::now();

        let mut samples = Vec::with_capacity(interfaces.len());
        let mut by_sockets = false;
        for interface in &*interfaces {
            let source = source(interface, &interfaces, devices.as_deref());
            let connections = counted.then(|| self.accumulator.connections(interface.address));
            let (reading, at) = match &source {
                Some(Source::Device(name)) => (devices.as_deref().and_then(|all| of(name, all)), devices_at),
                Some(Source::Sockets(address)) => {
                    by_sockets = true;
                    (counted.then(|| self.accumulator.total(*address)), sockets_at)
                }
                None => continue,
            };
            if let (Some(source), Some(reading)) = (source, reading) {
                let reading = self.continuity.shift(&interface.name, source, reading);
                samples.push((interface.name.clone(), reading.sample(at, connections)));
            }
        }
        let names: BTreeSet<&InterfaceName> = interfaces.iter().map(|one| &one.name).collect();
        self.continuity.keep(&names);
        self.closings.want(by_sockets && !ports.is_empty());
        samples
    }

    /// Reads the sockets on these ports; says whether they are counted.
    async fn count_sockets(&mut self, ports: &Arc<[u16]>) -> bool {
        if ports.is_empty() {
            return false;
        }
        let Some(all) = self.sockets.note(sockets::read(ports.clone()).await) else { return false };
        self.accumulator.observe(ports, &all);
        true
    }
}

/// Where an interface's bytes are counted: on its device if it is alone there and the device is not loopback, else
/// by its sockets. Nothing if that can't be told, because the devices can't be read or its device is not there.
fn source(interface: &Interface, all: &[Interface], devices: Option<&[DeviceReading]>) -> Option<Source> {
    let by_sockets = Some(Source::Sockets(interface.address));
    let Some(name) = interface.device.as_deref() else { return by_sockets };
    let sharing = all.iter().filter(|one| one.device.as_deref() == Some(name)).count();
    if sharing > 1 || interface.address.is_loopback() {
        return by_sockets;
    }
    match devices?.iter().find(|device| device.name == name) {
        Some(device) if device.is_loopback => by_sockets,
        Some(_) => Some(Source::Device(name.to_owned())),
        None => None,
    }
}

fn of(name: &str, devices: &[DeviceReading]) -> Option<Reading> {
    devices.iter().find(|device| device.name == name).map(|device| device.reading)
}

#[cfg(test)]
mod tests;
