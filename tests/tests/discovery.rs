//! Discovery and device counters against the real kernel, in a network namespace of their own.

#![allow(clippy::unwrap_used, reason = "a test that can't go on may panic")]

use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use weir::discovery::{DeclaredInterface, DiscoveryMode, DiscoverySettings};
use weir_core::{Interface, NodeInventory};
use weir_tests::metadata::{ALWAYS, Fault, MetadataMock, MockEni};

/// What the issue promises for an address that comes or goes.
const A_SECOND: Duration = Duration::from_secs(1);
/// For everything else.
const DEADLINE: Duration = Duration::from_secs(20);
const MAC: &str = "02:00:00:00:77:01";

/// Runs a test in a fresh namespace, in a runtime whose threads all live there. Needs root and `ip`; without them
/// it says so and passes, unless `WEIR_TESTS=all`.
fn in_namespace<F: Future<Output = ()>>(test: impl FnOnce() -> F + Send + 'static) {
    let inside = move || {
        if !enter() {
            assert!(std::env::var("WEIR_TESTS").as_deref() != Ok("all"), "needs root and ip (iproute2)");
            println!("skipped: needs root and ip (iproute2)");
            return;
        }
        ip("link set lo up");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(test());
    };
    if let Err(panic) = std::thread::spawn(inside).join() {
        std::panic::resume_unwind(panic);
    }
}

fn enter() -> bool {
    let has_ip = Command::new("ip").arg("-V").stdout(Stdio::null()).stderr(Stdio::null()).status();
    // SAFETY: unshare touches no memory of ours; it moves this thread to a new network namespace or fails.
    has_ip.is_ok_and(|status| status.success()) && unsafe { libc::unshare(libc::CLONE_NEWNET) } == 0
}

fn ip(arguments: &str) {
    let status = Command::new("ip").args(arguments.split(' ')).status().unwrap();
    assert!(status.success(), "ip {arguments}");
}

fn ip_batch(lines: &str) {
    let mut ip = Command::new("ip").args(["-batch", "-"]).stdin(Stdio::piped()).spawn().unwrap();
    ip.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    assert!(ip.wait().unwrap().success());
}

/// A device with a carrier: one end of a pair, with the other end up.
fn add_device(name: &str, mac: &str) {
    ip(&format!("link add {name} address {mac} type veth peer name {name}-far"));
    ip(&format!("link set {name}-far up"));
    ip(&format!("link set {name} up"));
}

fn settings(mode: DiscoveryMode) -> DiscoverySettings {
    DiscoverySettings::new("edge-1".parse().unwrap(), mode, "node".parse().unwrap())
}

/// Discovery at work.
struct Running {
    inventories: mpsc::Receiver<NodeInventory>,
    cancel: CancellationToken,
    task: JoinHandle<()>,
}

impl Running {
    fn start(settings: DiscoverySettings) -> Self {
        let (sink, inventories) = mpsc::channel(4);
        let cancel = CancellationToken::new();
        let task = tokio::spawn(weir::discovery::run(settings, sink, cancel.clone()));
        Self { inventories, cancel, task }
    }

    /// The next inventory that is as wanted; it has so much time.
    async fn until(&mut self, within: Duration, wanted: impl Fn(&NodeInventory) -> bool) -> NodeInventory {
        let mut last = None;
        let wait = async {
            loop {
                let inventory = self.inventories.recv().await.expect("it runs");
                if wanted(&inventory) {
                    return inventory;
                }
                last = Some(inventory);
            }
        };
        let inventory = timeout(within, wait).await;
        inventory.unwrap_or_else(|_| panic!("not as wanted in time; the last was {last:#?}"))
    }

    /// The next inventory, with these interfaces, within a second.
    async fn soon(&mut self, interfaces: &[(&str, &str)]) -> NodeInventory {
        let inventory = self.until(A_SECOND, |inventory| are(inventory, interfaces)).await;
        assert!(self.inventories.try_recv().is_err(), "only changes are told");
        inventory
    }
}

fn are(inventory: &NodeInventory, interfaces: &[(&str, &str)]) -> bool {
    let found: Vec<_> =
        inventory.interfaces.iter().map(|one| (one.name.to_string(), one.address.to_string())).collect();
    found
        == interfaces
            .iter()
            .map(|(name, address)| (name.to_string(), address.to_string()))
            .collect::<Vec<_>>()
}

