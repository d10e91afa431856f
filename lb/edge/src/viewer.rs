//! What a viewer is known by, so that it can be kept on one interface.

use std::net::IpAddr;

use hyper::Request;
use hyper::header::COOKIE;
use weir_core::{Stickiness, rendezvous};

use crate::client::Client;
use crate::query;

/// A viewer who is to be placed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Viewer {
    /// The other end of the connection.
    pub(crate) client: Client,
    /// Its number, if it is to be kept on one interface.
    pub(crate) key: Option<u64>,
}

impl Viewer {
    /// The viewer who sent a request, by what the pool wants viewers to be known by. One who does not have that is kept
    /// nowhere.
    pub(crate) fn of<B>(request: &Request<B>, client: Client, stickiness: &Stickiness) -> Self {
        let key = match stickiness {
            Stickiness::None => None,
            Stickiness::Client => Some(of_address(client.address)),
            Stickiness::Query(key) => {
                let value = query::value(request.uri().query().unwrap_or_default(), key);
                value.filter(|value| !value.is_empty()).map(|value| rendezvous::hash(value.as_bytes()))
            }
            Stickiness::Cookie(name) => cookie(request, name).map(rendezvous::hash),
        };
        Self { client, key }
    }
}

/// The number of a client's address. A host has a /64 of IPv6 and changes the rest of it.
pub(crate) fn of_address(address: IpAddr) -> u64 {
    match address.to_canonical() {
        IpAddr::V4(address) => rendezvous::hash(&address.octets()),
        IpAddr::V6(address) => rendezvous::hash(&address.octets()[..8]),
    }
}

/// The value of a cookie (RFC 6265 section 4.2.1).
fn cookie<'a, B>(request: &'a Request<B>, name: &str) -> Option<&'a [u8]> {
    let named = |pair: &'a [u8]| {
        let value = pair.trim_ascii().strip_prefix(name.as_bytes())?.strip_prefix(b"=")?;
        Some(value).filter(|value| !value.is_empty())
    };
    let headers = request.headers().get_all(COOKIE).into_iter();
    headers.flat_map(|value| value.as_bytes().split(|&byte| byte == b';')).find_map(named)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(target: &str, cookies: &str, stickiness: &Stickiness) -> Option<u64> {
        let client = Client { address: IpAddr::from([192, 0, 2, 1]), secure: false };
        let request = Request::get(target).header(COOKIE, cookies).body(()).expect("a request");
        Viewer::of(&request, client, stickiness).key
    }

    #[test]
    fn a_viewer_is_known_by_what_the_pool_says() {
        let query = Stickiness::Query("user".to_owned());
        assert_eq!(key("/a?x=1&user=7", "", &query), Some(rendezvous::hash(b"7")));
        assert_eq!(key("/a?x=1", "", &query), None, "who has no key is kept nowhere");
        let cookie = Stickiness::Cookie("session".to_owned());
        assert_eq!(key("/a", "mysession=1; session=abc ; x=y", &cookie), Some(rendezvous::hash(b"abc")));
        assert_eq!(key("/a", "sessions=1; session=", &cookie), None);
        assert_eq!(key("/a", "", &Stickiness::Client), Some(rendezvous::hash(&[192, 0, 2, 1])));
        assert_eq!(key("/a?user=7", "session=1", &Stickiness::None), None);
    }

    #[test]
    fn addresses_of_one_network_are_one_viewer() {
        let of = |address: &str| of_address(address.parse().expect("an address"));
        assert_eq!(of("2001:db8::1"), of("2001:db8::ffff:1"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
    }
}
