//! The reference configuration, with its ports moved to where nobody is.
//!
//! The text of the file is what is tested; only what two daemons of one machine cannot share is replaced, and each
//! replacement must find what it replaces.

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;

use crate::ports;
use crate::scratch::Scratch;
use crate::weir::workspace;

/// The pool of the reference configuration.
pub const POOL: &str = "live";

/// The name that viewers resolve.
pub const HOSTNAME: &str = "live.stream.test";

/// The path of its stream.
pub const PLAYLIST: &str = "/live/_definst_/demo/playlist.m3u8";

/// The ports of one daemon and its origin.
#[derive(Clone, Copy, Debug)]
pub struct Ports {
    /// Of the daemon's DNS.
    pub dns: u16,
    /// Of its redirects.
    pub http: u16,
    /// Of its admin listener.
    pub admin: u16,
    /// Of the origin's RTMP.
    pub rtmp: u16,
    /// Of the origin's HTTP. nginx, unlike Wowza, can't speak both on one port.
    pub hls: u16,
}

/// A configuration in the making.
#[derive(Clone, Debug)]
pub struct Reference {
    text: String,
    ports: Ports,
}

impl Ports {
    /// The ports of the reference where they are free, else others.
    pub fn choose() -> Self {
        Self {
            dns: ports::free_or_other(5300),
            http: ports::free_or_other(8080),
            admin: ports::free_or_other(9880),
            rtmp: ports::free_or_other(1935),
            hls: ports::free(),
        }
    }

    /// Ports that the reference does not use.
    pub fn free() -> Self {
        let [dns, http, admin, rtmp, hls] = [0; 5].map(|_| ports::free());
        Self { dns, http, admin, rtmp, hls }
    }

    /// Where the daemon is administered.
    pub fn admin(self) -> SocketAddr {
        ([127, 0, 0, 1], self.admin).into()
    }

    /// Where interface `index` answers DNS.
    pub fn dns_at(self, index: usize) -> SocketAddr {
        (ports::INTERFACES[index], self.dns).into()
    }

    /// Where interface `index` redirects.
    pub fn http_at(self, index: usize) -> SocketAddr {
        (ports::INTERFACES[index], self.http).into()
    }
}

impl Reference {
    /// The file with these ports.
    ///
    /// # Panics
    /// When the file no longer has what is replaced.
    pub fn with(ports: Ports) -> Self {
        let text = fs::read_to_string(path()).expect("the reference configuration is in the tree");
        let hls = format!("http://{{address}}:{}/live/", ports.hls);
        let rtmp = format!("rtmp://{{address}}:{}/live/", ports.rtmp);
        Self { text, ports }
            .replace("port = 5300", &format!("port = {}", ports.dns))
            .replace("port = 8080", &format!("port = {}", ports.http))
            .replace("127.0.0.1:9880", &format!("127.0.0.1:{}", ports.admin))
            .replace(r#"scheme = "http", port = 1935"#, &format!(r#"scheme = "http", port = {}"#, ports.hls))
            .replace("http://{address}:1935/live/", &hls)
            .replace("rtmp://{address}:1935/live/", &rtmp)
    }

    /// Replaces a piece of the text.
    ///
    /// # Panics
    /// When it is not there.
    #[must_use]
    pub fn replace(mut self, old: &str, new: &str) -> Self {
        assert!(self.text.contains(old), "the reference configuration has no {old:?} any more");
        self.text = self.text.replace(old, new);
        self
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Its ports.
    pub fn ports(&self) -> Ports {
        self.ports
    }

    /// Writes it as `weir.toml`.
    pub fn write(&self, folder: &Scratch) -> PathBuf {
        folder.write("weir.toml", &self.text)
    }
}

/// Where the reference configuration is in the tree.
pub fn path() -> PathBuf {
    workspace().join("lb/node/weir.toml")
}
