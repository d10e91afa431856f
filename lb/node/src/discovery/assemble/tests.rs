//! The join, without a kernel and without a cloud.

use std::time::Duration;

use proptest::prelude::*;
use weir_core::BytesPerSec;

use super::super::kernel::KernelDevice;
use super::super::metadata::Association;
use super::*;

fn settings(mode: DiscoveryMode) -> DiscoverySettings {
    DiscoverySettings::new("edge-1".parse().unwrap(), mode, "node".parse().unwrap())
}

fn device(index: u32, name: &str) -> KernelDevice {
    let state = if name == "lo" { DeviceState::Loopback } else { DeviceState::Up };
    KernelDevice { index, name: name.to_owned(), mac: Some(format!("02:00:00:00:00:{index:02x}")), state }
}

fn at(device: &KernelDevice, address: &str) -> KernelAddress {
    KernelAddress {
        device: device.clone(),
        address: address.parse().unwrap(),
        rank: Rank::Primary,
        condition: Condition::Ready,
    }
}

fn second(device: &KernelDevice, address: &str) -> KernelAddress {
    KernelAddress { rank: Rank::Secondary, ..at(device, address) }
}

fn declared(name: &str, address: &str) -> DeclaredInterface {
    DeclaredInterface {
        name: name.parse().unwrap(),
        address: address.parse().unwrap(),
        public_address: None,
        device: None,
        capacity: None,
        group: None,
    }
}

fn eni(index: u32, number: Option<u32>, private: &str, public: &str) -> Eni {
    let [private, public] = [private, public].map(|text| text.parse().unwrap());
    Eni {
        mac: format!("02:00:00:00:00:{index:02x}"),
        id: format!("eni-{index}"),
        device_number: number,
        local_ipv4s: vec![private],
        associations: vec![Association { public, private }],
        ..Eni::default()
    }
}

fn names(inventory: &NodeInventory) -> Vec<&str> {
    inventory.interfaces.iter().map(|one| one.name.as_str()).collect()
}

fn addresses(inventory: &NodeInventory) -> Vec<String> {
    inventory.interfaces.iter().map(|one| one.address.to_string()).collect()
}

fn reasons(inventory: &NodeInventory) -> Vec<(String, &str)> {
    inventory.left_out.iter().map(|out| (out.address.to_string(), out.why.as_str())).collect()
}

fn alone(settings: &DiscoverySettings, kernel: &[KernelAddress]) -> NodeInventory {
    assemble(settings, kernel, &MetadataView::default(), &Names::new())
}

#[test]
fn static_mode_has_the_declared_ones_whatever_the_kernel_has() {
    let mut settings = settings(DiscoveryMode::Static);
    settings.declared =
        vec![declared("eni0", "127.0.0.11"), declared("eni1", "10.0.0.2"), declared("far", "10.9.9.9")];
    settings.declared[0].public_address = Some("198.51.100.11".parse().unwrap());
    settings.declared[0].group = Some("card0".parse().unwrap());
    let kernel = [
        at(&device(1, "lo"), "127.0.0.1"),
        at(&device(2, "eth0"), "10.0.0.2"),
        at(&device(2, "eth0"), "10.0.0.3"),
    ];
    let inventory = alone(&settings, &kernel);
    assert_eq!(names(&inventory), ["eni0", "eni1", "far"]);
    let devices: Vec<_> = inventory.interfaces.iter().map(|one| one.device.as_deref()).collect();
    assert_eq!(devices, [Some("lo"), Some("eth0"), None]);
    assert_eq!(inventory.interfaces[0].public_address.to_string(), "198.51.100.11");
    assert_eq!(inventory.interfaces[1].public_address.to_string(), "10.0.0.2");
    assert_eq!(inventory.interfaces[0].group.as_str(), "card0");
    assert_eq!(inventory.interfaces[1].group.as_str(), "node");
}

#[test]
fn a_loopback_address_is_on_lo_even_when_the_kernel_can_not_be_read() {
    let mut settings = settings(DiscoveryMode::Static);
    settings.declared = vec![declared("eni0", "127.0.0.11")];
    assert_eq!(alone(&settings, &[]).interfaces[0].device.as_deref(), Some("lo"));
}

