//! Domain names as bytes: what is looked up, compared and hashed.
//!
//! A name is kept in wire form (RFC 1035 section 3.1): each label behind its length, then the root's zero. ASCII
//! letters are lower case, everything else is untouched (RFC 4343), so that equal names are equal bytes and each
//! ancestor of a name is a suffix of it.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

use weir_core::HostName;

/// The longest name on the wire (RFC 1035 section 2.3.4).
pub(crate) const MAX_NAME: usize = 255;
/// The longest label (RFC 1035 section 2.3.4).
const MAX_LABEL: usize = 63;

/// A domain name, lower case, in wire form.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Name(Arc<[u8]>);

impl Name {
    /// The name of these labels, unless one is empty or too long, or all together are.
    pub(crate) fn from_labels<'a>(labels: impl IntoIterator<Item = &'a [u8]>) -> Option<Self> {
        let mut wire = Vec::with_capacity(64);
        for label in labels {
            let length = u8::try_from(label.len()).ok().filter(|_| (1..=MAX_LABEL).contains(&label.len()))?;
            wire.push(length);
            wire.extend(label.iter().map(u8::to_ascii_lowercase));
        }
        wire.push(0);
        (wire.len() <= MAX_NAME).then(|| Self(wire.into()))
    }

    /// The name of these bytes in wire form, unless they are anything else than one whole name.
    pub(crate) fn from_wire(wire: &[u8]) -> Option<Self> {
        let mut labels = Vec::new();
        let mut rest = wire;
        loop {
            let (&length, after) = rest.split_first()?;
            if length == 0 {
                return after.is_empty().then(|| Self::from_labels(labels)).flatten();
            }
            let (label, after) = after.split_at_checked(usize::from(length))?;
            labels.push(label);
            rest = after;
        }
    }

    /// The name in wire form, with the root's zero at its end.
    pub(crate) fn as_wire(&self) -> &[u8] {
        &self.0
    }

    /// This name and its ancestors up to the root, longest first, each in wire form.
    pub(crate) fn suffixes(&self) -> Suffixes<'_> {
        Suffixes { rest: Some(&self.0) }
    }

    /// Whether this name is `ancestor` or below it.
    pub(crate) fn is_within(&self, ancestor: &[u8]) -> bool {
        self.suffixes().any(|suffix| suffix == ancestor)
    }

    /// This name with `target` in place of its ancestor `owner`; None when that is too long to be a name, or `owner`
    /// is not above it (RFC 6672 section 2.2).
    pub(crate) fn moved(&self, owner: &Self, target: &Self) -> Option<Self> {
        let below = self.suffixes().take_while(|&suffix| suffix != owner.as_wire()).filter_map(first_label);
        let above = self.is_within(owner.as_wire()).then(|| target.labels())?;
        Self::from_labels(below.chain(above))
    }

    /// How many labels it has, the root not counted.
    pub(crate) fn label_count(&self) -> usize {
        self.labels().count()
    }

    /// Its labels, leftmost first.
    pub(crate) fn labels(&self) -> impl Iterator<Item = &[u8]> {
        self.suffixes().filter_map(first_label)
    }
}

/// A name in wire form as a host name in text, if it can be one: letters, digits and hyphens only, so that a dot or
/// any other byte within a label can never pass for a border between labels.
pub(crate) fn host(wire: &[u8]) -> Option<String> {
    let mut text = String::with_capacity(wire.len());
    for label in (Suffixes { rest: Some(wire) }).filter_map(first_label) {
        if !label.iter().all(|&b| b.is_ascii_alphanumeric() || b == b'-') {
            return None;
        }
        if !text.is_empty() {
            text.push('.');
        }
        text.extend(label.iter().map(|&b| char::from(b)));
    }
    Some(text)
}

/// The name of the wildcard directly below a name in wire form (RFC 4592 section 2.1.1).
pub(crate) fn wildcard_below(wire: &[u8]) -> Vec<u8> {
    [b"\x01*", wire].concat()
}

/// The label in front of a name in wire form; the root has none.
fn first_label(wire: &[u8]) -> Option<&[u8]> {
    let (&length, rest) = wire.split_first()?;
    rest.get(..usize::from(length)).filter(|label| !label.is_empty())
}

