//! The load against small servers of its own.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::*;
use crate::http::secure::Certificate;

const PLAIN: Load = Load {
    connection: Connection::KeepAlive,
    what: What::Redirect,
    scheme: Scheme::Http,
    resumption: false,
    clients: 3,
};
const TIME: Duration = Duration::from_millis(100);

/// A server that does this with each connection, on a thread for each; it ends with the test's process.
fn server(serve: impl Fn(TcpStream) + Send + Sync + 'static) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let address = listener.local_addr().expect("bound");
    let serve = Arc::new(serve);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let serve = Arc::clone(&serve);
            std::thread::spawn(move || serve(stream));
        }
    });
    address
}

/// Redirects what is asked, as long as it comes; `edit` changes the answer.
fn redirect(mut stream: impl Read + Write, edit: fn(String) -> String) {
    let mut room = [0; 1024];
    while let Ok(length @ 1..) = stream.read(&mut room) {
        let request = String::from_utf8_lossy(&room[..length]).into_owned();
        let path = request.split(' ').nth(1).unwrap_or_default();
        let answer = edit(format!(
            "HTTP/1.1 302 Found\r\nContent-Length: 2\r\nLocation: http://eni0.live.stream.test{path}\r\n\r\nhi"
        ));
        if stream.write_all(answer.as_bytes()).is_err() || request.contains("Connection: close") {
            return;
        }
    }
}

fn visited(load: &Load, server: SocketAddr) -> Visited {
    let mut latencies = Latencies::new();
    let visited = load.visit(server, TIME, &mut latencies).expect("sockets");
    assert_eq!(visited.completed > 0, latencies.percentile(0.5) >= 0.0);
    visited
}

#[test]
fn every_kind_of_connection_brings_answers_and_loses_none() {
    let server = server(|stream| redirect(stream, |answer| answer));
    for connection in [Connection::KeepAlive, Connection::New, Connection::Close] {
        let visited = visited(&Load { connection, ..PLAIN }, server);
        assert!(visited.completed > 3, "{connection:?}: {visited:?}");
        assert_eq!((visited.wrong, visited.lost), (0, 0), "{connection:?}: {visited:?}");
    }
}

#[test]
fn an_answer_to_another_client_is_wrong_and_is_shown() {
    let server = server(|stream| redirect(stream, |answer| answer.replace("token=0000000", "token=1000000")));
    let visited = visited(&PLAIN, server);
    assert!(visited.completed == 0 && visited.wrong > 0, "{visited:?}");
    assert!(visited.example.contains("token=1000000"), "{visited:?}");
}

#[test]
fn a_connection_that_ends_before_its_answer_is_lost() {
    let server = server(|mut stream| {
        let _ = stream.read(&mut [0; 1024]);
    });
    let visited = visited(&PLAIN, server);
    assert!(visited.completed == 0 && visited.lost > 0, "{visited:?}");
}

#[test]
fn an_answer_that_never_comes_is_lost() {
    let server = server(|mut stream| while stream.read(&mut [0; 1024]).is_ok_and(|length| length > 0) {});
    assert_eq!((visited(&PLAIN, server).completed, visited(&PLAIN, server).lost), (0, 3));
}

#[test]
fn handshakes_are_full_unless_they_may_be_resumed() {
    let certificate = Certificate::new().expect("a certificate");
    let chain = CertificateDer::from_pem_slice(certificate.chain.as_bytes()).expect("PEM");
    let key = PrivateKeyDer::from_pem_slice(certificate.key.as_bytes()).expect("PEM");
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(vec![chain], key))
        .expect("a pair");
    let config = Arc::new(config);
    let server = server(move |stream| {
        let tls = ServerConnection::new(Arc::clone(&config)).expect("a configuration");
        redirect(StreamOwned::new(tls, stream), |answer| answer);
    });
    for what in [What::Handshake, What::Redirect] {
        for resumption in [false, true] {
            let load = Load { connection: Connection::New, what, scheme: Scheme::Https, resumption, ..PLAIN };
            let visited = visited(&load, server);
            assert!(visited.completed > 3 && visited.lost == 0, "{what:?}: {visited:?}");
            // The first of each client is a full one.
            let resumed = if resumption { visited.completed - 3 } else { 0 };
            assert_eq!(visited.resumed, resumed, "{what:?}: {visited:?}");
        }
    }
}
