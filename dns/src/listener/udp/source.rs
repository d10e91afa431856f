//! Whom an answer may be sent to.

use std::net::{IpAddr, SocketAddr};

/// Source ports of services that answer anything: an answer to a forged question would never come to rest
/// (echo, discard, daytime, quote of the day, chargen, time).
const UNSAFE_PORTS: [u16; 7] = [0, 7, 9, 13, 17, 19, 37];

/// Whether an answer to this address can reach one client and nobody else, least of all ourselves.
pub(super) fn may_answer(client: SocketAddr, ourselves: SocketAddr) -> bool {
    let address = client.ip();
    let broadcast = matches!(address, IpAddr::V4(v4) if v4.is_broadcast());
    !(UNSAFE_PORTS.contains(&client.port())
        || address.is_unspecified()
        || address.is_multicast()
        || broadcast
        || (client.port() == ourselves.port() && address == ourselves.ip()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forged_sources_that_would_echo_or_multiply_are_not_answered() {
        let may = |text: &str| may_answer(text.parse().unwrap(), "192.0.2.9:5300".parse().unwrap());
        assert!(may("192.0.2.1:53") && may("[2001:db8::1]:40000"));
        assert!(may("192.0.2.9:53") && may("192.0.2.1:5300"));
        for bad in [
            "192.0.2.1:0",
            "192.0.2.1:7",
            "0.0.0.0:99",
            "224.0.0.1:99",
            "255.255.255.255:99",
            "[::]:99",
            "[ff02::1]:99",
            "192.0.2.9:5300",
        ] {
            assert!(!may(bad), "{bad}");
        }
    }
}
