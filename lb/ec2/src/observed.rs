//! What is: what EC2 and the nodes said when they were last asked. Facts without judgement, in our own words.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use jiff::Timestamp;
use weir_core::BytesPerSec;

use crate::desired::Tag;
use crate::ids::{AllocationId, GroupId, InstanceId, InterfaceId, SubnetId};

/// All that was looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Observed {
    /// The instances that were found.
    pub instances: Vec<Instance>,
    /// The interfaces that are attached to them, or that the configuration names.
    pub interfaces: Vec<Interface>,
    /// The Elastic IPs that the configuration names.
    pub addresses: Vec<Address>,
    /// What each node says, by the instance's name in the configuration; none for those without a node.
    pub nodes: BTreeMap<String, Node>,
    /// What each instance type can do, by its name.
    pub types: BTreeMap<String, InstanceType>,
}

/// Where an instance stands in its life (EC2 User Guide, "Instance lifecycle").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It starts.
    Pending,
    /// It runs.
    Running,
    /// It stops.
    Stopping,
    /// It is stopped.
    Stopped,
    /// It is being terminated.
    ShuttingDown,
    /// It is no more.
    Terminated,
}

/// An instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instance {
    /// Its id.
    pub id: InstanceId,
    /// Its state.
    pub state: State,
    /// Its type, such as `c5.2xlarge`.
    pub instance_type: String,
    /// When it was started last.
    pub launched: Option<Timestamp>,
    /// Whether EC2 refuses to stop it (`disableApiStop`); `None` if nobody asked.
    pub stop_protected: Option<bool>,
    /// What it bears.
    pub tags: Vec<Tag>,
}

/// An elastic network interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    /// Its id.
    pub id: InterfaceId,
    /// The subnet that it is in.
    pub subnet: SubnetId,
    /// Its private addresses, the primary one first.
    pub addresses: Vec<Ipv4Addr>,
    /// Its security groups.
    pub groups: Vec<GroupId>,
    /// The Elastic IP that leads to its primary address, whether the configuration knows it or not.
    pub elastic_ip: Option<AllocationId>,
    /// What it is attached to.
    pub attachment: Option<Attachment>,
    /// What it bears.
    pub tags: Vec<Tag>,
}

/// How an interface hangs on an instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// The instance.
    pub instance: InstanceId,
    /// Its place among the instance's devices.
    pub device_index: u32,
    /// The network card that it sits on.
    pub network_card: u32,
    /// Whether it is done: neither attaching nor detaching.
    pub is_settled: bool,
}

/// An Elastic IP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// Its id.
    pub allocation: AllocationId,
    /// The address that viewers are told.
    pub public: Ipv4Addr,
    /// What it leads to.
    pub association: Option<Association>,
    /// What it bears.
    pub tags: Vec<Tag>,
}

/// What an Elastic IP leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Association {
    /// The interface.
    pub interface: InterfaceId,
    /// The interface's private address.
    pub private: Ipv4Addr,
    /// The instance that the interface is attached to.
    pub instance: Option<InstanceId>,
}

/// What the weir of an instance says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    /// It was not asked: the instance does not run.
    NotAsked,
    /// It does not answer, or not as weir does.
    Silent {
        /// Why, for people.
        why: String,
    },
    /// It answers.
    Answers(NodeState),
}

/// What a node says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeState {
    /// Its interfaces.
    pub interfaces: Vec<NodeInterface>,
    /// Its pools have reported, and what is unhealthy in them, for people; empty if nothing is.
    pub troubles: Vec<String>,
}

/// An interface, as its node sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeInterface {
    /// Its name there.
    pub name: String,
    /// Connections of viewers; `None` if they are not counted.
    pub viewers: Option<u32>,
    /// Whether every pool that uses it finds it up.
    pub is_up: bool,
    /// What was ordered of it.
    pub order: Order,
}

/// What was ordered of an interface.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// Nothing: its probes decide, or somebody ordered it up.
    #[default]
    None,
    /// We drain it.
    DrainedByUs {
        /// When the order ends by itself.
        until: Option<Timestamp>,
    },
    /// Somebody else drains it, or ordered it down; that is theirs to end.
    HeldByOthers,
}

/// What an instance type can do (`DescribeInstanceTypes`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstanceType {
    /// Virtual processors.
    pub vcpus: u32,
    /// What EC2 says of its network in words: "Up to 10 Gigabit".
    pub performance: String,
    /// Its network cards, by index.
    pub cards: Vec<NetworkCard>,
    /// Private IPv4 addresses that an interface can have.
    pub addresses_per_interface: u32,
}

/// A network card of an instance type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkCard {
    /// Its index.
    pub index: u32,
    /// What EC2 says of it in words.
    pub performance: String,
    /// Interfaces that it can bear.
    pub interfaces: u32,
    /// What it carries for good, in each direction.
    pub baseline: Option<BytesPerSec>,
    /// What it carries at best.
    pub peak: Option<BytesPerSec>,
}

impl Observed {
    /// The interface of this id.
    pub fn interface(&self, id: &InterfaceId) -> Option<&Interface> {
        self.interfaces.iter().find(|interface| interface.id == *id)
    }

    /// The Elastic IP of this allocation.
    pub fn address(&self, id: &AllocationId) -> Option<&Address> {
        self.addresses.iter().find(|address| address.allocation == *id)
    }
}
