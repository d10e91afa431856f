//! Redirects over TLS.

use std::path::Path;

use rustls::{ALL_VERSIONS, ClientConfig};

use super::certificates::{Folder, HOST, Issued, trusting};
use super::*;
use crate::tls::{Certificates, PairFiles, TlsError, Validity};
use crate::{Pair, Tls};

/// A client that trusts these.
fn client(issued: &[&Issued]) -> Arc<ClientConfig> {
    Arc::new(trusting(issued, ALL_VERSIONS))
}

#[tokio::test]
async fn a_redirect_over_tls_goes_where_the_pool_says() {
    let folder = Folder::new();
    let issued = folder.issue("one", &[HOST]);
    let served = serve_with(Limits::DEFAULT, Some(issued.tls()));
    let mut config = trusting(&[&issued], ALL_VERSIONS);
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    let stream = served.shake_hands(&Arc::new(config), HOST).await.expect("a handshake");
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
    let mut client = Client::new(stream);
    for (host, location) in [
        (HOST, "https://eni2.secure.stream.test/a"),
        ("live.stream.test", "http://eni2.live.stream.test:1935/a"),
        ("eni1.both.stream.test", "https://eni1.both.stream.test:8443/a"),
    ] {
        let seen = client.request(&ask("GET", "/a", host)).await;
        assert_eq!((seen.status, seen.header("location")), (302, location));
    }
    let last = format!("GET /a HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n");
    assert_eq!(client.request(&last).await.status, 302);
    assert_eq!(client.more().await, 0, "a good-bye, not a cut");
}

#[tokio::test]
async fn without_tls_the_same_pool_is_reached_by_http() {
    let seen = serve(Limits::DEFAULT).connect().await.request(&ask("GET", "/a", "both.stream.test")).await;
    assert_eq!(seen.header("location"), "http://eni2.both.stream.test:1935/a");
}

#[tokio::test]
async fn each_name_is_shown_its_pools_certificate_and_others_the_listeners() {
    let folder = Folder::new();
    let names = ["other.test", "secure.stream.test", "a.b.secure.stream.test"];
    let default = folder.issue("default", &names);
    let secure = folder.issue("secure", &["secure.stream.test", "eni0.secure.stream.test"]);
    let below = folder.issue("below", &["live.secure.stream.test"]);
    let certificates = Certificates::new(default.pair())
        .with("secure.stream.test".parse().expect("a name"), secure.pair())
        .with("live.secure.stream.test".parse().expect("a name"), below.pair());
    let served = serve_with(Limits::DEFAULT, Some(Tls::new(certificates).expect("TLS")));
    for (name, shown) in [
        ("other.test", &default),
        ("secure.stream.test", &secure),
        ("Secure.Stream.TEST", &secure),
        ("eni0.secure.stream.test", &secure),
        ("live.secure.stream.test", &below),
        ("a.b.secure.stream.test", &default),
    ] {
        for trusted in [&default, &secure, &below] {
            let shaken = served.shake_hands(&client(&[trusted]), name).await.is_ok();
            assert_eq!(shaken, trusted.files == shown.files, "{name} {:?}", trusted.files);
        }
    }
    let mut nameless = trusting(&[&default], ALL_VERSIONS);
    nameless.enable_sni = false;
    assert!(served.shake_hands(&Arc::new(nameless), HOST).await.is_ok(), "who names no host");
}

#[tokio::test]
async fn a_renewed_certificate_is_shown_without_binding_anew() {
    let folder = Folder::new();
    let old = folder.issue("one", &[HOST]);
    let (pair, tls) = (old.pair(), old.tls());
    let served = serve_with(Limits::DEFAULT, Some(tls.clone()));
    let old_client = client(&[&old]);
    assert!(pair.renewed().expect("readable").is_none(), "nothing has changed");
    assert!(served.shake_hands(&old_client, HOST).await.is_ok());
    let new = folder.issue("one", &[HOST]);
    let renewed = pair.renewed().expect("a pair").expect("another one");
    tls.show(Certificates::new(renewed));
    assert!(served.shake_hands(&client(&[&new]), HOST).await.is_ok());
    assert!(served.shake_hands(&client(&[&old]), HOST).await.is_err());
}

