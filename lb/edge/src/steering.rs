//! HLS content steering (draft-pantos-content-steering; rfc8216bis section 7): the one way to move a player that plays.
//!
//! A steered master names this server. Each player comes back within the time to live and says on which interface it is;
//! it is told an order of interfaces, its own first unless it is to leave. Which interface it leaves for what is the law's
//! judgement (`weir_core::leaves`) and the desk's choice; [`moves`] holds how many may leave at a time.
//!
//! Facts of the world: hls.js never asks again after a 429, and steers no more after a 410; an answer without the viewer's
//! own interface moves it at once; a player whose interface fails takes the next of the order without asking.

pub(crate) mod manifest;
pub(crate) mod moves;
pub(crate) mod poll;

use weir_core::PoolView;

use self::manifest::{Manifest, PathwayClone, Replacement};
use self::poll::Poll;
use crate::answer::World;
use crate::client::Client;
use crate::reply::Reply;
use crate::target::Target;
use crate::viewer;

/// Tells a player of the pool where to go on.
pub(crate) fn answer(pool: &PoolView, query: &str, client: Client, world: World<'_>) -> Reply {
    let poll = Poll::read(query, viewer::of_address(client.address));
    let steered = world.desk.steer((world.snapshot, pool), client, &poll, world.now);
    if steered.order.is_empty() {
        return Reply::Unavailable;
    }
    let new = steered.order.iter().filter(|member| !poll.has.contains(&member.name.as_str()));
    let host = |member| Target { pool, member, client, form: world.desk.form() }.host();
    // Whoever does not say what it has can't be told what is new.
    let pathway_clones = poll.has.first().into_iter().flat_map(|&base_id| {
        new.clone().map(move |&member| PathwayClone {
            base_id,
            id: member.name.as_str(),
            uri_replacement: Replacement { host: host(member) },
        })
    });
    let manifest = Manifest {
        version: Manifest::VERSION,
        ttl: steered.ttl.as_secs(),
        reload_uri: poll::uri(poll.viewer, poll.has.iter().copied()),
        pathway_priority: steered.order.iter().map(|member| member.name.as_str()).collect(),
        pathway_clones: pathway_clones.collect(),
    };
    Reply::Manifest(manifest.json())
}

#[cfg(test)]
mod tests;
