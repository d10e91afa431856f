//! The parts of a run: the origin, the page's server and the daemon.

use std::net::SocketAddr;
use std::time::Duration;

use weir_tests::ports::INTERFACES;
use weir_tests::scratch::Scratch;
use weir_tests::weir::Weir;

use crate::certificate::Certificate;
use crate::origin::{HTTPS_PORT, Origin, PORT};
use crate::page::{self, Page};
use crate::request::Request;
use crate::viewer::Viewer;

/// The names of the interfaces, in the order of their addresses.
pub(crate) const NAMES: [&str; 4] = ["eni0", "eni1", "eni2", "eni3"];

/// The longest time until a steered player asks where to go on.
pub(crate) const TTL: Duration = Duration::from_secs(4);

/// The pools, and what the configuration says of each.
const POOLS: [(&str, &str); 3] = [
    ("redirected", "http = { mode = \"redirect\" }"),
    ("rewritten", "http = { mode = \"rewrite\" }"),
    ("steered", "http = { mode = \"steer\" }\nsteering = { ttl = \"4s\", most_moved = 100 }"),
];

/// All interfaces are up by then.
const SOON: Duration = Duration::from_secs(15);

/// Everything that runs. Fields are dropped in their order: the daemon before what it looks at.
#[derive(Debug)]
pub(crate) struct Scene {
    pub(crate) weir: Weir,
    pub(crate) page: Page,
    pub(crate) origin: Origin,
    pub(crate) certificate: Certificate,
    pub(crate) folder: Scratch,
}

impl Scene {
    /// Starts all of it.
    pub(crate) fn open() -> Self {
        let folder = Scratch::new("players");
        let hostnames = POOLS.map(|(pool, _)| format!("*.{pool}.stream.test"));
        let names: Vec<_> = hostnames.into_iter().chain(["*.stream.test".to_owned()]).collect();
        let certificate = Certificate::make(&folder, &names);
        let origin = Origin::start(&certificate);
        let page = Page::start(&folder, &certificate);
        let config = folder.write("weir.toml", &config(&certificate));
        let weir = Weir::start(&config, SocketAddr::from(([127, 0, 0, 1], 9880)));
        for (pool, _) in POOLS {
            weir.wait_for("all four interfaces up", SOON, |state| state.count(pool, "up") == 4);
        }
        Self { weir, page, origin, certificate, folder }
    }

    /// What the interfaces were asked for by one viewer, without what weir fetched for it.
    pub(crate) fn requests(&self, viewer: Viewer) -> Vec<Request> {
        let name = viewer.to_string();
        self.origin
            .requests()
            .into_iter()
            .filter(|request| request.viewer() == name && !request.agent.starts_with("weir/"))
            .collect()
    }
}

fn config(certificate: &Certificate) -> String {
    let (file, key) = (certificate.certificate.display(), certificate.key.display());
    let page = page::ADDRESS;
    let mut text = format!(
        r#"version = 1
[node]
name = "edge-1"
state_dir = "state"
[admin]
listen = "127.0.0.1:9880"
[interfaces]
discover = "static"
[dns]
listen = ["interfaces"]
[http]
listen = ["interfaces"]
tls = {{ certificate = "{file}", key = "{key}" }}
[[zone]]
name = "stream.test"
nameservers = ["ns1.stream.test"]
contact = "hostmaster.stream.test"
records = """
ns1 IN A 127.0.0.11
page IN A {page}
"""
"#
    );
    for (name, address) in NAMES.iter().zip(INTERFACES) {
        text.push_str(&format!(
            "[[interface]]\nname = \"{name}\"\naddress = \"{address}\"\ndevice = \"lo\"\ncapacity = \"10 Gbit/s\"\n"
        ));
    }
    POOLS.iter().for_each(|(name, more)| text.push_str(&pool(name, more)));
    text
}

fn pool(name: &str, more: &str) -> String {
    format!(
        r#"[[pool]]
name = "{name}"
hostname = "{name}.stream.test"
ttl = {{ min = "1s", max = "5s" }}
origin = {{ scheme = "http", port = {PORT}, https_port = {HTTPS_PORT} }}
{more}
[[pool.probe]]
type = "hls"
url = "http://{{address}}:{PORT}/live/probe/demo/playlist.m3u8"
interval = "1s"
timeout = "900ms"
fall = 2
rise = 1
"#
    )
}
