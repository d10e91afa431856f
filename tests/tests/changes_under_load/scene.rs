//! The daemon under load, and its two configurations.

use std::net::SocketAddr;

use weir_tests::reference::{Ports, Reference};
use weir_tests::scratch::Scratch;
use weir_tests::weir::Weir;

/// How many addresses an answer of the pool `live` names, in the one and in the other configuration.
pub(crate) const ANSWER_COUNTS: [usize; 2] = [2, 3];

/// In place of probes: all interfaces count as up, and no origin is needed. The second pool has three of the four.
const TRIO: &str = r#"
[[pool]]
name = "trio"
hostname = "trio.stream.test"
interfaces = ["eni1", "eni2", "eni3"]
ttl = { min = "30s", max = "30s" }
"#;

/// A running daemon.
pub(crate) struct Scene {
    pub(crate) weir: Weir,
    ports: Ports,
    variants: [Reference; 2],
    folder: Scratch,
}

impl Scene {
    /// With the reference configuration and two pools.
    pub(crate) fn open() -> Self {
        let (ports, folder) = (Ports::free(), Scratch::new("changes-under-load"));
        let reference = Reference::with(ports);
        let probes = reference.text().find("[[pool.probe]]").expect("the reference has probes");
        let probes = reference.text()[probes..].to_owned();
        // One time to live, whatever moves and whoever asks how often, so that each answer can be compared.
        let base = reference
            .replace(&probes, TRIO)
            .replace(r#"ttl = { min = "5s", max = "30s" }"#, r#"ttl = { min = "30s", max = "30s" }"#);
        let other = base
            .clone()
            .replace("answer_count = 2", &format!("answer_count = {}", ANSWER_COUNTS[1]))
            .replace("capacity = \"5 Gbit/s\"", "capacity = \"15 Gbit/s\"")
            .replace("ns1   IN A", "sometimes IN A 192.0.2.77\nns1   IN A");
        let weir = Weir::start(&base.write(&folder), ports.admin());
        Self { weir, ports, variants: [base, other], folder }
    }

    /// Where interface `index` is asked.
    pub(crate) fn server_at(&self, index: usize) -> SocketAddr {
        self.ports.dns_at(index)
    }

    /// Writes one of the two configurations over the file, in turn. It started with that of turn 0.
    pub(crate) fn rewrite(&self, turn: u32) {
        self.variants[usize::from(turn % 2 == 1)].write(&self.folder);
    }

    /// The folder of the configuration, for files of clients.
    pub(crate) fn folder(&self) -> &Scratch {
        &self.folder
    }
}
