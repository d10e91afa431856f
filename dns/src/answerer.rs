//! Everything that an answer needs, behind one handle that all listeners share.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use prometheus::Registry;
use weir_core::Reader;

use crate::answer::{self, Answer, Kind, Names};
use crate::challenges::{self, Board, ChallengeError, ChallengeName, ChallengeValue, LONGEST_CHALLENGE};
use crate::chaos::{self, CH};
use crate::cookies::Cookies;
use crate::desk::{Desk, PoolBrought};
use crate::extended;
use crate::fast::{Compiled, Fast};
use crate::guard::Guard;
use crate::metrics::{Metrics, Transport};
use crate::policy::DnsPolicy;
use crate::query::Query;
use crate::quota::Quota;
use crate::zone::Zones;

/// Answers questions from the zones and from the published snapshot.
#[derive(Debug)]
pub struct Answerer {
    zones: ArcSwap<Zones>,
    challenges: Arc<Board>,
    reader: Reader,
    desk: Arc<Desk>,
    fast: Fast,
    metrics: Metrics,
    guard: Guard,
    quota: Arc<Quota>,
}

impl Answerer {
    /// An answerer over these zones and what the reader's publisher publishes; its counters go to `registry`.
    ///
    /// # Errors
    /// When the registry has counters of these names already.
    pub fn new(zones: Zones, reader: Reader, registry: &Registry) -> Result<Arc<Self>, prometheus::Error> {
        Self::with_policy(zones, reader, DnsPolicy::default(), registry)
    }

    /// The same with another policy than the default one.
    ///
    /// # Errors
    /// When the registry has counters of these names already.
    pub fn with_policy(
        zones: Zones,
        reader: Reader,
        policy: DnsPolicy,
        registry: &Registry,
    ) -> Result<Arc<Self>, prometheus::Error> {
        let desk = Arc::new(Desk::default());
        let metrics = Metrics::new(registry, Arc::clone(&desk), reader.clone())?;
        let guard = Guard::new(policy, registry)?;
        let (zones, challenges) = (ArcSwap::from_pointee(zones), Board::new(registry)?);
        let (fast, quota) = (Fast::default(), Quota::new(registry)?);
        Ok(Arc::new(Self { zones, challenges, reader, desk, fast, metrics, guard, quota }))
    }

    /// What answers of each pool have brought since this was last asked, for the law; pools that nobody asked for are left
    /// out.
    pub fn brought(&self, now: Instant) -> Vec<PoolBrought> {
        self.desk.brought(&self.reader.load(), now)
    }

    /// Answers from other zones from now on; questions that are being answered keep the ones they began with.
    pub fn replace_zones(&self, zones: Zones) {
        self.zones.store(Arc::new(zones));
    }

    /// Follows another policy from the next question, or connection, on.
    pub fn replace_policy(&self, policy: DnsPolicy) {
        self.guard.replace(policy);
    }

    /// The cookies; their secret is one of this process alone until it is replaced.
    pub fn cookies(&self) -> &Cookies {
        self.guard.cookies()
    }

    /// Answers TXT at `name` with `value` too, for as long as `lasts` from now on, and no longer than
    /// [`LONGEST_CHALLENGE`]; a value that is there already holds for that long instead. Kept in memory only.
    ///
    /// # Errors
    /// When the name is not ours to answer, or there are too many challenges.
    pub fn set_challenge(
        &self,
        name: &ChallengeName,
        value: &ChallengeValue,
        lasts: Duration,
    ) -> Result<(), ChallengeError> {
        challenges::judge(&self.zones.load(), name)?;
        let now = Instant::now();
        self.challenges.set(name, value, now + lasts.min(LONGEST_CHALLENGE), now)
    }

    /// Answers `name` without `value` from now on; says whether it was answered until now.
    pub fn unset_challenge(&self, name: &ChallengeName, value: &ChallengeValue) -> bool {
        self.challenges.unset(name, value, Instant::now())
    }

    /// Answers one message. None for what is never answered (fragments of a header, and answers), and for what is
    /// over a limit.
    pub async fn respond(&self, message: &[u8], client: SocketAddr, transport: Transport) -> Option<Vec<u8>> {
        self.reply(message, client, transport)
    }

    /// Thinks from now on, where it counts who asked when, that it is always this moment.
    #[cfg(test)]
    pub(crate) fn stop(&self, now: Instant) {
        self.desk.stop(now);
    }

    /// What stands before both paths.
    pub(crate) fn guard(&self) -> &Guard {
        &self.guard
    }

    /// The connections of all listeners.
    pub(crate) fn quota(&self) -> &Arc<Quota> {
        &self.quota
    }

    /// Answers a question that was decoded, from one snapshot.
    pub(crate) fn answer(&self, query: &Query, client: IpAddr, transport: Transport) -> Answer {
        if query.class == CH
            && let Some(answer) = chaos::answer(query, &self.guard.active().policy.chaos)
        {
            self.metrics.count(transport, answer.kind);
            return answer;
        }
        let snapshot = self.reader.load();
        let (zones, challenges) = (self.zones.load(), self.challenges.load());
        let names = Names { zones: &zones, challenges: challenges.at(Instant::now()) };
        let mut answer = answer::answer(query, client, names, &snapshot, &self.desk);
        answer.extended = extended::of(query, &answer, &snapshot);
        self.metrics.count(transport, answer.kind);
        answer
    }

    /// The tables of the fast path, made anew if the snapshot or the zones are others than they were made from.
    pub(crate) fn compiled(&self) -> arc_swap::Guard<Arc<Compiled>> {
        self.fast.load(&self.zones, &self.reader, &self.desk)
    }

    /// The challenges in force.
    pub(crate) fn challenges(&self) -> &Board {
        &self.challenges
    }

    pub(crate) fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// Counts a question that was answered elsewhere.
    pub(crate) fn count(&self, transport: Transport, kind: Kind) {
        self.metrics.count(transport, kind);
    }
}
