//! What all listeners share: the snapshots, the desk and the metrics.

use std::sync::Arc;

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{CONNECTION, HeaderValue};
use hyper::{Request, Response};
use prometheus::Registry;
use weir_core::{InterfaceName, Reader, Reservations};

use crate::answer::answer;
use crate::client::Client;
use crate::desk::Desk;
use crate::meters::Meters;
use crate::reply::Outcome;
use crate::target::TargetForm;

/// Answers requests, whichever listener they came to.
#[derive(Debug)]
pub struct Edge {
    reader: Reader,
    desk: Desk,
    meters: Meters,
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
        Ok(Arc::new(Self { reader, desk, meters: Meters::new(registry)? }))
    }

    /// What was sent to each interface so far, and moved away from it: for the law.
    pub fn reserved(&self) -> Vec<(InterfaceName, Reservations)> {
        self.desk.reserved()
    }

    /// Answers one request from one snapshot.
    pub(crate) fn respond<B>(
        &self,
        request: &Request<B>,
        client: Client,
        after: After,
    ) -> Response<Full<Bytes>> {
        let snapshot = self.reader.load();
        let reply = answer(request, client, &snapshot, &self.desk);
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

    pub(crate) fn meters(&self) -> &Meters {
        &self.meters
    }
}
