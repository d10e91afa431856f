//! Puts the rooms together, runs them, and takes them apart in order.
//!
//! Start: configuration → orders from the disk → control task → discovery → sockets → probes, counters, admin → ready.
//! Stop: not ready → sockets stop accepting and finish what is in flight → tasks end → who was late is named.

use std::collections::BTreeSet;
use std::future::Future;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{Mutex, mpsc, watch};
use tokio_util::sync::CancellationToken;
use weir_core::{Event, Interface, InterfaceName, Sample};
use weir_dns::Answerer;
use weir_edge::{Edge, TargetForm};
use weir_probes::{ProbeKind, ProbeSpec};

use crate::admin::{Admin, AdminError, AdminServer};
use crate::certificates::{CertificateError, Equipped, Keeper};
use crate::config::{Config, PoolConfig};
use crate::control::{Control, ControlHandle};
use crate::counters;
use crate::handed;
use crate::interfaces::{self, InterfacesReceiver};
use crate::listeners::{GRACE, ListenError, Listeners, Service};
use crate::metrics::Metrics;
use crate::orders::{OrderBook, OrdersError};
use crate::probing::{self, ReportSink};
use crate::readiness::Readiness;
use crate::reload::{Reload, seconds_since_1970, zone_serial};
use crate::secrets;
use crate::tasks::{EndedUnasked, Tasks};

/// Discovery gets this long for its first inventory; an address that comes later is bound then.
const FIRST_INVENTORY: Duration = Duration::from_secs(5);
/// Tasks get this long to end, beyond what sockets get.
const BEYOND_GRACE: Duration = Duration::from_secs(2);
/// How often somebody looks whether the admin thread still runs.
const ADMIN_WATCH: Duration = Duration::from_secs(1);

/// A running daemon.
pub struct Daemon {
    tasks: Tasks,
    admin: AdminServer,
    readiness: Arc<Readiness>,
    addresses: Vec<(Service, SocketAddr)>,
}

