//! What is believed of a good file.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use weir_core::{BytesPerSec, GroupName, Members, Ttl};
use weir_probes::ProbeKind;

use super::super::{Config, Fault};
use super::sandbox::Sandbox;
use crate::discovery::DiscoveryMode;

const REFERENCE: &str = include_str!("../../../weir.toml");

/// The least that a file must say.
const LEAST: &str = r#"
version = 1

[[interface]]
name = "eni0"
address = "127.0.0.11"

[[zone]]
name = "stream.test"
nameservers = ["ns.example.org"]
contact = "hostmaster.example.org"

[[pool]]
name = "live"
hostname = "live.stream.test"

[[pool.probe]]
type = "tcp"
url = "tcp://{address}:1935"

[[pool.probe]]
type = "rtmp"
url = "rtmp://{address}:1935/live/demo"
"#;

fn believe(text: &str, folder: &Path) -> Config {
    Config::parse(text, folder, "weir.toml").unwrap_or_else(|faults| panic!("{faults:#?}"))
}

fn socket(text: &str) -> SocketAddr {
    text.parse().expect("an address with a port")
}

#[test]
fn the_shipped_example_loads_as_written() {
    let config = believe(REFERENCE, Path::new("/etc/weir"));
    assert_eq!(config.node().name.as_str(), "edge-1");
    assert_eq!(config.node().state_dir, PathBuf::from("/etc/weir/./weir-state"));
    assert_eq!(config.admin().listen, socket("127.0.0.1:9880"));
    let interfaces = config.interfaces();
    assert_eq!((interfaces.mode, interfaces.max, interfaces.declared.len()), (DiscoveryMode::Static, 4, 4));
    let last = &interfaces.declared[3];
    assert_eq!(last.public_address, Some(IpAddr::from([198, 51, 100, 14])));
    assert_eq!(last.capacity, Some(BytesPerSec::from_bits(5_000_000_000)));
    assert_eq!(
        (last.group.as_ref().map(GroupName::as_str), last.device.as_deref()),
        (Some("card1"), Some("lo"))
    );
    assert!(config.dns().listen.interfaces && config.dns().port == 5300);
    assert!(config.http().listen.interfaces && config.http().port == 8080 && config.http().tls.is_none());
    let pool = &config.pools()[0];
    assert_eq!(pool.pool.hostname.as_str(), "live.stream.test");
    assert_eq!((pool.pool.members.clone(), pool.pool.answer_count), (Members::All, 2));
    assert_eq!(pool.probes[0].kind(), ProbeKind::Hls);
    assert_eq!(pool.probes[1].timing().timeout, Duration::from_secs(4));
    assert_eq!(pool.pool.probes[1].id, pool.probes[1].id());
    let zone = &config.zone_specs()[0];
    assert!(zone.text.starts_with("ns1   IN A     127.0.0.11\n"));
    let settings = config.settings();
    assert_eq!((settings.pools.len(), settings.groups.len()), (1, 2));
}

/// The example's comments show two keys more; they load as they stand there.
#[test]
fn the_commented_keys_of_the_example_load_as_well() {
    let sandbox = Sandbox::new();
    let text = REFERENCE
        .replace("# token_file = \"/etc/weir/token\"", "token_file = \"token\"")
        .replace("# tls =", "tls =");
    assert_ne!(text, REFERENCE);
    let config = believe(&text, sandbox.path());
    assert!(config.admin().token.as_ref().is_some_and(|token| token.is(b"geheim")));
    let tls = config.http().tls.as_ref().expect("it is configured");
    assert_eq!((tls.port, &tls.certificate.files.key), (8443, &sandbox.path().join("key.pem")));
}

#[test]
fn what_a_file_does_not_say_has_a_default() {
    let config = believe(LEAST, Path::new("/etc/weir"));
    assert_eq!(config.node().state_dir, PathBuf::from("/var/lib/weir"));
    assert_eq!(config.admin().listen, socket("127.0.0.1:9880"));
    assert_eq!((config.dns().port, config.http().port), (53, 80));
    assert!(config.dns().listen.interfaces && config.http().listen.interfaces);
    let interface = &config.interfaces().declared[0];
    assert_eq!((interface.public_address, &interface.group), (None, &None));
    assert_eq!(config.discovery().default_group.as_str(), config.node().name.as_str());
    assert_eq!(config.zone_specs()[0].negative_ttl, Ttl::from_secs(30));
    let pool = &config.pools()[0].pool;
    assert_eq!((pool.ttl.min(), pool.ttl.max()), (Ttl::from_secs(5), Ttl::from_secs(30)));
    assert_eq!((pool.answer_count, pool.origin.port, &pool.members), (2, 1935, &Members::All));
    assert_eq!((pool.probes[0].fall, pool.probes[0].rise), (3, 3));
    assert_eq!((pool.probes[1].fall, pool.probes[1].rise), (2, 2));
    let [tcp, rtmp] = [0, 1].map(|index| config.pools()[0].probes[index].timing());
    assert_eq!((tcp.interval, tcp.timeout), (Duration::from_secs(2), Duration::from_millis(1_500)));
    assert_eq!((rtmp.interval, rtmp.timeout), (Duration::from_secs(5), Duration::from_secs(4)));
}