#[test]
fn addresses_that_come_and_go_are_told_within_a_second() {
    in_namespace(|| async {
        add_device("wan0", MAC);
        ip("addr add 10.77.0.1/24 dev wan0");
        let mut running = Running::start(settings(DiscoveryMode::System));
        running.soon(&[("wan0", "10.77.0.1")]).await;
        ip("addr add 10.77.0.2/24 dev wan0");
        running.soon(&[("wan0", "10.77.0.1"), ("wan0-2", "10.77.0.2")]).await;
        ip("addr add 2001:db8::77/64 dev wan0 nodad");
        let three = [("wan0", "10.77.0.1"), ("wan0-3", "2001:db8::77"), ("wan0-2", "10.77.0.2")];
        running.soon(&three).await;
        ip("addr del 10.77.0.2/24 dev wan0");
        running.soon(&[("wan0", "10.77.0.1"), ("wan0-3", "2001:db8::77")]).await;
    });
}

#[test]
fn devices_that_come_go_and_lose_their_carrier_are_told_within_a_second() {
    in_namespace(|| async {
        add_device("wan0", MAC);
        ip("addr add 10.77.0.1/24 dev wan0");
        let mut running = Running::start(settings(DiscoveryMode::System));
        let first = ("wan0", "10.77.0.1");
        running.soon(&[first]).await;
        add_device("wan1", "02:00:00:00:77:02");
        ip("addr add 10.78.0.1/24 dev wan1");
        running.soon(&[first, ("wan1", "10.78.0.1")]).await;
        ip("link set wan0-far down");
        let without = running.soon(&[("wan1", "10.78.0.1")]).await;
        assert_eq!(without.left_out[0].why, "its device is down");
        ip("link set wan0-far up");
        running.soon(&[first, ("wan1", "10.78.0.1")]).await;
        ip("link del wan1");
        let gone = running.soon(&[first]).await;
        assert!(gone.left_out.is_empty());
    });
}

#[test]
fn what_is_beyond_max_takes_the_place_of_what_leaves() {
    in_namespace(|| async {
        add_device("wan0", MAC);
        ip_batch(
            "addr add 10.77.0.1/24 dev wan0\naddr add 10.77.0.2/24 dev wan0\naddr add 10.77.0.3/24 dev wan0\n",
        );
        let mut settings = settings(DiscoveryMode::System);
        settings.max = 2;
        let mut running = Running::start(settings);
        let first = running.soon(&[("wan0", "10.77.0.1"), ("wan0-2", "10.77.0.2")]).await;
        assert_eq!(first.left_out[0].address.to_string(), "10.77.0.3");
        assert_eq!(first.left_out[0].why, "more than max = 2 interfaces");
        ip("addr del 10.77.0.2/24 dev wan0");
        let then = running.soon(&[("wan0", "10.77.0.1"), ("wan0-2", "10.77.0.3")]).await;
        assert!(then.left_out.is_empty());
    });
}

#[test]
fn a_flood_of_changes_ends_in_the_right_inventory() {
    in_namespace(|| async {
        add_device("wan0", MAC);
        let mut settings = settings(DiscoveryMode::System);
        settings.max = usize::MAX;
        let mut running = Running::start(settings);
        running.until(DEADLINE, |inventory| inventory.interfaces.is_empty()).await;
        let lines = |verb: &str, from: u32, to: u32| -> String {
            (from..to)
                .map(|n| format!("addr {verb} 10.77.{}.{}/16 dev wan0\n", n / 250, n % 250 + 1))
                .collect()
        };
        ip_batch(&lines("add", 0, 2000));
        ip_batch(&lines("del", 1000, 2000));
        running.until(DEADLINE, |inventory| inventory.interfaces.len() == 1000).await;
    });
}

