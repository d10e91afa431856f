//! Everything that an answer needs, behind one handle that all listeners share.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use prometheus::Registry;
use weir_core::Reader;

use crate::answer::{self, Answer, Kind, Names};
use crate::challenges::{self, Board, ChallengeError, ChallengeName, ChallengeValue, LONGEST_CHALLENGE};
use crate::desk::Desk;
use crate::door;
use crate::metrics::{Followed, Metrics, Transport};
use crate::query::{QUERY, Query};
use crate::wire::{Asked, FORMERR, NOTIMP, SERVFAIL};
use crate::zone::Zones;

/// Answers questions from the zones and from the published snapshot.
#[derive(Debug)]
pub struct Answerer {
    zones: ArcSwap<Zones>,
    challenges: Arc<Board>,
    reader: Reader,
    desk: Desk,
    metrics: Metrics,
}

impl Answerer {
    /// An answerer over these zones and what the reader's publisher publishes; its counters go to `registry`.
    ///
    /// # Errors
    /// When the registry has counters of these names already.
    pub fn new(zones: Zones, reader: Reader, registry: &Registry) -> Result<Arc<Self>, prometheus::Error> {
        let metrics = Metrics::new(registry)?;
        let (zones, challenges) = (ArcSwap::from_pointee(zones), Board::new(registry)?);
        Ok(Arc::new(Self { zones, challenges, reader, desk: Desk::default(), metrics }))
    }

    /// Answers from other zones from now on; questions that are being answered keep the ones they began with.
    pub fn replace_zones(&self, zones: Zones) {
        self.zones.store(Arc::new(zones));
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

    /// Answers one message. None for what is never answered: fragments of a header, and answers.
    pub async fn respond(&self, message: &[u8], client: SocketAddr, transport: Transport) -> Option<Vec<u8>> {
        let asked = Asked::new(message)?;
        let Some(question) = asked.question() else { return Some(self.refuse(asked, transport)) };
        let Some(request) = door::decode(message, client, transport) else {
            return Some(self.refuse(asked, transport));
        };
        let response = door::respond(self, &request, question).await;
        Some(response.unwrap_or_else(|| asked.refusal(SERVFAIL)))
    }

    /// Answers a question that was decoded, from one snapshot.
    pub(crate) fn answer(&self, query: &Query, client: IpAddr, transport: Transport) -> Answer {
        let snapshot = self.reader.load();
        let (zones, challenges) = (self.zones.load(), self.challenges.load());
        let names = Names { zones: &zones, challenges: challenges.at(Instant::now()) };
        let mut answer = answer::answer(query, client, names, &snapshot, &self.desk);
        self.metrics.count(transport, answer.kind);
        if let Some(handed) = answer.handed.take()
            && self.metrics.count_handed(handed, &snapshot) == Followed::Now
        {
            self.desk.retain(&snapshot);
        }
        answer
    }

    /// Counts a question that could not be decoded by the door of another transport than ours.
    pub(crate) fn count_undecodable(&self, transport: Transport) {
        self.metrics.count(transport, Kind::FormErr);
    }

    /// The answer to what can't be decoded. Another opcode than QUERY may have another format (RFC 1035 leaves it
    /// open), so there it is not the client's mistake.
    fn refuse(&self, asked: Asked<'_>, transport: Transport) -> Vec<u8> {
        let (code, kind) =
            if asked.opcode() == QUERY { (FORMERR, Kind::FormErr) } else { (NOTIMP, Kind::NotImp) };
        self.metrics.count(transport, kind);
        asked.refusal(code)
    }
}