#[test]
fn static_mode_leaves_out_what_is_beyond_max() {
    let mut settings = settings(DiscoveryMode::Static);
    settings.max = 1;
    settings.declared = vec![declared("a", "127.0.0.11"), declared("b", "127.0.0.12")];
    let inventory = alone(&settings, &[]);
    assert_eq!(names(&inventory), ["a"]);
    assert_eq!(reasons(&inventory), [("127.0.0.12".to_owned(), "more than max = 1 interface")]);
}

#[test]
fn system_mode_orders_by_device_then_rank_then_family() {
    let (eth0, eth1) = (device(2, "eth0"), device(3, "eth1"));
    let kernel = [
        at(&eth1, "10.0.1.1"),
        at(&eth0, "2001:db8::1"),
        second(&eth0, "10.0.0.9"),
        at(&eth0, "10.0.0.10"),
        at(&device(1, "lo"), "127.0.0.1"),
    ];
    let inventory = alone(&settings(DiscoveryMode::System), &kernel);
    assert_eq!(addresses(&inventory), ["10.0.0.10", "2001:db8::1", "10.0.0.9", "10.0.1.1"]);
    assert_eq!(names(&inventory), ["eth0", "eth0-2", "eth0-3", "eth1"]);
    assert!(inventory.left_out.is_empty(), "nobody asks why loopback is not used");
}

#[test]
fn beyond_max_each_device_gets_its_first_address_before_any_gets_a_second() {
    let devices = [device(2, "eth0"), device(3, "eth1"), device(4, "eth2")];
    let mut kernel = Vec::new();
    for (n, device) in devices.iter().enumerate() {
        kernel.push(at(device, &format!("10.0.{n}.1")));
        kernel.push(at(device, &format!("2001:db8::{n}")));
    }
    let inventory = alone(&settings(DiscoveryMode::System), &kernel);
    assert_eq!(addresses(&inventory), ["10.0.0.1", "2001:db8::", "10.0.1.1", "10.0.2.1"]);
    let why = "more than max = 4 interfaces";
    assert_eq!(reasons(&inventory), [("2001:db8::1".to_owned(), why), ("2001:db8::2".to_owned(), why)]);
}

#[test]
fn what_is_declared_is_never_beyond_max_for_what_is_not() {
    let mut settings = settings(DiscoveryMode::System);
    settings.max = 1;
    settings.declared = vec![declared("mine", "10.0.1.1")];
    let kernel = [at(&device(2, "eth0"), "10.0.0.1"), at(&device(3, "eth1"), "10.0.1.1")];
    assert_eq!(names(&alone(&settings, &kernel)), ["mine"]);
}

#[test]
fn unfit_addresses_are_left_out_with_their_reason() {
    let eth0 = device(2, "eth0");
    let with = |address: &str, condition| KernelAddress { condition, ..at(&eth0, address) };
    let mut down = at(&device(3, "eth1"), "10.0.1.1");
    down.device.state = DeviceState::Down;
    let kernel = [
        with("2001:db8::1", Condition::Tentative),
        with("2001:db8::2", Condition::Duplicate),
        with("2001:db8::3", Condition::Deprecated),
        with("2001:db8::4", Condition::Temporary),
        with("fe80::1", Condition::NotGlobal),
        at(&device(9, "docker0"), "172.17.0.1"),
        down,
    ];
    let inventory = alone(&settings(DiscoveryMode::System), &kernel);
    assert!(inventory.interfaces.is_empty());
    let told: Vec<String> =
        reasons(&inventory).iter().map(|(address, why)| format!("{address}: {why}")).collect();
    assert_eq!(
        told,
        [
            "10.0.1.1: its device is down",
            "172.17.0.1: its device is not among those to use",
            "2001:db8::1: the kernel still checks that no other machine has it",
            "2001:db8::2: another machine has the same address",
            "2001:db8::3: deprecated in the kernel",
            "2001:db8::4: a temporary privacy address",
        ]
    );
}

