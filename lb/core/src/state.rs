//! All that is known, and how each event changes it. Reports are judged here, and loads by the law; what comes of it is
//! told by `weigh`.

mod judgement;

use std::collections::BTreeMap;
use std::time::Instant;

use crate::counter::Sample;
use crate::directive::{Directive, Order};
use crate::event::{Event, Settings};
use crate::inventory::{Interface, LeftOut, NodeInventory};
use crate::law::redirects::Reservations;
use crate::name::{InterfaceName, NodeName, PoolName, ProbeId};
use crate::pool::{Pool, ProbeRule};
use crate::report::Report;
use crate::snapshot::{OrderView, ProbeView};
use crate::traffic::Traffic;
use crate::units::BytesPerSec;
use crate::verdict::{Judge, Verdict};

pub(crate) use judgement::Judgement;

/// A counter cannot grow faster than this many times the capacity.
const FASTEST_TIMES_CAPACITY: u64 = 4;
/// Or than this, where the capacity is unknown: four times the fastest instance that EC2 has (100 Gbit/s a card).
const FASTEST_UNKNOWN: BytesPerSec = BytesPerSec::from_bits(400_000_000_000);

/// Everything that is known. Only the control task has one.
#[derive(Clone, Debug, Default)]
pub struct State {
    settings: Settings,
    nodes: BTreeMap<NodeName, NodeInventory>,
    traffic: BTreeMap<InterfaceName, Traffic>,
    orders: BTreeMap<InterfaceName, Order>,
    judges: BTreeMap<JudgeKey, Judge>,
    judgement: Judgement,
    /// Redirects to each interface that the law has taken in, in bytes per second.
    reserved: BTreeMap<InterfaceName, Reservations>,
}

type JudgeKey = (PoolName, InterfaceName, ProbeId);

/// What an event asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Weigh and publish at once: answers change.
    Publish,
    /// The next tick will do.
    Wait,
}

impl State {
    /// A state that knows nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in a fact.
    pub fn apply(&mut self, event: Event, now: Instant) -> Effect {
        let effect = match event {
            Event::Configured(settings) => self.configure(settings),
            Event::Inventory(inventory) => self.take_stock(inventory),
            Event::Sample(interface, sample) => self.measure(&interface, sample),
            Event::Report(report) => self.hear(report, now),
            Event::Brought { pool, to, viewers_per_second } => {
                self.bring(&pool, &to, viewers_per_second);
                Effect::Wait
            }
            Event::Reserved(interface, reserved) => {
                self.reserve(&interface, reserved);
                Effect::Wait
            }
            Event::Downloaded(interface, rate) => {
                if self.interfaces().any(|known| known.name == interface) {
                    self.traffic.entry(interface).or_default().hear_players(rate, now);
                }
                Effect::Wait
            }
            Event::Ordered(interface, order) => self.order(interface, order),
            Event::Tick => {
                self.orders.retain(|_, order| order.holds(now));
                self.see(now);
                return Effect::Publish;
            }
        };
        if effect == Effect::Publish {
            self.judge(now);
        }
        effect
    }

    fn configure(&mut self, settings: Settings) -> Effect {
        if self.settings == settings {
            return Effect::Wait;
        }
        self.settings = settings;
        self.forget_what_is_gone();
        self.arrange(&[]);
        Effect::Publish
    }

    fn take_stock(&mut self, inventory: NodeInventory) -> Effect {
        if self.nodes.get(&inventory.node) == Some(&inventory) {
            return Effect::Wait;
        }
        let mut elsewhere = Vec::new();
        if let Some(before) = self.nodes.get(&inventory.node) {
            // Another address or device under an old name is another thing: what was measured on it is void.
            let moved = |new: &Interface| {
                before.interfaces.iter().any(|old| {
                    old.name == new.name && (old.address, &old.device) != (new.address, &new.device)
                })
            };
            for interface in inventory.interfaces.iter().filter(|interface| moved(interface)) {
                self.traffic.remove(&interface.name);
                self.judges.retain(|(_, name, _), _| *name != interface.name);
                elsewhere.push(interface.name.clone());
            }
        }
        self.nodes.insert(inventory.node.clone(), inventory);
        self.forget_what_is_gone();
        self.arrange(&elsewhere);
        Effect::Publish
    }

