//! Which interfaces this machine has, now.
//!
//! Facts of the world: addresses come and go while the daemon runs (an elastic network interface is attached, an
//! address is assigned, a cable is pulled). The kernel tells those who ask over netlink, at once, and drops
//! notices when the listener is slow (`ENOBUFS`). The kernel knows nothing of public addresses, device numbers or
//! network cards: those stand in EC2's instance metadata, which lags behind the kernel by seconds, limits how often
//! it may be asked, and fails now and then.
//!
//! Invariant: a notice of the kernel is never believed, only taken as a reason to read everything again; so a lost
//! notice costs at most the time until the next full read. Metadata that can't be read changes nothing: what was
//! known of it stays, and the kernel's addresses serve without it.
//!
//! ```text
//!  kernel notices ──► debounce ──► read links + addresses ─┐
//!        │ wakes                                           ├─► assemble (pure) ─► NodeInventory, when it changed
//!        └────────► metadata client ──► MetadataView ──────┘
//! ```
//!
//! Refused: keeping a table up to date by applying notices one by one (one lost notice and it is wrong for ever),
//! and reading `/sys` or calling `ip` (neither tells of a change).

mod settings;

pub mod assemble;
pub mod backoff;
pub mod devices;
pub mod events;
pub mod kernel;
pub mod metadata;
pub mod names;

pub(crate) mod netlink;
pub(crate) mod troubles;

mod follow;

use std::collections::BTreeSet;

use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use weir_core::NodeInventory;

pub use assemble::assemble;
pub use devices::DeviceFilter;
pub use kernel::KernelAddress;
pub use metadata::{Eni, MetadataClient, MetadataEndpoint, MetadataError, MetadataView};
pub use names::Names;
pub use settings::{DeclaredInterface, DiscoveryMode, DiscoverySettings};

/// Sends the first inventory as soon as it is known, and then each one that differs from the last, until it is
/// cancelled or nobody listens. Everything that it starts ends with it.
///
/// A reload cancels it and starts another with new settings; [`DiscoverySettings::names`] then carries over which
/// name an address has.
pub async fn run(settings: DiscoverySettings, sink: mpsc::Sender<NodeInventory>, cancel: CancellationToken) {
    let (wanted, wanted_by_metadata) = watch::channel(BTreeSet::new());
    let (view, known) = watch::channel(None);
    let cloud = async {
        if settings.mode == DiscoveryMode::Ec2 {
            metadata::follow(&settings, wanted_by_metadata, view).await;
        } else {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        () = cancel.cancelled() => {}
        () = follow::follow(&settings, &sink, wanted, known) => {}
        () = cloud => {}
    }
}
