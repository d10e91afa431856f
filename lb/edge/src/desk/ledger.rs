//! What one pool's viewers need: whom to choose among the members, and what was sent to each.

use std::cmp::Ordering;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use prometheus::{IntCounter, IntGauge};
use weir_core::{
    Berth, BytesPerSec, Family, InterfaceName, PoolView, Reservations, Snapshot, lowest, rendezvous,
};

use crate::steering::moves::Moves;
use crate::target::TargetForm;

/// The fractional parts of its multiples are spread evenly (H. Weyl): draws without dice. 2^32 divided by the golden ratio.
const GOLDEN: u32 = 0x9e37_79b9;

/// A viewer is kept on its interface as long as that is used no more than so many times the mean (V. Mirrokni, M. Thorup
/// and M. Zadimoghaddam, "Consistent Hashing with Bounded Loads", SODA 2018).
const BOUND: f64 = 1.25;

/// What one pool's viewers need.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    /// Of each member, in the pool's order, so that no request looks anything up.
    pub(super) entries: Vec<Entry>,
    /// Players that are steered; nothing until the first comes.
    pub(super) moves: Option<Moves>,
    /// Their number, and that of moves, as they are counted: looked up once.
    pub(super) steered: Option<(IntGauge, IntCounter)>,
    /// Rises with each choice.
    draws: u32,
}

/// What is counted of a pool's member.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) name: InterfaceName,
    /// Its number for rendezvous hashing.
    pub(super) number: u64,
    pub(super) redirects: IntCounter,
    pub(super) sent: Arc<Sent>,
}

/// Viewers of an interface, by all pools, in bytes per second: counters.
#[derive(Debug, Default)]
pub(super) struct Sent {
    made: AtomicU64,
    given_up: AtomicU64,
    /// What players on it measured since this was last told, in bytes per second, and how many did.
    downloaded: AtomicU64,
    players: AtomicU64,
}

/// Members that may get viewers, in one snapshot.
#[derive(Clone, Copy)]
pub(super) struct Field<'a> {
    pub(super) snapshot: &'a Snapshot,
    pub(super) pool: &'a PoolView,
}

impl Sent {
    pub(super) fn so_far(&self) -> Reservations {
        Reservations { made: self.made.load(Relaxed), given_up: self.given_up.load(Relaxed) }
    }

    /// A player on it measured this, in bits per second. Nobody downloads faster than 100 Gbit/s.
    pub(super) fn hear(&self, bits_per_second: u64) {
        self.downloaded.fetch_add(bits_per_second.min(100_000_000_000) / 8, Relaxed);
        self.players.fetch_add(1, Relaxed);
    }

    /// What its players measured since this was last asked, on average.
    pub(super) fn heard(&self) -> Option<BytesPerSec> {
        let players = self.players.swap(0, Relaxed);
        self.downloaded.swap(0, Relaxed).checked_div(players).map(BytesPerSec::new)
    }

    /// What the law has not taken in yet, in bytes per second.
    fn since(&self, contained: Reservations) -> f64 {
        let Reservations { made, given_up } = self.so_far();
        let since = [made.saturating_sub(contained.made), given_up.saturating_sub(contained.given_up)];
        // Far below 2^53.
        #[allow(clippy::cast_precision_loss)]
        let [made, given_up] = since.map(|rate| rate as f64);
        made - given_up
    }
}

impl Ledger {
    /// The next number of those that are spread evenly.
    pub(super) fn draw(&mut self) -> u32 {
        self.draws = self.draws.wrapping_add(GOLDEN);
        self.draws
    }

