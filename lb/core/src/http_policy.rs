//! How a pool's viewers are answered by HTTP.

use crate::units::Ttl;

/// How a pool's viewers are answered by HTTP.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HttpPolicy {
    /// What a playlist's request is answered with.
    pub mode: Mode,
    /// What keeps a viewer on one interface.
    pub stickiness: Stickiness,
    /// Where viewers are sent when every interface is full: the beginning of a URL, to which path and query are added.
    pub overflow: Option<String>,
    /// How running players are moved.
    pub steering: SteeringRules,
}

/// What a playlist's request is answered with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// A redirect to the same path on an interface.
    #[default]
    Redirect,
    /// The master playlist, in which every URL leads to one interface.
    Rewrite,
    /// The master playlist, in which every variant is there once per interface, and which says who steers.
    Steer,
}

/// What a viewer is known by, so that it is sent to the same interface again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Stickiness {
    /// Nothing: each request goes to where there is most room.
    #[default]
    None,
    /// The client's address; of IPv6 its network of 64 bits, as a host changes the rest.
    Client,
    /// The value of this key of the query.
    Query(String),
    /// The value of this cookie.
    Cookie(String),
}

/// How running players are moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SteeringRules {
    /// The longest time until a player asks again.
    pub ttl: Ttl,
    /// So many of a hundred players of the pool are moved within that time, at most.
    pub most_moved: u8,
}

/// Ten seconds; three tenths of the viewers, so that the half that the largest of four interfaces may have has moved within
/// twice the time, with some to spare.
impl Default for SteeringRules {
    fn default() -> Self {
        Self { ttl: Ttl::from_secs(10), most_moved: 30 }
    }
}

impl Mode {
    /// Its word in the configuration and for people.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Redirect => "redirect",
            Self::Rewrite => "rewrite",
            Self::Steer => "steer",
        }
    }
}
