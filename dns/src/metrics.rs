//! What is counted: questions by transport and kind, and whom each pool's answers named first.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use prometheus::{IntCounter, IntCounterVec, Opts, Registry};
use weir_core::{InterfaceName, PoolName, Snapshot};

use crate::answer::Kind;

/// The way a question came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// One datagram each way.
    Udp,
    /// A connection, each message behind its length.
    Tcp,
}

/// As people write it.
impl std::fmt::Display for Transport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::Udp => "UDP",
            Self::Tcp => "TCP",
        })
    }
}

/// All counters of this crate.
#[derive(Debug)]
pub(crate) struct Metrics {
    queries: HashMap<(&'static str, &'static str), IntCounter>,
    answers: IntCounterVec,
    handed: Mutex<Handed>,
}

/// The label sets of `weir_dns_answers_total` that exist.
#[derive(Debug, Default)]
struct Handed {
    /// The snapshot that they were last compared with.
    generation: u64,
    counters: HashMap<(PoolName, InterfaceName), IntCounter>,
}

impl Transport {
    /// Its label.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Udp => "udp",
            Self::Tcp => "tcp",
        }
    }
}

impl Metrics {
    pub(crate) fn new(registry: &Registry) -> Result<Self, prometheus::Error> {
        let queries = IntCounterVec::new(
            Opts::new("weir_dns_queries_total", "DNS questions that were answered, by what they were about."),
            &["transport", "kind"],
        )?;
        let answers = IntCounterVec::new(
            Opts::new(
                "weir_dns_answers_total",
                "DNS answers of a pool's host name, by the interface that they name first.",
            ),
            &["pool", "interface"],
        )?;
        registry.register(Box::new(queries.clone()))?;
        registry.register(Box::new(answers.clone()))?;
        let mut counters = HashMap::new();
        for transport in [Transport::Udp, Transport::Tcp] {
            for kind in Kind::ALL {
                let labels = (transport.as_str(), kind.as_str());
                counters.insert(labels, queries.get_metric_with_label_values(&[labels.0, labels.1])?);
            }
        }
        Ok(Self { queries: counters, answers, handed: Mutex::default() })
    }

    /// Counts a question that was answered.
    pub(crate) fn count(&self, transport: Transport, kind: Kind) {
        if let Some(counter) = self.queries.get(&(transport.as_str(), kind.as_str())) {
            counter.inc();
        }
    }

    /// Counts whom an answer named first, and drops the counters of interfaces and pools that are gone.
    pub(crate) fn count_handed(&self, to: (PoolName, InterfaceName), snapshot: &Snapshot) -> Followed {
        let mut handed = self.handed.lock().unwrap_or_else(PoisonError::into_inner);
        let followed =
            if handed.generation == snapshot.generation { Followed::Already } else { Followed::Now };
        if followed == Followed::Now {
            handed.generation = snapshot.generation;
            handed.counters.retain(|(pool, interface), _| {
                let known =
                    |view: &weir_core::PoolView| view.members.iter().any(|member| member.name == *interface);
                let stays = snapshot.pool(pool).is_some_and(known);
                if !stays {
                    // It fails only when there is no such label set, and then there is nothing to remove.
                    self.answers.remove_label_values(&[pool.as_str(), interface.as_str()]).ok();
                }
                stays
            });
        }
        let counter = handed.counters.entry(to);
        let labels = counter.key().clone();
        counter
            .or_insert_with(|| self.answers.with_label_values(&[labels.0.as_str(), labels.1.as_str()]))
            .inc();
        followed
    }
}

/// Whether the label sets follow a snapshot already, or since now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Followed {
    Already,
    Now,
}
