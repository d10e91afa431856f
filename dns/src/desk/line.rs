//! One pool's line: whose turn it is, who asked, and what was handed out.
//!
//! ```text
//!  who asks ─► audience: what the answer costs, how long it may be kept
//!                  │
//!              dispatcher: who is named (those that came back; newcomers on an account of their own)
//!                  │
//!              audience: who was told what
//! ```

use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use weir_core::{Ask, Audience, Bill, Dispatcher, Family, InterfaceName, Member, PoolView, Reason, Ttl};

use super::{PoolBrought, Turn};
use crate::hash::HashKey;

/// A pool's dispatchers, each family on its own, what they have handed out, and to whom.
#[derive(Debug)]
pub(crate) struct Line {
    key: HashKey,
    queues: Mutex<Queues>,
    #[cfg(test)]
    pub(super) stopped: Option<Instant>,
}

#[derive(Debug, Default)]
struct Queues {
    v4: Queue,
    v6: Queue,
    /// By the members' places in the pool.
    handed: Vec<(InterfaceName, u64)>,
    /// Nobody until somebody asks.
    audience: Option<Audience>,
    longest: Option<Ttl>,
    /// The last loss of an interface that the audience was told.
    told: u64,
}

/// Those of one family.
#[derive(Debug, Default)]
struct Queue {
    known: Dispatcher,
    /// Who asks for the first time may be forged: what such an answer costs is nobody else's.
    newcomers: Dispatcher,
    /// The generation of the snapshot whose members it followed last, if that is known.
    followed: Option<u64>,
}

impl Line {
    pub(super) fn new(key: HashKey) -> Self {
        Self {
            key,
            queues: Mutex::default(),
            #[cfg(test)]
            stopped: None,
        }
    }

    /// Pushes the members that one answer names, and says for how long it may be kept; see [`super::Desk::pick`].
    pub(crate) fn pick(&self, turn: Turn<'_>, picked: &mut Vec<usize>) -> Ttl {
        #[cfg(test)]
        let turn = Turn { now: self.stopped.unwrap_or(turn.now), ..turn };
        let resolver = self.key.hash(known_by(turn.client, turn.family));
        self.queues().pick(turn, resolver, picked)
    }

    /// What answers have brought since this was last asked; none if nobody has asked for the pool.
    pub(super) fn brought(&self, pool: &PoolView, now: Instant) -> Option<PoolBrought> {
        let mut queues = self.queues();
        queues.follow(pool, now);
        let brought = queues.audience.as_mut()?.brought(now);
        let to = queues.handed.iter().zip(brought.to).map(|((name, _), to)| (name.clone(), to)).collect();
        Some(PoolBrought { pool: pool.name.clone(), to, viewers_per_second: brought.viewers_per_second })
    }

    pub(super) fn handed(&self) -> Vec<(InterfaceName, u64)> {
        self.queues().handed.clone()
    }

    pub(super) fn resolvers(&self) -> Option<u32> {
        self.queues().audience.as_ref().map(Audience::known)
    }

    fn queues(&self) -> MutexGuard<'_, Queues> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queues {
    fn pick(&mut self, turn: Turn<'_>, resolver: u64, picked: &mut Vec<usize>) -> Ttl {
        let Turn { pool, generation, family, now, .. } = turn;
        if generation.is_none() || self.of(family).followed != generation {
            self.follow(pool, now);
            let queue = self.of(family);
            queue.known.follow(&pool.members, family);
            queue.newcomers.follow(&pool.members, family);
            queue.followed = generation;
        }
        let Self { v4, v6, handed, audience, .. } = self;
        let audience = audience.get_or_insert_with(|| {
            Audience::new(now, pool.members.len(), pool.steering.longest_ttl, pool.steering.resolver_rows)
        });
        let queue = match family {
            Family::V4 => v4,
            Family::V6 => v6,
        };
        let bill = audience.bill(now, resolver, (pool.steering.shortest_ttl.min(pool.ttl), pool.ttl));
        // Where nothing plays nobody knows what an answer brings, and what was owed before says nothing: all in turn.
        let blind = pool.reason == Reason::NothingHealthy;
        let dispatcher = if bill.newcomer || blind { &mut queue.newcomers } else { &mut queue.known };
        let cost = if blind { Bill::ONE_VIEWER } else { bill.cost() };
        let ask = Ask { family, count: usize::from(pool.answer_count.max(1)), cost };
        dispatcher.pick_among_followed(ask, picked);
        audience.told(&bill, picked);
        if let Some((_, count)) = picked.first().and_then(|&first| handed.get_mut(first)) {
            *count += 1;
        }
        bill.ttl
    }

    fn of(&mut self, family: Family) -> &mut Queue {
        match family {
            Family::V4 => &mut self.v4,
            Family::V6 => &mut self.v6,
        }
    }

    /// Takes over the members, and hears of those that died.
    fn follow(&mut self, pool: &PoolView, now: Instant) {
        let longest = pool.steering.longest_ttl;
        let others = align(&mut self.handed, &pool.members);
        let Some(audience) = &mut self.audience else {
            self.longest = Some(longest);
            return;
        };
        if others || self.longest != Some(longest) {
            (self.v4.followed, self.v6.followed) = (None, None);
            audience.rearrange(now, pool.members.len(), longest);
            self.longest = Some(longest);
        }
        for lost in &pool.steering.losses {
            if lost.serial > self.told {
                audience.storm(now, lost.member, lost.load.as_f64(), lost.inflow);
                self.told = lost.serial;
            }
        }
    }
}

/// What a resolver is known by: its address, of IPv6 the network (a host has a /64), apart for each family that it asks
/// for, as browsers ask for both and use one.
fn known_by(client: IpAddr, family: Family) -> u64 {
    let asked = u64::from(family == Family::V6);
    match client.to_canonical() {
        IpAddr::V4(address) => u64::from(address.to_bits()) << 1 | asked,
        // Global addresses begin with 001, so the shift loses nothing that tells them from each other or from IPv4.
        IpAddr::V6(address) => ((address.to_bits() >> 64) as u64) << 1 | asked,
    }
}

/// Brings the counts into the order of the members; those of members that are gone are forgotten. Says whether the
/// members are others than before.
fn align(handed: &mut Vec<(InterfaceName, u64)>, members: &[Member]) -> bool {
    let same = handed.len() == members.len()
        && handed.iter().zip(members).all(|((name, _), member)| *name == member.name);
    if same {
        return false;
    }
    let before = std::mem::take(handed);
    let count = |member: &Member| before.iter().find(|(name, _)| *name == member.name).map_or(0, |(_, n)| *n);
    *handed = members.iter().map(|member| (member.name.clone(), count(member))).collect();
    true
}
