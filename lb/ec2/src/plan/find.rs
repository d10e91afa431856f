//! Which instance is meant, and whether it may be touched.

use super::{AlarmKind, Facts};
use crate::desired::{Selector, Tag};
use crate::observed::{Instance, Node, State};

/// The instance that the configuration means; why not, if there is none to work with.
pub(super) fn instance<'a>(facts: &Facts<'a>) -> Result<&'a Instance, (AlarmKind, String)> {
    let fits = |instance: &&Instance| match &facts.desired.selector {
        Selector::Id(id) => instance.id == *id,
        Selector::Tag(tag) => instance.tags.contains(tag) && !instance.state.is_gone(),
    };
    let found: Vec<&Instance> = facts.observed.instances.iter().filter(fits).collect();
    let instance = match found[..] {
        [instance] => instance,
        [] => return Err((AlarmKind::Instance, absent(&facts.desired.selector))),
        [..] => {
            let ids: Vec<_> = found.iter().map(|instance| instance.id.as_str()).collect();
            let text =
                format!("the tag of {} fits {}; only one may bear it", facts.desired.name, ids.join(", "));
            return Err((AlarmKind::Instance, text));
        }
    };
    if instance.state.is_gone() {
        let text = format!("{} is terminated, which cannot be undone; write the id of another", instance.id);
        return Err((AlarmKind::Instance, text));
    }
    if !facts.may_touch(&instance.tags) {
        return Err((AlarmKind::Unmanaged, facts.untouchable(instance.id.as_str())));
    }
    Ok(instance)
}

fn absent(selector: &Selector) -> String {
    match selector {
        Selector::Id(id) => format!("{id} does not exist in this region; correct id = \"{id}\" or region"),
        Selector::Tag(Tag { key, value }) => {
            format!(
                "no instance of this region bears {key}={value}; tag one, or correct tag = \"{key}={value}\""
            )
        }
    }
}

impl<'a> Facts<'a> {
    /// Whether a resource with these tags may be touched.
    pub(super) fn may_touch(&self, tags: &[Tag]) -> bool {
        self.managed.is_none_or(|managed| tags.contains(managed))
    }

    /// Why a resource is not touched, and what to do.
    pub(super) fn untouchable(&self, id: &str) -> String {
        let (key, value) = self.managed.map_or(("", ""), |tag| (tag.key.as_str(), tag.value.as_str()));
        format!(
            "{id} does not bear {key}={value}, so it is not touched; aws ec2 create-tags --resources {id} --tags \
             Key={key},Value={value}"
        )
    }

    /// What the instance's node says.
    pub(super) fn node(&self) -> &'a Node {
        self.observed.nodes.get(&self.desired.name).unwrap_or(&Node::NotAsked)
    }
}

impl State {
    /// Whether it runs or is about to.
    pub fn is_up(self) -> bool {
        matches!(self, Self::Pending | Self::Running)
    }

    /// Whether it will never run again.
    pub fn is_gone(self) -> bool {
        matches!(self, Self::ShuttingDown | Self::Terminated)
    }
}
