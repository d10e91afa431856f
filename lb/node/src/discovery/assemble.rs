//! The join: what is declared, what the kernel has and what the metadata says become one inventory.
//!
//! Pure, and without memory but the names: the same facts make the same inventory, before and after a restart.
//!
//! Which addresses are taken when there are more than `max`: what is declared first, then the first address of each
//! device, then the second of each, and so on. A machine with four devices and both families so uses all four
//! devices over IPv4 instead of two of them twice.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use weir_core::{CloudFacts, GroupName, Interface, InterfaceName, LeftOut, NodeInventory};

use super::kernel::{Condition, DeviceState, KernelAddress, Rank};
use super::names::{self, Nameless, Names};
use super::{DeclaredInterface, DiscoveryMode, DiscoverySettings, Eni, MetadataView};

/// The inventory of this node. `names` are those of the inventory before; `metadata` counts in EC2 mode alone.
pub fn assemble(
    settings: &DiscoverySettings,
    kernel: &[KernelAddress],
    metadata: &MetadataView,
    names: &Names,
) -> NodeInventory {
    match settings.mode {
        DiscoveryMode::Static => from_declared(settings, kernel),
        DiscoveryMode::System => from_kernel(settings, kernel, &MetadataView::default(), names),
        DiscoveryMode::Ec2 => from_kernel(settings, kernel, metadata, names),
    }
}

/// The kernel's addresses that may become interfaces.
pub(super) fn serving_addresses(settings: &DiscoverySettings, kernel: &[KernelAddress]) -> BTreeSet<IpAddr> {
    kernel.iter().filter(|one| verdict(settings, one) == Fit::Yes).map(|one| one.address).collect()
}

fn from_declared(settings: &DiscoverySettings, kernel: &[KernelAddress]) -> NodeInventory {
    let device_of = |declared: &DeclaredInterface| {
        declared.device.clone().or_else(|| holder(declared.address, kernel).map(str::to_owned))
    };
    let of_declared = |declared: &DeclaredInterface| Interface {
        name: declared.name.clone(),
        node: settings.node.clone(),
        address: declared.address,
        public_address: declared.public_address.unwrap_or(declared.address),
        device: device_of(declared),
        capacity: declared.capacity,
        group: declared.group.clone().unwrap_or_else(|| settings.default_group.clone()),
        cloud: None,
    };
    let (used, rest) = settings.declared.split_at(settings.max.min(settings.declared.len()));
    NodeInventory {
        node: settings.node.clone(),
        interfaces: used.iter().map(of_declared).collect(),
        left_out: rest.iter().map(|one| beyond(settings.max, one.address, device_of(one))).collect(),
    }
}

/// The device that holds an address. The kernel lists 127.0.0.1 alone, but all of 127/8 is on the loopback device.
fn holder(address: IpAddr, kernel: &[KernelAddress]) -> Option<&str> {
    let held = kernel.iter().find(|one| one.address == address);
    let loopback = || kernel.iter().find(|one| one.device.state == DeviceState::Loopback);
    match held {
        Some(one) => Some(&one.device.name),
        None if address.is_loopback() => Some(loopback().map_or("lo", |one| &one.device.name)),
        None => None,
    }
}

fn from_kernel(
    settings: &DiscoverySettings,
    kernel: &[KernelAddress],
    metadata: &MetadataView,
    names: &Names,
) -> NodeInventory {
    let mut candidates: Vec<Candidate<'_>> = Vec::new();
    let mut left_out = Vec::new();
    for address in one_of_each(settings, kernel) {
        match verdict(settings, address) {
            Fit::Yes => candidates.push(Candidate::new(settings, address, metadata)),
            Fit::No(why) => left_out.push(out(address.address, Some(address.device.name.clone()), why)),
            Fit::Silent => {}
        }
    }
    candidates.sort_by_key(Candidate::order);
    let (chosen, rest) = choose(candidates, settings.max);
    left_out.extend(
        rest.iter().map(|one| beyond(settings.max, one.kernel.address, Some(one.kernel.device.name.clone()))),
    );
    left_out.extend(not_held(settings, kernel));
    let wanted: Vec<Nameless<'_>> = chosen.iter().map(Candidate::nameless).collect();
    let given = names::assign(&wanted, names);
    let interfaces =
        chosen.into_iter().zip(given).map(|(one, name)| one.into_interface(settings, name)).collect();
    NodeInventory { node: settings.node.clone(), interfaces, left_out }
}

/// One entry per address, even if several devices hold it: one that fits, and of those the oldest. A virtual address
/// that is on the loopback device too, so that the kernel takes it as its own, still counts on the other device.
fn one_of_each<'a>(
    settings: &DiscoverySettings,
    kernel: &'a [KernelAddress],
) -> impl Iterator<Item = &'a KernelAddress> {
    let order = |one: &KernelAddress| (verdict(settings, one) != Fit::Yes, one.device.index);
    let mut by_address: BTreeMap<IpAddr, &KernelAddress> = BTreeMap::new();
    for one in kernel {
        let best = by_address.entry(one.address).or_insert(one);
        if order(one) < order(best) {
            *best = one;
        }
    }
    by_address.into_values()
}

// ---------------------------------------------------------------- which ones

