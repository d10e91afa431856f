//! How listeners speak TLS: one configuration for good, and certificates by name that can be replaced.
//!
//! Facts of the world: certificates are renewed every few weeks while viewers come and go, and a viewer who comes
//! back resumes the session of before by a ticket, for a third of the work. A new configuration for each
//! certificate would come with a new key for tickets, and each renewal would be a storm of full handshakes.
//!
//! So the configuration is made once, with the key of its tickets (RFC 8446 section 4.6.1; RFC 5077 for TLS 1.2),
//! and asks for a certificate at each handshake. Tickets are all that is kept of a session, and the client keeps
//! them: memory does not grow with viewers. rustls changes the key every six hours and takes the one before, too; a
//! ticket is good for the server name that it was made for, and no other.
//!
//! Refused: early data (RFC 8446 section 8), which can be replayed, and each redirect is counted.

mod certificates;
mod pair;

use std::path::Path;
use std::sync::Arc;

use arc_swap::ArcSwap;
use rustls::ServerConfig;
use rustls::crypto::ring::{self, Ticketer};
use rustls::server::{ClientHello, NoServerSessionStorage, ResolvesServerCert};
use rustls::sign::CertifiedKey;

pub use certificates::Certificates;
pub use pair::{Pair, PairFiles, TlsError, Validity};

/// HTTP/2 (RFC 9113 section 3.2), as ALPN names it.
pub(crate) const HTTP_2: &[u8] = b"h2";
/// HTTP/1.1 likewise.
const HTTP_1: &[u8] = b"http/1.1";

/// What listeners need to speak TLS (1.2 and 1.3); cheap to clone, and all clones change together.
#[derive(Clone, Debug)]
pub struct Tls {
    config: Arc<ServerConfig>,
    shown: Arc<Shown>,
}

/// The certificates that are shown at this moment.
#[derive(Debug)]
struct Shown(ArcSwap<Certificates>);

impl Tls {
    /// TLS with these certificates.
    ///
    /// # Errors
    /// When the system has no random bytes for the key of tickets.
    pub fn new(certificates: Certificates) -> Result<Self, TlsError> {
        let shown = Arc::new(Shown(ArcSwap::from_pointee(certificates)));
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(TlsError::Setup)?
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(&shown) as Arc<dyn ResolvesServerCert>);
        config.alpn_protocols = vec![HTTP_2.to_vec(), HTTP_1.to_vec()];
        config.ticketer = Ticketer::new().map_err(TlsError::Setup)?;
        config.session_storage = Arc::new(NoServerSessionStorage {});
        Ok(Self { config: Arc::new(config), shown })
    }

    /// TLS with one certificate for all names; see [`Pair::load`].
    ///
    /// # Errors
    /// When the pair can't be used, or as [`Tls::new`].
    pub fn load(certificate: &Path, key: &Path) -> Result<Self, TlsError> {
        let files = PairFiles { certificate: certificate.to_owned(), key: key.to_owned() };
        Self::new(Certificates::new(Pair::load(&files)?))
    }

    /// From now on, new connections are shown these; those that stand are left alone, and tickets stay good.
    pub fn show(&self, certificates: Certificates) {
        self.shown.0.store(Arc::new(certificates));
    }

    pub(crate) fn config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.config)
    }
}

impl ResolvesServerCert for Shown {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        // rustls has made the name lower case, and ended the handshake if it is none.
        Some(self.0.load().of(hello.server_name()).certified())
    }
}
