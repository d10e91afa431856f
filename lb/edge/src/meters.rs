//! What the edge counts.

use prometheus::{IntCounter, IntCounterVec, IntGauge, Opts, Registry};

use crate::reply::Outcome;

/// The metrics of all listeners together; the desk counts the redirects itself.
#[derive(Debug)]
pub(crate) struct Meters {
    requests: [IntCounter; Outcome::ALL.len()],
    connections: IntGauge,
    refused: IntCounter,
}

/// A connection that is open as long as this lives.
#[derive(Debug)]
pub(crate) struct Open<'a>(&'a IntGauge);

impl Meters {
    pub(crate) fn new(registry: &Registry) -> Result<Self, prometheus::Error> {
        let requests = IntCounterVec::new(
            Opts::new("weir_http_requests_total", "Requests at the HTTP edge, by what was answered."),
            &["outcome"],
        )?;
        let connections =
            IntGauge::new("weir_http_connections", "Connections that are open at the HTTP edge.")?;
        let refused = IntCounter::new(
            "weir_http_connections_refused_total",
            "Connections closed at once because their listener was full.",
        )?;
        registry.register(Box::new(requests.clone()))?;
        registry.register(Box::new(connections.clone()))?;
        registry.register(Box::new(refused.clone()))?;
        let requests = Outcome::ALL.map(|outcome| requests.with_label_values(&[outcome.label()]));
        Ok(Self { requests, connections, refused })
    }

    pub(crate) fn answered(&self, outcome: Outcome) {
        // The discriminants are the places in `Outcome::ALL`; a test holds that.
        self.requests[outcome as usize].inc();
    }

    pub(crate) fn opened(&self) -> Open<'_> {
        self.connections.inc();
        Open(&self.connections)
    }

    pub(crate) fn refused(&self) {
        self.refused.inc();
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.dec();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_outcome_has_its_own_place() {
        assert!(Outcome::ALL.iter().enumerate().all(|(place, outcome)| *outcome as usize == place));
    }
}
