//! The loop that keeps the metadata's view fresh.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::sleep;

use super::{MetadataClient, MetadataView};
use crate::discovery::DiscoverySettings;
use crate::discovery::backoff::{Backoff, draw};
use crate::discovery::troubles::Troubles;

/// How soon a read is repeated that failed, or that did not know yet what the kernel has.
const AGAIN: Backoff = Backoff { first: Duration::from_secs(1), most: Duration::from_secs(30) };

/// Reads the metadata every so often, at once when the kernel's addresses (`wanted`) change, and soon again while it
/// fails or lags behind. A failure leaves what was known.
pub(in crate::discovery) async fn follow(
    settings: &DiscoverySettings,
    mut wanted: watch::Receiver<BTreeSet<IpAddr>>,
    known: watch::Sender<Option<Arc<MetadataView>>>,
) {
    let mut client = MetadataClient::new(settings.metadata_endpoint);
    let mut reading = Troubles::new("the instance metadata can't be read; what was known of it stays");
    let mut short_of = 0u32;
    loop {
        // Marks the change as seen before the read, so that one during the read causes another.
        wanted.borrow_and_update();
        let complete = match reading.note(MetadataView::read(&mut client).await) {
            Some(view) => {
                let complete = view.is_complete(&*wanted.borrow());
                publish(&known, view);
                complete
            }
            None => false,
        };
        short_of = if complete { 0 } else { short_of.saturating_add(1) };
        let wait =
            if complete { settings.refresh } else { AGAIN.wait(short_of, draw()).min(settings.refresh) };
        tokio::select! {
            () = sleep(wait) => {}
            changed = wanted.changed() => match changed {
                Ok(()) => short_of = 0,
                Err(_) => return,
            },
        }
    }
}

fn publish(known: &watch::Sender<Option<Arc<MetadataView>>>, view: MetadataView) {
    known.send_if_modified(|before| {
        let changed = before.as_deref() != Some(&view);
        if changed {
            *before = Some(Arc::new(view));
        }
        changed
    });
}
