//! HTTP answers of weir: redirects to the interface of choice, playlists that lead there, and steering for those who play.
//!
//! Facts of the world: a player that is redirected keeps to the interface that it was sent to, so each redirect
//! decides for a whole session; only content steering moves one that plays. Players find the type of a stream by the end of its path, and browsers follow a
//! redirect to another host only if the redirect itself permits it (CORS). A cached redirect would send everybody
//! to one interface.
//!
//! Invariants, each with a test:
//! * One snapshot per answer. A redirect waits for no lock or `.await` but another pick; a playlist waits for its fetch.
//! * While a pool has an interface, a request for its host name is redirected.
//! * Over any window a pool's redirects follow its weights; a reload or a reader elsewhere does not disturb that.
//! * Path and query arrive at the interface byte for byte.
//! * Who came over TLS is sent to HTTPS wherever the pool's origin has it: browsers load nothing else into such a page.
//! * What one client can hold is bounded: see [`Limits`]. Bytes from the network never stop the service.
//!
//! ```text
//! EdgeListener ─ accept, count ─► connection ─ pace, quick or hyper ─► Edge ─ snapshot ─► answer(request) ─┬► Reply ─► response
//!  one address                     TLS if any, rates                               │ pure          └► Errand ─► masters ─► Reply
//!                                                                                  Desk: whose turn is it
//! ```
//!
//! Refused: 301 and 308 (cacheable), relative locations (they stay on this listener), reading request bodies (none
//! of the methods answered here has a use for one), and a framework's router (there is one route: the host name).

mod admission;
mod client;
mod limits;

mod host;
mod query;
mod target;
mod viewer;

mod desk;
mod reply;
mod steering;

mod answer;
mod errand;
mod pick;
mod responding;
mod response;
mod wowza;

mod playlist;

mod meters;

mod masters;

mod edge;
mod upgrade;

mod common;
mod connection;
mod paced;
mod quick;
mod stop;

mod bind;
mod listener;
mod tls;

pub use admission::Rates;
pub use answer::{Answer, World, answer};
pub use bind::BindError;
pub use client::Client;
pub use desk::Desk;
pub use edge::Edge;
pub use errand::Errand;
pub use limits::{Limits, PATH_BYTES};
pub use listener::EdgeListener;
pub use reply::{Fault, Outcome, PickForm, Reply};
pub use target::TargetForm;
pub use tls::{Certificates, Pair, PairFiles, Tls, TlsError, Validity};

/// The parsers of foreign bytes, for fuzzers. Not for use otherwise.
#[doc(hidden)]
pub mod fuzzing {
    /// Reads bytes as an origin's answer and, if they are a playlist, points it at interfaces.
    pub fn playlist(bytes: &[u8]) {
        crate::playlist::fuzz(bytes);
    }
}

#[cfg(test)]
mod sockets;
#[cfg(test)]
mod world;
