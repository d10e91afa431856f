//! Where a running player goes on.

use std::time::Instant;

use weir_core::{Limit, Member, PoolView, Snapshot, Ttl, Verdict, leaves};

use super::Desk;
use super::ledger::{Field, Ledger, unit};
use crate::client::Client;
use crate::steering::moves::Moves;
use crate::steering::poll::Poll;

/// What a player is told.
#[derive(Debug)]
pub(crate) struct Steered<'a> {
    /// The interfaces that it may use, the one to play from first.
    pub(crate) order: Vec<&'a Member>,
    /// When it is to ask again.
    pub(crate) ttl: Ttl,
}

/// What is to become of a player on its interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stay {
    /// It plays well there.
    Stays,
    /// It is to leave when it is its turn.
    MayLeave,
    /// Nothing plays there.
    MustLeave,
}

impl Desk {
    /// Where a player goes on, and for how long. It counts where it goes at once, and no longer where it was.
    pub(crate) fn steer<'a>(
        &self,
        (snapshot, pool): (&'a Snapshot, &'a PoolView),
        client: Client,
        poll: &Poll<'_>,
        now: Instant,
    ) -> Steered<'a> {
        let field = Field { snapshot, pool };
        let rules = pool.http.steering;
        self.with_ledger(snapshot, pool, |ledger| {
            self.follow_members(ledger, pool);
            let family = ledger.family(field, self.form, client.address);
            let mut order = ledger.order(field, family, poll.viewer);
            let on =
                poll.on.and_then(|name| pool.members.iter().position(|member| member.name.as_str() == name));
            if let Some((entry, measured)) = on.and_then(|on| ledger.entries.get(on)).zip(poll.throughput) {
                entry.sent.hear(measured);
            }
            let draw = unit(ledger.draw());
            let stay = if poll.on.is_some() { stay(ledger, field, on, draw) } else { Stay::Stays };
            let mut moves = ledger.moves.take().unwrap_or_else(|| Moves::new(now, rules.ttl));
            moves.pass(now, rules.ttl);
            let goes = match stay {
                Stay::Stays => false,
                Stay::MayLeave => moves.may_move(rules),
                Stay::MustLeave => true,
            };
            let waits = stay == Stay::MayLeave && !goes;
            let ttl = moves.lease(waits, unit(ledger.draw()));
            let (players, moved) = ledger.steered.take().unwrap_or_else(|| {
                let label = [pool.name.as_str()];
                (self.players.with_label_values(&label), self.moves.with_label_values(&label))
            });
            // Far below 2^63.
            players.set(moves.players().cast_signed());
            ledger.moves = Some(moves);
            let to = if goes { ledger.place(field, family, None).filter(|to| Some(*to) != on) } else { None };
            if let Some(to) = to {
                ledger.move_one(pool, on, to);
                moved.inc();
            }
            ledger.steered = Some((players, moved));
            if let Some(first) = to.or(on) {
                order.retain(|&index| index != first);
                order.insert(0, first);
            }
            // Where nobody is sent, but something plays, is still better than nothing when all else fails.
            let last = |index: &usize| {
                let member = &pool.members[*index];
                last_resort(member) && member.family() == family && !order.contains(index)
            };
            let last: Vec<_> = (0..pool.members.len()).filter(last).collect();
            let order = order.into_iter().chain(last).filter_map(|index| pool.members.get(index)).collect();
            Steered { order, ttl }
        })
    }
}

/// Whether a member that gets no viewers plays all the same: it is being drained, or full.
fn last_resort(member: &Member) -> bool {
    !member.weight.is_some() && member.verdict == Verdict::Up && member.grounds.limit != Limit::OrderedDown
}

/// What is to become of a player on the member at this place, if it still is one.
fn stay(ledger: &Ledger, field: Field<'_>, on: Option<usize>, draw: f64) -> Stay {
    let Some((on, member)) = on.and_then(|on| Some((on, field.pool.members.get(on)?))) else {
        return Stay::MustLeave;
    };
    let ordered = member.grounds.limit == Limit::OrderedDown;
    if !member.weight.is_some() && (ordered || member.verdict == Verdict::Down) {
        Stay::MustLeave
    } else if leaves(ledger.berths(field), on, draw) {
        Stay::MayLeave
    } else {
        Stay::Stays
    }
}