    /// Each member that may get viewers, with its load as of now.
    pub(super) fn berths<'a>(
        &'a self,
        field: Field<'a>,
    ) -> impl Iterator<Item = (usize, Berth)> + Clone + 'a {
        let both = field.pool.members.iter().zip(&self.entries).enumerate();
        both.filter_map(move |(index, (member, entry))| {
            let berth = member.grounds.berth?;
            let contained = field.snapshot.interfaces.get(member.index)?.law.reserved;
            Some((index, Berth { load: (berth.load + entry.sent.since(contained)).max(0.0), ..berth }))
        })
    }

    /// Those of the client's family, or of the other if the pool has none of it.
    pub(super) fn family(&self, field: Field<'_>, form: TargetForm, client: IpAddr) -> Family {
        let first = form.first_family(client);
        let has = |family| self.berths(field).any(|(index, _)| field.pool.members[index].family() == family);
        match first {
            Family::V4 if !has(Family::V4) => Family::V6,
            Family::V6 if !has(Family::V6) => Family::V4,
            first => first,
        }
    }

    /// The place of the member for one more viewer: its own, if it has a key and its interface is not used too much; else
    /// the one with the lowest load.
    pub(super) fn place(&mut self, field: Field<'_>, family: Family, key: Option<u64>) -> Option<usize> {
        let draw = self.draw();
        let of_family =
            || self.berths(field).filter(|(index, _)| field.pool.members[*index].family() == family);
        let kept = key.and_then(|key| self.kept(of_family(), key));
        kept.or_else(|| lowest(of_family(), field.pool.steering.viewer.as_f64(), unit(draw)))
    }

    /// The place of the one where this viewer is to stay.
    fn kept(&self, berths: impl Iterator<Item = (usize, Berth)> + Clone, key: u64) -> Option<usize> {
        let sum = |of: fn(&Berth) -> f64| berths.clone().map(|(_, berth)| of(&berth)).sum::<f64>();
        let bound = BOUND * sum(|berth| berth.load) / sum(|berth| berth.capacity).max(f64::MIN_POSITIVE);
        let bearable = |(_, berth): &(usize, Berth)| {
            !berth.is_full && berth.most >= 1.0 && berth.load <= bound * berth.capacity
        };
        let wait = |(index, berth): (usize, Berth)| {
            (index, rendezvous::wait(key, self.entries[index].number, berth.capacity))
        };
        berths.filter(bearable).map(wait).min_by(shorter).map(|(index, _)| index)
    }

    /// Whether one more viewer would be too much for each of them. A pool without any is not full.
    pub(super) fn is_full(&self, field: Field<'_>) -> bool {
        let more = field.pool.steering.viewer.as_f64();
        let mut berths = self.berths(field).peekable();
        berths.peek().is_some()
            && berths.all(|(_, berth)| berth.is_full || berth.load + more > berth.capacity)
    }

    /// The members that may get viewers, in the order in which a viewer would go on to them: by their weights, each viewer's
    /// own.
    pub(super) fn order(&self, field: Field<'_>, family: Family, key: u64) -> Vec<usize> {
        let mut waits: Vec<_> = self
            .berths(field)
            .filter(|(index, _)| field.pool.members[*index].family() == family)
            .map(|(index, _)| {
                let weight = f64::from(field.pool.members[index].weight.get());
                (index, rendezvous::wait(key, self.entries[index].number, weight))
            })
            .collect();
        waits.sort_by(shorter);
        waits.into_iter().map(|(index, _)| index).collect()
    }

    /// Counts a viewer who was sent to a member.
    pub(super) fn count(&self, pool: &PoolView, index: usize) {
        if let Some(entry) = self.entries.get(index) {
            entry.redirects.inc();
            entry.sent.made.fetch_add(pool.steering.viewer.get(), Relaxed);
        }
    }

    /// Counts a viewer who goes from one member to another; the one that is left may be gone.
    pub(super) fn move_one(&self, pool: &PoolView, from: Option<usize>, to: usize) {
        let viewer = pool.steering.viewer.get();
        if let Some(entry) = from.and_then(|from| self.entries.get(from)) {
            entry.sent.given_up.fetch_add(viewer, Relaxed);
        }
        if let Some(entry) = self.entries.get(to) {
            entry.sent.made.fetch_add(viewer, Relaxed);
        }
    }
}

/// A draw in [0, 1).
pub(super) fn unit(draw: u32) -> f64 {
    f64::from(draw) / 4_294_967_296.0
}

fn shorter(one: &(usize, f64), other: &(usize, f64)) -> Ordering {
    one.1.total_cmp(&other.1).then(one.0.cmp(&other.0))
}
