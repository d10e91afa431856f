//! The loop that turns changes of the kernel, and of the metadata, into inventories.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep, sleep_until, timeout, timeout_at};
use weir_core::NodeInventory;

use super::assemble::serving_addresses;
use super::events::KernelEvents;
use super::kernel::{self, KernelAddress};
use super::troubles::Troubles;
use super::{DiscoveryMode, DiscoverySettings, MetadataView, Names, assemble};

/// After a notice, this much quiet ends the waiting for further ones.
const QUIET: Duration = Duration::from_millis(20);
/// No notice waits longer than this for others.
const DEBOUNCE: Duration = Duration::from_millis(80);
/// How often the kernel is read while it can't be subscribed to.
const POLL: Duration = Duration::from_millis(500);
/// How long the first inventory waits for the metadata. Interfaces are named by it, so it is worth a moment.
const FIRST_METADATA: Duration = Duration::from_secs(2);

/// What the metadata is known to say; nothing until it has been read once.
pub(super) type Known = Option<Arc<MetadataView>>;

/// Sends inventories until nobody listens.
pub(super) async fn follow(
    settings: &DiscoverySettings,
    sink: &mpsc::Sender<NodeInventory>,
    wanted: watch::Sender<BTreeSet<IpAddr>>,
    mut known: watch::Receiver<Known>,
) {
    let mut notices = Notices::new();
    let mut addresses: Vec<KernelAddress> = Vec::new();
    let mut names = settings.names.clone();
    let mut last: Option<NodeInventory> = None;
    let mut reading = Troubles::new("the kernel's addresses can't be read; the last ones stay");
    loop {
        let read = reading.note(kernel::read().await);
        let pause = if read.is_some() { settings.resync } else { POLL };
        if read.is_none() && last.is_none() && settings.mode != DiscoveryMode::Static {
            // Not known is not the same as none.
            sleep(POLL).await;
            continue;
        }
        if let Some(read) = read {
            addresses = read;
            let serving = serving_addresses(settings, &addresses);
            wanted.send_if_modified(|before| std::mem::replace(before, serving.clone()) != serving);
        }
        if last.is_none() && settings.mode == DiscoveryMode::Ec2 {
            let _ = timeout(FIRST_METADATA, known.wait_for(Option::is_some)).await;
        }
        let view = known.borrow_and_update().clone().unwrap_or_default();
        let inventory = assemble(settings, &addresses, &view, &names);
        names = names_of(&inventory);
        if last.as_ref() != Some(&inventory) {
            report(settings, last.as_ref(), &inventory);
            if sink.send(inventory.clone()).await.is_err() {
                return;
            }
            last = Some(inventory);
        }
        tokio::select! {
            () = notices.next() => {}
            () = sleep(pause) => {}
            Ok(()) = known.changed() => {}
        }
    }
}

fn names_of(inventory: &NodeInventory) -> Names {
    inventory.interfaces.iter().map(|one| (one.address, one.name.clone())).collect()
}

/// Says what changed, once.
fn report(settings: &DiscoverySettings, last: Option<&NodeInventory>, now: &NodeInventory) {
    let before = last.map_or(&[][..], |inventory| &inventory.interfaces[..]);
    for gone in before.iter().filter(|old| now.interfaces.iter().all(|new| new.name != old.name)) {
        tracing::debug!(interface = %gone.name, address = %gone.address, "interface left");
    }
    for new in now.interfaces.iter().filter(|new| !before.contains(new)) {
        let (address, public_address) = (new.address, new.public_address);
        let device = new.device.as_deref().unwrap_or("unknown");
        tracing::debug!(interface = %new.name, %address, %public_address, device, group = %new.group, "interface found");
        if settings.mode == DiscoveryMode::Ec2 && is_private(public_address) {
            tracing::warn!(interface = %new.name, %address,
                "the metadata knows no public address; viewers are told the private one for the time being");
        }
    }
    let left_before = last.map_or(&[][..], |inventory| &inventory.left_out[..]);
    for out in now.left_out.iter().filter(|out| !left_before.contains(out)) {
        let device = out.device.as_deref().unwrap_or("none");
        tracing::debug!(address = %out.address, device, why = out.why, "address left out");
    }
}

fn is_private(address: IpAddr) -> bool {
    matches!(address, IpAddr::V4(v4) if v4.is_private())
}

/// The kernel's notices, subscribed to again whenever that fails.
struct Notices {
    events: Option<KernelEvents>,
    subscribing: Troubles,
}

impl Notices {
    fn new() -> Self {
        let subscribing = Troubles::new("the kernel's notices can't be followed; it is polled instead");
        let mut notices = Self { events: None, subscribing };
        notices.events = notices.subscribing.note(KernelEvents::subscribe());
        notices
    }

    /// Waits for a change, and a moment longer for those that come with it.
    async fn next(&mut self) {
        let Some(events) = &mut self.events else {
            sleep(POLL).await;
            self.events = self.subscribing.note(KernelEvents::subscribe());
            return;
        };
        let first = events.changed().await;
        if self.subscribing.note(first).is_none() {
            self.events = None;
            return;
        }
        let latest = Instant::now() + DEBOUNCE;
        while Instant::now() < latest {
            let quiet = (Instant::now() + QUIET).min(latest);
            match timeout_at(quiet, events.changed()).await {
                Ok(Ok(())) => sleep_until((Instant::now() + QUIET / 4).min(latest)).await,
                Ok(Err(_)) | Err(_) => return,
            }
        }
    }
}