/// A name and its ancestors.
pub(crate) struct Suffixes<'a> {
    rest: Option<&'a [u8]>,
}

impl<'a> Iterator for Suffixes<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let here = self.rest?;
        self.rest = first_label(here).and_then(|label| here.get(1 + label.len()..));
        Some(here)
    }
}

impl From<&HostName> for Name {
    fn from(host: &HostName) -> Self {
        Self::from_labels(host.as_str().split('.').map(str::as_bytes))
            .expect("a host name has labels of 1 to 63 bytes, 253 together")
    }
}

impl Borrow<[u8]> for Name {
    fn borrow(&self) -> &[u8] {
        &self.0
    }
}

/// As in zone text, without the dot at the end (RFC 1035 section 5.1); the root is a dot.
impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.len() == 1 {
            return f.write_str(".");
        }
        for (place, label) in self.labels().enumerate() {
            if place > 0 {
                f.write_str(".")?;
            }
            for &byte in label {
                match byte {
                    b'.' | b'\\' | b'"' | b';' | b'(' | b')' | b'@' | b'$' => {
                        write!(f, "\\{}", char::from(byte))?;
                    }
                    b'!'..=b'~' => write!(f, "{}", char::from(byte))?,
                    other => write!(f, "\\{other:03}")?,
                }
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(labels: &[&[u8]]) -> Name {
        Name::from_labels(labels.iter().copied()).unwrap()
    }

    #[test]
    fn ascii_letters_fold_and_other_bytes_stay() {
        assert_eq!(name(&[b"LiVe", b"TEST"]), name(&[b"live", b"test"]));
        assert_ne!(name(&[&[0xc4]]), name(&[&[0xe4]]));
    }

    #[test]
    fn ancestors_are_suffixes_at_label_borders() {
        let deep = name(&[b"a", b"b", b"test"]);
        assert!(deep.is_within(name(&[b"b", b"test"]).as_wire()) && deep.is_within(&[0]));
        assert!(!name(&[b"ab", b"test"]).is_within(name(&[b"b", b"test"]).as_wire()));
        assert_eq!(deep.label_count(), 3);
    }

    #[test]
    fn a_name_moves_with_all_that_is_in_front_of_its_ancestor() {
        let (from, to) = (name(&[b"b", b"test"]), name(&[b"c"]));
        assert_eq!(name(&[b"x", b"a", b"b", b"test"]).moved(&from, &to), Some(name(&[b"x", b"a", b"c"])));
        assert_eq!(name(&[b"a", b"b", b"test"]).moved(&from, &name(&[])), Some(name(&[b"a"])));
        assert_eq!(name(&[b"a", b"xb", b"test"]).moved(&from, &to), None);
        // 64 + 62 + 2 × 64 + 1 = 255 bytes, and one more.
        let (long, label) = (name(&[&[b'y'; 63], &[b'z'; 63]]), [b'x'; 62]);
        let moved = |first: &[u8]| name(&[first, &label[..61], b"b", b"test"]).moved(&from, &long);
        assert_eq!(moved(&[b'x'; 63]).map(|name| name.as_wire().len()), Some(255));
        assert_eq!(name(&[&[b'x'; 63], &label, b"b", b"test"]).moved(&from, &long), None);
    }

    #[test]
    fn a_dot_within_a_label_makes_no_host_name() {
        assert_eq!(host(name(&[b"live", b"test"]).as_wire()).as_deref(), Some("live.test"));
        assert_eq!(host(name(&[b"eni0.live", b"test"]).as_wire()), None);
        assert_eq!(name(&[b"eni0.live", b"te st"]).to_string(), "eni0\\.live.te\\032st");
    }

    #[test]
    fn names_and_labels_have_their_limits() {
        assert!(Name::from_labels([[b'a'; 64].as_slice()]).is_none());
        assert!(Name::from_labels([b"".as_slice()]).is_none());
        assert!(Name::from_labels([[b'a'; 63].as_slice(); 4]).is_none());
        assert!(Name::from_labels([[b'a'; 62].as_slice(); 4]).is_some());
    }
}
