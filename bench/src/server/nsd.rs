//! NSD with a plain zone and one server process, its rate limit off.

use std::net::Ipv4Addr;

use super::{Server, free, words, zone};
use crate::DnsArgs;
use crate::load::Edns;
use crate::scratch::Scratch;

pub(super) fn start(args: &DnsArgs) -> anyhow::Result<Server> {
    let (scratch, address) = (Scratch::new()?, free(Ipv4Addr::new(127, 0, 0, 23))?);
    let folder = scratch.path().display();
    let (host, port) = (address.ip(), address.port());
    let cookies = if args.edns == Edns::Cookie { "yes" } else { "no" };
    let config = format!(
        "server:\n  ip-address: {host}@{port}\n  server-count: 1\n  username: \"\"\n  chroot: \"\"\n  \
         zonesdir: {folder}\n  pidfile: {folder}/nsd.pid\n  xfrdfile: {folder}/xfrd\n  xfrdir: {folder}\n  \
         zonelistfile: {folder}/zones\n  database: \"\"\n  minimal-responses: yes\n  rrl-ratelimit: 0\n  \
         answer-cookie: {cookies}\n\
         remote-control:\n  control-enable: no\nzone:\n  name: stream.test\n  zonefile: zone\n"
    );
    scratch.write("zone", &zone::text(args.interfaces))?;
    let file = scratch.write("nsd.conf", &config)?;
    Server::start("nsd", scratch, address, "nsd".as_ref(), &words(&["-d", "-c"], &file))
}
