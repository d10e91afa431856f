//! Who answers the resolvers: weir, or what it is measured against.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use weir_tests::dns::Client;
use weir_tests::namespace::edge_address;
use weir_tests::patience;
use weir_tests::process::Process;
use weir_tests::scratch::Scratch;
use weir_tests::tools::{Need, needs};
use weir_tests::weir::Weir;

use crate::form::Form;
use crate::gdnsd;
use crate::resolver::HOSTNAME;
use crate::rotation::Rotation;
use crate::world::{HEALTH, LIMITS, PORT, name};

/// The pool's name.
pub(crate) const POOL: &str = "live";

/// All interfaces are up by then.
const UP: Duration = Duration::from_secs(20);

/// Who answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The daemon.
    Weir,
    /// All addresses in turn.
    RoundRobin,
    /// gdnsd by configured capacities.
    Gdnsd,
}

/// A running one; it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Source {
    /// Where it is asked.
    pub(crate) servers: Arc<[SocketAddr]>,
    running: Running,
    _scratch: Scratch,
}

#[derive(Debug)]
enum Running {
    Weir(Weir),
    RoundRobin { _server: Rotation },
    Gdnsd { _server: Process },
}

impl Kind {
    /// By the words of `WEIR_EVEN_LOAD_SOURCES`.
    pub(crate) fn named(word: &str) -> Self {
        let all = [Self::Weir, Self::RoundRobin, Self::Gdnsd];
        let found = all.into_iter().find(|kind| kind.word() == word);
        found.unwrap_or_else(|| panic!("{word:?} is none of weir, rr, gdnsd"))
    }

    /// One word for it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Weir => "weir",
            Self::RoundRobin => "rr",
            Self::Gdnsd => "gdnsd",
        }
    }

    /// What people call it.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Weir => "weir",
            Self::RoundRobin => "plain round robin, TTL 5 s",
            Self::Gdnsd => "gdnsd, weighted by capacity, TTL 5 s",
        }
    }

    /// Whether it can run here.
    pub(crate) fn is_there(self) -> bool {
        self != Self::Gdnsd || needs(&[Need::Program("gdnsd")])
    }
}

impl Source {
    /// Starts it in the namespace of this thread, and waits until it answers.
    pub(crate) fn start(kind: Kind, form: &Form) -> Self {
        let scratch = Scratch::new("even-load-source");
        let first = SocketAddr::from((edge_address(0), 53));
        let mut servers = vec![first];
        let running = match kind {
            Kind::Weir => {
                servers = (0..LIMITS.len()).map(|index| (edge_address(index), 53).into()).collect();
                let config = scratch.write("weir.toml", &config(form));
                let weir = Weir::start(&config, SocketAddr::from((Ipv4Addr::LOCALHOST, 9880)));
                weir.wait_for("all interfaces up", UP, |state| state.count(POOL, "up") == LIMITS.len());
                Running::Weir(weir)
            }
            Kind::RoundRobin => Running::RoundRobin { _server: Rotation::start(first) },
            Kind::Gdnsd => Running::Gdnsd { _server: gdnsd::start(&scratch) },
        };
        patience::wait_for(&format!("an answer of {}", kind.word()), UP, || {
            let client = Client::new(first).and_then(|client| client.patient_for(Duration::from_millis(200)));
            client.expect("a socket can be had").ask(HOSTNAME).ok().filter(|answer| answer.code == 0)
        });
        Self { servers: servers.into(), running, _scratch: scratch }
    }

    /// The daemon, where that is what answers.
    pub(crate) fn weir(&self) -> Option<&Weir> {
        match &self.running {
            Running::Weir(weir) => Some(weir),
            _ => None,
        }
    }

    /// Fails when the daemon is not well; then ends it.
    pub(crate) fn stop(self) {
        if let Running::Weir(mut weir) = self.running {
            weir.is_well();
            assert_eq!(weir.stop().code(), Some(0));
        }
    }
}

/// The daemon's file.
fn config(form: &Form) -> String {
    let Form { ttl, probe, viewer, .. } = form;
    let mut text = format!(
        r#"version = 1
[node]
name = "edge-1"
state_dir = "state"
[admin]
listen = "127.0.0.1:9880"
[dns]
listen = ["interfaces"]
[http]
listen = []
[[zone]]
name = "stream.test"
nameservers = ["ns1.stream.test"]
contact = "hostmaster.stream.test"
records = "ns1 IN A 10.77.0.1"
[[pool]]
name = "{POOL}"
hostname = "{HOSTNAME}"
interfaces = ["*"]
ttl = {ttl}
answer_count = 2
origin = {{ scheme = "http", port = {PORT} }}
{viewer}
[[pool.probe]]
type = "http"
url = "http://{{address}}:{PORT}/{HEALTH}"
{probe}
"#
    );
    for (index, limit) in LIMITS.iter().enumerate() {
        let address = edge_address(index);
        text.push_str(&format!(
            "[[interface]]\nname = \"{}\"\naddress = \"{address}\"\ncapacity = \"{limit:.0} Mbit/s\"\n",
            name(index)
        ));
    }
    text
}
