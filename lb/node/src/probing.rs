//! Keeps one prober running for each probe of each interface of each pool, as configuration and inventory come and go.
//!
//! A prober that stays is left alone by a reload: it keeps its pinned playlist and its rhythm.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::IpAddr;
use std::sync::Arc;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio_util::sync::{CancellationToken, DropGuard};
use weir_core::{Event, Interface, InterfaceName, PoolName, ProbeId, Report};
use weir_probes::{ProbeSpec, Prober, schedule};

use crate::config::Config;
use crate::interfaces::InterfacesReceiver;
use crate::metrics::Metrics;

/// Reports that may wait to be passed on.
const QUEUE: usize = 1024;

/// Which probe of which interface of which pool.
type Key = (PoolName, InterfaceName, ProbeId);

/// What a prober looks at.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Task {
    address: IpAddr,
    spec: Arc<ProbeSpec>,
}

/// Probes until it is asked to stop.
pub async fn probe(
    mut config: watch::Receiver<Arc<Config>>,
    mut interfaces: InterfacesReceiver,
    sink: ReportSink,
    stop: CancellationToken,
) {
    let (reports, passed_on) = mpsc::channel(QUEUE);
    let mut probers = Probers { running: HashMap::new(), tasks: JoinSet::new(), reports };
    let passing_on = pass_on(passed_on, sink);
    let keeping_up = async {
        loop {
            let wanted = wanted(&config.borrow_and_update(), &interfaces.borrow_and_update());
            probers.keep_up(wanted);
            tokio::select! {
                changed = config.changed() => if changed.is_err() { return },
                changed = interfaces.changed() => if changed.is_err() { return },
                Some(ended) = probers.tasks.join_next(), if !probers.tasks.is_empty() => {
                    if ended.is_err_and(|error| error.is_panic()) {
                        tracing::error!("prober_panicked");
                        return;
                    }
                }
            }
        }
    };
    tokio::select! {
        () = stop.cancelled() => {}
        () = keeping_up => {}
        () = passing_on => {}
    }
}

/// Where reports go: counted, then told to the control task.
#[derive(Debug)]
pub struct ReportSink {
    /// Counts them.
    pub metrics: Arc<Metrics>,
    /// Judges them.
    pub events: mpsc::Sender<Event>,
}

async fn pass_on(mut reports: mpsc::Receiver<Report>, sink: ReportSink) {
    while let Some(report) = reports.recv().await {
        sink.metrics.report(report.probe.kind(), &report);
        if sink.events.send(Event::Report(report)).await.is_err() {
            return;
        }
    }
}

struct Probers {
    running: HashMap<Key, (Task, DropGuard)>,
    tasks: JoinSet<()>,
    reports: mpsc::Sender<Report>,
}

impl Probers {
    /// Stops what is no longer wanted, and starts what is missing.
    fn keep_up(&mut self, wanted: HashMap<Key, Task>) {
        self.running.retain(|key, (task, _)| wanted.get(key) == Some(task));
        for (key, task) in wanted {
            if self.running.contains_key(&key) {
                continue;
            }
            let stop = CancellationToken::new();
            let prober = Prober::new(Arc::clone(&task.spec), key.0.clone(), key.1.clone(), task.address);
            self.tasks.spawn(schedule(prober, seed(&key), self.reports.clone(), stop.clone()));
            self.running.insert(key, (task, stop.drop_guard()));
        }
    }
}

/// Which probers there should be.
fn wanted(config: &Config, interfaces: &[Interface]) -> HashMap<Key, Task> {
    let mut wanted = HashMap::new();
    for pool in config.pools() {
        for interface in interfaces.iter().filter(|interface| pool.pool.has(&interface.name)) {
            wanted.extend(pool.probes.iter().map(|spec| {
                let key = (pool.pool.name.clone(), interface.name.clone(), spec.id());
                (key, Task { address: interface.address, spec: Arc::clone(spec) })
            }));
        }
    }
    wanted
}

/// Spreads the jitter of probers that start together; the same at every start, so that a run can be repeated.
fn seed((pool, interface, probe): &Key) -> u64 {
    let mut hasher = DefaultHasher::new();
    (pool.as_str(), interface.as_str(), probe.as_str()).hash(&mut hasher);
    hasher.finish()
}
