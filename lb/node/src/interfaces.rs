//! Keeps discovery running under the configuration in force, and tells the others what it finds.

use std::sync::Arc;

use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use weir_core::{Event, Interface, NodeInventory};

use crate::config::Config;
use crate::discovery::{self, DiscoverySettings, Names};

/// The interfaces of this node, as last found.
pub type InterfacesReceiver = watch::Receiver<Arc<[Interface]>>;

/// Discovers until it is asked to stop; starts anew when what it was told to discover changes.
pub async fn discover(
    mut config: watch::Receiver<Arc<Config>>,
    found: watch::Sender<Arc<[Interface]>>,
    events: mpsc::Sender<Event>,
    stop: CancellationToken,
) {
    while !stop.is_cancelled() {
        let settings = config.borrow_and_update().discovery();
        let round = stop.child_token();
        let (sink, inventories) = mpsc::channel(16);
        let named = DiscoverySettings { names: names(&found.borrow()), ..settings.clone() };
        let discovering = discovery::run(named, sink, round.clone());
        let passing_on = pass_on(inventories, &found, &events);
        let changed = settings_change(&mut config, &settings);
        tokio::select! {
            () = async { tokio::join!(discovering, passing_on); } => {
                // Discovery ends only when it is asked to; a node that no longer looks must not go on unseen.
                if !stop.is_cancelled() {
                    return;
                }
            }
            () = changed => round.cancel(),
            () = stop.cancelled() => {}
        }
    }
}

/// The names that addresses have: a reload does not change them.
fn names(interfaces: &[Interface]) -> Names {
    interfaces.iter().map(|interface| (interface.address, interface.name.clone())).collect()
}

async fn pass_on(
    mut inventories: mpsc::Receiver<NodeInventory>,
    found: &watch::Sender<Arc<[Interface]>>,
    events: &mpsc::Sender<Event>,
) {
    while let Some(inventory) = inventories.recv().await {
        let interfaces: Arc<[Interface]> = inventory.interfaces.clone().into();
        // The state first: a probe's report about an interface that it does not know would be lost.
        if events.send(Event::Inventory(inventory)).await.is_err() {
            return;
        }
        found.send_replace(interfaces);
    }
}

async fn settings_change(config: &mut watch::Receiver<Arc<Config>>, settings: &DiscoverySettings) {
    loop {
        if config.changed().await.is_err() {
            return std::future::pending().await;
        }
        if config.borrow_and_update().discovery() != *settings {
            return;
        }
    }
}
