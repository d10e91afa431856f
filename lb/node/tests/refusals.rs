//! What a queue refuses and what TCP sends again, against a real queue between two network namespaces.
//!
//! The test runs itself again in each namespace: once with the counters and a server, once as the viewer. Needs root
//! and `ip` and `tc`.

#![allow(clippy::unwrap_used, reason = "a test that can't go on may panic")]

use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use weir_core::{Interface, InterfaceName, Sample};

const ROLE: &str = "WEIR_TEST_ROLE";
const PORT: u16 = 8080;
const DEADLINE: Duration = Duration::from_secs(20);

/// Two namespaces with a queue of 10 Mbit/s from the first to the second, until dropped.
struct Namespaces(String);

impl Namespaces {
    /// None when a program or the right to make them is missing.
    fn new() -> Option<Self> {
        if !run("ip", "-V") || !run("tc", "-V") {
            return None;
        }
        let name = format!("weir-refusals-{}", std::process::id());
        let all = Self(name.clone());
        if !run("ip", &format!("netns add {name}a")) || !run("ip", &format!("netns add {name}b")) {
            return None;
        }
        for command in [
            format!("-n {name}a link add server type veth peer name viewer netns {name}b"),
            format!("-n {name}a address add 10.9.0.1/24 dev server"),
            format!("-n {name}b address add 10.9.0.2/24 dev viewer"),
            format!("-n {name}a link set server up"),
            format!("-n {name}b link set viewer up"),
        ] {
            assert!(run("ip", &command), "ip {command}");
        }
        let queue = format!("-n {name}a qdisc add dev server root tbf rate 10mbit burst 5kb limit 30kb");
        assert!(run("tc", &queue), "tc {queue}");
        Some(all)
    }

    fn role(&self, side: &str, role: &str) -> Child {
        let program = std::env::current_exe().unwrap();
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &format!("{}{side}", self.0)]).arg(program);
        command.args([
            "--exact",
            "a_queue_that_overflows_is_seen_and_so_is_what_is_sent_again",
            "--nocapture",
        ]);
        command.env(ROLE, role).spawn().unwrap()
    }
}

impl Drop for Namespaces {
    fn drop(&mut self) {
        for side in ["a", "b"] {
            run("ip", &format!("netns delete {}{side}", self.0));
        }
    }
}

fn run(program: &str, arguments: &str) -> bool {
    let mut command = Command::new(program);
    command.args(arguments.split(' ')).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

#[test]
fn a_queue_that_overflows_is_seen_and_so_is_what_is_sent_again() {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    match std::env::var(ROLE).as_deref() {
        Ok("server") => return runtime().block_on(serve()),
        Ok(_) => return runtime().block_on(view()),
        Err(_) => {}
    }
    let Some(namespaces) = Namespaces::new() else {
        let sentence = "skipped: needs root, ip and tc";
        // As everywhere: where all has to be tested, a skip is a failure.
        assert_ne!(std::env::var("WEIR_TESTS").as_deref(), Ok("all"), "{sentence}");
        eprintln!("{sentence}");
        return;
    };
    let mut server = namespaces.role("a", "server");
    let mut viewer = namespaces.role("b", "viewer");
    let outcome = server.wait().unwrap();
    viewer.kill().unwrap();
    viewer.wait().unwrap();
    assert!(outcome.success());
}

async fn view() {
    let connect = async {
        loop {
            if let Ok(stream) = TcpStream::connect(("10.9.0.1", PORT)).await {
                return stream;
            }
            tokio::task::yield_now().await;
        }
    };
    let mut stream = timeout(DEADLINE, connect).await.unwrap();
    let mut block = vec![0; 65_536];
    while stream.read(&mut block).await.is_ok_and(|read| read > 0) {}
}

async fn serve() {
    let listener = TcpListener::bind(("10.9.0.1", PORT)).await.unwrap();
    let (mut viewer, _) = timeout(DEADLINE, listener.accept()).await.unwrap().unwrap();
    let address = "10.9.0.1".parse().unwrap();
    let interface = Interface {
        name: "server".parse().unwrap(),
        node: "edge-1".parse().unwrap(),
        address,
        public_address: address,
        device: Some("server".to_owned()),
        capacity: None,
        group: "node".parse().unwrap(),
        cloud: None,
    };
    let (_interfaces, interfaces) = watch::channel(Arc::from([interface]));
    let (_ports, ports) = watch::channel(Arc::from([PORT]));
    let (sink, mut samples) = mpsc::channel(16);
    let counters = weir::counters::run(interfaces, ports, sink, CancellationToken::new());
    tokio::spawn(counters);

    let first = next(&mut samples).await;
    let mut below = first;
    for _ in 0..3 {
        viewer.write_all(&[7; 8_000]).await.unwrap();
        below = next(&mut samples).await;
    }
    assert!(below.transmitted > first.transmitted, "{first:?} {below:?}");
    assert_eq!((below.refused, first.refused), (Some(0), Some(0)), "nothing is refused below the rate");

    tokio::spawn(async move { while viewer.write_all(&[7; 65_536]).await.is_ok() {} });
    let above = async {
        loop {
            let sample = next(&mut samples).await;
            let tcp = sample.tcp.unwrap();
            if sample.refused > Some(0) && tcp.resent > 0 {
                assert!(tcp.sent > tcp.resent && tcp.delivery.is_some(), "{tcp:?}");
                return;
            }
        }
    };
    timeout(DEADLINE, above).await.expect("the queue refuses and TCP sends again");
}

async fn next(samples: &mut mpsc::Receiver<(InterfaceName, Sample)>) -> Sample {
    timeout(DEADLINE, samples.recv()).await.expect("a sample in time").expect("it runs").1
}
