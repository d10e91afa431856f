//! Who may change something.

use std::net::IpAddr;

use hyper::HeaderMap;
use hyper::header::{AUTHORIZATION, HOST};

use crate::config::{Config, Token};

/// The rule for changes.
#[derive(Clone, Debug)]
pub enum Access {
    /// Whoever shows this token.
    Token(Token),
    /// Whoever reaches the loopback listener by a loopback name.
    Loopback,
}

impl Access {
    /// The rule of a configuration.
    pub fn of(config: &Config) -> Self {
        config.admin().token.clone().map_or(Self::Loopback, Self::Token)
    }

    /// Whether a request with these headers may change something.
    pub fn allows(&self, headers: &HeaderMap) -> bool {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        match self {
            Self::Token(token) => text(AUTHORIZATION)
                .and_then(|value| value.strip_prefix("Bearer "))
                .is_some_and(|offered| token.is(offered.as_bytes())),
            Self::Loopback => text(HOST).is_some_and(is_loopback),
        }
    }

    /// What to do about a refusal.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::Token(_) => {
                "send the header \"Authorization: Bearer <token>\" with the token of [admin] token_file"
            }
            Self::Loopback => {
                "without a token, changes are taken under a loopback name only (127.0.0.1, [::1], localhost)"
            }
        }
    }
}

fn is_loopback(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.rsplit_once(':').map_or(host, |(name, _)| name),
    };
    name.eq_ignore_ascii_case("localhost")
        || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::header::HeaderValue;

    #[test]
    fn without_a_token_only_loopback_names_may_change_something() {
        for (host, allowed) in [
            ("127.0.0.1:9880", true),
            ("127.0.0.1", true),
            ("[::1]:9880", true),
            ("localhost:9880", true),
            ("weir.example.com:9880", false),
            ("10.0.0.1", false),
            ("", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(HOST, HeaderValue::from_static(host));
            assert_eq!(Access::Loopback.allows(&headers), allowed, "{host}");
        }
        assert!(!Access::Loopback.allows(&HeaderMap::new()));
    }
}
