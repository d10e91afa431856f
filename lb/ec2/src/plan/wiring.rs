//! Interfaces and addresses: created, attached in device order, each with its Elastic IP.

use std::net::Ipv4Addr;

use super::draft::{Draft, Placed};
use super::{Action, AlarmKind, Condition, Facts, Target, addresses};
use crate::desired::{Create, Interface as Wanted, Source};
use crate::observed::{Instance, Interface};

/// Each interface of the configuration is attached and has its address.
pub(super) fn wire(facts: &Facts<'_>, instance: &Instance, draft: &mut Draft<'_>) {
    for wanted in &facts.desired.interfaces {
        let slot = Slot { facts, instance, wanted };
        if let Some(found) = slot.attach(draft) {
            addresses::associate(facts, instance, wanted, &found, draft);
        }
    }
}

/// An interface of which an address may be associated.
pub(super) struct Found<'a> {
    /// Which one.
    pub(super) target: Target,
    /// What was seen of it, if it is there.
    pub(super) seen: Option<&'a Interface>,
    /// Its primary private address.
    pub(super) private: Option<Ipv4Addr>,
    /// Whether the step that makes it is in order; if not, what needs it waits as well.
    pub(super) placed: Placed,
}

struct Slot<'a> {
    facts: &'a Facts<'a>,
    instance: &'a Instance,
    wanted: &'a Wanted,
}

