//! What failed lately: the only thing that is remembered, as nobody can observe it. Losing it costs a try too early.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::Action;

/// Failures, by the instance's name and what was tried.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Setbacks {
    /// The last failure of each action of an instance, by the action as it is printed.
    pub actions: BTreeMap<(String, String), Setback>,
    /// When EC2 last had no room for an instance, by its name and type.
    pub no_capacity: BTreeMap<(String, String), Timestamp>,
}

/// A failure, or an action that succeeded so lately that EC2 may not show it yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setback {
    /// What happened, for people.
    pub what: String,
    /// Not before then is it tried again.
    pub retry_at: Timestamp,
    /// Whether somebody has to do something about it: trying again alone does not help.
    pub needs_somebody: bool,
}

impl Setbacks {
    /// What is remembered of an action.
    pub fn of(&self, instance: &str, action: &Action) -> Option<&Setback> {
        self.actions.get(&(instance.to_owned(), action.to_string()))
    }
}
