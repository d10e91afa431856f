//! What an inventory adds to a file.

use std::fs;
use std::net::IpAddr;

use weir_core::{BytesPerSec, GroupName, Viewer};

use super::super::Config;
use super::sandbox::Sandbox;
use crate::discovery::{DeclaredInterface, DiscoveryMode};

const GOOD: &str = include_str!("../../../tests/bad-config/good.toml");

/// The good file with an inventory, and room for another interface.
fn believe(sandbox: &Sandbox, inventory: &str) -> Config {
    fs::write(sandbox.path().join("inventory.toml"), inventory).expect("it is our folder");
    let text = GOOD.replace("max = 2", "max = 4\ninventory = \"inventory.toml\"");
    Config::parse(&text, sandbox.path(), "weir.toml").unwrap_or_else(|faults| panic!("{faults:#?}"))
}

fn gigabits(number: u64) -> Option<BytesPerSec> {
    Some(BytesPerSec::from_bits(number * 1_000_000_000))
}

fn named<'a>(config: &'a Config, name: &str) -> &'a DeclaredInterface {
    let mut declared = config.interfaces().declared.iter();
    declared.find(|interface| interface.name.as_str() == name).expect("it is declared")
}

#[test]
fn an_inventory_fills_in_what_the_file_leaves_out() {
    let config = believe(
        &Sandbox::new(),
        r#"
        version = 1
        [[interface]]
        name = "eni1"
        address = "127.0.0.12"
        public_address = "198.51.100.12"
        device = "ens6"
        capacity = "25 Gbit/s"
        group = "card1"
        [[group]]
        name = "card1"
        capacity = "40 Gbit/s"
        "#,
    );
    let interface = named(&config, "eni1");
    assert_eq!(interface.public_address, Some(IpAddr::from([198, 51, 100, 12])));
    assert_eq!((interface.device.as_deref(), interface.capacity), (Some("ens6"), gigabits(25)));
    assert_eq!(interface.group.as_ref().map(GroupName::as_str), Some("card1"));
    let groups = config.settings().groups;
    let shown: Vec<_> = groups.iter().map(|group| (group.name.as_str(), group.capacity)).collect();
    assert_eq!(shown, [("card0", gigabits(20)), ("card1", gigabits(40))]);
}

#[test]
fn what_the_file_says_wins_over_its_inventory() {
    let config = believe(
        &Sandbox::new(),
        r#"
        [[interface]]
        name = "eni0"
        address = "127.0.0.11"
        public_address = "203.0.113.1"
        device = "ens5"
        capacity = "1 Gbit/s"
        group = "card7"
        [[group]]
        name = "card0"
        capacity = "1 Gbit/s"
        "#,
    );
    let without = Config::parse(GOOD, Sandbox::new().path(), "weir.toml").expect("it is good");
    assert_eq!(config.interfaces().declared, without.interfaces().declared);
    assert_eq!(config.settings().groups, without.settings().groups);
}

#[test]
fn an_interface_is_known_by_its_address_and_keeps_the_name_of_the_file() {
    let inventory =
        "[[interface]]\nname = \"eth1\"\naddress = \"::ffff:127.0.0.12\"\ncapacity = \"5 Gbit/s\"\n";
    let config = believe(&Sandbox::new(), inventory);
    assert_eq!((config.interfaces().declared.len(), named(&config, "eni1").capacity), (2, gigabits(5)));
}

#[test]
fn an_interface_that_only_the_inventory_has_is_declared_like_any_other() {
    let inventory = "[[interface]]\nname = \"eni2\"\naddress = \"127.0.0.13\"\ngroup = \"card0\"\n";
    let config = believe(&Sandbox::new(), inventory);
    assert_eq!(config.interfaces().declared.len(), 3);
    assert_eq!(config.discovery().declared[2], *named(&config, "eni2"));
    assert_eq!(config.pool_names()[0].interfaces.len(), 3, "it has a name below the pool's");
}

#[test]
fn an_inventory_may_be_all_that_declares_interfaces() {
    let sandbox = Sandbox::new();
    let (before, after) = GOOD.split_once("[[interface]]").expect("it has one");
    let (_, after) = after.split_once("[dns]").expect("it has that");
    let inventory = "[[interface]]\nname = \"eni5\"\naddress = \"127.0.0.15\"\n";
    fs::write(sandbox.path().join("inventory.toml"), inventory).expect("it is our folder");
    let text = format!("{before}inventory = \"inventory.toml\"\n[dns]{after}")
        .replace("interfaces = [\"*\"]", "interfaces = [\"eni5\"]");
    for (discover, mode) in
        [("static", DiscoveryMode::Static), ("system", DiscoveryMode::System), ("ec2", DiscoveryMode::Ec2)]
    {
        let text = text.replace("\"static\"", &format!("{discover:?}"));
        let config = Config::parse(&text, sandbox.path(), "weir.toml");
        let config = config.unwrap_or_else(|faults| panic!("{faults:#?}"));
        assert_eq!((config.discovery().mode, config.discovery().declared.len()), (mode, 1));
    }
}

/// A reload is [`Config::load`] and nothing before it: this is what SIGHUP does with a changed inventory.
#[test]
fn a_changed_inventory_is_read_with_the_file_again() {
    let sandbox = Sandbox::new();
    let path = sandbox.path().join("weir.toml");
    let text = GOOD.replace("max = 2", "max = 2\ninventory = \"inventory.toml\"");
    fs::write(&path, text).expect("it is our folder");
    for number in [5, 10] {
        let inventory = format!(
            "[[interface]]\nname = \"eni1\"\naddress = \"127.0.0.12\"\ncapacity = \"{number} Gbit/s\"\n"
        );
        fs::write(sandbox.path().join("inventory.toml"), inventory).expect("it is our folder");
        let config = Config::load(&path).expect("it has no fault");
        assert_eq!(named(&config, "eni1").capacity, gigabits(number));
    }
}

#[test]
fn no_cut_of_an_inventory_is_believed_in_part_or_panics_the_reader() {
    let sandbox = Sandbox::new();
    let whole = "version = 1\n[[interface]]\nname = \"eni1\"\naddress = \"127.0.0.12\"\n[[group]]\nname = \"card1\"\n";
    let text = GOOD.replace("max = 2", "max = 2\ninventory = \"inventory.toml\"");
    let path = sandbox.path().join("inventory.toml");
    for end in 0..=whole.len() {
        fs::write(&path, &whole[..end]).expect("it is our folder");
        let faults = Config::parse(&text, sandbox.path(), "weir.toml").err().unwrap_or_default();
        let file = path.display().to_string();
        assert!(faults.iter().all(|fault| fault.file == file), "cut at {end}: {faults:#?}");
    }
}

#[test]
fn a_viewer_is_as_the_file_says() {
    let viewer = |keys: &str| {
        let text = GOOD.replace("answer_count = 2", &format!("answer_count = 2\n{keys}"));
        let config = Config::parse(&text, Sandbox::new().path(), "weir.toml");
        config.unwrap_or_else(|faults| panic!("{faults:#?}")).pools()[0].pool.viewer
    };
    assert_eq!(viewer(""), Viewer { rate: None, stay: std::time::Duration::from_secs(1_200) });
    let said = viewer("viewer = { rate = \"4.5 Mbit/s\", stay = \"5s\" }");
    assert_eq!(said.rate, Some(BytesPerSec::from_bits(4_500_000)));
    assert_eq!(said.stay, std::time::Duration::from_secs(5));
    assert_eq!(viewer("viewer.stay = \"1d\"").stay, std::time::Duration::from_secs(86_400));
}