impl<'a> Slot<'a> {
    fn attach(&self, draft: &mut Draft<'_>) -> Option<Found<'a>> {
        match &self.wanted.source {
            Source::Primary => self.primary(draft),
            Source::Existing(id) => match self.facts.observed.interface(id) {
                Some(seen) => self.attach_seen(seen, draft),
                None => {
                    draft.alarm(
                        AlarmKind::Interface,
                        format!("{id} does not exist in this region; correct eni = \"{id}\""),
                    );
                    None
                }
            },
            Source::Create(create) => match self.created(create) {
                Some(seen) => self.attach_seen(seen, draft),
                None => self.create(create, draft),
            },
        }
    }

    fn primary(&self, draft: &mut Draft<'_>) -> Option<Found<'a>> {
        let Some(seen) = self.at_this_place() else {
            draft.alarm(
                AlarmKind::Interface,
                format!("{} shows no interface of device index 0", self.instance.id),
            );
            return None;
        };
        Some(found(Target::Known(seen.id.clone()), seen, Placed::InOrder))
    }

    fn create(&self, create: &Create, draft: &mut Draft<'_>) -> Option<Found<'a>> {
        if !self.has_room(draft) {
            return None;
        }
        let placed = draft.act(
            Action::CreateInterface { create: create.clone() },
            format!(
                "device {} is to be {}, and there is no such interface",
                self.wanted.device_index, create.address
            ),
        );
        let target = Target::Created(create.address);
        let attach = self.attach_action(target.clone());
        let why = format!("it is device {} of {}", self.wanted.device_index, self.facts.desired.name);
        let placed = match placed {
            Placed::InOrder => draft.act(attach, why),
            Placed::Deferred => {
                draft.act_after_deferred(attach, why);
                Placed::Deferred
            }
        };
        Some(Found { target, seen: None, private: Some(create.address), placed })
    }

    fn attach_seen(&self, seen: &'a Interface, draft: &mut Draft<'_>) -> Option<Found<'a>> {
        match &seen.attachment {
            None => return self.attach_free(seen, draft),
            Some(attachment) if attachment.instance != self.instance.id => {
                draft.alarm(
                    AlarmKind::Interface,
                    format!(
                        "{} is attached to {}, so it cannot be device {} of {}; detach it there first",
                        seen.id, attachment.instance, self.wanted.device_index, self.facts.desired.name
                    ),
                );
                return None;
            }
            Some(attachment) if !attachment.is_settled => {
                draft.wait(Condition::Settled(seen.id.clone()), "it is being attached or detached");
            }
            Some(attachment) => {
                self.tell_misplaced(seen, (attachment.device_index, attachment.network_card), draft);
            }
        }
        Some(found(Target::Known(seen.id.clone()), seen, Placed::InOrder))
    }

    fn attach_free(&self, seen: &'a Interface, draft: &mut Draft<'_>) -> Option<Found<'a>> {
        if !self.facts.may_touch(&seen.tags) {
            draft.alarm(AlarmKind::Unmanaged, self.facts.untouchable(seen.id.as_str()));
            return None;
        }
        if !self.has_room(draft) {
            return None;
        }
        let target = Target::Known(seen.id.clone());
        let why = format!("it is device {} of {}", self.wanted.device_index, self.facts.desired.name);
        draft.act(self.attach_action(target.clone()), why);
        // An address may be associated with what is not attached.
        Some(found(target, seen, Placed::InOrder))
    }

    fn attach_action(&self, interface: Target) -> Action {
        Action::Attach {
            interface,
            instance: self.instance.id.clone(),
            device_index: self.wanted.device_index,
            network_card: self.wanted.network_card,
        }
    }

    /// It works at another place as well; moving it would cut its viewers.
    fn tell_misplaced(&self, seen: &Interface, place: (u32, u32), draft: &mut Draft<'_>) {
        if place != (self.wanted.device_index, self.wanted.network_card) {
            draft.alarm(
                AlarmKind::Interface,
                format!(
                    "{} is device {} of card {}, not device {} of card {}; it is left there, as moving it would cut its \
                     viewers",
                    seen.id, place.0, place.1, self.wanted.device_index, self.wanted.network_card
                ),
            );
        }
    }

    /// Whether its place is free and the instance's type has it; EC2 would refuse otherwise, again and again.
    fn has_room(&self, draft: &mut Draft<'_>) -> bool {
        let place = format!("device {} of card {}", self.wanted.device_index, self.wanted.network_card);
        if let Some(other) = self.at_this_place() {
            draft.alarm(
                AlarmKind::Interface,
                format!("{} is {place} already; choose another device_index", other.id),
            );
            return false;
        }
        let Some(kind) = self.facts.observed.types.get(&self.instance.instance_type) else { return true };
        let name = &self.instance.instance_type;
        let Some(card) = kind.cards.iter().find(|card| card.index == self.wanted.network_card) else {
            let text = format!("a {name} has {} network cards, so there is no {place}", kind.cards.len());
            draft.alarm(AlarmKind::Interface, text);
            return false;
        };
        // Those of this very plan are as good as there: one more would be created and then find no place.
        let attached = self.on_this_card().count() + draft.attaches_to(card.index);
        if attached >= usize::try_from(card.interfaces).unwrap_or(usize::MAX) {
            let text = format!(
                "a {name} can have {} interfaces on card {}, and with those before it has {attached}: no room for {place}",
                card.interfaces, card.index
            );
            draft.alarm(AlarmKind::Interface, text);
            return false;
        }
        true
    }

    fn on_this_card(&self) -> impl Iterator<Item = &'a Interface> {
        let (instance, card) = (&self.instance.id, self.wanted.network_card);
        self.facts.observed.interfaces.iter().filter(move |interface| {
            let attachment = interface.attachment.as_ref();
            attachment
                .is_some_and(|attachment| attachment.instance == *instance && attachment.network_card == card)
        })
    }

    fn at_this_place(&self) -> Option<&'a Interface> {
        let index = self.wanted.device_index;
        self.on_this_card().find(|interface| {
            interface.attachment.as_ref().is_some_and(|attachment| attachment.device_index == index)
        })
    }

    /// The interface that was created for this place: its subnet and address tell, as no two have both.
    fn created(&self, create: &Create) -> Option<&'a Interface> {
        let fits =
            |seen: &&Interface| seen.subnet == create.subnet && seen.addresses.contains(&create.address);
        self.facts.observed.interfaces.iter().find(fits)
    }
}

fn found(target: Target, seen: &Interface, placed: Placed) -> Found<'_> {
    Found { target, seen: Some(seen), private: seen.addresses.first().copied(), placed }
}
