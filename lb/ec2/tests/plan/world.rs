//! A world that does at once what a plan says, as EC2 and the node would in time.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use weir_ec2::desired::{
    Create, Drain, Instance, Interface, NoCapacity, Node, Selector, Source, StartedByHand, Tag,
};
use weir_ec2::ids::{AllocationId, InstanceId, InterfaceId};
use weir_ec2::intent::{Intent, Power};
use weir_ec2::observed::{
    self, Address, Association, Attachment, InstanceType, NetworkCard, NodeInterface, NodeState, Observed,
    Order, State,
};
use weir_ec2::plan::{Action, Condition, Facts, Plan, Setbacks, Step, Target, plan};

/// What is wanted, what is, and what time it is.
#[derive(Clone, Debug)]
pub(crate) struct World {
    pub(crate) desired: Instance,
    pub(crate) intent: Intent,
    pub(crate) observed: Observed,
    pub(crate) setbacks: Setbacks,
    pub(crate) managed: Tag,
    pub(crate) now: Timestamp,
    /// Set when an instance that runs lost its last address by a step that was not a stop.
    pub(crate) fell_silent: bool,
}

pub(crate) const EDGE: &str = "i-0000000000000001";
pub(crate) const OTHER: &str = "i-0000000000000002";
const SUBNET: &str = "subnet-00000001";

pub(crate) fn interface_id(number: u32) -> InterfaceId {
    format!("eni-{number:08x}").parse().expect("it is an id")
}

pub(crate) fn start_of_day() -> Timestamp {
    "2026-11-25T18:30:00Z".parse().expect("it is a time")
}

impl World {
    /// The seed's machine: a primary interface, one to create, one that exists, each with an Elastic IP; stopped.
    pub(crate) fn seed() -> Self {
        let managed = Tag { key: "weir".to_owned(), value: "managed".to_owned() };
        let desired = Instance {
            name: "edge-1".to_owned(),
            selector: Selector::Id(EDGE.parse().expect("it is an id")),
            node: Some(Node { url: "http://10.0.1.10:9880".to_owned(), token_file: None, ca_file: None }),
            ready_within: Duration::from_secs(600),
            drain: Drain { below_viewers: 5, at_most: Duration::from_secs(1200) },
            started_by_hand: StartedByHand::Keep,
            no_capacity: NoCapacity::default(),
            interfaces: vec![
                wanted(0, Source::Primary),
                wanted(1, create(1)),
                wanted(2, Source::Existing(interface_id(2))),
            ],
        };
        let primary = seen(0, Some(EDGE), &managed);
        let free = seen(2, None, &managed);
        let instance = observed::Instance {
            id: EDGE.parse().expect("it is an id"),
            state: State::Stopped,
            instance_type: "c5.2xlarge".to_owned(),
            launched: None,
            stop_protected: Some(false),
            tags: vec![managed.clone()],
        };
        let addresses = (0..3).map(|number| address(number, &managed)).collect();
        let observed = Observed {
            instances: vec![instance],
            interfaces: vec![primary, free],
            addresses,
            nodes: BTreeMap::new(),
            types: BTreeMap::new(),
        };
        let intent = Intent {
            power: Power::On,
            since: Some(start_of_day()),
            because: "open mon-fri 12:30 to 15:30 (line 24)".to_owned(),
        };
        Self {
            desired,
            intent,
            observed,
            setbacks: Setbacks::default(),
            managed,
            now: start_of_day(),
            fell_silent: false,
        }
    }

    pub(crate) fn plan(&self) -> Plan {
        plan(&Facts {
            desired: &self.desired,
            intent: &self.intent,
            observed: &self.observed,
            setbacks: &self.setbacks,
            managed: Some(&self.managed),
            now: self.now,
        })
    }

    /// Wants another power from now on.
    pub(crate) fn want(&mut self, power: Power, because: &str) {
        self.intent = Intent { power, since: Some(self.now), because: because.to_owned() };
    }

    /// Plans and does, until nothing is left to do; the number of actions that it took.
    ///
    /// # Panics
    /// When it does not come to an end.
    pub(crate) fn settle(&mut self) -> usize {
        let mut actions = 0;
        for _ in 0..64 {
            let plan = self.plan();
            if plan.steps.is_empty() {
                return actions;
            }
            actions += self.pass(&plan);
        }
        panic!("it does not come to an end: {}", self.plan());
    }

