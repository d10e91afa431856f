//! Viewers who come back resume their session of before, which costs a third of a full handshake.

use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, HandshakeKind, ProtocolVersion, SupportedProtocolVersion};

use super::certificates::{Folder, HOST, trusting};
use super::*;
use crate::tls::Certificates;

const BOTH: [&SupportedProtocolVersion; 2] = [&TLS12, &TLS13];

/// Connects, asks once so that tickets arrive, and says how the handshake went.
async fn visit(
    served: &Served,
    config: &Arc<ClientConfig>,
) -> (Option<HandshakeKind>, Option<ProtocolVersion>) {
    let stream = served.shake_hands(config, HOST).await.expect("a handshake");
    let tls = stream.get_ref().1;
    let seen = (tls.handshake_kind(), tls.protocol_version());
    assert_eq!(Client::new(stream).request(&ask("GET", "/a", HOST)).await.status, 302);
    seen
}

#[tokio::test]
async fn a_second_handshake_resumes_also_after_a_renewal() {
    for version in BOTH {
        let folder = Folder::new();
        let (old, new) = (folder.issue("old", &[HOST]), folder.issue("new", &[HOST]));
        let tls = old.tls();
        let served = serve_with(Limits::DEFAULT, Some(tls.clone()));
        let config = Arc::new(trusting(&[&old, &new], &[version]));
        let expected = |kind| (Some(kind), Some(version.version));
        assert_eq!(visit(&served, &config).await, expected(HandshakeKind::Full));
        assert_eq!(visit(&served, &config).await, expected(HandshakeKind::Resumed));
        tls.show(Certificates::new(new.pair()));
        assert_eq!(visit(&served, &config).await, expected(HandshakeKind::Resumed));
        let stranger = Arc::new(trusting(&[&new], &[version]));
        assert_eq!(visit(&served, &stranger).await, expected(HandshakeKind::Full));
    }
}

#[tokio::test]
async fn tickets_of_another_start_are_refused_and_a_full_handshake_follows() {
    for version in BOTH {
        let folder = Folder::new();
        let issued = folder.issue("one", &[HOST]);
        let config = Arc::new(trusting(&[&issued], &[version]));
        for _ in 0..2 {
            // A key for tickets of its own.
            let served = serve_with(Limits::DEFAULT, Some(issued.tls()));
            assert_eq!(visit(&served, &config).await.0, Some(HandshakeKind::Full));
        }
    }
}
