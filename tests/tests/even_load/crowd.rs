//! Who comes, when, how fast, through which resolver, for how long: all by one seed, whatever the answers are.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use crate::books::Books;
use crate::resolver::Resolver;
use crate::viewer::{self, Viewer};
use crate::world::LIMITS;

/// What viewers watch, in Mbit/s; each as often as the others.
const LADDER: [f64; 5] = [0.1, 0.3, 0.5, 0.7, 0.9];

/// What a frame takes on a device for each byte of media in it: 1514 for 1448.
const WIRE: f64 = 1514.0 / 1448.0;

/// How many resolvers there are. The first has 22 % of the viewers (Zipf's law, exponent 1).
const RESOLVERS: usize = 50;

/// More than viewers and all else need.
const SOCKETS: u64 = 8192;

/// Bytes a second of one Mbit/s.
const BYTES: f64 = 1e6 / 8.0;

/// The crowd as it is told.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) seed: u64,
    /// How long a viewer stays in the mean; exponentially distributed.
    pub(crate) stay: Duration,
    /// The crowd comes within this time, and is complete then.
    pub(crate) ramp: Duration,
    /// Whom resolvers ask.
    pub(crate) servers: Arc<[SocketAddr]>,
}

/// What is changed while it runs.
#[derive(Debug)]
pub(crate) struct Reins {
    /// The load that is aimed at, as the bits of an f64.
    load: AtomicU64,
    stop: AtomicBool,
}

impl Reins {
    pub(crate) fn new(load: f64) -> Self {
        Self { load: AtomicU64::new(load.to_bits()), stop: AtomicBool::new(false) }
    }

    /// The part of all limits together that viewers want, from now on; it is reached within some stays.
    pub(crate) fn aim_at(&self, load: f64) {
        self.load.store(load.to_bits(), Ordering::Relaxed);
    }

    /// All leave.
    pub(crate) fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    fn load(&self) -> f64 {
        f64::from_bits(self.load.load(Ordering::Relaxed))
    }

    fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

/// What is sent to a viewer beyond what it plays, in seconds of its bitrate: it starts with a portion more, and what is
/// in the kernel's buffers is lost when it leaves.
const AHEAD: f64 = 2.5;

/// How many viewers make this load, when each stays for so many seconds.
fn viewers(load: f64, stay: f64) -> f64 {
    let mean = LADDER.iter().sum::<f64>() / LADDER.len() as f64;
    load * LIMITS.iter().sum::<f64>() / (mean * WIRE * (1.0 + AHEAD / stay))
}

/// Runs the crowd in the namespace of this thread until it is told to stop.
pub(crate) fn run(plan: &Plan, reins: &Reins, books: &Arc<Books>) {
    allow_sockets();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a runtime can be had");
    runtime.block_on(arrivals(plan, reins, books));
    // Questions that wait for an answer end by themselves.
    runtime.shutdown_timeout(Duration::from_secs(1));
}

/// Each viewer has a socket, and many machines allow a process no more than 1024 until it asks.
fn allow_sockets() {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: both take a pointer to a struct that is there, and keep nothing of it.
    let result = unsafe {
        libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit);
        limit.rlim_cur = limit.rlim_max.min(SOCKETS);
        libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit)
    };
    assert_eq!(result, 0, "a process may have what its hard limit says");
}

/// Viewers come by Poisson's law. With this rate in the first time, and the usual one from then on, the number of
/// those who are there is at its aim at the end of the ramp (the queue M/M/∞, which began empty).
async fn arrivals(plan: &Plan, reins: &Reins, books: &Arc<Books>) {
    let resolvers: Vec<_> =
        (0..RESOLVERS).map(|number| Arc::new(Resolver::new(number, &plan.servers, books))).collect();
    let mut chance = fastrand::Rng::with_seed(plan.seed);
    let stay = plan.stay.as_secs_f64();
    let start = Instant::now();
    let hurry = 1.0 / (1.0 - (-plan.ramp.as_secs_f64() / stay).exp());
    let mut next = start;
    for number in 0.. {
        let rate = viewers(reins.load(), stay) / stay * if next - start < plan.ramp { hurry } else { 1.0 };
        next += Duration::from_secs_f64(exponential(&mut chance) / rate);
        sleep_until(next).await;
        if reins.stopped() {
            return;
        }
        // Each viewer has chances of its own, so that its failures do not change who comes after it.
        let mut chance =
            fastrand::Rng::with_seed(plan.seed ^ (number + 1_u64).wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let viewer = Viewer {
            bytes_per_second: LADDER[chance.usize(..LADDER.len())] * BYTES,
            stay: plan.stay.mul_f64(exponential(&mut chance)),
            resolver: Arc::clone(&resolvers[zipf(&mut chance)]),
            books: Arc::clone(books),
            chance,
        };
        tokio::spawn(viewer::watch(viewer));
    }
}

/// Exponentially distributed with the mean 1.
fn exponential(chance: &mut fastrand::Rng) -> f64 {
    -(1.0 - chance.f64()).ln()
}

/// A resolver by Zipf's law: the n-th has 1/n of the viewers of the first.
fn zipf(chance: &mut fastrand::Rng) -> usize {
    let whole: f64 = (1..=RESOLVERS).map(|rank| 1.0 / rank as f64).sum();
    let mut drawn = chance.f64() * whole;
    for rank in 1..RESOLVERS {
        drawn -= 1.0 / rank as f64;
        if drawn < 0.0 {
            return rank - 1;
        }
    }
    RESOLVERS - 1
}
