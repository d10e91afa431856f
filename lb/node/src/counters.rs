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
//!  queues (qdisc), devices, cards (ethtool) ─► refusals ─► what a device of one interface refused to send
//! ```
//!
//! Refused: reading `/sys/class/net` or `/proc/net` (a file per number, or no bytes at all), and counting by
//! firewall rules (root, and somebody else's rules).

mod accumulator;
mod card;
mod closings;
mod devices;
mod ethtool;
mod queues;
mod refusals;
mod sample;
mod sockets;
mod tcp_info;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, watch};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use weir_core::{Interface, InterfaceName, Sample};

use crate::discovery::netlink::off_the_runtime;
use crate::discovery::troubles::Troubles;
use accumulator::Accumulator;
use card::Cards;
use closings::Closings;
use devices::DeviceReading;
use refusals::{Refusals, Refuser};
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
    cards: Cards,
    refusals: Refusals,
    devices: Troubles,
    queues: Troubles,
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
            cards: Cards::default(),
            refusals: Refusals::default(),
            devices: Troubles::new("the devices' counters can't be read; interfaces on them give no samples"),
            queues: Troubles::new("the devices' queues can't be read; it is not known what they refuse"),
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
        let refused = self.read_refused(&interfaces, devices.as_deref()).await;

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
            let own = match &source {
                Some(Source::Device(name)) => refused.get(name).copied(),
                _ => None,
            };
            if let (Some(source), Some(reading)) = (source, reading) {
                let reading = self.continuity.shift(&interface.name, source, reading);
                let tcp = if counted { self.accumulator.tcp(interface.address) } else { None };
                let sample = Sample { refused: own, tcp, ..reading.sample(at, connections) };
                samples.push((interface.name.clone(), sample));
            }
        }
        let names: BTreeSet<&InterfaceName> = interfaces.iter().map(|one| &one.name).collect();
        self.continuity.keep(&names);
        self.closings.want(by_sockets && !ports.is_empty());
        samples
    }

    /// What the devices have refused to send that an interface has for itself, as far as it can be told, by their
    /// names.
    async fn read_refused(
        &mut self,
        interfaces: &[Interface],
        devices: Option<&[DeviceReading]>,
    ) -> BTreeMap<String, u64> {
        let Some(devices) = devices else { return BTreeMap::new() };
        let sources = interfaces.iter().filter_map(|one| source(one, interfaces, Some(devices)));
        let own: BTreeSet<String> = sources.filter_map(Source::device).collect();
        let own: Vec<&DeviceReading> = devices.iter().filter(|one| own.contains(&one.name)).collect();
        self.refusals.keep(|index| own.iter().any(|one| one.index == index));
        if own.is_empty() {
            return BTreeMap::new();
        }
        let asked: Vec<(u32, String)> = own.iter().map(|one| (one.index, one.name.clone())).collect();
        let mut cards = std::mem::take(&mut self.cards);
        let read = off_the_runtime(move || {
            let held_back = cards.read(&asked);
            Ok((queues::read(), held_back, cards))
        });
        let Ok((queues, held_back, cards)) = read.await else { return BTreeMap::new() };
        self.cards = cards;
        let queues = self.queues.note(queues).unwrap_or_default();

        let mut refused = BTreeMap::new();
        for device in own {
            let sent = self.refusals.sent_since(device.index, device.reading.transmitted);
            let queue = queues.get(&device.index);
            self.refusals.hold(device.index, queue.map_or(0, |queue| queue.holds_back(sent)));
            let queue = queue.map(|queue| (Refuser::Queue, queue.drops));
            let card = held_back.get(&device.index).map(|now| (Refuser::Card, *now));
            if queue.is_none() && card.is_none() {
                continue;
            }
            for (refuser, now) in [queue, card, Some((Refuser::Device, device.dropped))].into_iter().flatten()
            {
                self.refusals.note(device.index, refuser, now);
            }
            refused.insert(device.name.clone(), self.refusals.total(device.index));
        }
        refused
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
