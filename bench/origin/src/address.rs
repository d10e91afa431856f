//! How a caller names one of the origin's addresses.

use std::fmt;
use std::net::SocketAddr;

/// One of the origin's addresses, by its place in the configuration or by what was bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At {
    /// The place in `OriginConfig::listen`, from 0.
    Index(usize),
    /// The address as [`crate::Origin::addresses`] tells it.
    Address(SocketAddr),
}

impl From<usize> for At {
    fn from(index: usize) -> Self {
        Self::Index(index)
    }
}

impl From<SocketAddr> for At {
    fn from(address: SocketAddr) -> Self {
        Self::Address(address)
    }
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Index(index) => write!(f, "number {index}"),
            Self::Address(address) => address.fmt(f),
        }
    }
}
