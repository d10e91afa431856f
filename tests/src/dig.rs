//! dig, the client that people use.

use std::net::{Ipv4Addr, SocketAddr};
use std::process::Command;

use crate::tools;

/// `dig +short`: the lines of the answer.
///
/// # Panics
/// When dig fails: it says why.
pub fn short(server: SocketAddr, arguments: &[&str]) -> Vec<String> {
    text(server, &[&["+short"], arguments].concat()).lines().map(str::to_owned).collect()
}

/// The IPv4 addresses of a name.
///
/// # Panics
/// When dig fails, or what it prints are no addresses.
pub fn addresses(server: SocketAddr, name: &str) -> Vec<Ipv4Addr> {
    let parse = |line: String| line.parse().unwrap_or_else(|_| panic!("dig printed {line:?}"));
    short(server, &[name, "A"]).into_iter().map(parse).collect()
}

/// All that dig prints.
///
/// # Panics
/// When dig fails: it says why.
pub fn text(server: SocketAddr, arguments: &[&str]) -> String {
    let dig = tools::find("dig").expect("asked for by the test before");
    let (port, address) = (server.port().to_string(), format!("@{}", server.ip()));
    let output = Command::new(dig)
        .args(["-p", &port, &address, "+tries=1", "+time=3"])
        .args(arguments)
        .output()
        .expect("dig starts");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "dig {arguments:?}: {text}");
    text
}
