//! Which of the kernel's devices may hold interfaces.

/// Devices that containers and virtual machines bring with them. No viewer reaches their addresses.
const NOT_FOR_VIEWERS: [&str; 15] = [
    "br-*",
    "cali*",
    "cilium*",
    "cni*",
    "docker*",
    "flannel*",
    "kube-*",
    "lxc*",
    "lxd*",
    "nodelocaldns*",
    "podman*",
    "tap*",
    "veth*",
    "virbr*",
    "vnet*",
];

/// Chooses devices by the patterns of their names: `*` stands for any text, `?` for one character.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeviceFilter {
    patterns: Vec<String>,
}

impl DeviceFilter {
    /// Devices that match one of these. Without any pattern: all but those of containers and virtual machines.
    pub fn matching(patterns: impl IntoIterator<Item = String>) -> Self {
        Self { patterns: patterns.into_iter().collect() }
    }

    /// Whether a device of this name counts.
    pub fn accepts(&self, device: &str) -> bool {
        if self.patterns.is_empty() {
            return !NOT_FOR_VIEWERS.iter().any(|pattern| matches(pattern, device));
        }
        self.patterns.iter().any(|pattern| matches(pattern, device))
    }
}

/// Whether a text matches a pattern. On a mismatch it goes back to the last `*` only and lets that take one byte
/// more, which suffices, so that no pattern takes more than pattern × text steps.
fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut at, mut read) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while read < text.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, read));
                at += 1;
            }
            Some(&wanted) if wanted == b'?' || wanted == text[read] => {
                at += 1;
                read += 1;
            }
            _ => {
                let Some((after, eaten)) = star else { return false };
                star = Some((after, eaten + 1));
                (at, read) = (after + 1, eaten + 1);
            }
        }
    }
    pattern[at..].iter().all(|&rest| rest == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_patterns_the_devices_of_containers_do_not_count() {
        let filter = DeviceFilter::default();
        assert!(["eth0", "ens5", "enp1s0f0", "bond0", "wlan0"].iter().all(|name| filter.accepts(name)));
        assert!(!["docker0", "br-1a2b", "veth9", "cni0", "virbr0"].iter().any(|name| filter.accepts(name)));
    }

    #[test]
    fn a_pattern_decides_alone_once_there_is_one() {
        let filter = DeviceFilter::matching(["ens?".to_owned(), "veth*-out".to_owned()]);
        assert!(filter.accepts("ens5") && filter.accepts("veth-a-out"));
        assert!(!filter.accepts("ens15") && !filter.accepts("eth0") && !filter.accepts("veth-out-b"));
    }

    #[test]
    fn stars_match_nothing_anything_and_each_other() {
        assert!(matches("*", "") && matches("**", "a") && matches("a*b*c", "a-b-b-c") && matches("", ""));
        assert!(!matches("a*b", "ac") && !matches("?", "") && !matches("", "a"));
    }
}
