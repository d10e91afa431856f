//! What EC2's instance metadata says of the interfaces (IMDSv2).
//!
//! Facts (EC2 User Guide, "Instance metadata categories" and "How Instance Metadata Service Version 2 works"): every
//! request needs a token that a `PUT` hands out for at most six hours; requests are limited per instance; the tree
//! `network/interfaces/macs/<mac>/` of a fresh interface fills up over seconds, so that any of its leaves may still
//! be missing; the card's index stands in `network-card` or, by the older guide, in `network-card-index`.
//!
//! Invariant: a leaf that is missing is missing (404), anything else that fails makes the whole read fail, and then
//! the view before it stays. A half-read tree never looks like a machine that lost its addresses.

mod client;
mod endpoint;
mod follow;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

pub use client::{MetadataClient, MetadataError};
pub use endpoint::{MetadataEndpoint, ParseEndpointError};

pub(super) use follow::follow;

/// The most interfaces and addresses that are believed; the largest instances have some sixty interfaces.
const MAX_ENIS: usize = 128;
const MAX_ADDRESSES: usize = 256;

/// All interfaces that the metadata knows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MetadataView {
    /// In the metadata's order.
    pub enis: Vec<Eni>,
}

/// One elastic network interface.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Eni {
    /// Its MAC address, lower case with colons.
    pub mac: String,
    /// Its id, `eni-...`; empty as long as it is not known.
    pub id: String,
    /// Its device number on its card, once known.
    pub device_number: Option<u32>,
    /// Its network card; 0 when the metadata does not say.
    pub network_card: u32,
    /// Its private IPv4 addresses, the primary one first.
    pub local_ipv4s: Vec<Ipv4Addr>,
    /// Which public address leads to which private one.
    pub associations: Vec<Association>,
    /// Its public IPv4 addresses, whatever they lead to.
    pub public_ipv4s: Vec<Ipv4Addr>,
    /// Its IPv6 addresses, all of them public.
    pub ipv6s: Vec<Ipv6Addr>,
}

/// A public IPv4 address and the private one that it leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Association {
    /// What viewers are told.
    pub public: Ipv4Addr,
    /// What the kernel holds.
    pub private: Ipv4Addr,
}

impl MetadataView {
    /// Reads the whole tree.
    pub async fn read(client: &mut MetadataClient) -> Result<Self, MetadataError> {
        let listed = client.get(MACS).await?;
        let mut view = Self::default();
        for mac in listed.lines().filter_map(mac_of).take(MAX_ENIS) {
            view.enis.push(Eni::read(client, mac).await?);
        }
        client.rest();
        Ok(view)
    }

    /// The interface that an address of the kernel belongs to: by the device's MAC, or, as a device may be a bridge
    /// or a bond over it, by the address.
    pub fn of(&self, mac: Option<&str>, address: IpAddr) -> Option<&Eni> {
        let by_mac = || self.enis.iter().find(|eni| Some(eni.mac.as_str()) == mac);
        self.enis.iter().find(|eni| eni.holds(address)).or_else(by_mac)
    }

    /// Whether nothing is missing that a fresh interface has only later, and each of these addresses is known.
    pub fn is_complete<'a>(&self, addresses: impl IntoIterator<Item = &'a IpAddr>) -> bool {
        let settled = |eni: &Eni| eni.device_number.is_some() && !eni.id.is_empty();
        self.enis.iter().all(settled)
            && addresses.into_iter().all(|address| self.enis.iter().any(|eni| eni.holds(*address)))
    }
}

const MACS: &str = "network/interfaces/macs/";

/// A MAC out of a line of the list (`02:29:96:8f:6a:2d/`). It becomes part of a path, so nothing else passes.
fn mac_of(line: &str) -> Option<&str> {
    let mac = line.trim().trim_end_matches('/');
    let pairs = mac.split(':').all(|pair| pair.len() == 2 && pair.bytes().all(|b| b.is_ascii_hexdigit()));
    (mac.len() == 17 && pairs).then_some(mac)
}

