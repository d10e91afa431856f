//! Redirects over TLS.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio_rustls::TlsConnector;

use super::*;
use crate::tls::TlsError;

const HOST: &str = "secure.stream.test";

/// A folder that goes with the test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("weir-edge-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a folder for temporary files");
        Self(path)
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, text).expect("a writable folder");
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A certificate of its own, loaded from files, and a client that trusts it.
fn pair(folder: &Folder) -> (Tls, TlsConnector) {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(vec![HOST.to_owned()]).expect("a certificate");
    let certificate = folder.file("fullchain.pem", &cert.pem());
    let key = folder.file("key.pem", &signing_key.serialize_pem());
    let mut roots = RootCertStore::empty();
    roots.add(cert.der().clone()).expect("a root");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions that ring knows")
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    (Tls::load(&certificate, &key).expect("a pair"), TlsConnector::from(Arc::new(config)))
}

#[tokio::test]
async fn a_redirect_over_tls_goes_where_the_pool_says() {
    let folder = Folder::new();
    let (tls, connector) = pair(&folder);
    let served = serve_with(Limits::DEFAULT, Some(tls));
    let stream = TcpStream::connect(served.listener.address()).await.expect("it listens");
    let name = ServerName::try_from(HOST).expect("a name");
    let stream = connector.connect(name, stream).await.expect("a handshake");
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
    let mut client = Client::new(stream);
    for (host, location) in [
        (HOST, "https://eni2.secure.stream.test/a"),
        ("live.stream.test", "http://eni2.live.stream.test:1935/a"),
    ] {
        let seen = client.request(&ask("GET", "/a", host)).await;
        assert_eq!((seen.status, seen.header("location")), (302, location));
    }
    let last = format!("GET /a HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n");
    assert_eq!(client.request(&last).await.status, 302);
    assert_eq!(client.more().await, 0, "a good-bye, not a cut");
}

#[tokio::test]
async fn a_renewed_certificate_is_shown_without_binding_anew() {
    let (before, after) = (Folder::new(), Folder::new());
    let ((tls, old), (newer, new)) = (pair(&before), pair(&after));
    let served = serve_with(Limits::DEFAULT, Some(tls.clone()));
    let shakes_hands = async |connector: &TlsConnector| {
        let stream = TcpStream::connect(served.listener.address()).await.expect("it listens");
        connector.connect(ServerName::try_from(HOST).expect("a name"), stream).await.is_ok()
    };
    assert!(shakes_hands(&old).await && !shakes_hands(&new).await);
    tls.follow(&newer);
    assert!(shakes_hands(&new).await && !shakes_hands(&old).await);
}

#[tokio::test]
async fn a_handshake_that_does_not_end_is_cut_off() {
    let folder = Folder::new();
    let (tls, _) = pair(&folder);
    let limits = Limits { handshake_time: Duration::from_millis(100), ..Limits::DEFAULT };
    let served = serve_with(limits, Some(tls));
    served.connect().await.until_closed().await;
    let mut plain = served.connect().await;
    plain.send(ask("GET", "/a", HOST)).await;
    plain.until_closed().await;
    served.until("weir_http_connections", "", 0.0).await;
}

#[tokio::test]
async fn a_shutdown_does_not_wait_for_handshakes() {
    let folder = Folder::new();
    let (tls, _) = pair(&folder);
    let served = serve_with(Limits::DEFAULT, Some(tls));
    let mut client = served.connect().await;
    served.until("weir_http_connections", "", 1.0).await;
    let shutdown = served.listener.shutdown(Duration::from_secs(10));
    assert_eq!(timeout(Duration::from_secs(4), shutdown).await.expect("at once"), 0);
    client.until_closed().await;
}

#[test]
fn files_that_cannot_be_used_say_which_and_why() {
    let folder = Folder::new();
    let make = || generate_simple_self_signed(vec![HOST.to_owned()]).expect("a certificate");
    let (one, other) = (make(), make());
    let certificate = folder.file("one.pem", &one.cert.pem());
    let key = folder.file("one.key", &one.signing_key.serialize_pem());
    let other_key = folder.file("other.key", &other.signing_key.serialize_pem());
    let nothing = folder.file("nothing.pem", "nothing\n");
    let load = |certificate: &Path, key: &Path| Tls::load(certificate, key).map(|_| ());
    let missing = Path::new("/nonexistent/a.pem");
    assert!(load(&certificate, &key).is_ok());
    assert!(matches!(load(missing, &key), Err(TlsError::Certificate { path, .. }) if path == missing));
    assert!(matches!(load(&nothing, &key), Err(TlsError::NoCertificate { path }) if path == nothing));
    assert!(matches!(load(&certificate, missing), Err(TlsError::Key { path, .. }) if path == missing));
    assert!(matches!(load(&certificate, &nothing), Err(TlsError::Key { path, .. }) if path == nothing));
    assert!(matches!(load(&certificate, &other_key), Err(TlsError::Pair { key, .. }) if key == other_key));
}
