//! Where a redirect points.

use std::fmt::Write as _;
use std::net::IpAddr;

use bytes::Bytes;
use hyper::header::HeaderValue;
use weir_core::{Family, Member, PoolView};

use crate::client::Client;

/// What stands for the chosen interface in a location.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TargetForm {
    /// Its name below the pool's. One certificate for all of a pool's names then serves every interface.
    #[default]
    Name,
    /// Its address: for viewers whose resolver does not know the names.
    Address,
}

impl TargetForm {
    /// The family to choose from first. A name is resolved by the viewer, who may have both families: there the
    /// client's own says nothing, and IPv4 is what every viewer has.
    pub(crate) fn first_family(self, client: IpAddr) -> Family {
        match self {
            Self::Address if client.to_canonical().is_ipv6() => Family::V6,
            Self::Name | Self::Address => Family::V4,
        }
    }
}

/// A pool's interface, as one client is told it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Target<'a> {
    pub(crate) pool: &'a PoolView,
    pub(crate) member: &'a Member,
    pub(crate) client: Client,
    pub(crate) form: TargetForm,
}

impl Target<'_> {
    /// The absolute URL of a path and query there, which are kept byte for byte. Nothing, if they cannot stand in
    /// a header.
    pub(crate) fn location(&self, path: &str) -> Option<HeaderValue> {
        HeaderValue::from_maybe_shared(Bytes::from(self.url(path))).ok()
    }

    /// Scheme and authority of every URL there.
    pub(crate) fn root(&self) -> String {
        self.join("", "")
    }

    /// The absolute URL of a path and query there, byte for byte.
    pub(crate) fn url(&self, path: &str) -> String {
        self.join(if path.starts_with('/') { "" } else { "/" }, path)
    }

    /// The host that the client is told, without a port.
    pub(crate) fn host(&self) -> String {
        match self.form {
            TargetForm::Name => format!("{}.{}", self.member.name, self.pool.hostname),
            TargetForm::Address => self.address(),
        }
    }

    fn address(&self) -> String {
        match self.member.address_for(self.pool, self.client.address) {
            IpAddr::V4(address) => address.to_string(),
            IpAddr::V6(address) => format!("[{address}]"),
        }
    }

    fn join(&self, slash: &str, path: &str) -> String {
        let address;
        let (label, rest) = match self.form {
            TargetForm::Name => (self.member.name.as_str(), self.pool.hostname.as_str()),
            TargetForm::Address => {
                address = self.address();
                ("", address.as_str())
            }
        };
        let origin = self.pool.origin;
        let (scheme, port) = if self.client.secure { origin.secure() } else { origin.plain() };
        // A string that is filled to its capacity becomes the header's value without another allocation.
        let port = (port != scheme.default_port()).then_some(port);
        let scheme = scheme.as_str();
        let digits = port.map_or(0, |port| 2 + port.checked_ilog10().unwrap_or(0)) as usize;
        let dot = usize::from(!label.is_empty());
        let length = scheme.len() + 3 + label.len() + dot + rest.len() + digits + slash.len() + path.len();
        let mut text = String::with_capacity(length);
        text.push_str(scheme);
        text.push_str("://");
        text.push_str(label);
        text.push_str(&"."[..dot]);
        text.push_str(rest);
        if let Some(port) = port {
            // Writing to a string cannot fail.
            let _ = write!(text, ":{port}");
        }
        text.push_str(slash);
        text.push_str(path);
        debug_assert_eq!(text.len(), length);
        text
    }
}
