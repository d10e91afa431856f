//! The judgement: what is to be and what is → the steps that are left, in order, each with its reason.
//!
//! Pure: no call, no clock, no chance. It looks at what is and at nothing that happened before, so a controller that
//! was killed at any point goes on where it stopped. Steps that are already done are not in the plan; when all is as it
//! should be, the plan is empty, and then not one call is made.

mod addresses;
mod alarm;
mod draft;
mod find;
mod goal;
mod power;
mod print;
mod service;
mod setbacks;
mod step;
mod wiring;

use jiff::Timestamp;

pub use alarm::{Alarm, AlarmKind};
pub use setbacks::{Setback, Setbacks};
pub use step::{Action, Condition, Planned, Step, Target};

use crate::desired::{Instance, Tag};
use crate::ids::InstanceId;
use crate::intent::Intent;
use crate::observed::{Observed, State};

/// What is to be done for one instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Its name in the configuration.
    pub name: String,
    /// Which one it is, if it was found.
    pub instance: Option<InstanceId>,
    /// What is aimed at.
    pub goal: Goal,
    /// Why, for people.
    pub because: String,
    /// What is left to do, in order.
    pub steps: Vec<Planned>,
    /// What somebody has to look at.
    pub alarms: Vec<Alarm>,
}

/// What is aimed at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goal {
    /// It runs, with its interfaces and addresses, and serves.
    Serve,
    /// It is stopped, emptied before.
    Stop,
    /// Its power is left alone; while it runs it has its interfaces and addresses.
    Leave,
}

/// All that a plan for one instance is made from.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// What the instance is to be.
    pub desired: &'a Instance,
    /// Whether it is to run.
    pub intent: &'a Intent,
    /// What is.
    pub observed: &'a Observed,
    /// What failed lately.
    pub setbacks: &'a Setbacks,
    /// The tag that marks what may be touched; `None`: all that the configuration names.
    pub managed: Option<&'a Tag>,
    /// The time at which `observed` was seen.
    pub now: Timestamp,
}

/// What is left to do for an instance.
pub fn plan(facts: &Facts<'_>) -> Plan {
    let mut draft = draft::Draft::new(facts);
    let (instance, goal, because) = match find::instance(facts) {
        Ok(instance) => {
            let (goal, because) = goal::goal(facts, instance);
            match goal {
                Goal::Serve => power::serve(facts, instance, &because, &mut draft),
                Goal::Stop => power::stop(facts, instance, &because, &mut draft),
                Goal::Leave if instance.state == State::Running => power::care(facts, instance, &mut draft),
                Goal::Leave => {}
            }
            (Some(instance.id.clone()), goal, because)
        }
        Err((kind, text)) => {
            draft.alarm(kind, text);
            (None, Goal::Leave, facts.intent.because.clone())
        }
    };
    let (steps, alarms) = draft.finish();
    Plan { name: facts.desired.name.clone(), instance, goal, because, steps, alarms }
}
