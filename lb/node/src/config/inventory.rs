//! `interfaces.inventory`: a second file, which says of interfaces and groups what the configuration leaves out.
//!
//! A tool writes it, or somebody who knows the hardware; the configuration is written by those who run the streams.
//! So the configuration wins, key by key, and the inventory may be written anew without a word of it being lost.

use std::path::Path;

use weir_core::Group;

use super::fault::{Faults, Place};
use super::interfaces::{self, Places, Tables};
use super::section::{Section, Source};
use super::shape::INVENTORY;
use super::{MAX_CONFIG_BYTES, read, rules, text_file};
use crate::discovery::DeclaredInterface;

/// What the configuration declares, with what its inventory adds to it; `section` is `[interfaces]`.
pub(super) fn add(section: &Section<'_>, folder: &Path, mut declared: Tables) -> Tables {
    let listed = match section.text("inventory", "a path such as \"inventory.toml\"") {
        Some(file) => read_file(section, &folder.join(file.value)),
        // Nothing is missing if there is no inventory; one that cannot be read might declare anything.
        None => Tables {
            complete: !section.has("inventory"),
            groups_complete: !section.has("inventory"),
            ..Tables::default()
        },
    };
    declared.complete &= listed.complete;
    declared.groups_complete &= listed.groups_complete;
    add_interfaces(&mut declared.interfaces, listed.interfaces, section.faults());
    add_groups(&mut declared.groups, listed.groups);
    declared
}

fn read_file(section: &Section<'_>, path: &Path) -> Tables {
    let text = match text_file::read(path, MAX_CONFIG_BYTES) {
        Ok(text) => text,
        Err(error) => {
            let message =
                format!("{} cannot be read ({error}); write the path of an inventory file", path.display());
            section.fault("inventory", message);
            return Tables::default();
        }
    };
    let source = Source::new(path.display().to_string().into(), &text, section.faults());
    let tables = read::top(&source, &INVENTORY, |root| {
        read::check_version(root);
        interfaces::read_tables(root)
    });
    without_repetition(tables.unwrap_or_default(), section.faults())
}

/// Which of two tables of one name is meant, nobody knows; then neither they nor those beside them are looked at.
fn without_repetition(mut tables: Tables, faults: &Faults) -> Tables {
    let interfaces = &tables.interfaces;
    let names = interfaces.iter().map(|(places, interface)| (&places.name, &interface.name));
    let addresses = interfaces.iter().map(|(places, interface)| (&places.address, interface.address));
    let interfaces_differ = rules::distinct(names, faults) & rules::distinct(addresses, faults);
    let groups_differ =
        rules::distinct(tables.groups.iter().map(|(place, group)| (place, &group.name)), faults);
    if !interfaces_differ {
        tables.interfaces.clear();
        tables.complete = false;
    }
    if !groups_differ {
        tables.groups.clear();
        tables.groups_complete = false;
    }
    tables
}

fn add_interfaces(
    declared: &mut Vec<(Places, DeclaredInterface)>,
    listed: Vec<(Places, DeclaredInterface)>,
    faults: &Faults,
) {
    let own = declared.len();
    for (places, interface) in listed {
        let (ours, _) = declared.split_at_mut(own);
        let named = ours.iter().position(|(_, ours)| ours.name == interface.name);
        let same = named.or_else(|| ours.iter().position(|(_, ours)| ours.address == interface.address));
        match same.map(|index| &mut ours[index]) {
            Some(ours) if ours.1.address == interface.address => fill_in(ours, places, interface),
            Some(ours) => refuse_address(&ours.0, &ours.1, &places, &interface, faults),
            None => declared.push((places, interface)),
        }
    }
}

/// Whoever moves an interface to another address changes both files, or an old inventory would describe a new link.
fn refuse_address(
    our_places: &Places,
    ours: &DeclaredInterface,
    places: &Places,
    listed: &DeclaredInterface,
    faults: &Faults,
) {
    let where_ours = our_places.address.seen_from(&places.address);
    let message = format!(
        "{} is not the address of \"{}\", which is \"{}\" ({where_ours}); make the two agree",
        listed.address, ours.name, ours.address
    );
    faults.push(&places.address, message);
}

fn fill_in(ours: &mut (Places, DeclaredInterface), places: Places, listed: DeclaredInterface) {
    let (our_places, ours) = ours;
    if ours.public_address.is_none() {
        (our_places.public_address, ours.public_address) = (places.public_address, listed.public_address);
    }
    if ours.group.is_none() {
        (our_places.group, ours.group) = (places.group, listed.group);
    }
    ours.device = ours.device.take().or(listed.device);
    ours.capacity = ours.capacity.or(listed.capacity);
}

fn add_groups(declared: &mut Vec<(Place, Group)>, listed: Vec<(Place, Group)>) {
    let own = declared.len();
    for (place, group) in listed {
        match declared[..own].iter_mut().find(|(_, ours)| ours.name == group.name) {
            Some((_, ours)) => ours.capacity = ours.capacity.or(group.capacity),
            None => declared.push((place, group)),
        }
    }
}
