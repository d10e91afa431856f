//! Which counters belong to which interface.

use std::net::IpAddr;

use super::*;

fn interface(name: &str, address: &str, device: Option<&str>) -> Interface {
    let address = address.parse().unwrap();
    Interface {
        name: name.parse().unwrap(),
        node: "edge-1".parse().unwrap(),
        address,
        public_address: address,
        device: device.map(str::to_owned),
        capacity: None,
        group: "node".parse().unwrap(),
        cloud: None,
    }
}

fn devices() -> Vec<DeviceReading> {
    let device = |name: &str, is_loopback| DeviceReading {
        name: name.to_owned(),
        is_loopback,
        index: 1,
        dropped: 0,
        reading: Reading { transmitted: 5, received: 6 },
    };
    vec![device("lo", true), device("eth0", false), device("eth1", false)]
}

fn source_of(all: &[Interface], devices: Option<&[DeviceReading]>) -> Vec<Option<Source>> {
    all.iter().map(|one| source(one, all, devices)).collect()
}

fn by_sockets(address: &str) -> Option<Source> {
    Some(Source::Sockets(address.parse::<IpAddr>().unwrap()))
}

#[test]
fn an_interface_alone_on_its_device_has_the_devices_counters() {
    let all = [interface("a", "10.0.0.1", Some("eth0")), interface("b", "10.0.1.1", Some("eth1"))];
    let device = |name: &str| Some(Source::Device(name.to_owned()));
    assert_eq!(source_of(&all, Some(&devices())), [device("eth0"), device("eth1")]);
}

#[test]
fn interfaces_that_share_a_device_or_are_on_loopback_have_their_sockets() {
    let all = [
        interface("a", "10.0.0.1", Some("eth0")),
        interface("b", "10.0.0.2", Some("eth0")),
        interface("c", "192.0.2.1", Some("lo")),
        interface("d", "10.0.9.1", None),
    ];
    let sockets = ["10.0.0.1", "10.0.0.2", "192.0.2.1", "10.0.9.1"].map(by_sockets);
    assert_eq!(source_of(&all, Some(&devices())), sockets);
}

#[test]
fn without_the_devices_only_what_is_certain_has_a_source() {
    let all = [
        interface("a", "10.0.0.1", Some("eth0")),
        interface("b", "10.0.0.2", Some("eth0")),
        interface("c", "127.0.0.11", Some("lo")),
        interface("d", "10.0.1.1", Some("eth1")),
    ];
    let expected = [by_sockets("10.0.0.1"), by_sockets("10.0.0.2"), by_sockets("127.0.0.11"), None];
    assert_eq!(source_of(&all, None), expected);
}

#[test]
fn an_interface_whose_device_is_gone_has_no_source() {
    let all = [interface("a", "10.0.0.1", Some("eth7"))];
    assert_eq!(source_of(&all, Some(&devices())), [None]);
}
