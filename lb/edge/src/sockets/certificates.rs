//! Certificates for tests, and clients that trust them.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::*;
use crate::tls::{Certificates, Pair, PairFiles};

/// The host name of a pool of the tests' world.
pub(super) const HOST: &str = "secure.stream.test";

/// A folder that goes with the test.
pub(super) struct Folder(PathBuf);

/// A certificate in files.
pub(super) struct Issued {
    pub(super) files: PairFiles,
    der: CertificateDer<'static>,
}

impl Folder {
    pub(super) fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("weir-edge-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a folder for temporary files");
        Self(path)
    }

    pub(super) fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, text).expect("a writable folder");
        path
    }

    /// A certificate of its own for these names; files of the same name are replaced.
    pub(super) fn issue(&self, name: &str, hosts: &[&str]) -> Issued {
        let hosts: Vec<String> = hosts.iter().map(|&host| host.to_owned()).collect();
        let CertifiedKey { cert, signing_key } = generate_simple_self_signed(hosts).expect("a certificate");
        let certificate = self.file(&format!("{name}.pem"), &cert.pem());
        let key = self.file(&format!("{name}.key"), &signing_key.serialize_pem());
        Issued { files: PairFiles { certificate, key }, der: cert.der().clone() }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl Issued {
    pub(super) fn pair(&self) -> Pair {
        Pair::load(&self.files).expect("a pair")
    }

    /// TLS with this certificate for all.
    pub(super) fn tls(&self) -> Tls {
        Tls::new(Certificates::new(self.pair())).expect("TLS")
    }
}

/// What a client trusts and offers, with a memory of sessions of its own.
pub(super) fn trusting(issued: &[&Issued], versions: &[&'static SupportedProtocolVersion]) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    for issued in issued {
        roots.add(issued.der.clone()).expect("a root");
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)
        .expect("versions that ring knows")
        .with_root_certificates(roots)
        .with_no_client_auth()
}

impl Served {
    /// A handshake for a name.
    pub(super) async fn shake_hands(
        &self,
        config: &Arc<ClientConfig>,
        name: &str,
    ) -> std::io::Result<TlsStream<TcpStream>> {
        let stream = TcpStream::connect(self.listener.address()).await.expect("it listens");
        let name = ServerName::try_from(name.to_owned()).expect("a name");
        TlsConnector::from(Arc::clone(config)).connect(name, stream).await
    }
}
