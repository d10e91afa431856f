//! One thing to do, or to wait for, as a value that can be printed and compared.

use std::fmt;
use std::net::Ipv4Addr;

use jiff::Timestamp;

use crate::desired::Create;
use crate::ids::{AllocationId, InstanceId, InterfaceId};

/// A step and why it is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// What is done.
    pub step: Step,
    /// Why, for people.
    pub because: String,
}

/// What is done to an instance, or waited for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Do something; it may be repeated safely.
    Do(Action),
    /// Do nothing until this is so; what follows is planned anew then.
    Await(Condition),
}

/// One call that changes the world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// `StartInstances`.
    Start {
        /// Which.
        instance: InstanceId,
    },
    /// `ModifyInstanceAttribute`: another type, while it is stopped.
    ChangeType {
        /// Of which.
        instance: InstanceId,
        /// Its type from now on.
        to: String,
    },
    /// `CreateNetworkInterface`, with the managed tag on it from the first moment.
    CreateInterface {
        /// What it is to be.
        create: Create,
    },
    /// `AttachNetworkInterface`.
    Attach {
        /// Which.
        interface: Target,
        /// To which.
        instance: InstanceId,
        /// As which device.
        device_index: u32,
        /// On which card.
        network_card: u32,
    },
    /// `AssociateAddress`.
    Associate {
        /// Which Elastic IP.
        allocation: AllocationId,
        /// With which interface.
        interface: Target,
        /// With which of its private addresses; `None` until the interface was seen.
        private: Option<Ipv4Addr>,
        /// Whether it may be taken from where it is (`AllowReassociation`).
        reassociate: bool,
    },
    /// Order the node to send no new viewers to these interfaces.
    Drain {
        /// The instance's name in the configuration.
        node: String,
        /// Which interfaces, by their names there.
        interfaces: Vec<String>,
        /// When the order ends by itself, should nobody come back.
        until: Timestamp,
    },
    /// End the drain that we ordered.
    Lift {
        /// The instance's name in the configuration.
        node: String,
        /// Which interfaces, by their names there.
        interfaces: Vec<String>,
    },
    /// `StopInstances`.
    Stop {
        /// Which.
        instance: InstanceId,
    },
}

/// An interface that may not be there yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// The one of this id.
    Known(InterfaceId),
    /// The one that an earlier step creates, known by its private address.
    Created(Ipv4Addr),
}

/// What is waited for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// The instance runs.
    Running,
    /// The instance is stopped.
    Stopped,
    /// An interface that is being attached or detached is done.
    Settled(InterfaceId),
    /// The node's pools are healthy.
    Ready {
        /// When an alarm is raised.
        until: Timestamp,
    },
    /// Viewers have left.
    Drained {
        /// Fewer than these are enough.
        below: u32,
        /// Nobody is waited for longer.
        until: Timestamp,
    },
    /// It failed lately; the next try is then.
    Retry {
        /// When.
        at: Timestamp,
    },
}

impl Action {
    /// Whether viewers may notice: then nothing else is begun before its outcome was observed.
    pub fn is_disruptive(&self) -> bool {
        match self {
            Self::Stop { .. } => true,
            Self::Associate { reassociate, .. } => *reassociate,
            Self::Start { .. }
            | Self::ChangeType { .. }
            | Self::CreateInterface { .. }
            | Self::Attach { .. }
            | Self::Drain { .. }
            | Self::Lift { .. } => false,
        }
    }

    /// One word for it, as labels and logs have it.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Start { .. } => "start",
            Self::ChangeType { .. } => "change_type",
            Self::CreateInterface { .. } => "create_interface",
            Self::Attach { .. } => "attach",
            Self::Associate { .. } => "associate",
            Self::Drain { .. } => "drain",
            Self::Lift { .. } => "lift",
            Self::Stop { .. } => "stop",
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Do(action) => action.fmt(f),
            Self::Await(condition) => condition.fmt(f),
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Start { instance } => write!(f, "start {instance}"),
            Self::ChangeType { instance, to } => write!(f, "make {instance} a {to}"),
            Self::CreateInterface { create } => {
                write!(f, "create an interface with {} in {}", create.address, create.subnet)
            }
            Self::Attach { interface, instance, device_index, network_card } => {
                write!(f, "attach {interface} to {instance} as device {device_index} of card {network_card}")
            }
            Self::Associate { allocation, interface, private, reassociate } => {
                let verb = if *reassociate { "take" } else { "associate" };
                write!(f, "{verb} {allocation} with {interface}")?;
                private.map_or(Ok(()), |private| write!(f, " at {private}"))
            }
            Self::Drain { interfaces, .. } => write!(f, "drain {}", interfaces.join(", ")),
            Self::Lift { interfaces, .. } => write!(f, "end the drain of {}", interfaces.join(", ")),
            Self::Stop { instance } => write!(f, "stop {instance}"),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(id) => id.fmt(f),
            Self::Created(address) => write!(f, "the interface with {address}"),
        }
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Running => f.write_str("wait until it runs"),
            Self::Stopped => f.write_str("wait until it is stopped"),
            Self::Settled(interface) => write!(f, "wait for {interface} to come to rest"),
            Self::Ready { until } => write!(f, "wait until its pools are healthy, an alarm after {until:.0}"),
            Self::Drained { below, until } => {
                write!(f, "wait for fewer than {below} viewers, until {until:.0} at most")
            }
            Self::Retry { at } => write!(f, "wait for the next try at {at:.0}"),
        }
    }
}