/// Whether an address may become an interface.
#[derive(PartialEq, Eq)]
enum Fit {
    Yes,
    /// No, and people may ask why.
    No(&'static str),
    /// No, and nobody expects it to.
    Silent,
}

/// What is declared overrides what is a matter of taste, not what is a matter of fact.
fn verdict(settings: &DiscoverySettings, one: &KernelAddress) -> Fit {
    let declared = settings.declared_at(one.address).is_some();
    let loopback = one.device.state == DeviceState::Loopback;
    match one.condition {
        _ if loopback && !declared => Fit::Silent,
        Condition::NotGlobal if !declared => Fit::Silent,
        Condition::Duplicate => Fit::No("another machine has the same address"),
        Condition::Tentative => Fit::No("the kernel still checks that no other machine has it"),
        Condition::Temporary if !declared => Fit::No("a temporary privacy address"),
        Condition::Deprecated if !declared => Fit::No("deprecated in the kernel"),
        _ if one.device.state == DeviceState::Down => Fit::No("its device is down"),
        _ if !declared && !settings.devices.accepts(&one.device.name) => {
            Fit::No("its device is not among those to use")
        }
        _ => Fit::Yes,
    }
}

/// The first `max` by the order in the head of this file, and the rest, both in the order of people.
fn choose(candidates: Vec<Candidate<'_>>, max: usize) -> (Vec<Candidate<'_>>, Vec<Candidate<'_>>) {
    let mut seen: BTreeMap<u32, usize> = BTreeMap::new();
    let mut turns: Vec<(bool, usize, usize)> = Vec::with_capacity(candidates.len());
    for (position, one) in candidates.iter().enumerate() {
        let turn = seen.entry(one.kernel.device.index).or_default();
        turns.push((one.declared.is_none(), *turn, position));
        *turn += 1;
    }
    turns.sort_unstable();
    let taken: BTreeSet<usize> = turns.iter().take(max).map(|(_, _, position)| *position).collect();
    let mut chosen = Vec::new();
    let mut rest = Vec::new();
    for (position, one) in candidates.into_iter().enumerate() {
        if taken.contains(&position) { chosen.push(one) } else { rest.push(one) }
    }
    (chosen, rest)
}

fn not_held(settings: &DiscoverySettings, kernel: &[KernelAddress]) -> impl Iterator<Item = LeftOut> {
    let held: BTreeSet<IpAddr> = kernel.iter().map(|one| one.address).collect();
    let missing = settings.declared.iter().filter(move |one| !held.contains(&one.address));
    missing
        .map(|one| out(one.address, one.device.clone(), "declared, but no device of this machine holds it"))
}

fn beyond(max: usize, address: IpAddr, device: Option<String>) -> LeftOut {
    let interfaces = if max == 1 { "interface" } else { "interfaces" };
    out(address, device, &format!("more than max = {max} {interfaces}"))
}

fn out(address: IpAddr, device: Option<String>, why: &str) -> LeftOut {
    LeftOut { address, device, why: why.to_owned() }
}

// ---------------------------------------------------------------- one of them

/// An address of the kernel with all that others know of it.
struct Candidate<'a> {
    kernel: &'a KernelAddress,
    declared: Option<&'a DeclaredInterface>,
    eni: Option<&'a Eni>,
}

impl<'a> Candidate<'a> {
    fn new(settings: &'a DiscoverySettings, kernel: &'a KernelAddress, metadata: &'a MetadataView) -> Self {
        let eni = metadata.of(kernel.device.mac.as_deref(), kernel.address);
        Self { kernel, declared: settings.declared_at(kernel.address), eni }
    }

    /// By card and device number where known, then by device, primary before secondary, IPv4 before IPv6.
    fn order(&self) -> ((u32, u32), OrderInKernel) {
        let number = self.eni.and_then(|eni| Some((eni.network_card, eni.device_number?)));
        let kernel = self.kernel;
        let in_kernel = (kernel.device.index, kernel.rank, kernel.address.is_ipv6(), kernel.address);
        (number.unwrap_or((u32::MAX, u32::MAX)), in_kernel)
    }

    /// Without a device number it goes by the device's name. Device numbers count per network card.
    fn nameless(&self) -> Nameless<'a> {
        let numbered = self.eni.and_then(|eni| {
            let number = eni.device_number?;
            Some(match eni.network_card {
                0 => format!("eni{number}"),
                card => format!("card{card}-eni{number}"),
            })
        });
        let device = &self.kernel.device;
        Nameless {
            address: self.kernel.address,
            declared: self.declared.map(|declared| &declared.name),
            base: numbered.unwrap_or_else(|| names::label(&device.name, device.index)),
        }
    }

    fn into_interface(self, settings: &DiscoverySettings, name: InterfaceName) -> Interface {
        let address = self.kernel.address;
        let declared = self.declared;
        let public_address = declared
            .and_then(|declared| declared.public_address)
            .or_else(|| self.eni.and_then(|eni| eni.public_of(address)))
            .unwrap_or(address);
        let device = declared.and_then(|declared| declared.device.clone());
        Interface {
            name,
            node: settings.node.clone(),
            address,
            public_address,
            device: Some(device.unwrap_or_else(|| self.kernel.device.name.clone())),
            capacity: declared.and_then(|declared| declared.capacity),
            group: declared
                .and_then(|declared| declared.group.clone())
                .unwrap_or_else(|| self.group(settings)),
            cloud: self.eni.map(facts),
        }
    }

    fn group(&self, settings: &DiscoverySettings) -> GroupName {
        self.eni.map_or_else(
            || settings.default_group.clone(),
            |eni| format!("card{}", eni.network_card).parse().expect("a word and a number make a label"),
        )
    }
}

type OrderInKernel = (u32, Rank, bool, IpAddr);

fn facts(eni: &Eni) -> CloudFacts {
    CloudFacts {
        eni: eni.id.clone(),
        mac: eni.mac.clone(),
        device_number: eni.device_number,
        network_card: eni.network_card,
    }
}

#[cfg(test)]
mod tests;
