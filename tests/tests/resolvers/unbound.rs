//! A caching resolver of a test's own: Unbound, which asks weir for the zone and nobody for anything else.

use std::net::{Ipv4Addr, SocketAddr};
use std::process::Command;
use std::time::Duration;

use weir_tests::dig;
use weir_tests::ports;
use weir_tests::process::Process;
use weir_tests::scratch::Scratch;
use weir_tests::tools;

use crate::scene::Scene;

/// It answers by then.
const READY: Duration = Duration::from_secs(20);

/// So many milliseconds it waits for a reply before it asks again.
const PATIENT: u16 = 10_000;

/// What it says of a reply in which its spelling of the name came back, and of one in which it did not.
const GOOD_SPELLING: &str = "good 0x20-ID in reply";
const BAD_SPELLING: [&str; 2] = ["wrong 0x20-ID in reply", "Capsforid"];

/// A running resolver; it stops when this is dropped.
pub(crate) struct Unbound {
    process: Process,
    address: SocketAddr,
    _folder: Scratch,
}

/// What a question through it brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    /// The seconds that are left of the last record, which is the addresses' where a CNAME stands before them.
    pub(crate) ttl: u32,
    /// The data of all records, in their order.
    pub(crate) data: Vec<String>,
}

impl Unbound {
    /// Starts one. It varies the case of names (0x20), asks for no more of a name than it must (RFC 9156), and hands
    /// out the records of a set in turn.
    pub(crate) fn start(scene: &Scene) -> Self {
        Self::start_at(scene, Ipv4Addr::LOCALHOST)
    }

    /// Starts one that asks from this address, by which weir knows it.
    pub(crate) fn start_at(scene: &Scene, source: Ipv4Addr) -> Self {
        let (folder, port) = (Scratch::new("unbound"), ports::free());
        let servers: String = (0..4)
            .map(|n| scene.server_at(n))
            .map(|at| format!("stub-addr: {}@{}\n", at.ip(), at.port()))
            .collect();
        // Left to itself, it denies all of `test.`, takes no server on loopback, wants to be another user in another
        // root, and says little; and what is answered late, as on a busy machine, it asks for again.
        let text = format!(
            "server:\ninterface: 127.0.0.1@{port}\nport: {port}\ndo-ip6: no\nusername: \"\"\nchroot: \"\"\n\
             directory: \"{}\"\npidfile: \"\"\nuse-syslog: no\nlogfile: \"\"\nverbosity: 4\nnum-threads: 1\n\
             module-config: \"iterator\"\ndo-not-query-localhost: no\nlocal-zone: \"test.\" nodefault\n\
             access-control: 127.0.0.0/8 allow\noutgoing-interface: {source}\n\
             unknown-server-time-limit: {PATIENT}\ninfra-cache-min-rtt: {PATIENT}\nuse-caps-for-id: yes\nrrset-roundrobin: yes\n\
             qname-minimisation: yes\nstub-zone:\nname: \"stream.test\"\n{servers}remote-control:\ncontrol-enable: no\n",
            folder.path().display()
        );
        let config = folder.write("unbound.conf", &text);
        let unbound = tools::find("unbound").expect("asked for by the test before");
        let mut process =
            Process::start("unbound", Command::new(unbound).args(["-d", "-p", "-c"]).arg(config));
        process.wait_for_line(READY, |line| line.contains("start of service"));
        Self { process, address: (Ipv4Addr::LOCALHOST, port).into(), _folder: folder }
    }

    /// All that dig prints of its answer.
    pub(crate) fn text(&self, arguments: &[&str]) -> String {
        dig::text(self.address, arguments)
    }

    /// Its addresses of a name, which must be there.
    pub(crate) fn addresses(&self, name: &str) -> Answer {
        let text = self.text(&["+noall", "+answer", name, "A"]);
        let rows: Vec<Vec<&str>> = text.lines().map(|line| line.split_whitespace().collect()).collect();
        let fits = |row: &Vec<&str>| row.len() == 5;
        assert!(!rows.is_empty() && rows.iter().all(fits), "unbound has no address of {name}: {text:?}");
        let ttl =
            rows.last().and_then(|row| row[1].parse().ok()).unwrap_or_else(|| panic!("no TTL in {text:?}"));
        Answer { ttl, data: rows.iter().map(|row| row[4].to_owned()).collect() }
    }

    /// Fails unless the spelling of each question came back in its answer.
    pub(crate) fn saw_its_spelling(&self) {
        let lines = self.process.lines();
        let bad = lines.iter().find(|line| BAD_SPELLING.iter().any(|words| line.contains(words)));
        assert_eq!(bad, None, "the case of a name was not kept");
        assert!(lines.iter().any(|line| line.contains(GOOD_SPELLING)), "unbound varies the case of names");
    }
}
