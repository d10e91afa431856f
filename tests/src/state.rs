//! What `/api/v1/state` says, read as a stranger reads it.

use std::net::Ipv4Addr;

use serde_json::Value;

/// One state of the daemon.
#[derive(Clone, Debug)]
pub struct State(Value);

/// One interface of a pool.
#[derive(Clone, Copy, Debug)]
pub struct Member<'a>(&'a Value);

impl State {
    /// Reads the body of the answer.
    ///
    /// # Panics
    /// When it is no JSON object.
    pub fn parse(body: &str) -> Self {
        let value: Value = serde_json::from_str(body).unwrap_or_else(|error| panic!("{error} in {body}"));
        assert!(value.is_object(), "the state is an object: {body}");
        Self(value)
    }

    /// The whole.
    pub fn value(&self) -> &Value {
        &self.0
    }

    /// The number of the snapshot.
    ///
    /// # Panics
    /// When it is missing.
    pub fn generation(&self) -> u64 {
        self.0["generation"].as_u64().unwrap_or_else(|| panic!("no generation in {}", self.0))
    }

    /// An interface, with what is measured on it; null when there is none of this name.
    pub fn interface(&self, name: &str) -> &Value {
        named(&self.0["interfaces"], "name", name)
    }

    /// Its transmit rate in bytes per second; `None` while it is unknown.
    pub fn rate(&self, interface: &str) -> Option<f64> {
        self.interface(interface)["rate_bytes_per_second"].as_f64()
    }

    /// A pool; null when there is none of this name.
    pub fn pool(&self, name: &str) -> &Value {
        named(&self.0["pools"], "name", name)
    }

    /// The interfaces of a pool.
    pub fn members(&self, pool: &str) -> Vec<Member<'_>> {
        self.pool(pool)["members"].as_array().into_iter().flatten().map(Member).collect()
    }

    /// One interface of a pool.
    pub fn member(&self, pool: &str, interface: &str) -> Option<Member<'_>> {
        self.members(pool).into_iter().find(|member| member.interface() == interface)
    }

    /// How many interfaces of the pool have this verdict.
    pub fn count(&self, pool: &str, verdict: &str) -> usize {
        self.members(pool).into_iter().filter(|member| member.verdict() == verdict).count()
    }

    /// Why the pool's weights are as they are: the code of its reason.
    pub fn reason(&self, pool: &str) -> &str {
        self.pool(pool)["reason"]["code"].as_str().unwrap_or_default()
    }

    /// Whether the pool answers although nothing is healthy.
    pub fn failed_open(&self, pool: &str) -> bool {
        self.pool(pool)["reason"]["failed_open"].as_bool().unwrap_or_default()
    }

    /// The shares of a pool by the public address that carries them.
    pub fn shares(&self, pool: &str) -> Vec<(Ipv4Addr, f64)> {
        self.members(pool).into_iter().map(|member| (member.public_address(), member.share())).collect()
    }
}

impl<'a> Member<'a> {
    /// The name of the interface.
    pub fn interface(self) -> &'a str {
        self.0["interface"].as_str().unwrap_or_default()
    }

    /// `up`, `down` or `unknown`.
    pub fn verdict(self) -> &'a str {
        self.0["verdict"].as_str().unwrap_or_default()
    }

    /// Its weight.
    pub fn weight(self) -> u64 {
        self.0["weight"].as_u64().unwrap_or_else(|| panic!("no weight in {}", self.0))
    }

    /// Its weight over the pool's sum.
    pub fn share(self) -> f64 {
        self.0["share"].as_f64().unwrap_or_else(|| panic!("no share in {}", self.0))
    }

    /// What viewers are told.
    pub fn public_address(self) -> Ipv4Addr {
        let text = self.0["public_address"].as_str().unwrap_or_default();
        text.parse().unwrap_or_else(|_| panic!("no public address in {}", self.0))
    }

    /// The codes of the failures that its probes saw last.
    pub fn failures(self) -> Vec<&'a str> {
        let probes = self.0["probes"].as_array().into_iter().flatten();
        probes.filter_map(|probe| probe["failure"]["code"].as_str()).collect()
    }
}

fn named<'a>(list: &'a Value, key: &str, name: &str) -> &'a Value {
    let found = list.as_array().into_iter().flatten().find(|value| value[key] == name);
    found.unwrap_or(&Value::Null)
}