impl Eni {
    async fn read(client: &mut MetadataClient, mac: &str) -> Result<Self, MetadataError> {
        let mut leaf = Leaves { client, base: format!("{MACS}{mac}/") };
        let device_number = leaf.list("device-number").await?.pop();
        let id = leaf.text("interface-id").await?.unwrap_or_default();
        let card = match leaf.list("network-card").await?.pop() {
            Some(card) => Some(card),
            None => leaf.list("network-card-index").await?.pop(),
        };
        let local_ipv4s = leaf.list("local-ipv4s").await?;
        let public_ipv4s = leaf.list("public-ipv4s").await?;
        let mut associations = Vec::new();
        for public in leaf.list::<Ipv4Addr>("ipv4-associations/").await? {
            let private: Vec<Ipv4Addr> = leaf.list(&format!("ipv4-associations/{public}")).await?;
            associations.extend(private.into_iter().map(|private| Association { public, private }));
        }
        let ipv6s = leaf.list("ipv6s").await?;
        let mac = mac.to_ascii_lowercase();
        let network_card = card.unwrap_or(0);
        Ok(Self { mac, id, device_number, network_card, local_ipv4s, associations, public_ipv4s, ipv6s })
    }

    /// Whether the interface has this address.
    pub fn holds(&self, address: IpAddr) -> bool {
        match address {
            IpAddr::V4(v4) => self.local_ipv4s.contains(&v4),
            IpAddr::V6(v6) => self.ipv6s.contains(&v6),
        }
    }

    /// What viewers are told for one of its addresses, when known.
    pub fn public_of(&self, address: IpAddr) -> Option<IpAddr> {
        let IpAddr::V4(private) = address else { return Some(address) };
        let associated = self.associations.iter().find(|one| one.private == private).map(|one| one.public);
        // Without associations, a single public address can only lead to the primary one.
        let only = || match (self.associations.is_empty(), self.public_ipv4s.as_slice()) {
            (true, [public]) if self.local_ipv4s.first() == Some(&private) => Some(*public),
            _ => None,
        };
        associated.or_else(only).map(IpAddr::V4)
    }
}

/// The leaves below one interface.
struct Leaves<'a> {
    client: &'a mut MetadataClient,
    base: String,
}

impl Leaves<'_> {
    /// A leaf's text; nothing if it does not exist.
    async fn text(&mut self, leaf: &str) -> Result<Option<String>, MetadataError> {
        match self.client.get(&format!("{}{leaf}", self.base)).await {
            Ok(text) => Ok(Some(text.trim().to_owned())),
            Err(MetadataError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// A leaf's lines. A line that is not of the type makes the read fail.
    async fn list<T: FromStr>(&mut self, leaf: &str) -> Result<Vec<T>, MetadataError> {
        let text = self.text(leaf).await?.unwrap_or_default();
        let lines =
            text.lines().map(|line| line.trim().trim_end_matches('/')).filter(|line| !line.is_empty());
        let malformed = |_| MetadataError::Malformed { path: format!("{}{leaf}", self.base) };
        lines.take(MAX_ADDRESSES).map(|line| line.parse().map_err(malformed)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_mac_becomes_part_of_a_path() {
        assert_eq!(mac_of("02:29:96:8F:6a:2d/"), Some("02:29:96:8F:6a:2d"));
        for bad in ["", "../..", "02:29:96:8f:6a", "02:29:96:8f:6a:2g", "0229968f6a2d00000"] {
            assert_eq!(mac_of(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_single_public_address_belongs_to_the_primary_private_one() {
        let [first, second, public] = [[10, 0, 0, 1], [10, 0, 0, 2], [198, 51, 100, 1]].map(Ipv4Addr::from);
        let mut eni = Eni { local_ipv4s: vec![first, second], public_ipv4s: vec![public], ..Eni::default() };
        assert_eq!(eni.public_of(first.into()), Some(public.into()));
        assert_eq!(eni.public_of(second.into()), None);
        eni.associations.push(Association { public, private: second });
        assert_eq!(eni.public_of(first.into()), None);
        assert_eq!(eni.public_of(second.into()), Some(public.into()));
    }
}