/// Why the daemon could not start, or ended.
#[derive(Debug, thiserror::Error)]
pub enum DaemonError {
    /// The orders could not be read or written.
    #[error(transparent)]
    Orders(#[from] OrdersError),
    /// A certificate cannot be used.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// An address cannot be listened on.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// The admin listener cannot start.
    #[error(transparent)]
    Admin(#[from] AdminError),
    /// Two metrics have one name.
    #[error("cannot register the metrics")]
    Metrics(#[from] prometheus::Error),
    /// The kernel refuses to tell of signals.
    #[error("cannot receive signals")]
    Signals(#[source] std::io::Error),
    /// A task ended by itself.
    #[error(transparent)]
    Ended(#[from] EndedUnasked),
    /// The admin thread ended by itself.
    #[error("the admin thread ended unasked")]
    AdminEnded,
}

/// The rooms on their way to a daemon.
struct Rooms {
    tasks: Tasks,
    config: watch::Sender<Arc<Config>>,
    control: ControlHandle,
    metrics: Arc<Metrics>,
    readiness: Arc<Readiness>,
    found: InterfacesReceiver,
}

impl Daemon {
    /// Starts everything. `file` is read again at SIGHUP; without one, SIGHUP is ignored.
    ///
    /// # Errors
    /// When orders, sockets, metrics or signals fail; then nothing runs any more.
    pub async fn start(config: Config, file: Option<PathBuf>) -> Result<Self, DaemonError> {
        let book = OrderBook::open(&config.node().state_dir)?;
        let metrics = Arc::new(Metrics::new()?);
        metrics.reloaded(seconds_since_1970());
        let mut rooms = Rooms::open(config, &book, Arc::clone(&metrics)).await;
        let config = Arc::clone(&rooms.config.borrow());

        let reader = rooms.control.reader.clone();
        let (zones, policy) = (config.zones(zone_serial()), config.dns().policy.clone());
        let answerer = Answerer::with_policy(zones, reader.clone(), policy, metrics.registry())?;
        let edge = Edge::new(reader, TargetForm::Name, metrics.registry())?;
        edge.replace_rates(config.http().rates.clone());
        let handed = handed::tell(Arc::clone(&answerer), Arc::clone(&edge), rooms.control.events.clone());
        rooms.tasks.spawn("handed", cancelled_by(rooms.tasks.stop_token(), handed));
        let (certificates, equipped) = Keeper::open(&config, metrics.registry())?;
        let mut listeners = Listeners::new(Arc::clone(&answerer), Arc::clone(&edge), metrics);
        let interfaces = rooms.first_inventory().await;
        listeners.bind_all(&equipped.borrow(), &interfaces)?;
        let addresses = listeners.addresses();
        let admin = rooms.open_admin(&config, book, Arc::clone(&answerer))?;
        let hangup = Reload::hangup().map_err(DaemonError::Signals)?;
        rooms.readiness.bound();

        let (stop, followed) = (rooms.tasks.stop_token(), rooms.config.subscribe());
        rooms.tasks.spawn("certificates", certificates.follow(followed, stop));
        rooms.follow(listeners, equipped);
        rooms.measure();
        let (followed, stop) = (rooms.config.subscribe(), rooms.tasks.stop_token());
        rooms.tasks.spawn("cookie secrets", secrets::follow(followed, Arc::clone(&answerer), stop));
        if let Some(path) = file {
            let (config, events) = (rooms.config.clone(), rooms.control.events.clone());
            let reload = Reload { path, config, events, answerer, edge, metrics: Arc::clone(&rooms.metrics) };
            let stop = rooms.tasks.stop_token();
            rooms.tasks.spawn("reload", reload.on_hangup(hangup, stop));
        } else {
            // Somebody must own the sending end: those who follow the configuration end with it.
            let (config, stop) = (rooms.config.clone(), rooms.tasks.stop_token());
            rooms.tasks.spawn("configuration", async move {
                stop.cancelled().await;
                drop(config);
            });
        }
        tracing::info!(node = %config.node().name, admin = %admin.address(), "serving");
        Ok(Self { tasks: rooms.tasks, admin, readiness: rooms.readiness, addresses })
    }

    /// Where the admin API is.
    pub fn admin_address(&self) -> SocketAddr {
        self.admin.address()
    }

    /// The sockets that were bound at the start.
    pub fn addresses(&self) -> &[(Service, SocketAddr)] {
        &self.addresses
    }

    /// Resolves once SIGTERM or SIGINT asks to stop.
    ///
    /// # Errors
    /// When the kernel refuses to tell of signals.
    pub fn stop_signal() -> Result<impl Future<Output = ()>, DaemonError> {
        let mut terminate = signal(SignalKind::terminate()).map_err(DaemonError::Signals)?;
        let mut interrupt = signal(SignalKind::interrupt()).map_err(DaemonError::Signals)?;
        Ok(async move {
            tokio::select! {
                _ = terminate.recv() => tracing::info!(signal = "SIGTERM", "stopping"),
                _ = interrupt.recv() => tracing::info!(signal = "SIGINT", "stopping"),
            }
        })
    }

    /// Runs until `stop`, then stops in order.
    ///
    /// # Errors
    /// When a task ends unasked; then the rest is stopped too.
    pub async fn run_until(mut self, stop: impl Future<Output = ()>) -> Result<(), DaemonError> {
        let outcome = tokio::select! {
            () = stop => Ok(()),
            ended = self.tasks.one_ended() => Err(ended.into()),
            () = ended(&self.admin) => Err(DaemonError::AdminEnded),
        };
        self.readiness.stopping();
        for task in self.tasks.stop(GRACE + BEYOND_GRACE).await {
            tracing::warn!(task, "task_was_late");
        }
        self.admin.stop();
        tracing::info!("stopped");
        outcome
    }
}

/// Resolves once the admin thread has ended by itself.
async fn ended(admin: &AdminServer) {
    while !admin.has_ended() {
        tokio::time::sleep(ADMIN_WATCH).await;
    }
}

impl Rooms {
    /// Starts the control task and discovery, and tells the state what it must know from the start.
    async fn open(config: Config, book: &OrderBook, metrics: Arc<Metrics>) -> Self {
        let mut tasks = Tasks::new();
        let (control, handle) = Control::new();
        let stop = tasks.stop_token();
        tasks.spawn("control", control.run(stop));
        // The control task has just been started: it takes these in before anything else.
        let _ = handle.events.send(Event::Configured(config.settings())).await;
        for (interface, order) in book.orders(SystemTime::now()) {
            tracing::info!(%interface, directive = %order.directive, "directive_restored");
            let _ = handle.events.send(Event::Ordered(interface, order)).await;
        }
        let (config, followed) = watch::channel(Arc::new(config));
        let (find, found) = watch::channel::<Arc<[Interface]>>(Arc::new([]));
        let stop = tasks.stop_token();
        let discover = interfaces::discover(followed, find, handle.events.clone(), stop);
        tasks.spawn("discovery", discover);
        let readiness = Arc::new(Readiness::new(Instant::now()));
        Self { tasks, config, control: handle, metrics, readiness, found }
    }

    async fn first_inventory(&mut self) -> Arc<[Interface]> {
        let first = self.found.wait_for(|interfaces| !interfaces.is_empty());
        match tokio::time::timeout(FIRST_INVENTORY, first).await {
            Ok(Ok(interfaces)) => Arc::clone(&interfaces),
            _ => {
                tracing::warn!("no_interface_found_yet");
                Arc::new([])
            }
        }
    }

    fn open_admin(
        &self,
        config: &Config,
        book: OrderBook,
        answerer: Arc<Answerer>,
    ) -> Result<AdminServer, AdminError> {
        let admin = Admin {
            node: config.node().name.clone(),
            reader: self.control.reader.clone(),
            generation: self.control.generation.clone(),
            events: self.control.events.clone(),
            orders: Mutex::new(book),
            answerer,
            metrics: Arc::clone(&self.metrics),
            readiness: Arc::clone(&self.readiness),
            config: self.config.subscribe(),
        };
        AdminServer::start(config.admin().listen, admin)
    }

    /// Sockets and probes follow configuration and inventory.
    fn follow(&mut self, listeners: Listeners, equipped: watch::Receiver<Equipped>) {
        let stop = self.tasks.stop_token();
        let follow = listeners.follow(equipped, self.found.clone(), stop);
        self.tasks.spawn("listeners", follow);
        let sink = ReportSink { metrics: Arc::clone(&self.metrics), events: self.control.events.clone() };
        let stop = self.tasks.stop_token();
        let probe = probing::probe(self.config.subscribe(), self.found.clone(), sink, stop);
        self.tasks.spawn("probing", probe);
    }

    /// Counters become samples, and samples events.
    fn measure(&mut self) {
        let (ports, followed) = watch::channel(origin_ports(&self.config.borrow()));
        let (sink, samples) = mpsc::channel(256);
        let stop = self.tasks.stop_token();
        self.tasks.spawn("counters", counters::run(self.found.clone(), followed, sink, stop));
        let (config, events) = (self.config.subscribe(), self.control.events.clone());
        let stop = self.tasks.stop_token();
        let pass_on = async move {
            tokio::select! {
                () = stop.cancelled() => {}
                () = follow_ports(config, ports) => {}
                () = pass_on_samples(samples, events) => {}
            }
        };
        self.tasks.spawn("samples", pass_on);
    }
}

/// Runs something until it is to stop.
async fn cancelled_by(stop: CancellationToken, work: impl Future<Output = ()>) {
    tokio::select! {
        () = stop.cancelled() => {}
        () = work => {}
    }
}

/// The ports that viewers reach an origin by: where redirects point, and where streams are probed. (An origin may
/// serve RTMP on another port than HLS.)
fn origin_ports(config: &Config) -> Arc<[u16]> {
    let streams = |spec: &&Arc<ProbeSpec>| matches!(spec.kind(), ProbeKind::Hls | ProbeKind::Rtmp);
    let of_pool = |pool: &PoolConfig| {
        let probed = pool.probes.iter().filter(streams).map(|spec| spec.port());
        probed.chain(pool.pool.origin.ports()).collect::<Vec<_>>()
    };
    let ports: BTreeSet<u16> = config.pools().iter().flat_map(of_pool).collect();
    ports.into_iter().collect()
}

async fn follow_ports(mut config: watch::Receiver<Arc<Config>>, ports: watch::Sender<Arc<[u16]>>) {
    while config.changed().await.is_ok() {
        ports.send_replace(origin_ports(&config.borrow_and_update()));
    }
}

async fn pass_on_samples(mut samples: mpsc::Receiver<(InterfaceName, Sample)>, events: mpsc::Sender<Event>) {
    while let Some((interface, sample)) = samples.recv().await {
        if events.send(Event::Sample(interface, sample)).await.is_err() {
            return;
        }
    }
}
