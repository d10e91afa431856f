//! Where the instance metadata is asked.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::str::FromStr;

/// The address of the metadata service; by default `http://169.254.169.254`.
///
/// An IP address and nothing else: the service has no name, and a resolver may not work yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MetadataEndpoint(SocketAddr);

/// Why a text is not an endpoint.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "\"{0}\" is not an endpoint; write \"http://\" and an IP address, such as \"http://169.254.169.254\""
)]
pub struct ParseEndpointError(String);

impl MetadataEndpoint {
    /// What is connected to.
    pub fn address(&self) -> SocketAddr {
        self.0
    }
}

impl Default for MetadataEndpoint {
    fn default() -> Self {
        Self(SocketAddr::from((Ipv4Addr::new(169, 254, 169, 254), 80)))
    }
}

impl FromStr for MetadataEndpoint {
    type Err = ParseEndpointError;

    fn from_str(text: &str) -> Result<Self, ParseEndpointError> {
        let host = text.strip_prefix("http://").map(|rest| rest.strip_suffix('/').unwrap_or(rest));
        let bare = |host: &str| {
            let ip = host.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')).unwrap_or(host);
            let brackets = ip.len() != host.len();
            ip.parse::<IpAddr>().ok().filter(|ip| ip.is_ipv6() == brackets).map(|ip| SocketAddr::new(ip, 80))
        };
        host.and_then(|host| host.parse().ok().or_else(|| bare(host)))
            .map(Self)
            .ok_or_else(|| ParseEndpointError(text.to_owned()))
    }
}

impl fmt::Display for MetadataEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_an_ip_address_with_or_without_a_port() {
        let address =
            |text: &str| text.parse::<MetadataEndpoint>().map(|endpoint| endpoint.address().to_string());
        assert_eq!(address("http://169.254.169.254"), Ok("169.254.169.254:80".into()));
        assert_eq!(address("http://127.0.0.1:1338/"), Ok("127.0.0.1:1338".into()));
        assert_eq!(address("http://[fd00:ec2::254]"), Ok("[fd00:ec2::254]:80".into()));
        assert_eq!(
            "http://127.0.0.1:1338".parse::<MetadataEndpoint>().unwrap().to_string(),
            "http://127.0.0.1:1338"
        );
        for bad in
            ["", "169.254.169.254", "https://1.2.3.4", "http://metadata", "http://1.2.3.4/x", "http://::1"]
        {
            assert!(address(bad).is_err(), "{bad}");
        }
    }
}
