//! Where the demo runs: four loopback addresses and ports that are free on all of them.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, UdpSocket};

use anyhow::Context;
use url::Url;
use weir_core::BytesPerSec;

/// The interfaces: what `lo` answers to without any set-up.
const ADDRESSES: [Ipv4Addr; 4] = [
    Ipv4Addr::new(127, 0, 0, 11),
    Ipv4Addr::new(127, 0, 0, 12),
    Ipv4Addr::new(127, 0, 0, 13),
    Ipv4Addr::new(127, 0, 0, 14),
];
/// Each interface's part of the whole capacity, in tenths.
const TENTHS: [u64; 4] = [2, 2, 5, 1];
/// So many ports are tried from the first one on.
const TRIES: u16 = 100;

/// The ports of a demo.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) dns: u16,
    pub(super) http: u16,
    pub(super) admin: u16,
    pub(super) origin: u16,
}

impl Place {
    /// Finds free ports, the documented ones first.
    pub(super) fn find() -> anyhow::Result<Self> {
        let everywhere = |port| ADDRESSES.iter().all(|&address| is_free(address, port));
        let home = |port| is_free(Ipv4Addr::LOCALHOST, port);
        Ok(Self {
            dns: first_free(5300, &everywhere)?,
            http: first_free(8080, &everywhere)?,
            admin: first_free(9880, &home)?,
            origin: first_free(1935, &everywhere)?,
        })
    }

    pub(super) fn origins(self) -> Vec<SocketAddr> {
        sockets(self.origin)
    }

    pub(super) fn edges(self) -> Vec<SocketAddr> {
        sockets(self.http)
    }

    pub(super) fn dns_servers(self) -> Vec<SocketAddr> {
        sockets(self.dns)
    }

    /// The stream's URL under the pool's name.
    pub(super) fn url(self, scheme: &str, port: u16) -> Url {
        let path = if scheme == "rtmp" { "live/demo" } else { "live/_definst_/demo/playlist.m3u8" };
        Url::parse(&format!("{scheme}://live.stream.test:{port}/{path}")).expect("made of valid parts")
    }

    /// The demo's configuration, in the words of any other, for interfaces that carry `bits` together and
    /// viewers that take `viewer`.
    pub(super) fn config(self, bits: u64, viewer: u64) -> String {
        let Self { dns, http, admin, origin } = self;
        let mut text = format!(
            r#"version = 1
[node]
name = "demo"
state_dir = "."
[admin]
listen = "127.0.0.1:{admin}"
[dns]
listen = ["interfaces"]
port = {dns}
[http]
listen = ["interfaces"]
port = {http}
[[zone]]
name = "stream.test"
nameservers = ["ns1.stream.test"]
contact = "hostmaster.stream.test"
negative_ttl = "5s"
records = """
ns1 IN A 127.0.0.11
"""
[[pool]]
name = "live"
hostname = "live.stream.test"
interfaces = ["*"]
ttl = {{ min = "1s", max = "5s" }}
viewer = {{ rate = "{viewer} bit/s" }}
origin = {{ scheme = "http", port = {origin} }}
[[pool.probe]]
type = "hls"
url = "http://{{address}}:{origin}/live/_definst_/demo/playlist.m3u8"
interval = "1s"
timeout = "900ms"
[[pool.probe]]
type = "rtmp"
url = "rtmp://{{address}}:{origin}/live/demo"
interval = "3s"
timeout = "2s"
fall = 2
rise = 2
[interfaces]
discover = "static"
"#
        );
        for (index, (address, tenths)) in ADDRESSES.iter().zip(TENTHS).enumerate() {
            let capacity = BytesPerSec::from_bits(bits / 10 * tenths);
            text.push_str(&format!(
                "[[interface]]\nname = \"eni{index}\"\naddress = \"{address}\"\ndevice = \"lo\"\ncapacity = \"{capacity}\"\n"
            ));
        }
        text
    }

    /// Six lines of what to try.
    pub(super) fn what_to_try(self, admin: SocketAddr) -> String {
        let Self { dns, http, .. } = self;
        let program = std::env::args().next().unwrap_or_else(|| "weir".to_owned());
        format!(
            "\nweir is serving live.stream.test on {} to {}. Try:\n\
             \x20 dig @127.0.0.11 -p {dns} live.stream.test +short              who is answered; again, and the next one is\n\
             \x20 curl -sI http://127.0.0.11:{http}/live/_definst_/demo/playlist.m3u8 -H 'Host: live.stream.test'\n\
             \x20 xdg-open http://{admin}/                                 the status page, live\n\
             \x20 weir drain eni2 --for 1m --reason demo --admin {admin}   no new viewers there\n\
             \x20 weir status --admin {admin}                              rates, shares, verdicts\n\
             \x20 curl -s http://{admin}/metrics | grep weir_interface     what Prometheus reads\n\
             (weir is {program} here.) Ctrl-C ends it.\n",
            ADDRESSES[0], ADDRESSES[3]
        )
    }
}

fn sockets(port: u16) -> Vec<SocketAddr> {
    ADDRESSES.iter().map(|&address| SocketAddr::new(IpAddr::V4(address), port)).collect()
}

fn first_free(from: u16, free: &dyn Fn(u16) -> bool) -> anyhow::Result<u16> {
    let to = from.saturating_add(TRIES);
    (from..to)
        .find(|&port| free(port))
        .with_context(|| format!("no port from {from} to {to} is free on {ADDRESSES:?}"))
}

fn is_free(address: Ipv4Addr, port: u16) -> bool {
    let bound: io::Result<_> =
        TcpListener::bind((address, port)).and_then(|tcp| Ok((tcp, UdpSocket::bind((address, port))?)));
    bound.is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn the_configuration_of_the_demo_has_no_fault() {
        let place = Place { dns: 5300, http: 8080, admin: 9880, origin: 1935 };
        let config = Config::parse(&place.config(400_000_000, 400_000), &std::env::temp_dir(), "demo")
            .expect("no fault");
        assert_eq!(config.settings().pools.len(), 1);
        assert_eq!(place.what_to_try(SocketAddr::from(([127, 0, 0, 1], 9880))).matches("\n  ").count(), 6);
    }
}
