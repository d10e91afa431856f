//! Ports that nobody uses on any of the addresses of a test.

use std::net::{IpAddr, Ipv4Addr, TcpListener, UdpSocket};
use std::process;
use std::sync::atomic::{AtomicU16, Ordering};

/// Loopback addresses of the four interfaces of the reference configuration.
pub const INTERFACES: [Ipv4Addr; 4] = [
    Ipv4Addr::new(127, 0, 0, 11),
    Ipv4Addr::new(127, 0, 0, 12),
    Ipv4Addr::new(127, 0, 0, 13),
    Ipv4Addr::new(127, 0, 0, 14),
];

/// Ports are taken from here up: above the well-known ones and below those that the kernel gives to outgoing
/// connections (32768 and up on Linux), so that no client takes one between our look and its use.
const FIRST: u16 = 20_000;

/// So many ports are tried.
const RANGE: u16 = 12_000;

static NEXT: AtomicU16 = AtomicU16::new(0);

/// A port that is free for TCP and UDP on all four interfaces, on 127.0.0.1 and on 127.0.0.10. Each call gives
/// another one. Two test processes start at different places, so that they do not race for the same.
///
/// # Panics
/// When there is none.
pub fn free() -> u16 {
    let start = process::id() % u32::from(RANGE);
    for _ in 0..RANGE {
        let step = u32::from(NEXT.fetch_add(1, Ordering::Relaxed));
        // 7919 is prime and does not divide the range: neighbours in process numbers are far apart.
        let offset = (start * 7919 + step) % u32::from(RANGE);
        let port = FIRST + u16::try_from(offset).expect("below RANGE");
        if is_free(port) {
            return port;
        }
    }
    panic!("no port from {FIRST} to {} is free", FIRST + RANGE)
}

/// The port itself if it is free on all addresses, else another one.
pub fn free_or_other(wanted: u16) -> u16 {
    if is_free(wanted) { wanted } else { free() }
}

fn is_free(port: u16) -> bool {
    let others = [Ipv4Addr::LOCALHOST, Ipv4Addr::new(127, 0, 0, 10)];
    INTERFACES
        .into_iter()
        .chain(others)
        .map(IpAddr::from)
        .all(|address| TcpListener::bind((address, port)).is_ok() && UdpSocket::bind((address, port)).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_given_once() {
        assert_ne!(free(), free());
    }

    #[test]
    fn a_port_in_use_is_not_given() {
        let taken = TcpListener::bind("127.0.0.12:0").unwrap();
        let port = taken.local_addr().unwrap().port();
        assert_ne!(free_or_other(port), port);
    }
}