#[test]
fn a_declared_entry_refines_the_kernels_address() {
    let mut settings = settings(DiscoveryMode::System);
    let mut entry = declared("wan", "10.0.0.1");
    entry.public_address = Some("198.51.100.1".parse().unwrap());
    entry.capacity = Some(BytesPerSec::from_bits(10_000_000_000));
    entry.group = Some("card7".parse().unwrap());
    settings.declared = vec![entry.clone(), declared("gone", "10.7.7.7")];
    let inventory =
        alone(&settings, &[at(&device(2, "eth0"), "10.0.0.1"), at(&device(2, "eth0"), "10.0.0.2")]);
    assert_eq!(names(&inventory), ["wan", "eth0"]);
    let wan = &inventory.interfaces[0];
    assert_eq!((Some(wan.public_address), wan.capacity), (entry.public_address, entry.capacity));
    assert_eq!((wan.group.as_str(), wan.device.as_deref()), ("card7", Some("eth0")));
    assert_eq!(
        reasons(&inventory),
        [("10.7.7.7".to_owned(), "declared, but no device of this machine holds it")]
    );
}

#[test]
fn what_is_declared_overrides_the_choice_of_devices_but_not_a_dead_device() {
    let mut settings = settings(DiscoveryMode::System);
    settings.declared = vec![declared("bridge", "172.17.0.1")];
    let mut address = at(&device(9, "docker0"), "172.17.0.1");
    assert_eq!(names(&alone(&settings, std::slice::from_ref(&address))), ["bridge"]);
    address.device.state = DeviceState::Down;
    assert!(alone(&settings, &[address]).interfaces.is_empty());
}

#[test]
fn an_address_on_two_devices_is_one_interface() {
    let kernel = [at(&device(3, "eth1"), "10.0.0.1"), at(&device(2, "eth0"), "10.0.0.1")];
    let inventory = alone(&settings(DiscoveryMode::System), &kernel);
    assert_eq!(names(&inventory), ["eth0"]);
    let virtual_address = [at(&device(1, "lo"), "10.0.0.1"), at(&device(3, "eth1"), "10.0.0.1")];
    assert_eq!(names(&alone(&settings(DiscoveryMode::System), &virtual_address)), ["eth1"]);
}

#[test]
fn ec2_mode_joins_by_mac_and_orders_by_device_number() {
    let kernel = [at(&device(2, "ens5"), "10.0.0.5"), at(&device(3, "ens6"), "10.0.0.6")];
    let view = MetadataView {
        enis: vec![eni(2, Some(1), "10.0.0.5", "198.51.100.5"), eni(3, Some(0), "10.0.0.6", "198.51.100.6")],
    };
    let inventory = assemble(&settings(DiscoveryMode::Ec2), &kernel, &view, &Names::new());
    assert_eq!(names(&inventory), ["eni0", "eni1"]);
    let first = &inventory.interfaces[0];
    assert_eq!(first.public_address.to_string(), "198.51.100.6");
    assert_eq!((first.group.as_str(), first.device.as_deref()), ("card0", Some("ens6")));
    let cloud = first.cloud.as_ref().expect("the metadata knows it");
    assert_eq!((cloud.eni.as_str(), cloud.device_number, cloud.network_card), ("eni-3", Some(0), 0));
    assert_eq!(cloud.mac, "02:00:00:00:00:03");
}

#[test]
fn each_network_card_is_a_group_and_counts_its_devices_itself() {
    let kernel = [at(&device(2, "ens5"), "10.0.0.5"), at(&device(3, "ens6"), "10.0.0.6")];
    let mut far = eni(3, Some(0), "10.0.0.6", "198.51.100.6");
    far.network_card = 1;
    let view = MetadataView { enis: vec![far, eni(2, Some(0), "10.0.0.5", "198.51.100.5")] };
    let inventory = assemble(&settings(DiscoveryMode::Ec2), &kernel, &view, &Names::new());
    assert_eq!(names(&inventory), ["eni0", "card1-eni0"]);
    assert_eq!(inventory.interfaces[1].group.as_str(), "card1");
}

#[test]
fn without_a_device_number_an_interface_serves_under_its_device_and_comes_last() {
    let kernel = [at(&device(2, "ens5"), "10.0.0.5"), at(&device(3, "ens6"), "10.0.0.6")];
    let mut view = MetadataView {
        enis: vec![eni(2, None, "10.0.0.5", "198.51.100.5"), eni(3, Some(1), "10.0.0.6", "198.51.100.6")],
    };
    let settings = settings(DiscoveryMode::Ec2);
    let before = assemble(&settings, &kernel, &view, &Names::new());
    assert_eq!(names(&before), ["eni1", "ens5"]);
    assert_eq!(before.interfaces[1].public_address.to_string(), "198.51.100.5");
    view.enis[0].device_number = Some(0);
    let known = before.interfaces.iter().map(|one| (one.address, one.name.clone())).collect();
    assert_eq!(names(&assemble(&settings, &kernel, &view, &known)), ["eni0", "eni1"]);
}

