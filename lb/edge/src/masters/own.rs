//! By which authorities an origin may mean itself when it writes absolute addresses into its playlists.

use std::net::SocketAddr;

/// The address and the Host that the origin was asked by. Without its port the address is another server, unless the
/// port is the default one (80, RFC 9110 section 4.2.1); a Host without one is what many origins repeat.
pub(super) fn own(interface: SocketAddr, host: &str) -> Vec<String> {
    let address = interface.to_string();
    let port = interface.port();
    let mut own = vec![host.to_owned()];
    match host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|b| b.is_ascii_digit())) {
        Some((bare, "80")) => own.push(bare.to_owned()),
        Some(_) => {}
        None => own.push(format!("{host}:{port}")),
    }
    own.extend(address.strip_suffix(":80").map(str::to_owned));
    own.push(address);
    own
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(interface: &str, host: &str) -> Vec<String> {
        let mut own = own(interface.parse().expect("an address"), host);
        own.sort();
        own
    }

    #[test]
    fn the_address_has_its_port_and_the_host_has_it_or_not() {
        let wanted = ["10.0.0.11:1935", "live.test", "live.test:1935"];
        assert_eq!(sorted("10.0.0.11:1935", "live.test"), wanted);
        assert_eq!(sorted("[fd00::1]:1935", "live.test"), ["[fd00::1]:1935", "live.test", "live.test:1935"]);
        assert_eq!(sorted("10.0.0.11:1935", "live.test:1935"), ["10.0.0.11:1935", "live.test:1935"]);
    }

    #[test]
    fn the_default_port_may_be_left_out() {
        assert_eq!(sorted("10.0.0.11:8080", "live.test")[0], "10.0.0.11:8080");
        let wanted = ["10.0.0.11", "10.0.0.11:80", "live.test", "live.test:80"];
        assert_eq!(sorted("10.0.0.11:80", "live.test"), wanted);
        assert_eq!(sorted("10.0.0.11:80", "live.test:80"), wanted);
        assert_eq!(sorted("[fd00::1]:80", "live.test")[..2], ["[fd00::1]", "[fd00::1]:80"]);
    }
}