#[test]
fn a_short_interval_shortens_the_timeout_that_nobody_wrote() {
    let text = LEAST.replace("type = \"tcp\"", "type = \"tcp\"\ninterval = \"1s\"");
    let timing = believe(&text, Path::new("")).pools()[0].probes[0].timing();
    assert_eq!(timing.timeout, Duration::from_millis(800));
}

#[test]
fn discovery_may_bring_the_interfaces_that_a_file_names() {
    let text = LEAST
        .replace("[[interface]]\nname = \"eni0\"\naddress = \"127.0.0.11\"", "[interfaces]\ndiscover = \"ec2\"\ndevices = [\"ens*\"]\nmetadata_endpoint = \"http://127.0.0.1:1338/\"")
        .replace("hostname =", "interfaces = [\"eni7\"]\nhostname =");
    let config = believe(&text, Path::new(""));
    let discovery = config.discovery();
    assert_eq!(
        (discovery.mode, discovery.metadata_endpoint.address()),
        (DiscoveryMode::Ec2, socket("127.0.0.1:1338"))
    );
    assert!(discovery.devices.accepts("ens5") && !discovery.devices.accepts("eth0"));
}

#[test]
fn only_what_the_running_program_holds_needs_a_restart() {
    let before = believe(REFERENCE, Path::new(""));
    let change = |from: &str, to: &str| {
        assert_eq!(REFERENCE.matches(from).count(), 1, "{from}");
        believe(&REFERENCE.replace(from, to), Path::new("")).needs_restart(&before)
    };
    assert_eq!(change("\"edge-1\"", "\"edge-2\""), ["node.name"]);
    assert_eq!(change("./weir-state", "./other"), ["node.state_dir"]);
    assert_eq!(change("127.0.0.1:9880", "127.0.0.1:9881"), ["admin.listen"]);
    assert!(change("port = 8080", "port = 8081").is_empty());
    assert!(change("answer_count = 2", "answer_count = 1").is_empty());
}

fn faults_of_zone_text(text: &str, folder: &Path) -> Vec<Fault> {
    Config::parse(text, folder, "weir.toml").expect_err("the zone text is bad")
}

#[test]
fn a_fault_of_a_zone_text_is_named_by_the_line_that_people_edit() {
    let bad = "www   IN BAD   live";
    let text = REFERENCE.replace("www   IN CNAME live", bad);
    let faults = faults_of_zone_text(&text, Path::new(""));
    let line = 1 + text.lines().position(|line| line == bad).expect("it was put there");
    assert_eq!(
        faults.iter().map(|fault| (fault.key.as_str(), fault.line)).collect::<Vec<_>>(),
        [("zone[0].records", line)]
    );
    let one_line = LEAST.replace("contact =", "records = \"a IN A 192.0.2.1\\nb IN BAD x\"\ncontact =");
    let faults = faults_of_zone_text(&one_line, Path::new(""));
    assert_eq!(faults.iter().map(|fault| fault.line).collect::<Vec<_>>(), [11]);
}

#[test]
fn a_fault_of_a_zone_file_is_named_by_its_own_line() {
    let sandbox = Sandbox::new();
    let faults =
        faults_of_zone_text(&LEAST.replace("contact =", "file = \"bad.zone\"\ncontact ="), sandbox.path());
    let file = sandbox.path().join("bad.zone").display().to_string();
    let found: Vec<_> =
        faults.iter().map(|fault| (fault.file.as_str(), fault.line, fault.key.as_str())).collect();
    assert_eq!(found, [(file.as_str(), 2, "zone[0].file")]);
}

#[test]
fn a_file_from_another_system_reads_the_same() {
    let [unix, other] =
        [REFERENCE.to_owned(), REFERENCE.replace('\n', "\r\n")].map(|text| believe(&text, Path::new("")));
    assert_eq!(unix.settings(), other.settings());
    let records =
        |config: &Config| config.zone_specs()[0].text.lines().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(records(&unix), records(&other));
}

#[test]
fn a_zone_file_is_believed_like_records() {
    let sandbox = Sandbox::new();
    let config = believe(&LEAST.replace("contact =", "file = \"good.zone\"\ncontact ="), sandbox.path());
    assert!(config.zone_specs()[0].text.contains("www IN CNAME live"));
    let names = config.pool_names();
    assert_eq!((names[0].hostname.as_str(), names[0].interfaces[0].as_str()), ("live.stream.test", "eni0"));
}

#[test]
fn where_others_answer_dns_a_pool_needs_no_zone() {
    let (before, after) = LEAST.split_once("[[zone]]").expect("it has a zone");
    let (_, pools) = after.split_once("[[pool]]").expect("it has a pool");
    let config = believe(&format!("{before}[dns]\nlisten = []\n[[pool]]{pools}"), Path::new(""));
    assert!(
        config.zone_specs().is_empty()
            && config.pool_names().is_empty()
            && !config.dns().listen.is_anywhere()
    );
}

#[test]
fn an_address_has_one_worker_unless_told_otherwise() {
    let workers = |text: &str| believe(text, Path::new("/")).dns().policy.workers.get();
    assert_eq!(workers(LEAST), 1);
    assert_eq!(workers(&LEAST.replace("version = 1", "version = 1\n[dns]\nworkers = 4")), 4);
}