#[test]
fn without_metadata_the_kernels_addresses_serve_as_they_are() {
    let kernel = [at(&device(2, "ens5"), "10.0.0.5")];
    let inventory = alone(&settings(DiscoveryMode::Ec2), &kernel);
    assert_eq!(names(&inventory), ["ens5"]);
    let only = &inventory.interfaces[0];
    assert_eq!((only.public_address, only.group.as_str(), &only.cloud), (only.address, "node", &None));
}

#[test]
fn system_mode_does_not_look_at_metadata() {
    let kernel = [at(&device(2, "ens5"), "10.0.0.5")];
    let view = MetadataView { enis: vec![eni(2, Some(0), "10.0.0.5", "198.51.100.5")] };
    let inventory = assemble(&settings(DiscoveryMode::System), &kernel, &view, &Names::new());
    assert_eq!((names(&inventory), inventory.interfaces[0].cloud.is_none()), (vec!["ens5"], true));
}

fn kernel_addresses() -> impl Strategy<Value = Vec<KernelAddress>> {
    let one = (2u32..6, 0u8..12, any::<bool>(), any::<bool>()).prop_map(|(index, last, v6, secondary)| {
        let text = if v6 { format!("2001:db8::{index}:{last}") } else { format!("10.0.{index}.{last}") };
        let device = device(index, &format!("eth{index}"));
        if secondary { second(&device, &text) } else { at(&device, &text) }
    });
    prop::collection::vec(one, 0..12)
}

proptest! {
    #[test]
    fn every_address_is_used_or_left_out_once_and_at_most_max_are_used(kernel in kernel_addresses(), max in 0usize..8) {
        let mut settings = settings(DiscoveryMode::System);
        settings.max = max;
        let inventory = alone(&settings, &kernel);
        let all: BTreeSet<IpAddr> = kernel.iter().map(|one| one.address).collect();
        let used: BTreeSet<IpAddr> = inventory.interfaces.iter().map(|one| one.address).collect();
        let left: BTreeSet<IpAddr> = inventory.left_out.iter().map(|one| one.address).collect();
        prop_assert!(inventory.interfaces.len() <= max);
        prop_assert_eq!(used.len() + left.len(), all.len());
        prop_assert_eq!(used.len(), all.len().min(max));
    }

    #[test]
    fn names_are_unique_and_stay_with_their_address(steps in prop::collection::vec(kernel_addresses(), 1..6)) {
        let mut settings = settings(DiscoveryMode::System);
        settings.max = 32;
        let mut known = Names::new();
        for kernel in steps {
            let inventory = assemble(&settings, &kernel, &MetadataView::default(), &known);
            let now: Names = inventory.interfaces.iter().map(|one| (one.address, one.name.clone())).collect();
            let unique: BTreeSet<_> = now.values().collect();
            prop_assert_eq!(unique.len(), now.len());
            for (address, name) in &now {
                prop_assert!(known.get(address).is_none_or(|before| before == name));
            }
            known = now;
        }
    }

    #[test]
    fn the_order_of_the_kernels_answer_does_not_matter(mut kernel in kernel_addresses(), turn in 0usize..12) {
        let settings = settings(DiscoveryMode::System);
        kernel.dedup_by_key(|one| one.address);
        let mut seen = BTreeSet::new();
        kernel.retain(|one| seen.insert(one.address));
        let before = alone(&settings, &kernel);
        let turn = turn.min(kernel.len());
        kernel.rotate_left(turn);
        prop_assert_eq!(before, alone(&settings, &kernel));
    }
}

#[test]
fn the_defaults_are_those_of_the_manual() {
    let settings = settings(DiscoveryMode::System);
    assert_eq!(
        (settings.max, settings.resync, settings.refresh),
        (4, Duration::from_secs(30), Duration::from_secs(30))
    );
    assert_eq!(settings.metadata_endpoint.to_string(), "http://169.254.169.254:80");
}
