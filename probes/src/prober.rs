//! One probe of one interface: what it remembers from look to look, and the deadline of each.

use std::net::IpAddr;
use std::sync::Arc;

use tokio::time::{Instant, timeout_at};
use url::Url;
use weir_core::{Failure, InterfaceName, Outcome, PoolName, Report};

use crate::hls::Hls;
use crate::place::Place;
use crate::spec::{ProbeKind, ProbeSpec};
use crate::trace::Trace;
use crate::{http, rtmp, tcp};

/// One probe of one interface for one pool.
#[derive(Debug)]
pub struct Prober {
    spec: Arc<ProbeSpec>,
    pool: PoolName,
    interface: InterfaceName,
    url: Url,
    place: Place,
    hls: Hls,
}

impl Prober {
    /// A probe that has yet to look. It connects from the address to the same address.
    pub fn new(spec: Arc<ProbeSpec>, pool: PoolName, interface: InterfaceName, address: IpAddr) -> Self {
        let place = Place::new(address, spec.port(), spec.host().map(str::to_owned));
        Self { url: spec.url(address), spec, pool, interface, place, hls: Hls::default() }
    }

    /// What it looks for.
    pub fn spec(&self) -> &ProbeSpec {
        &self.spec
    }

    /// Looks once, within the probe's timeout. Dropping the future closes what it has opened.
    pub async fn look(&mut self) -> Report {
        self.look_at(Instant::now()).await
    }

    /// The same, judged as if it began then: what has not grown is judged by it.
    pub(crate) async fn look_at(&mut self, now: Instant) -> Report {
        let begin = Instant::now();
        let mut trace = Trace::new();
        let seen = timeout_at(begin + self.spec.timing().timeout, self.see(now, &mut trace)).await;
        let outcome = seen.unwrap_or_else(|_| Outcome::Fail(trace.out_of_time()));
        Report {
            pool: self.pool.clone(),
            interface: self.interface.clone(),
            probe: self.spec.id(),
            outcome,
            timings: trace.finish(begin.elapsed()),
        }
    }

    async fn see(&mut self, now: Instant, trace: &mut Trace) -> Outcome {
        let (url, place) = (&self.url, &self.place);
        match self.spec.kind() {
            ProbeKind::Tcp => outcome(tcp::look(place, trace).await),
            ProbeKind::Http => outcome(http::look(&self.spec, url, place, trace).await),
            ProbeKind::Hls => self.hls.look(url, place, now, trace).await,
            ProbeKind::Rtmp => outcome(rtmp::look(url, place, trace).await),
        }
    }
}

fn outcome(seen: Result<(), Failure>) -> Outcome {
    seen.map_or_else(Outcome::Fail, |()| Outcome::Pass)
}