    /// What an executor does with one plan: up to the first wait or the first step that viewers may notice.
    pub(crate) fn pass(&mut self, plan: &Plan) -> usize {
        let mut actions = 0;
        for planned in &plan.steps {
            match &planned.step {
                Step::Do(action) => {
                    let before = self.served();
                    self.apply(action);
                    actions += 1;
                    let stops = matches!(action, Action::Stop { .. });
                    self.fell_silent |= !stops && !before.is_subset(&self.served());
                    if action.is_disruptive() {
                        break;
                    }
                }
                Step::Await(condition) => {
                    self.come_true(condition);
                    break;
                }
            }
        }
        self.show_node();
        actions
    }

    /// The instances that run and that an Elastic IP leads to.
    fn served(&self) -> BTreeSet<InstanceId> {
        let associations = self.observed.addresses.iter().filter_map(|address| address.association.as_ref());
        let led_to: BTreeSet<_> =
            associations.filter_map(|association| association.instance.clone()).collect();
        let up = self.observed.instances.iter().filter(|instance| instance.state.is_up());
        up.map(|instance| instance.id.clone()).filter(|id| led_to.contains(id)).collect()
    }

    /// Adds a second instance that runs, with an interface of its own.
    pub(crate) fn add_other(&mut self) {
        let mut other = self.edge().clone();
        (other.id, other.state) = (OTHER.parse().expect("it is an id"), State::Running);
        self.observed.instances.push(other);
        self.observed.interfaces.push(seen(9, Some(OTHER), &self.managed));
    }

    /// What one network card of the instance's type can bear.
    pub(crate) fn limit_interfaces(&mut self, interfaces: u32) {
        let performance = "Up to 10 Gigabit".to_owned();
        let card = NetworkCard {
            index: 0,
            performance: performance.clone(),
            interfaces,
            baseline: None,
            peak: None,
        };
        let kind = InstanceType { vcpus: 8, performance, cards: vec![card], addresses_per_interface: 15 };
        self.observed.types.insert(self.edge().instance_type.clone(), kind);
    }

    pub(crate) fn edge(&self) -> &observed::Instance {
        &self.observed.instances[0]
    }

    pub(crate) fn edge_mut(&mut self) -> &mut observed::Instance {
        &mut self.observed.instances[0]
    }

    fn apply(&mut self, action: &Action) {
        match action {
            Action::Start { .. } => {
                let now = self.now;
                let edge = self.edge_mut();
                assert_eq!(edge.state, State::Stopped, "only what is stopped can be started");
                (edge.state, edge.launched) = (State::Pending, Some(now));
            }
            Action::ChangeType { to, .. } => to.clone_into(&mut self.edge_mut().instance_type),
            Action::CreateInterface { create } => self.create(create),
            Action::Attach { interface, device_index, network_card, .. } => {
                self.attach(interface, *device_index, *network_card);
            }
            Action::Associate { allocation, interface, reassociate, .. } => {
                let id = self.resolve(interface);
                let address =
                    self.observed.addresses.iter_mut().find(|address| address.allocation == *allocation);
                let address = address.expect("plans name addresses that are there");
                assert!(*reassociate || address.association.is_none(), "nothing is taken silently");
                address.association = None;
                self.associate(allocation, &id);
            }
            Action::Drain { until, .. } => self.order(&Order::DrainedByUs { until: Some(*until) }),
            Action::Lift { .. } => self.order(&Order::None),
            Action::Stop { .. } => {
                assert_eq!(self.edge().state, State::Running, "only what runs can be stopped");
                self.edge_mut().state = State::Stopping;
            }
        }
    }

    fn create(&mut self, create: &Create) {
        let number = u32::from(create.address.octets()[3]) - 10;
        self.observed.interfaces.push(seen(number, None, &self.managed));
    }

    fn attach(&mut self, target: &Target, device_index: u32, network_card: u32) {
        let (id, instance) = (self.resolve(target), self.edge().id.clone());
        let interface = self.observed.interfaces.iter_mut().find(|interface| interface.id == id);
        let interface = interface.expect("it was resolved");
        assert_eq!(interface.attachment, None, "only what is free can be attached");
        interface.attachment =
            Some(Attachment { instance: instance.clone(), device_index, network_card, is_settled: true });
        for address in &mut self.observed.addresses {
            if let Some(association) =
                address.association.as_mut().filter(|association| association.interface == id)
            {
                association.instance = Some(instance.clone());
            }
        }
    }

