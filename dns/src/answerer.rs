//! Everything that an answer needs, behind one handle that all listeners share.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use arc_swap::ArcSwap;
use prometheus::Registry;
use weir_core::Reader;

use crate::answer::{self, Answer, Kind};
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
        Ok(Arc::new(Self { zones: ArcSwap::from_pointee(zones), reader, desk: Desk::default(), metrics }))
    }

    /// Answers from other zones from now on; questions that are being answered keep the ones they began with.
    pub fn replace_zones(&self, zones: Zones) {
        self.zones.store(Arc::new(zones));
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
        let mut answer = answer::answer(query, client, &self.zones.load(), &snapshot, &self.desk);
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
