//! weir, NSD and Knot with the same zones, each on a loopback address of its own.

use std::fmt::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::Command;
use std::time::Duration;

use weir_tests::dig;
use weir_tests::dns::Client;
use weir_tests::patience;
use weir_tests::ports;
use weir_tests::process::Process;
use weir_tests::scratch::Scratch;
use weir_tests::tools::{self, Need};
use weir_tests::weir::Weir;

use crate::names::{INTERFACES, NEGATIVE_TTL, POOL, POOL_TTL, ZONES};

/// What the peers need.
pub(crate) const PEERS: &[Need] = &[Need::Program("nsd"), Need::Program("knotd"), Need::Program("dig")];

/// A peer answers by then.
const SOON: Duration = Duration::from_secs(20);

/// What NSID is answered with.
pub(crate) const NSID: &str = "edge-1";

/// weir alone.
pub(crate) struct Ours {
    pub(crate) weir: Weir,
    pub(crate) address: SocketAddr,
    _folder: Scratch,
}

/// The three of them.
pub(crate) struct Servers {
    pub(crate) ours: Ours,
    _peers: [Peer; 2],
    /// weir, NSD, Knot.
    pub(crate) addresses: [SocketAddr; 3],
}

struct Peer {
    _process: Process,
    address: SocketAddr,
    _folder: Scratch,
}

impl Ours {
    /// Starts it.
    pub(crate) fn start() -> Self {
        let folder = Scratch::new("conformance-weir");
        let (port, admin) = (ports::free(), SocketAddr::from((Ipv4Addr::LOCALHOST, ports::free())));
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let weir = Weir::start(&folder.write("weir.toml", &config(address, admin)), admin);
        Self { weir, address, _folder: folder }
    }
}

impl Servers {
    /// Starts weir, and then its peers with weir's SOA records.
    pub(crate) fn start() -> Self {
        let ours = Ours::start();
        let peers = [nsd(ours.address), knot(ours.address)];
        let addresses = [ours.address, peers[0].address, peers[1].address];
        Self { ours, _peers: peers, addresses }
    }
}

fn config(address: SocketAddr, admin: SocketAddr) -> String {
    let mut text = format!(
        "version = 1\n[node]\nname = \"edge-1\"\nstate_dir = \".\"\n[admin]\nlisten = \"{admin}\"\n\
         [interfaces]\ndiscover = \"static\"\n[dns]\nlisten = [\"{address}\"]\nnsid = \"{NSID}\"\n[http]\nlisten = []\n"
    );
    for zone in &ZONES {
        write!(
            text,
            "[[zone]]\nname = \"{}\"\nnameservers = [\"{}\"]\ncontact = \"hostmaster.stream.test\"\n\
             negative_ttl = \"{NEGATIVE_TTL}s\"\nrecords = '''\n{}'''\n",
            zone.name,
            zone.server,
            zone.records()
        )
        .expect("a String takes every text");
    }
    for (name, address, public) in INTERFACES {
        write!(
            text,
            "[[interface]]\nname = \"{name}\"\naddress = \"{address}\"\npublic_address = \"{public}\"\n\
             device = \"lo\"\ncapacity = \"10 Gbit/s\"\n"
        )
        .expect("a String takes every text");
    }
    text + &format!(
        "[[pool]]\nname = \"live\"\nhostname = \"{POOL}\"\ninterfaces = [\"*\"]\nanswer_count = 8\n\
         ttl = {{ min = \"{POOL_TTL}s\", max = \"{POOL_TTL}s\" }}\n"
    )
}

/// NSD as a plain server: no limit of rates, and no more than what is asked for.
fn nsd(weir: SocketAddr) -> Peer {
    let (folder, address) = peer_of(weir, "nsd", 13);
    let (path, host, port) = (folder.path().display(), address.ip(), address.port());
    let mut text = format!(
        "server:\n  ip-address: {host}@{port}\n  server-count: 1\n  username: \"\"\n  chroot: \"\"\n  \
         zonesdir: {path}\n  pidfile: \"\"\n  xfrdfile: {path}/xfrd\n  xfrdir: {path}\n  \
         zonelistfile: {path}/zones\n  database: \"\"\n  minimal-responses: yes\n  answer-cookie: yes\n  rrl-ratelimit: 0\n\
         remote-control:\n  control-enable: no\n"
    );
    for zone in &ZONES {
        text += &format!("zone:\n  name: {0}\n  zonefile: {0}\n", zone.name);
    }
    let file = folder.write("nsd.conf", &text);
    let mut command = Command::new(tools::find("nsd").expect("asked for by the test before"));
    started("nsd", command.args(["-d", "-c"]).arg(file), folder, address)
}

/// Knot as a plain server, with the UDP size that the other two have by default.
fn knot(weir: SocketAddr) -> Peer {
    let (folder, address) = peer_of(weir, "knot", 12);
    let (path, host, port) = (folder.path().display(), address.ip(), address.port());
    let mut text = format!(
        "server:\n  listen: {host}@{port}\n  udp-workers: 1\n  tcp-workers: 1\n  background-workers: 1\n  \
         udp-max-payload: 1232\n  edns-client-subnet: on\n  rundir: {path}\ndatabase:\n  storage: {path}\nlog:\n  - target: stderr\n    \
         any: warning\nzone:\n"
    );
    for zone in &ZONES {
        text += &format!(
            "  - domain: {0}\n    file: {path}/{0}\n    zonefile-load: whole\n    journal-content: none\n",
            zone.name
        );
    }
    let file = folder.write("knot.conf", &text);
    let mut command = Command::new(tools::find("knotd").expect("asked for by the test before"));
    started("knot", command.arg("-c").arg(file), folder, address)
}

/// A folder with the zones, and a place to listen at.
fn peer_of(weir: SocketAddr, name: &str, last: u8) -> (Scratch, SocketAddr) {
    let folder = Scratch::new(&format!("conformance-{name}"));
    for zone in &ZONES {
        let soa = dig::short(weir, &[zone.name, "SOA"]).concat();
        folder.write(zone.name, &zone.whole(&soa));
    }
    (folder, SocketAddr::from((Ipv4Addr::new(127, 0, 0, last), ports::free())))
}

fn started(name: &str, command: &mut Command, folder: Scratch, address: SocketAddr) -> Peer {
    let mut process = Process::start(name, command);
    patience::wait_for(&format!("an answer of {name}"), SOON, || {
        let ended = process.exited();
        assert!(ended.is_none(), "{name} ended: {ended:?}");
        let client =
            Client::new(address).and_then(|client| client.patient_for(Duration::from_millis(100))).ok()?;
        let served = |zone: &crate::names::Zone| client.ask(zone.name).is_ok_and(|answer| answer.code == 0);
        ZONES.iter().all(served).then_some(())
    });
    Peer { _process: process, address, _folder: folder }
}