    pub(crate) fn associate(&mut self, allocation: &AllocationId, id: &InterfaceId) {
        for interface in &mut self.observed.interfaces {
            if interface.elastic_ip.as_ref() == Some(allocation) {
                interface.elastic_ip = None;
            }
        }
        let interface = self.observed.interfaces.iter_mut().find(|interface| interface.id == *id);
        let interface = interface.expect("it was resolved");
        let displaced = interface.elastic_ip.replace(allocation.clone());
        let instance = interface.attachment.as_ref().map(|attachment| attachment.instance.clone());
        let association = Association { interface: id.clone(), private: interface.addresses[0], instance };
        for address in &mut self.observed.addresses {
            if Some(&address.allocation) == displaced.as_ref() {
                address.association = None;
            }
            if address.allocation == *allocation {
                address.association = Some(association.clone());
            }
        }
    }

    fn resolve(&self, target: &Target) -> InterfaceId {
        let found = self.observed.interfaces.iter().find(|interface| match target {
            Target::Known(id) => interface.id == *id,
            Target::Created(address) => interface.addresses[0] == *address,
        });
        found.expect("steps name interfaces that are there by then").id.clone()
    }

    /// No interface plays any more, and no pool tells of it.
    pub(crate) fn break_streams(&mut self) {
        for node in self.observed.nodes.values_mut() {
            if let observed::Node::Answers(state) = node {
                state.interfaces.iter_mut().for_each(|interface| interface.is_up = false);
            }
        }
    }

    pub(crate) fn order(&mut self, order: &Order) {
        for node in self.observed.nodes.values_mut() {
            if let observed::Node::Answers(state) = node {
                state.interfaces.iter_mut().for_each(|interface| interface.order = order.clone());
            }
        }
    }

    /// Time passes until what was waited for is so.
    fn come_true(&mut self, condition: &Condition) {
        match condition {
            Condition::Running => self.edge_mut().state = State::Running,
            Condition::Stopped => self.edge_mut().state = State::Stopped,
            Condition::Settled(id) => {
                let interface = self.observed.interfaces.iter_mut().find(|interface| interface.id == *id);
                if let Some(attachment) = interface.and_then(|interface| interface.attachment.as_mut()) {
                    attachment.is_settled = true;
                }
            }
            Condition::Ready { .. } => {}
            Condition::Drained { until, .. } => self.now = *until,
            Condition::Retry { at } => self.now = *at,
        }
        self.now = self.now.checked_add(SignedDuration::from_secs(1)).expect("tests end before time does");
    }

    /// While it runs its node answers, and keeps what was ordered; it forgets nothing over a stop.
    fn show_node(&mut self) {
        if self.edge().state == State::Running {
            let node =
                self.observed.nodes.entry(self.desired.name.clone()).or_insert(observed::Node::NotAsked);
            if !matches!(node, observed::Node::Answers(_)) {
                let interface = NodeInterface {
                    name: "eni0".to_owned(),
                    viewers: Some(40),
                    is_up: true,
                    order: Order::None,
                };
                *node =
                    observed::Node::Answers(NodeState { interfaces: vec![interface], troubles: Vec::new() });
            }
        }
    }
}

pub(crate) fn wanted(number: u32, source: Source) -> Interface {
    let elastic_ip = Some(allocation(number));
    Interface { device_index: number, network_card: 0, source, elastic_ip, reassociate: false }
}

pub(crate) fn create(number: u8) -> Source {
    Source::Create(Create {
        subnet: SUBNET.parse().expect("it is an id"),
        address: [10, 0, 1, 10 + number].into(),
        security_groups: Vec::new(),
    })
}

pub(crate) fn allocation(number: u32) -> AllocationId {
    format!("eipalloc-{number:08x}").parse().expect("it is an id")
}

pub(crate) fn seen(number: u32, instance: Option<&str>, managed: &Tag) -> observed::Interface {
    observed::Interface {
        id: interface_id(number),
        subnet: SUBNET.parse().expect("it is an id"),
        addresses: vec![[10, 0, 1, 10 + u8::try_from(number).expect("tests have few interfaces")].into()],
        groups: Vec::new(),
        elastic_ip: None,
        attachment: instance.map(|instance| Attachment {
            instance: instance.parse().expect("it is an id"),
            device_index: number,
            network_card: 0,
            is_settled: true,
        }),
        tags: vec![managed.clone()],
    }
}

pub(crate) fn address(number: u32, managed: &Tag) -> Address {
    Address {
        allocation: allocation(number),
        public: [198, 51, 100, u8::try_from(number).expect("tests have few addresses")].into(),
        association: None,
        tags: vec![managed.clone()],
    }
}
