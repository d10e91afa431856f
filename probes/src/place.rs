//! The one place that a probe of an interface may talk to.

use std::net::{IpAddr, SocketAddr};

use url::{Host, Url};

/// Where a look comes from and goes to: the interface's address on both sides.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// The interface's address, from which and to which everything goes.
    address: IpAddr,
    port: u16,
    /// The name under which the server is asked, if not its address (a virtual host).
    host: Option<String>,
}

impl Place {
    /// The place of an interface's server.
    pub(crate) fn new(address: IpAddr, port: u16, host: Option<String>) -> Self {
        Self { address, port, host }
    }

    /// Where connections leave from.
    pub(crate) fn source(&self) -> IpAddr {
        self.address
    }

    /// Where connections go to.
    pub(crate) fn target(&self) -> SocketAddr {
        SocketAddr::new(self.address, self.port)
    }

    /// The value of `Host` (RFC 9110 section 7.2): port 80 is left out, as players do.
    pub(crate) fn host_header(&self) -> String {
        match (&self.host, self.address, self.port) {
            (Some(host), ..) => host.clone(),
            (None, IpAddr::V4(address), 80) => address.to_string(),
            (None, IpAddr::V6(address), 80) => format!("[{address}]"),
            (None, ..) => self.target().to_string(),
        }
    }

    /// Whether a URL from an answer is still this server: by its address and port, or by the name that it was asked
    /// under, with the port that was connected to or the one in that name.
    pub(crate) fn holds(&self, url: &Url) -> bool {
        if url.scheme() != "http" {
            return false;
        }
        let port = url.port_or_known_default();
        match url.host() {
            Some(Host::Ipv4(found)) if self.address == found => port == Some(self.port),
            Some(Host::Ipv6(found)) if self.address == found => port == Some(self.port),
            Some(found) => self.is_asked_as(&found.to_string(), port),
            None => false,
        }
    }

    fn is_asked_as(&self, found: &str, port: Option<u16>) -> bool {
        let Some(asked) = self.host.as_ref().and_then(|host| Url::parse(&format!("http://{host}/")).ok())
        else {
            return false;
        };
        asked.host_str().is_some_and(|host| host.eq_ignore_ascii_case(found))
            && (port == Some(self.port) || port == asked.port_or_known_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(place: &Place, url: &str) -> bool {
        place.holds(&Url::parse(url).expect("a URL"))
    }

    #[test]
    fn a_place_is_one_address_and_one_port() {
        let place = Place::new([127, 0, 0, 11].into(), 1935, None);
        assert!(holds(&place, "http://127.0.0.11:1935/live/x.ts"));
        assert!(!holds(&place, "http://127.0.0.11/live/x.ts"));
        assert!(!holds(&place, "http://127.0.0.12:1935/live/x.ts"));
        assert!(!holds(&place, "https://127.0.0.11:1935/live/x.ts"));
        assert!(!holds(&place, "http://cdn.example.com:1935/live/x.ts"));
        assert_eq!(place.host_header(), "127.0.0.11:1935");
    }

    #[test]
    fn a_place_is_also_known_by_the_name_it_is_asked_under() {
        let place = Place::new([127, 0, 0, 11].into(), 1935, Some("live.example.com".into()));
        assert!(
            holds(&place, "http://LIVE.example.com/x") && holds(&place, "http://live.example.com:1935/x")
        );
        assert!(!holds(&place, "http://live.example.com:81/x") && !holds(&place, "http://example.com/x"));
        assert_eq!(place.host_header(), "live.example.com");
    }

    #[test]
    fn an_ipv6_place_is_written_in_brackets() {
        let address: IpAddr = "2001:db8::1".parse().expect("an address");
        assert_eq!(Place::new(address, 80, None).host_header(), "[2001:db8::1]");
        assert_eq!(Place::new(address, 1935, None).host_header(), "[2001:db8::1]:1935");
        assert!(holds(&Place::new(address, 80, None), "http://[2001:db8:0::1]/x"));
    }
}
