//! `[interfaces]`, `[[interface]]` and `[[group]]`: which interfaces there are, and which share a capacity.

use std::net::IpAddr;
use std::path::Path;

use weir_core::{Group, GroupName, InterfaceName, NodeName};

use super::fault::Place;
use super::section::Section;
use super::{inventory, value};
use crate::discovery::metadata::ParseEndpointError;
use crate::discovery::{DeclaredInterface, DeviceFilter, DiscoveryMode, DiscoverySettings, MetadataEndpoint};

/// The most interfaces of one node unless the file says otherwise; a JVM origin gains nothing past four.
const DEFAULT_MAX: u32 = 4;

/// The most interfaces of one node that the file may ask for; the dispatcher's arithmetic is bounded by it.
const LARGEST_MAX: u32 = 64;

/// The longest name of a device, in bytes (`IFNAMSIZ` of Linux is 16, with a zero at its end).
const MAX_DEVICE_NAME: usize = 15;

/// The interfaces, and how they are found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interfaces {
    /// How they are found.
    pub mode: DiscoveryMode,
    /// The most that are used on this node, 1 to 64.
    pub max: usize,
    /// Those that the file and its inventory declare, in their order; with `system` and `ec2` they describe addresses that may come.
    pub declared: Vec<DeclaredInterface>,
    /// The groups that the two declare.
    pub groups: Vec<Group>,
    /// The devices that `system` and `ec2` look at.
    pub devices: DeviceFilter,
    /// Where `ec2` asks for instance metadata.
    pub metadata_endpoint: MetadataEndpoint,
}

/// What was read, with the places that rules across sections name.
pub(super) struct Found {
    /// The believed part.
    pub(super) interfaces: Interfaces,
    /// For each declared interface.
    pub(super) places: Vec<Places>,
    /// Of each declared group's name.
    pub(super) group_places: Vec<Place>,
    /// Whether each `[[interface]]` could be read; if not, a name that is not declared may be no fault.
    pub(super) complete: bool,
    /// The same of each `[[group]]`.
    pub(super) groups_complete: bool,
    /// Of `max`.
    pub(super) max: Place,
}

/// The `[[interface]]` and `[[group]]` tables of one file, or of two.
#[derive(Default)]
pub(super) struct Tables {
    /// Each interface that could be read.
    pub(super) interfaces: Vec<(Places, DeclaredInterface)>,
    /// Each group that could be read, with the place of its name.
    pub(super) groups: Vec<(Place, Group)>,
    /// Whether those are all interfaces.
    pub(super) complete: bool,
    /// Whether those are all groups.
    pub(super) groups_complete: bool,
}

/// Where the keys of one `[[interface]]` stand.
pub(super) struct Places {
    pub(super) name: Place,
    pub(super) address: Place,
    pub(super) public_address: Place,
    pub(super) group: Place,
}

impl Interfaces {
    /// What discovery needs to know, on a node of this name.
    pub(super) fn discovery(&self, node: &NodeName) -> DiscoverySettings {
        DiscoverySettings {
            max: self.max,
            declared: self.declared.clone(),
            devices: self.devices.clone(),
            metadata_endpoint: self.metadata_endpoint,
            ..DiscoverySettings::new(node.clone(), self.mode, default_group(node))
        }
    }
}

/// The ways to find interfaces, as the file writes them.
const MODES: [(&str, DiscoveryMode); 3] =
    [("static", DiscoveryMode::Static), ("system", DiscoveryMode::System), ("ec2", DiscoveryMode::Ec2)];

fn mode(text: &str) -> Result<DiscoveryMode, String> {
    let found = MODES.into_iter().find(|&(word, _)| word == text);
    found
        .map(|(_, mode)| mode)
        .ok_or_else(|| format!("\"{text}\" is not known; write \"static\", \"system\" or \"ec2\""))
}

/// Reads the three kinds of tables from the top of the file, and the inventory that it names.
pub(super) fn read(root: &Section<'_>, folder: &Path) -> Found {
    let section = root.section("interfaces");
    let found = section.parsed("discover", "\"static\", \"system\" or \"ec2\"", mode);
    // One mistake is one fault: what cannot be read counts as the one that allows all other keys.
    let mode = section.or_default("discover", found, DiscoveryMode::Static).unwrap_or(DiscoveryMode::Ec2);
    let max = section.integer("max", 1..=LARGEST_MAX).map_or(DEFAULT_MAX, |at| at.value);
    let tables = inventory::add(&section, folder, read_tables(root));
    let (places, declared): (Vec<_>, Vec<_>) = tables.interfaces.into_iter().unzip();
    let (group_places, groups): (Vec<_>, Vec<_>) = tables.groups.into_iter().unzip();
    let interfaces = Interfaces {
        mode,
        max: usize::try_from(max).unwrap_or(usize::MAX),
        declared,
        groups,
        devices: read_devices(&section, mode),
        metadata_endpoint: read_endpoint(&section, mode),
    };
    Found {
        complete: tables.complete,
        groups_complete: tables.groups_complete,
        max: section.place_of("max"),
        interfaces,
        places,
        group_places,
    }
}

