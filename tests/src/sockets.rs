//! The sockets that are bound to a port, as the kernel lists them: whether one was closed and opened again.

use std::collections::BTreeSet;
use std::fs;

/// A listening TCP socket or a bound UDP socket: protocol, local address in the kernel's hexadecimal, and the number
/// that a socket has for as long as it lives.
pub type Socket = (&'static str, String, u64);

/// All of this port, IPv4, in the network namespace of this thread.
///
/// # Panics
/// When /proc is not there.
pub fn bound_to(port: u16) -> BTreeSet<Socket> {
    // States of net/tcp_states.h: a listener is 0A; an unconnected UDP socket is 07.
    [("tcp", "0A"), ("udp", "07")]
        .into_iter()
        .flat_map(|(protocol, state)| list(protocol, state, port))
        .collect()
}

fn list(protocol: &'static str, state: &str, port: u16) -> Vec<Socket> {
    // Of this thread's network namespace; /proc/net would be that of the process.
    let text =
        fs::read_to_string(format!("/proc/thread-self/net/{protocol}")).expect("Linux lists its sockets");
    let suffix = format!(":{port:04X}");
    let read = |line: &str| {
        let fields: Vec<_> = line.split_whitespace().collect();
        let (local, now, inode) = (*fields.get(1)?, *fields.get(3)?, fields.get(9)?.parse().ok()?);
        (local.ends_with(&suffix) && now == state).then(|| (protocol, local.to_owned(), inode))
    };
    text.lines().skip(1).filter_map(read).collect()
}