#[test]
fn a_pair_that_is_only_half_renewed_is_a_fault_until_the_other_half_is_there() {
    let (folder, elsewhere) = (Folder::new(), Folder::new());
    let pair = folder.issue("one", &[HOST]).pair();
    let next = elsewhere.issue("one", &[HOST]).files;
    let text = |path: &Path| std::fs::read_to_string(path).expect("a text");
    let whole = text(&next.certificate);
    folder.file("one.pem", &whole[..whole.len() / 2]);
    assert!(pair.renewed().is_err(), "the certificate is half written");
    folder.file("one.pem", &whole);
    assert!(matches!(pair.renewed(), Err(TlsError::Pair { .. })), "the key is still the old one");
    folder.file("one.key", &text(&next.key));
    assert!(pair.renewed().expect("a pair").is_some());
}

#[test]
fn a_certificate_tells_its_names_and_when_it_is_good() {
    let folder = Folder::new();
    let mut params =
        rcgen::CertificateParams::new(vec!["*.live.test".to_owned(), "live.test".to_owned()]).expect("names");
    params.not_before = rcgen::date_time_ymd(2020, 1, 1);
    params.not_after = rcgen::date_time_ymd(2020, 4, 1);
    let key = rcgen::KeyPair::generate().expect("a key");
    let certificate = folder.file("a.pem", &params.self_signed(&key).expect("a certificate").pem());
    let files = PairFiles { certificate, key: folder.file("a.key", &key.serialize_pem()) };
    let pair = Pair::load(&files).expect("times are the operator's to look at");
    // `date -ud 2020-01-01 +%s`, and 91 days later.
    assert_eq!(pair.validity(), Some(Validity { begins: 1_577_836_800, ends: 1_585_699_200 }));
    let covered = |name| pair.covers(name);
    assert!(covered("live.test") && covered("eni0.live.test"));
    assert!(!covered("a.eni0.live.test") && !covered("other.test") && !covered("not a name"));
}

#[tokio::test]
async fn a_handshake_that_does_not_end_is_cut_off() {
    let folder = Folder::new();
    let tls = folder.issue("one", &[HOST]).tls();
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
    let served = serve_with(Limits::DEFAULT, Some(folder.issue("one", &[HOST]).tls()));
    let mut client = served.connect().await;
    served.until("weir_http_connections", "", 1.0).await;
    let shutdown = served.listener.shutdown(Duration::from_secs(10));
    assert_eq!(timeout(Duration::from_secs(4), shutdown).await.expect("at once"), 0);
    client.until_closed().await;
}

#[test]
fn files_that_cannot_be_used_say_which_and_why() {
    let folder = Folder::new();
    let (one, other) = (folder.issue("one", &[HOST]).files, folder.issue("other", &[HOST]).files);
    let nothing = folder.file("nothing.pem", "nothing\n");
    let endless = folder.file("endless.pem", &"#\n".repeat(600 * 1024));
    let load = |certificate: &Path, key: &Path| Tls::load(certificate, key).map(|_| ());
    let (certificate, key) = (one.certificate.as_path(), one.key.as_path());
    let missing = Path::new("/nonexistent/a.pem");
    assert!(load(certificate, key).is_ok());
    assert!(matches!(load(missing, key), Err(TlsError::Certificate { path, .. }) if path == missing));
    assert!(matches!(load(&endless, key), Err(TlsError::Certificate { path, .. }) if path == endless));
    assert!(matches!(load(&nothing, key), Err(TlsError::NoCertificate { path }) if path == nothing));
    assert!(matches!(load(certificate, missing), Err(TlsError::Key { path, .. }) if path == missing));
    assert!(matches!(load(certificate, &nothing), Err(TlsError::Key { path, .. }) if path == nothing));
    let mixed = load(certificate, &other.key);
    assert!(matches!(mixed, Err(TlsError::Pair { files, .. }) if files.key == other.key));
}
