//! What discovery is told by the configuration.

use std::net::IpAddr;
use std::time::Duration;

use weir_core::{BytesPerSec, GroupName, InterfaceName, NodeName};

use super::{DeviceFilter, MetadataEndpoint, Names};

/// Where the interfaces come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DiscoveryMode {
    /// From the configuration alone.
    #[default]
    Static,
    /// From the kernel, refined by what is declared.
    System,
    /// From the kernel joined with EC2's instance metadata, refined by what is declared.
    Ec2,
}

/// An `[[interface]]` of the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeclaredInterface {
    /// Its name.
    pub name: InterfaceName,
    /// The address that is bound; also what joins it to an address of the kernel.
    pub address: IpAddr,
    /// What viewers are told, when it is not the address itself.
    pub public_address: Option<IpAddr>,
    /// The device whose counters are read, when it is not the one that holds the address.
    pub device: Option<String>,
    /// What it can carry.
    pub capacity: Option<BytesPerSec>,
    /// The group whose capacity it shares, when it is not the default one.
    pub group: Option<GroupName>,
}

/// All that discovery needs to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiscoverySettings {
    /// This machine.
    pub node: NodeName,
    /// Where the interfaces come from.
    pub mode: DiscoveryMode,
    /// The most interfaces that are used; the rest is left out, and said so.
    pub max: usize,
    /// The interfaces of the configuration, in its order.
    pub declared: Vec<DeclaredInterface>,
    /// Which devices of the kernel count.
    pub devices: DeviceFilter,
    /// The group of an interface that neither the configuration nor a network card puts into one.
    pub default_group: GroupName,
    /// Where the instance metadata is asked.
    pub metadata_endpoint: MetadataEndpoint,
    /// How often the kernel is read in full although it said nothing.
    pub resync: Duration,
    /// How often the metadata is read although nothing changed.
    pub refresh: Duration,
    /// Names given before a reload: an address that is still there keeps its name.
    pub names: Names,
}

impl DiscoverySettings {
    /// The default of `max`: a JVM origin gains nothing past four interfaces.
    pub const MAX: usize = 4;
    /// The default of `resync` and of `refresh`.
    pub const PERIOD: Duration = Duration::from_secs(30);

    /// Settings of a node with nothing declared, all else at its default.
    pub fn new(node: NodeName, mode: DiscoveryMode, default_group: GroupName) -> Self {
        Self {
            node,
            mode,
            max: Self::MAX,
            declared: Vec::new(),
            devices: DeviceFilter::default(),
            default_group,
            metadata_endpoint: MetadataEndpoint::default(),
            resync: Self::PERIOD,
            refresh: Self::PERIOD,
            names: Names::new(),
        }
    }

    /// What is declared for an address.
    pub(super) fn declared_at(&self, address: IpAddr) -> Option<&DeclaredInterface> {
        self.declared.iter().find(|declared| declared.address == address)
    }
}
