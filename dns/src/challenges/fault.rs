//! Why a challenge is not taken, and what would be right.

/// Why a challenge is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChallengeError {
    /// The name is none.
    #[error("\"{name}\" is not a host name; write one such as \"live.example.com\"")]
    Name {
        /// The beginning of it.
        name: String,
    },
    /// The value is not what certificate authorities ask for.
    #[error("the value has to be 1 to {most} letters, digits, \"-\" and \"_\" (base64url), without padding")]
    Value {
        /// The most characters.
        most: usize,
    },
    /// The name lies in no zone.
    #[error("{name} lies in none of the zones; there are: {}", .zones.join(", "))]
    Foreign {
        /// Which name.
        name: String,
        /// The zones.
        zones: Vec<String>,
    },
    /// Other servers answer for the name.
    #[error("{name} is delegated away by the NS records of {cut}; set the challenge at their servers")]
    Delegated {
        /// Which name.
        name: String,
        /// Where the delegation is.
        cut: String,
    },
    /// The zone's text says that other names stand for those below one above it.
    #[error(
        "{name} lies below {owner}, whose DNAME record renames all below it; set the challenge below {target}"
    )]
    Renamed {
        /// Which name.
        name: String,
        /// Where the DNAME record is.
        owner: String,
        /// Where it points.
        target: String,
    },
    /// The zone's text says that another name stands for it.
    #[error(
        "{name} has a CNAME to {target} in the zone's text; set the challenge there, or remove the CNAME"
    )]
    Alias {
        /// Which name.
        name: String,
        /// Where it points.
        target: String,
    },
    /// There are too many.
    #[error("there are {most} challenges already; remove some, or wait until they expire")]
    Full {
        /// How many there may be.
        most: usize,
    },
    /// There are too many at this name.
    #[error("{name} has {most} challenges already; remove some, or wait until they expire")]
    FullHere {
        /// Which name.
        name: String,
        /// How many there may be.
        most: usize,
    },
}
