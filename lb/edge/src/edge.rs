//! What all listeners share: the snapshots, the desk and the metrics.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{CONNECTION, HeaderValue};
use hyper::{Request, Response, StatusCode};
use prometheus::Registry;
use weir_core::{BytesPerSec, InterfaceName, Reader, Reservations};

use crate::admission::{Admission, Pass, Rates};
use crate::answer::{Answer, World, answer};
use crate::client::Client;
use crate::desk::Desk;
use crate::errand::Errand;
use crate::masters::{Ask, FetchLimits, Masters};
use crate::meters::Meters;
use crate::reply::{Outcome, Reply};
use crate::responding::Responding;
use crate::target::TargetForm;
use crate::upgrade::Upgrade;

/// Answers requests, whichever listener they came to.
#[derive(Debug)]
pub struct Edge {
    reader: Reader,
    desk: Desk,
    masters: Masters,
    admission: Admission,
    meters: Meters,
    upgrade: Upgrade,
}

/// What becomes of the connection after an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum After {
    /// The next request may come.
    Keep,
    /// It ends, and the answer says so.
    Close,
}

impl Edge {
    /// An edge that answers from the reader's snapshots.
    ///
    /// # Errors
    /// When the registry already has one of its metrics: one edge per registry.
    pub fn new(
        reader: Reader,
        form: TargetForm,
        registry: &Registry,
    ) -> Result<Arc<Self>, prometheus::Error> {
        let desk = Desk::new(form, registry)?;
        let masters = Masters::new(FetchLimits::DEFAULT, registry)?;
        let admission = Admission::new(Rates::default());
        let (meters, upgrade) = (Meters::new(registry)?, Upgrade::default());
        Ok(Arc::new(Self { reader, desk, masters, admission, meters, upgrade }))
    }

    /// Other rates hold for connections that come from now on.
    pub fn replace_rates(&self, rates: Rates) {
        self.admission.follow(rates);
    }

    /// What a new connection of this client may ask.
    pub(crate) fn admit(&self, client: IpAddr) -> Pass {
        self.admission.admit(client, Instant::now())
    }

    /// What is said to a request that is one too many.
    pub(crate) fn turn_away(&self, after: After) -> Responding {
        Responding::now(self.response(Reply::Limited, after))
    }

    /// What was sent to each interface so far, and moved away from it: for the law.
    pub fn reserved(&self) -> Vec<(InterfaceName, Reservations)> {
        self.desk.reserved()
    }

    /// What steered players on each interface measured since this was last asked, on average.
    pub fn downloaded(&self) -> Vec<(InterfaceName, BytesPerSec)> {
        self.desk.downloaded()
    }

    /// From now on, requests over plain HTTP are sent to this port over TLS, instead of to an interface; or, with none, not.
    pub fn redirect_to_https(&self, port: Option<u16>) {
        self.upgrade.set(port);
    }

    /// Answers one request from one snapshot; a playlist that has to be fetched first, from the one that holds then.
    pub(crate) fn respond<B>(
        self: &Arc<Self>,
        request: &Request<B>,
        client: Client,
        after: After,
    ) -> Responding {
        let snapshot = self.reader.load();
        if let Some(reply) = self.upgrade.answer(request, client, &snapshot) {
            return Responding::now(self.response(reply, after));
        }
        let world = World { snapshot: &snapshot, desk: &self.desk, now: Instant::now() };
        match answer(request, client, world) {
            Answer::Now(reply) => Responding::now(self.response(reply, after)),
            Answer::After(errand) => {
                let edge = Arc::clone(self);
                Responding::later(async move {
                    let reply = edge.run(errand).await;
                    edge.response(reply, after)
                })
            }
        }
    }

    /// Fetches a playlist, and makes the viewer's own of it.
    async fn run(&self, errand: Errand) -> Reply {
        let (from, host) = {
            let snapshot = self.reader.load();
            let Some(pool) = snapshot.pool(&errand.pool) else {
                return Reply::Gateway(StatusCode::SERVICE_UNAVAILABLE);
            };
            (self.desk.origins(&snapshot, pool), pool.hostname.clone())
        };
        let ask = Ask { pool: &errand.pool, host: host.as_str(), path: &errand.path, from: &from };
        match self.masters.get(ask, Instant::now()).await {
            Ok(playlist) => {
                let snapshot = self.reader.load();
                errand.finish(&playlist, World { snapshot: &snapshot, desk: &self.desk, now: Instant::now() })
            }
            Err(fault) => Reply::Gateway(fault.status()),
        }
    }

    fn response(&self, reply: Reply, after: After) -> Response<Full<Bytes>> {
        self.meters.answered(reply.outcome());
        let mut response = reply.into_response();
        if after == After::Close {
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }

    /// Counts a request that hyper answered (400, 414, 431) because it could not be understood.
    pub(crate) fn failed(&self, error: &hyper::Error) {
        if error.is_parse_too_large() {
            self.meters.answered(Outcome::TooLong);
        } else if error.is_parse() {
            self.meters.answered(Outcome::BadRequest);
        }
    }

    pub(crate) fn reader(&self) -> &Reader {
        &self.reader
    }

    pub(crate) fn desk(&self) -> &Desk {
        &self.desk
    }

    /// Whether this client is sent to TLS instead of anything else.
    pub(crate) fn upgrades(&self, client: Client) -> bool {
        !client.secure && self.upgrade.is_on()
    }

    pub(crate) fn meters(&self) -> &Meters {
        &self.meters
    }
}
