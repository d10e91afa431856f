//! What the desk has handed out, and how many resolvers it knows, of the pools and interfaces that there are.

use std::sync::Arc;

use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;
use prometheus::{IntCounterVec, IntGaugeVec, Opts};
use weir_core::Reader;

use crate::desk::Desk;

/// Tells it at each scrape.
pub(super) struct Handed {
    desk: Arc<Desk>,
    reader: Reader,
    /// Without values; for their descriptions.
    empty: (IntCounterVec, IntGaugeVec),
}

impl Handed {
    pub(super) fn new(desk: Arc<Desk>, reader: Reader) -> Result<Self, prometheus::Error> {
        Ok(Self { desk, reader, empty: families()? })
    }
}

fn families() -> Result<(IntCounterVec, IntGaugeVec), prometheus::Error> {
    let answers = IntCounterVec::new(
        Opts::new(
            "weir_dns_answers_total",
            "DNS answers of a pool's host name, by the interface that they name first.",
        ),
        &["pool", "interface"],
    )?;
    let resolvers = IntGaugeVec::new(
        Opts::new(
            "weir_dns_resolvers",
            "Resolvers that asked for a pool again and again, so that it is known how many viewers they have.",
        ),
        &["pool"],
    )?;
    Ok((answers, resolvers))
}

impl Collector for Handed {
    fn desc(&self) -> Vec<&Desc> {
        [self.empty.0.desc(), self.empty.1.desc()].concat()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let Ok((answers, resolvers)) = families() else { return Vec::new() };
        let snapshot = self.reader.load();
        self.desk.handed(&snapshot, |pool, interface, count| {
            answers.with_label_values(&[pool.as_str(), interface.as_str()]).inc_by(count);
        });
        self.desk.resolvers(&snapshot, |pool, known| {
            resolvers.with_label_values(&[pool.as_str()]).set(known.into());
        });
        [answers.collect(), resolvers.collect()].concat()
    }
}