    /// Verdicts and rates of what no longer exists go; orders stay: their interface may come back.
    fn forget_what_is_gone(&mut self) {
        let (nodes, pools) = (&self.nodes, &self.settings.pools);
        let exists = |name: &InterfaceName| interfaces_of(nodes).any(|interface| interface.name == *name);
        self.traffic.retain(|name, _| exists(name));
        self.judges.retain(|(pool, interface, probe), _| {
            exists(interface) && rule_of(pools, pool, interface, probe).is_some()
        });
    }

    fn measure(&mut self, interface: &InterfaceName, sample: Sample) -> Effect {
        let Some(capacity) =
            self.interfaces().find(|known| known.name == *interface).map(|known| known.capacity)
        else {
            return Effect::Wait;
        };
        let fastest = capacity.map_or(FASTEST_UNKNOWN, |capacity| {
            BytesPerSec::new(capacity.get().saturating_mul(FASTEST_TIMES_CAPACITY))
        });
        self.traffic.entry(interface.clone()).or_default().read(sample, fastest);
        Effect::Wait
    }

    fn hear(&mut self, report: Report, now: Instant) -> Effect {
        let Some(rule) = rule_of(&self.settings.pools, &report.pool, &report.interface, &report.probe) else {
            return Effect::Wait;
        };
        if !interfaces_of(&self.nodes).any(|interface| interface.name == report.interface) {
            return Effect::Wait;
        }
        let judge = self.judges.entry((report.pool, report.interface, report.probe)).or_default();
        let before = (judge.verdict(), judge.wavers());
        judge.hear(rule, report.outcome, report.timings, now);
        if before == (judge.verdict(), judge.wavers()) { Effect::Wait } else { Effect::Publish }
    }

    fn order(&mut self, interface: InterfaceName, order: Order) -> Effect {
        if order.directive == Directive::Auto {
            self.orders.remove(&interface);
        } else {
            self.orders.insert(interface, order);
        }
        Effect::Publish
    }
}

/// What `weigh` and the shell may look at.
impl State {
    /// The configuration in force.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// All interfaces: nodes by name, the interfaces of each in the order of its inventory.
    pub fn interfaces(&self) -> impl Iterator<Item = &Interface> {
        interfaces_of(&self.nodes)
    }

    /// Addresses that exist and are not used.
    pub fn left_out(&self) -> impl Iterator<Item = &LeftOut> {
        self.nodes.values().flat_map(|node| &node.left_out)
    }

    /// The orders that hold, by interface; expired ones go with the next tick.
    pub fn orders(&self) -> impl Iterator<Item = (&InterfaceName, &Order)> {
        self.orders.iter()
    }

    pub(crate) fn order_of(&self, interface: &InterfaceName, now: Instant) -> OrderView {
        match self.orders.get(interface).filter(|order| order.holds(now)) {
            None => OrderView::default(),
            Some(order) => OrderView {
                directive: order.directive,
                reason: Some(order.reason.clone()),
                until: order.until,
            },
        }
    }

    fn directive_of(&self, interface: &InterfaceName, now: Instant) -> Directive {
        self.orders.get(interface).filter(|order| order.holds(now)).map_or(Directive::Auto, |o| o.directive)
    }

    fn verdict_of(&self, pool: &Pool, interface: &InterfaceName) -> Verdict {
        let verdict = |rule: &ProbeRule| {
            let key = (pool.name.clone(), interface.clone(), rule.id.clone());
            self.judges.get(&key).map_or(Verdict::Unknown, Judge::verdict)
        };
        Verdict::worst(pool.probes.iter().map(verdict))
    }

    pub(crate) fn probes_of(&self, pool: &Pool, interface: &InterfaceName) -> Vec<ProbeView> {
        let view = |rule: &ProbeRule| {
            let key = (pool.name.clone(), interface.clone(), rule.id.clone());
            self.judges.get(&key).map_or_else(|| Judge::default().view(rule), |judge| judge.view(rule))
        };
        pool.probes.iter().map(view).collect()
    }
}

fn interfaces_of(nodes: &BTreeMap<NodeName, NodeInventory>) -> impl Iterator<Item = &Interface> {
    nodes.values().flat_map(|node| &node.interfaces)
}

fn rule_of<'a>(
    pools: &'a [Pool],
    pool: &PoolName,
    interface: &InterfaceName,
    probe: &ProbeId,
) -> Option<&'a ProbeRule> {
    let pool = pools.iter().find(|known| known.name == *pool && known.has(interface))?;
    pool.probes.iter().find(|rule| rule.id == *probe)
}