/// Reads the tables that a configuration and an inventory have in common, from the top of either.
pub(super) fn read_tables(root: &Section<'_>) -> Tables {
    let interfaces: Vec<_> = root.sections("interface").iter().filter_map(read_interface).collect();
    let groups: Vec<_> = root.sections("group").iter().filter_map(read_group).collect();
    Tables {
        complete: interfaces.len() == root.count("interface"),
        groups_complete: groups.len() == root.count("group"),
        interfaces,
        groups,
    }
}

fn read_interface(section: &Section<'_>) -> Option<(Places, DeclaredInterface)> {
    section.require("name", "name it, for example \"eni0\"");
    section.require("address", "write the IP address that the origin listens on");
    let name = section.name::<InterfaceName>("name");
    let example = "an IP address such as \"127.0.0.11\"";
    let address = section.parsed("address", example, value::unicast);
    let public_address = section.parsed("public_address", example, value::unicast).map(|at| at.value);
    let device = section.parsed("device", "a device such as \"eth0\"", device_name).map(|at| at.value);
    let capacity = section.rate("capacity").map(|at| at.value);
    let group = section.name::<GroupName>("group").map(|at| at.value);
    let (name, address) = (name?, address?);
    check_version(section, address.value, public_address);
    let places = Places {
        name: name.place,
        address: address.place,
        public_address: section.place_of("public_address"),
        group: section.place_of("group"),
    };
    let (name, address) = (name.value, address.value);
    Some((places, DeclaredInterface { name, address, public_address, device, capacity, group }))
}

/// A client that is told `address` in place of `public_address` has asked for addresses of one version.
fn check_version(section: &Section<'_>, address: IpAddr, public_address: Option<IpAddr>) {
    if let Some(public) = public_address.filter(|public| public.is_ipv4() != address.is_ipv4()) {
        let message = format!(
            "{public} is not of the same IP version as address = \"{address}\"; write two of one version"
        );
        section.fault("public_address", message);
    }
}

/// The group of an interface that names none: one per node, of the node's name.
pub(super) fn default_group(node: &NodeName) -> GroupName {
    node.as_str().parse().expect("node names and group names obey the same rule")
}

fn read_group(section: &Section<'_>) -> Option<(Place, Group)> {
    section.require("name", "name it, for example \"card0\"");
    let capacity = section.rate("capacity").map(|at| at.value);
    let name = section.name("name")?;
    Some((name.place, Group { name: name.value, capacity }))
}

fn read_devices(section: &Section<'_>, mode: DiscoveryMode) -> DeviceFilter {
    if mode == DiscoveryMode::Static {
        refuse(section, "devices", mode);
    }
    let devices = section.list("devices", "a list of devices such as [\"eth*\"]", device_name);
    if section.is_empty_list("devices") {
        section.fault("devices", "holds no device; name some, or remove the key to look at all");
    }
    let patterns = devices.map_or_else(Vec::new, |devices| devices.value);
    DeviceFilter::matching(patterns.into_iter().map(|at| at.value))
}

fn read_endpoint(section: &Section<'_>, mode: DiscoveryMode) -> MetadataEndpoint {
    if mode != DiscoveryMode::Ec2 {
        refuse(section, "metadata_endpoint", mode);
    }
    let read = |text: &str| text.parse().map_err(|fault: ParseEndpointError| fault.to_string());
    let found = section.parsed("metadata_endpoint", "a URL such as \"http://169.254.169.254\"", read);
    found.map_or_else(MetadataEndpoint::default, |at| at.value)
}

fn refuse(section: &Section<'_>, key: &str, mode: DiscoveryMode) {
    if section.has(key) {
        let word = MODES.into_iter().find_map(|(word, of)| (of == mode).then_some(word)).unwrap_or_default();
        let message =
            format!("has no effect with discover = \"{word}\"; remove it, or choose another discover");
        section.fault(key, message);
    }
}

/// Reads a device's name, or a pattern of one.
fn device_name(text: &str) -> Result<String, String> {
    let plain = text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'/');
    if text.is_empty() || text.len() > MAX_DEVICE_NAME || !plain {
        return Err(format!(
            "\"{text}\" is not a device's name; write one such as \"eth0\", of at most 15 letters"
        ));
    }
    Ok(text.to_owned())
}
