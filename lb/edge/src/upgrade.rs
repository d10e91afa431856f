//! Viewers who come over plain HTTP are sent to the same place over TLS, where that is wanted.

use std::sync::atomic::{AtomicU32, Ordering};

use bytes::Bytes;
use hyper::header::HeaderValue;
use hyper::{Method, Request};
use weir_core::{OriginScheme, Snapshot};

use crate::answer;
use crate::client::Client;
use crate::host::{self, NAME_BYTES};
use crate::reply::Reply;

/// The port that they are sent to; 0 is none. It may change at any time, and each request looks once.
#[derive(Debug, Default)]
pub(crate) struct Upgrade(AtomicU32);

impl Upgrade {
    /// To this port from now on, or nowhere.
    pub(crate) fn set(&self, port: Option<u16>) {
        self.0.store(port.map_or(0, u32::from), Ordering::Relaxed);
    }

    /// Whether anybody is sent on.
    pub(crate) fn is_on(&self) -> bool {
        self.0.load(Ordering::Relaxed) != 0
    }

    /// What a request is answered instead of anything else. Nothing, when it came over TLS, names no pool, or has
    /// a fault: then it is answered as it always is, so that nobody is sent on to hear of a fault.
    pub(crate) fn answer<B>(
        &self,
        request: &Request<B>,
        client: Client,
        snapshot: &Snapshot,
    ) -> Option<Reply> {
        let port = self.0.load(Ordering::Relaxed);
        let reads = matches!(*request.method(), Method::GET | Method::HEAD);
        if port == 0 || client.secure || !reads {
            return None;
        }
        let mut room = [0; NAME_BYTES];
        let name = host::lower(host::asked(request).ok()?, &mut room)?;
        snapshot.find(name)?;
        let path = answer::path(request.uri()).ok()?;
        let slash = if path.starts_with('/') { "" } else { "/" };
        let url = if port == u32::from(OriginScheme::Https.default_port()) {
            format!("https://{name}{slash}{path}")
        } else {
            format!("https://{name}:{port}{slash}{path}")
        };
        HeaderValue::from_maybe_shared(Bytes::from(url)).ok().map(Reply::Https)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::World;

    /// Where a request is sent: the location, or nothing.
    fn sent(port: Option<u16>, secure: bool, line: &str, host: &str) -> Option<String> {
        let upgrade = Upgrade::default();
        upgrade.set(port);
        let client = Client { address: [192, 0, 2, 1].into(), secure };
        let (method, target) = line.split_once(' ').expect("a method and a target");
        let request = Request::builder().method(method).uri(target).header("host", host).body(());
        let snapshot = World::new().reader().load();
        match upgrade.answer(&request.expect("a request"), client, &snapshot)? {
            Reply::Https(location) => Some(location.to_str().expect("text").to_owned()),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn host_path_and_query_stay_and_the_port_is_that_of_tls() {
        let live = "Live.stream.test:8080";
        let at = |port, line| sent(Some(port), false, line, live);
        let expected = |text: &str| Some(text.to_owned());
        assert_eq!(at(443, "GET /a?b=%2f//"), expected("https://live.stream.test/a?b=%2f//"));
        assert_eq!(at(8443, "HEAD /a"), expected("https://live.stream.test:8443/a"));
        assert_eq!(
            at(443, "GET http://eni0.live.stream.test?q"),
            expected("https://eni0.live.stream.test/?q")
        );
        assert_eq!(
            at(443, "GET /api/pick?pool=live"),
            expected("https://live.stream.test/api/pick?pool=live")
        );
    }

    #[test]
    fn who_is_on_tls_already_or_asks_for_what_is_not_there_is_answered_as_always() {
        assert_eq!(sent(None, false, "GET /a", "live.stream.test"), None);
        assert_eq!(sent(Some(443), true, "GET /a", "live.stream.test"), None);
        assert_eq!(sent(Some(443), false, "GET /a", "unknown.test"), None);
        assert_eq!(sent(Some(443), false, "GET /a", "eni9.live.stream.test"), None);
        assert_eq!(sent(Some(443), false, "OPTIONS /a", "live.stream.test"), None);
        assert_eq!(sent(Some(443), false, "POST /a", "live.stream.test"), None);
        assert_eq!(sent(Some(443), false, "GET *", "live.stream.test"), None);
        let long = format!("GET /{}", "a".repeat(crate::PATH_BYTES));
        assert_eq!(sent(Some(443), false, &long, "live.stream.test"), None);
    }
}
