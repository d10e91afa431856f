//! The TCP sockets of this machine, with what each has carried (netlink `sock_diag`).

use std::net::IpAddr;
use std::sync::Arc;

use netlink_packet_sock_diag::SockDiagMessage;
use netlink_packet_sock_diag::constants::{AF_INET, AF_INET6, IPPROTO_TCP, TCP_ESTABLISHED};
use netlink_packet_sock_diag::inet::nlas::Nla;
use netlink_packet_sock_diag::inet::{ExtensionFlags, InetRequest, SocketId, StateFlags};
use netlink_sys::protocols::NETLINK_SOCK_DIAG;

use super::sample::Reading;
use super::tcp_info;
use crate::discovery::netlink::{NetlinkError, dump, off_the_runtime};

/// A socket as the kernel shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SocketReading {
    /// What tells it from every other socket since the machine started.
    pub(super) cookie: u64,
    /// Its own address. IPv4 within IPv6, as a JVM listens, is IPv4 here.
    pub(super) address: IpAddr,
    /// Its own port.
    pub(super) port: u16,
    /// Whether a viewer is on it.
    pub(super) is_established: bool,
    /// What it has carried.
    pub(super) reading: Reading,
    /// Bytes of those sent that were sent again, where the kernel tells.
    pub(super) resent: Option<u64>,
    /// Bytes per second that TCP delivers on it; nothing if it has not delivered.
    pub(super) delivery: Option<u64>,
}

/// The connected sockets on these ports.
pub(super) async fn read(ports: Arc<[u16]>) -> Result<Vec<SocketReading>, NetlinkError> {
    off_the_runtime(move || {
        let mut all = Vec::new();
        for family in [AF_INET, AF_INET6] {
            let answer = dump(NETLINK_SOCK_DIAG, request(family, &ports))?;
            all.extend(answer.iter().filter_map(reading).filter(|socket| ports.contains(&socket.port)));
        }
        Ok(all)
    })
    .await
}

/// With a single port the kernel filters; with more it would walk its whole table once for each, so we filter.
fn request(family: u8, ports: &[u16]) -> SockDiagMessage {
    let mut socket_id = if family == AF_INET { SocketId::new_v4() } else { SocketId::new_v6() };
    if let [port] = ports {
        socket_id.source_port = *port;
    }
    // TIME_WAIT, LISTEN and SYN_RECV have no counters.
    let states = StateFlags::ESTABLISHED
        | StateFlags::FIN_WAIT1
        | StateFlags::FIN_WAIT2
        | StateFlags::CLOSE_WAIT
        | StateFlags::LAST_ACK
        | StateFlags::CLOSING;
    SockDiagMessage::InetRequest(InetRequest {
        family,
        protocol: IPPROTO_TCP,
        extensions: ExtensionFlags::INFO,
        states,
        socket_id,
    })
}

/// A socket out of a message; nothing if it carries no counters.
pub(super) fn reading(message: &SockDiagMessage) -> Option<SocketReading> {
    let SockDiagMessage::InetResponse(response) = message else { return None };
    let id = &response.header.socket_id;
    let info = response.nlas.iter().find_map(|nla| match nla {
        Nla::TcpInfo(bytes) => Some(bytes),
        _ => None,
    })?;
    Some(SocketReading {
        cookie: u64::from_ne_bytes(id.cookie),
        address: id.source_address.to_canonical(),
        port: id.source_port,
        is_established: response.header.state == TCP_ESTABLISHED,
        reading: tcp_info::parse(info)?,
        resent: tcp_info::resent(info),
        delivery: tcp_info::delivery(info),
    })
}
