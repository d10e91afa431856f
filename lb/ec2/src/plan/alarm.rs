//! What somebody has to look at. An alarm stops only what it speaks of.

use std::fmt;

/// Something that is not as it should be, and that no step mends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alarm {
    /// One word of a closed set, as labels have it.
    pub kind: AlarmKind,
    /// What is wrong and what to do, for people.
    pub text: String,
}

/// Kinds of alarms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AlarmKind {
    /// The instance is not there, is terminated, or its tag fits several.
    Instance,
    /// A resource does not bear the tag that allows us to touch it.
    Unmanaged,
    /// An interface is not there, or hangs elsewhere.
    Interface,
    /// An Elastic IP is not there, or leads elsewhere.
    Address,
    /// EC2 refuses to stop the instance.
    StopProtected,
    /// EC2 has had no room for too long.
    NoCapacity,
    /// The pools are not healthy in time.
    NotReady,
    /// The node does not answer.
    NodeSilent,
    /// A step failed in a way that trying again does not mend.
    Step,
}

impl AlarmKind {
    /// All of them, for metrics that name each.
    pub const ALL: [Self; 9] = [
        Self::Instance,
        Self::Unmanaged,
        Self::Interface,
        Self::Address,
        Self::StopProtected,
        Self::NoCapacity,
        Self::NotReady,
        Self::NodeSilent,
        Self::Step,
    ];

    /// One word for it.
    pub fn code(self) -> &'static str {
        match self {
            Self::Instance => "instance",
            Self::Unmanaged => "unmanaged",
            Self::Interface => "interface",
            Self::Address => "address",
            Self::StopProtected => "stop_protected",
            Self::NoCapacity => "no_capacity",
            Self::NotReady => "not_ready",
            Self::NodeSilent => "node_silent",
            Self::Step => "step",
        }
    }
}

impl fmt::Display for Alarm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
