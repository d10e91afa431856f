//! Knot with a plain zone and one worker. It takes no cookies: its module for them answers newcomers by BADCOOKIE only.

use std::net::Ipv4Addr;

use super::{Server, free, words, zone};
use crate::DnsArgs;
use crate::scratch::Scratch;

pub(super) fn start(args: &DnsArgs) -> anyhow::Result<Server> {
    let (scratch, address) = (Scratch::new()?, free(Ipv4Addr::new(127, 0, 0, 22))?);
    let folder = scratch.path().display();
    let (host, port) = (address.ip(), address.port());
    let config = format!(
        "server:\n  listen: {host}@{port}\n  udp-workers: 1\n  tcp-workers: 1\n  background-workers: 1\n  \
         rundir: {folder}\ndatabase:\n  storage: {folder}\nzone:\n  - domain: stream.test\n    \
         file: {folder}/zone\n    zonefile-load: whole\n    journal-content: none\n"
    );
    scratch.write("zone", &zone::text(args.interfaces))?;
    let file = scratch.write("knot.conf", &config)?;
    Server::start("knot", scratch, address, "knotd".as_ref(), &words(&["-c"], &file))
}
