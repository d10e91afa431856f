//! What is read, and the way from a client's request to an answer in DNS, and back.

use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use serde_json::{Value, json};
use tokio::sync::{Mutex, mpsc, watch};
use weir_core::Publisher;
use weir_dns::{Answerer, Transport};

use super::*;
use crate::admin::{AdminError, AdminServer};
use crate::cli::Remote;
use crate::client;
use crate::config::Config;
use crate::metrics::Metrics;
use crate::orders::OrderBook;
use crate::readiness::Readiness;

const PATH: &str = "/api/v1/acme-challenge";
const TXT: u8 = 16;

fn read(text: &'static str) -> Result<Challenge, String> {
    super::read(&Bytes::from_static(text.as_bytes()))
}

#[test]
fn a_challenge_lasts_ten_minutes_unless_it_says_otherwise() {
    let usual = read(r#"{"name":"live.test","value":"v"}"#).expect("valid");
    assert_eq!((usual.name.to_string().as_str(), usual.lasts), ("_acme-challenge.live.test", USUAL));
    let longest =
        read(r#"{"name":"_acme-challenge.live.test.","value":"v","expires_in":"1h"}"#).expect("valid");
    assert_eq!((longest.name, longest.lasts), (usual.name, LONGEST_CHALLENGE));
}

#[test]
fn a_bad_challenge_says_what_is_wrong() {
    for (text, part) in [
        ("", "send {"),
        (r#"{"name":"a.test"}"#, "missing field `value`"),
        (r#"{"name":"a.test","value":"v","for":"1m"}"#, "unknown field"),
        (r#"{"name":"a b","value":"v"}"#, "name: \"a b\" is not a host name"),
        (r#"{"name":"a.test","value":"v="}"#, "value: the value has to be 1 to 255"),
        (r#"{"name":"a.test","value":"v","expires_in":"soon"}"#, "expires_in: \"soon\""),
        (r#"{"name":"a.test","value":"v","expires_in":"0s"}"#, "at most \"1h\""),
        (r#"{"name":"a.test","value":"v","expires_in":"61m"}"#, "at most \"1h\""),
    ] {
        let message = read(text).expect_err(text);
        assert!(message.contains(part), "{message}");
    }
}

/// A folder that is gone when the test is over.
struct Folder(PathBuf);

impl Folder {
    fn new(test: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("weir-challenge-{test}-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("the folder for temporary files is writable");
        fs::write(folder.join("token"), "geheim\n").expect("writable");
        fs::set_permissions(folder.join("token"), fs::Permissions::from_mode(0o600)).expect("ours");
        Self(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// An admin listener with the answers that it changes.
fn start(folder: &Path, token: &str) -> Result<(AdminServer, Arc<Answerer>), AdminError> {
    let text = format!(
        "version = 1\n[admin]\nlisten = \"127.0.0.1:0\"\n{token}\n[interfaces]\ndiscover = \"static\"\n\
         [[interface]]\nname = \"eni0\"\naddress = \"127.0.0.11\"\n\
         [[zone]]\nname = \"stream.test\"\nnameservers = [\"ns1.stream.test\"]\ncontact = \"hostmaster.stream.test\"\nrecords = \"ns1 IN A 127.0.0.11\"\n\
         [[pool]]\nname = \"live\"\nhostname = \"live.stream.test\"\n"
    );
    let config = Config::parse(&text, folder, "weir.toml").unwrap_or_else(|faults| panic!("{faults:#?}"));
    let metrics = Arc::new(Metrics::new().expect("no name stands twice"));
    let reader = Publisher::new().reader();
    let answerer = Answerer::new(config.zones(1), reader.clone(), metrics.registry()).expect("no name twice");
    let admin = Admin {
        node: config.node().name.clone(),
        reader,
        generation: watch::channel(0).1,
        events: mpsc::channel(1).0,
        orders: Mutex::new(OrderBook::open(folder).expect("writable")),
        answerer: Arc::clone(&answerer),
        metrics,
        readiness: Arc::new(Readiness::new(Instant::now())),
        config: watch::channel(Arc::new(config)).1,
    };
    Ok((AdminServer::start(SocketAddr::from(([127, 0, 0, 1], 0)), admin)?, answerer))
}

/// How many TXT records there are at a name.
fn answers(answerer: &Answerer, name: &str) -> u8 {
    let labels = name.split('.').flat_map(|label| {
        let length = u8::try_from(label.len()).expect("a label is short");
        std::iter::once(length).chain(label.bytes())
    });
    let head = [0, 7, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    let message: Vec<u8> = head.into_iter().chain(labels).chain([0, 0, TXT, 0, 1]).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let client = SocketAddr::from(([127, 0, 0, 1], 5300));
    let answer = runtime.block_on(answerer.respond(&message, client, Transport::Udp));
    answer.expect("a question is answered")[7]
}

fn ask(remote: &Remote, method: Method, name: &str, value: &str) -> Result<Value, String> {
    let body = json!({ "name": name, "value": value });
    client::ask(remote, method, PATH, Some(&body)).map_err(|error| error.to_string())
}

#[test]
fn a_challenge_is_answered_from_its_request_to_its_removal() {
    let folder = Folder::new("round");
    let (server, answerer) = start(&folder.0, "").expect("loopback can be bound");
    let remote = Remote { admin: server.address(), token_file: None };
    let (plain, asked) = ("live.stream.test", "_acme-challenge.live.stream.test");
    for value in ["plain", "-wild_"] {
        let done = ask(&remote, Method::PUT, plain, value);
        assert_eq!(done, Ok(json!({ "name": asked, "expires_in_seconds": 600 })));
    }
    assert_eq!(answers(&answerer, asked), 2);
    let scrape = String::from_utf8(server_metrics(&remote)).expect("text");
    assert!(scrape.contains("\nweir_dns_acme_challenges 2\n"), "{scrape}");
    let removed = |removed: bool| Ok(json!({ "name": asked, "removed": removed }));
    assert_eq!(ask(&remote, Method::DELETE, asked, "plain"), removed(true));
    assert_eq!(ask(&remote, Method::DELETE, asked, "plain"), removed(false));
    assert_eq!(answers(&answerer, asked), 1);

    let foreign = ask(&remote, Method::PUT, "live.example", "v").expect_err("it is not ours");
    assert_eq!(foreign, "_acme-challenge.live.example lies in none of the zones; there are: stream.test");
    let other =
        client::ask(&remote, Method::POST, PATH, None).expect_err("it is no method of it").to_string();
    assert_eq!(other, "use PUT, DELETE");
    server.stop();
}

#[test]
fn a_challenge_needs_the_token_where_there_is_one() {
    let folder = Folder::new("token");
    let (server, answerer) = start(&folder.0, "token_file = \"token\"").expect("loopback can be bound");
    let without = Remote { admin: server.address(), token_file: None };
    for method in [Method::PUT, Method::DELETE] {
        let refused = ask(&without, method, "live.stream.test", "v").expect_err("no token was shown");
        assert!(refused.contains("Authorization: Bearer"), "{refused}");
    }
    assert_eq!(answers(&answerer, "_acme-challenge.live.stream.test"), 0);
    let with = Remote { token_file: Some(folder.0.join("token")), ..without };
    assert!(ask(&with, Method::PUT, "live.stream.test", "v").is_ok());
    assert_eq!(answers(&answerer, "_acme-challenge.live.stream.test"), 1);
    server.stop();
}

/// The metrics page, which is no JSON.
fn server_metrics(remote: &Remote) -> Vec<u8> {
    use std::io::{Read, Write};
    let mut stream = std::net::TcpStream::connect(remote.admin).expect("it listens");
    stream
        .write_all(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        .expect("it reads");
    let mut page = Vec::new();
    stream.read_to_end(&mut page).expect("it answers");
    page
}
