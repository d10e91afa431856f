//! The servers of `weir-bench http`: each redirects what is asked of it to an interface of the pool `live`.

mod haproxy;
mod nginx;
mod weir;

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};

use super::options::{HttpArgs, Peer, Scheme};
use super::secure::Certificate;
use crate::scratch::Scratch;
use crate::server::Server;

/// The host that is asked for.
pub(super) const HOST: &str = "live.stream.test";
/// Where those redirect that have no choice.
const TARGET: &str = "http://eni0.live.stream.test:1935";
/// The address that all servers listen on, each on a port of its own.
const HOME: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 11);
/// Connections that a peer may have: more than there are clients, and less than haproxy's usual limit of descriptors.
const CONNECTIONS: u16 = 2_000;

/// Starts weir.
pub(super) fn weir(args: &HttpArgs, certificate: &Certificate) -> anyhow::Result<Server> {
    weir::start(args.scheme, certificate, args.weir.as_deref())
}

/// Starts what it is compared with.
pub(super) fn peer(args: &HttpArgs, certificate: &Certificate) -> anyhow::Result<Server> {
    match args.against {
        Peer::Nginx => nginx::start(args.scheme, certificate),
        Peer::Haproxy => haproxy::start(args.scheme, certificate),
        Peer::Weir => {
            let other = args.other.as_deref().or(args.weir.as_deref());
            weir::start(args.scheme, certificate, other)
        }
    }
}

/// Whether somebody listens there.
fn listens(address: SocketAddr) -> bool {
    TcpStream::connect(address).is_ok()
}

/// A free port of their address.
fn free() -> io::Result<SocketAddr> {
    TcpListener::bind((HOME, 0))?.local_addr()
}

/// The certificate in a file that also holds its key.
fn pair_in_one(scratch: &Scratch, certificate: &Certificate) -> io::Result<std::path::PathBuf> {
    scratch.write("pair.pem", &format!("{}{}", certificate.chain, certificate.key))
}
