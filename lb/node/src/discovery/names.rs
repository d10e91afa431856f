//! What the interfaces that nobody named are called.
//!
//! Invariant: while two addresses live, a name does not go from one to the other. Verdicts, rates and the
//! operator's directives hang on the name.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use weir_core::InterfaceName;

/// Which name each address has.
pub type Names = BTreeMap<IpAddr, InterfaceName>;

/// An address that wants a name.
pub(super) struct Nameless<'a> {
    /// The address.
    pub(super) address: IpAddr,
    /// The name that was declared for it.
    pub(super) declared: Option<&'a InterfaceName>,
    /// What it is called otherwise, if nobody has that name; then `<base>-2` and so on.
    pub(super) base: String,
}

/// A label out of a device's name: lower case, other characters as hyphens. `eth0.100` becomes `eth0-100`.
pub(super) fn label(device: &str, index: u32) -> String {
    let clean: String = device
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' })
        .take(MAX_BASE)
        .collect();
    let trimmed = clean.trim_matches('-');
    if trimmed.is_empty() { format!("if{index}") } else { trimmed.to_owned() }
}

/// Leaves room for a suffix within the 63 bytes of a label. The kernel's names have at most 15.
const MAX_BASE: usize = 50;

/// One name for each, in their order. Declared names come first, then names given before, then the first free ones.
pub(super) fn assign(wanted: &[Nameless<'_>], previous: &Names) -> Vec<InterfaceName> {
    let mut taken: BTreeSet<InterfaceName> = wanted.iter().filter_map(|one| one.declared.cloned()).collect();
    let mut given: Vec<Option<InterfaceName>> = Vec::with_capacity(wanted.len());
    for one in wanted {
        let kept = || previous.get(&one.address).filter(|name| belongs(name, &one.base));
        let name = one.declared.cloned().or_else(|| kept().filter(|name| !taken.contains(*name)).cloned());
        taken.extend(name.clone());
        given.push(name);
    }
    let name_of = |(one, name): (&Nameless<'_>, Option<InterfaceName>)| {
        name.unwrap_or_else(|| {
            let free = first_free(&one.base, &taken);
            taken.insert(free.clone());
            free
        })
    };
    wanted.iter().zip(given).map(name_of).collect()
}

/// Whether a name was made from this base. When the base changes, because the metadata tells the device number at
/// last, the name changes too: it is the one that the interface has after each start.
fn belongs(name: &InterfaceName, base: &str) -> bool {
    let Some(rest) = name.as_str().strip_prefix(base) else { return false };
    rest.is_empty() || rest.strip_prefix('-').is_some_and(|n| n.bytes().all(|b| b.is_ascii_digit()))
}

fn first_free(base: &str, taken: &BTreeSet<InterfaceName>) -> InterfaceName {
    let numbered = (2u32..).map(|n| format!("{base}-{n}"));
    std::iter::once(base.to_owned())
        .chain(numbered)
        .map(|name| name.parse().expect("a label and a number make a label"))
        .find(|name| !taken.contains(name))
        .expect("there are more numbers than interfaces")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wants(address: &str, base: &str) -> Nameless<'static> {
        Nameless { address: address.parse().unwrap(), declared: None, base: base.to_owned() }
    }

    fn texts(names: &[InterfaceName]) -> Vec<&str> {
        names.iter().map(InterfaceName::as_str).collect()
    }

    #[test]
    fn device_names_become_labels() {
        assert_eq!(label("eth0.100", 1), "eth0-100");
        assert_eq!(label("WAN_a", 1), "wan-a");
        assert_eq!(label("__", 7), "if7");
    }

    #[test]
    fn further_addresses_of_a_device_are_numbered() {
        let names = assign(&[wants("10.0.0.1", "eth0"), wants("10.0.0.2", "eth0")], &Names::new());
        assert_eq!(texts(&names), ["eth0", "eth0-2"]);
    }

    #[test]
    fn a_name_stays_with_its_address_when_the_first_one_goes() {
        let names = assign(&[wants("10.0.0.1", "eth0"), wants("10.0.0.2", "eth0")], &Names::new());
        let known: Names =
            ["10.0.0.1", "10.0.0.2"].map(|a| a.parse().unwrap()).into_iter().zip(names).collect();
        assert_eq!(texts(&assign(&[wants("10.0.0.2", "eth0")], &known)), ["eth0-2"]);
        let with_new = assign(&[wants("10.0.0.0", "eth0"), wants("10.0.0.2", "eth0")], &known);
        assert_eq!(texts(&with_new), ["eth0", "eth0-2"]);
    }

    #[test]
    fn a_declared_name_is_never_given_to_another() {
        let declared: InterfaceName = "eth0".parse().unwrap();
        let mut named = wants("10.0.0.9", "eth1");
        named.declared = Some(&declared);
        let known: Names = [("10.0.0.1".parse().unwrap(), declared.clone())].into();
        assert_eq!(texts(&assign(&[wants("10.0.0.1", "eth0"), named], &known)), ["eth0-2", "eth0"]);
    }

    #[test]
    fn a_name_follows_its_base_once_the_device_number_is_known() {
        let known: Names = [("10.0.0.1".parse().unwrap(), "ens6".parse().unwrap())].into();
        assert_eq!(texts(&assign(&[wants("10.0.0.1", "eni1")], &known)), ["eni1"]);
    }
}