#[test]
fn metadata_joins_late_stays_when_it_fails_and_heals() {
    in_namespace(|| async {
        add_device("wan0", MAC);
        ip("addr add 10.77.0.1/24 dev wan0");
        let mock = MetadataMock::start().await.unwrap();
        let eni = MockEni::new(MAC).device_number(0).private("10.77.0.1").public("198.51.100.1", "10.77.0.1");
        mock.attach(&eni);
        mock.hide_device_number(MAC);
        let mut settings = settings(DiscoveryMode::Ec2);
        settings.metadata_endpoint = mock.endpoint().parse().unwrap();
        let mut running = Running::start(settings);

        // The device number is not known yet: usable all the same, and renamed once it is.
        let first = running.until(DEADLINE, |_| true).await;
        assert!(are(&first, &[("wan0", "10.77.0.1")]), "{first:?}");
        assert_eq!(public(&first, 0), "198.51.100.1");
        assert_eq!(first.interfaces[0].group.as_str(), "card0");
        mock.show_device_number(MAC);
        let numbered = running.until(DEADLINE, |now| are(now, &[("eni0", "10.77.0.1")])).await;
        assert_eq!(numbered.interfaces[0].cloud.as_ref().unwrap().device_number, Some(0));

        // The metadata fails: what was known stays, and a new address serves as it is.
        mock.inject("network/interfaces/macs/", Fault::Status(503), ALWAYS);
        ip("addr add 10.77.0.2/24 dev wan0");
        let both = [("eni0", "10.77.0.1"), ("eni0-2", "10.77.0.2")];
        let failing = running.soon(&both).await;
        assert_eq!((public(&failing, 0), public(&failing, 1)), ("198.51.100.1".into(), "10.77.0.2".into()));

        // It comes back, and knows more.
        mock.attach(&eni.private("10.77.0.2").public("198.51.100.2", "10.77.0.2"));
        mock.heal("network/interfaces/macs/");
        running.until(DEADLINE, |now| are(now, &both) && public(now, 1) == "198.51.100.2").await;
    });
}

fn public(inventory: &NodeInventory, index: usize) -> String {
    inventory.interfaces[index].public_address.to_string()
}

#[test]
fn a_change_of_the_kernel_makes_the_metadata_be_read_at_once() {
    in_namespace(|| async {
        add_device("wan0", MAC);
        ip("addr add 10.77.0.1/24 dev wan0");
        let mock = MetadataMock::start().await.unwrap();
        let eni = MockEni::new(MAC).device_number(0).private("10.77.0.1").public("198.51.100.1", "10.77.0.1");
        mock.attach(&eni);
        let mut settings = settings(DiscoveryMode::Ec2);
        settings.metadata_endpoint = mock.endpoint().parse().unwrap();
        let mut running = Running::start(settings);
        running.until(DEADLINE, |now| are(now, &[("eni0", "10.77.0.1")])).await;
        mock.attach(&eni.private("10.77.0.2").public("198.51.100.2", "10.77.0.2"));
        ip("addr add 10.77.0.2/24 dev wan0");
        running.until(A_SECOND, |now| now.interfaces.len() == 2 && public(now, 1) == "198.51.100.2").await;
    });
}

#[test]
fn an_interface_alone_on_its_device_has_the_devices_bytes() {
    in_namespace(|| async {
        add_device("wan0", MAC);
        ip("addr add 10.77.0.1/24 dev wan0");
        ip("neigh add 10.77.0.99 lladdr 02:00:00:00:77:99 dev wan0");
        let mut running = Running::start(settings(DiscoveryMode::System));
        let inventory = running.soon(&[("wan0", "10.77.0.1")]).await;
        let (_interfaces, seen) = watch::channel(Arc::<[Interface]>::from(inventory.interfaces));
        let (_ports, ports) = watch::channel(Arc::from([1935]));
        let (sink, mut samples) = mpsc::channel(4);
        let counters = tokio::spawn(weir::counters::run(seen, ports, sink, running.cancel.clone()));
        let (name, before) = timeout(DEADLINE, samples.recv()).await.unwrap().unwrap();
        assert_eq!((name.as_str(), before.connections), ("wan0", Some(0)));
        let socket = UdpSocket::bind("10.77.0.1:0").await.unwrap();
        for _ in 0..100 {
            socket.send_to(&[0; 1000], "10.77.0.99:9").await.unwrap();
        }
        let grown =
            async { while samples.recv().await.unwrap().1.transmitted < before.transmitted + 100_000 {} };
        timeout(DEADLINE, grown).await.expect("the device's counter grows");
        running.cancel.cancel();
        timeout(DEADLINE, counters).await.unwrap().unwrap();
        timeout(DEADLINE, running.task).await.unwrap().unwrap();
    });
}

#[tokio::test]
async fn static_interfaces_are_told_once_and_it_ends_when_cancelled() {
    let mut settings = settings(DiscoveryMode::Static);
    settings.declared = vec![DeclaredInterface {
        name: "eni0".parse().unwrap(),
        address: "127.0.0.11".parse().unwrap(),
        public_address: None,
        device: None,
        capacity: None,
        group: None,
    }];
    let mut running = Running::start(settings);
    let only = running.until(DEADLINE, |_| true).await;
    assert!(are(&only, &[("eni0", "127.0.0.11")]));
    assert_eq!(only.interfaces[0].device.as_deref(), Some("lo"));
    running.cancel.cancel();
    timeout(DEADLINE, running.task).await.expect("it ends").expect("it does not panic");
    assert!(running.inventories.recv().await.is_none());
}
