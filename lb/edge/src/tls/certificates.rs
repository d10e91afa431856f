//! Which certificate a client is shown: that of the pool whose name it asks for (SNI, RFC 6066 section 3).

use std::collections::HashMap;

use weir_core::HostName;

use super::pair::Pair;

/// The listeners' own certificate, and those of the pools that have one.
#[derive(Clone, Debug)]
pub struct Certificates {
    default: Pair,
    by_host: HashMap<HostName, Pair>,
}

impl Certificates {
    /// One certificate for whoever names no host, or one that has no certificate of its own.
    pub fn new(default: Pair) -> Self {
        Self { default, by_host: HashMap::new() }
    }

    /// Another one for a host name, and for the names one label below it, which are those of its interfaces.
    #[must_use]
    pub fn with(mut self, host: HostName, pair: Pair) -> Self {
        self.by_host.insert(host, pair);
        self
    }

    /// What a client is shown that asks for this name, in lower case.
    pub fn of(&self, name: Option<&str>) -> &Pair {
        let own = |name: &str| {
            let above = || HostName::split_first(name).and_then(|(_, above)| self.by_host.get(above));
            self.by_host.get(name).or_else(above)
        };
        name.and_then(own).unwrap_or(&self.default)
    }
}
