//! Names: what operators call things, and the host names that viewers resolve.
//!
//! Interface names become labels of host names (`eni0.live.example.com`), so all names obey the rule for labels
//! (RFC 1123 section 2.1): letters, digits and inner hyphens, at most 63. Case does not matter; lower case is kept.

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// Why a text is not a name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// It is empty, or a label of it is.
    #[error("\"{0}\" has an empty label")]
    Empty(String),
    /// A label has more than 63 bytes (RFC 1035 section 2.3.4).
    #[error("\"{0}\" has a label of more than 63 bytes")]
    LabelTooLong(String),
    /// The name has more than 253 bytes, so that it would not fit 255 on the wire (RFC 1035 section 2.3.4).
    #[error("\"{0}\" is longer than 253 bytes")]
    TooLong(String),
    /// Something else than letters, digits and inner hyphens.
    #[error("\"{0}\" may hold letters, digits and inner hyphens only")]
    BadCharacter(String),
}

fn check_label(label: &str, whole: &str) -> Result<(), NameError> {
    if label.is_empty() {
        return Err(NameError::Empty(whole.to_owned()));
    }
    if label.len() > 63 {
        return Err(NameError::LabelTooLong(whole.to_owned()));
    }
    let inner = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
    if !label.bytes().all(inner) || label.starts_with('-') || label.ends_with('-') {
        return Err(NameError::BadCharacter(whole.to_owned()));
    }
    Ok(())
}

macro_rules! text_newtype {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, f)
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    };
}

macro_rules! label_newtype {
    ($(#[$doc:meta])* $name:ident) => {
        text_newtype!($(#[$doc])* $name);

        impl FromStr for $name {
            type Err = NameError;

            fn from_str(text: &str) -> Result<Self, NameError> {
                check_label(text, text)?;
                Ok(Self(text.to_ascii_lowercase().into()))
            }
        }
    };
}

label_newtype!(
    /// The name of a machine that runs weir.
    NodeName
);
label_newtype!(
    /// The name of an interface; also its label below a pool's host name.
    InterfaceName
);
label_newtype!(
    /// The name of a group of interfaces that share a capacity.
    GroupName
);
label_newtype!(
    /// The name of a pool.
    PoolName
);
text_newtype!(
    /// What tells one probe of a pool from another: its type and its address, as configured. A reload that moves a
    /// probe within the file, or changes its timing, does not make it another one.
    ProbeId
);
text_newtype!(
    /// A host name, in lower case, without the dot at its end.
    HostName
);

impl ProbeId {
    /// The identity of a probe of this type (`hls`) and address, as written in the configuration.
    pub fn new(kind: &str, url: &str) -> Self {
        Self(format!("{kind} {url}").into())
    }

    /// The type of the probe.
    pub fn kind(&self) -> &str {
        self.0.split_once(' ').map_or(self.as_str(), |(kind, _)| kind)
    }
}

impl HostName {
    /// The name of an interface below this host name.
    pub fn child(&self, interface: &InterfaceName) -> String {
        format!("{interface}.{self}")
    }

    /// The label in front, and what follows it, of a name below another.
    pub fn split_first(name: &str) -> Option<(&str, &str)> {
        name.split_once('.')
    }

    /// Whether this name is `zone` or below it.
    pub fn is_within(&self, zone: &HostName) -> bool {
        self.0.strip_suffix(zone.as_str()).is_some_and(|front| front.is_empty() || front.ends_with('.'))
    }
}

impl FromStr for HostName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let bare = text.strip_suffix('.').unwrap_or(text);
        if bare.len() > 253 {
            return Err(NameError::TooLong(text.to_owned()));
        }
        bare.split('.').try_for_each(|label| check_label(label, text))?;
        Ok(Self(bare.to_ascii_lowercase().into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_name_is_lower_case_and_has_no_dot_at_its_end() {
        let name: HostName = "Live.Stream.TEST.".parse().expect("valid");
        assert_eq!(name.as_str(), "live.stream.test");
        assert_eq!(name.child(&"ENI0".parse().expect("valid")), "eni0.live.stream.test");
    }

    #[test]
    fn a_name_is_within_its_zone_only_at_a_label_border() {
        let zone: HostName = "stream.test".parse().expect("valid");
        let within = |name: &str| name.parse::<HostName>().expect("valid").is_within(&zone);
        assert!(within("stream.test") && within("a.b.stream.test"));
        assert!(!within("mainstream.test") && !within("test"));
    }

    #[test]
    fn bad_names_say_what_is_wrong() {
        assert!(matches!("".parse::<HostName>(), Err(NameError::Empty(_))));
        assert!(matches!("a..b".parse::<HostName>(), Err(NameError::Empty(_))));
        assert!(matches!("a_b".parse::<InterfaceName>(), Err(NameError::BadCharacter(_))));
        assert!(matches!("-a".parse::<InterfaceName>(), Err(NameError::BadCharacter(_))));
        assert!(matches!("a.b".parse::<InterfaceName>(), Err(NameError::BadCharacter(_))));
        assert!(matches!("a".repeat(64).parse::<PoolName>(), Err(NameError::LabelTooLong(_))));
        assert!(matches!("a.".repeat(127).parse::<HostName>(), Ok(_) | Err(NameError::TooLong(_))));
        assert!(matches!("ab.".repeat(100).parse::<HostName>(), Err(NameError::TooLong(_))));
    }
}
