//! Ids that EC2 gives, one type each, so that an interface is never taken for an address.

use std::fmt;
use std::str::FromStr;

/// Why a text is not an id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{text}\" is not the id of {what}; write one such as \"{prefix}0123456789abcdef0\"")]
pub struct ParseIdError {
    text: String,
    what: &'static str,
    prefix: &'static str,
}

/// Ids are a prefix and 8 or 17 hexadecimal digits (EC2 User Guide, "Resource IDs"). Test doubles are freer with
/// their number, so only the prefix and the alphabet are held.
fn check(text: &str, prefix: &'static str, what: &'static str) -> Result<(), ParseIdError> {
    let digits = text.strip_prefix(prefix).unwrap_or_default();
    let fits = (8..=32).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    if fits { Ok(()) } else { Err(ParseIdError { text: text.to_owned(), what, prefix }) }
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = ParseIdError;

            fn from_str(text: &str) -> Result<Self, ParseIdError> {
                check(text, $prefix, $what).map(|()| Self(text.to_owned()))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }
    };
}

id! {
    /// An instance.
    InstanceId, "i-", "an instance"
}
id! {
    /// An elastic network interface (ENI).
    InterfaceId, "eni-", "an interface"
}
id! {
    /// An Elastic IP, as it is allocated to the account.
    AllocationId, "eipalloc-", "an Elastic IP"
}
id! {
    /// A subnet.
    SubnetId, "subnet-", "a subnet"
}
id! {
    /// A security group.
    GroupId, "sg-", "a security group"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_a_prefix_and_hexadecimal_digits() {
        let id: Result<InterfaceId, _> = "eni-0123456789abcdef0".parse();
        assert_eq!(id.map(|id| id.to_string()), Ok("eni-0123456789abcdef0".to_owned()));
    }

    #[test]
    fn what_is_no_id_is_refused_with_an_example() {
        for text in ["", "eni-", "i-0123456789abcdef0", "eni-xyz", "eni-0123456789abcdef0 ", "eni-01234567é"]
        {
            let error = text.parse::<InterfaceId>().expect_err(text).to_string();
            assert!(error.ends_with("write one such as \"eni-0123456789abcdef0\""), "{error}");
        }
    }
}
