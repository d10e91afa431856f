//! The two forms of the run: what they do, how long, and what must come out. All numbers that decide stand here.

use std::time::Duration;

use crate::source::Kind;

/// A form of the run.
#[derive(Clone, Debug)]
pub(crate) struct Form {
    pub(crate) seed: u64,
    /// How long viewers stay in the mean, and within which time the first crowd comes.
    pub(crate) stay: Duration,
    pub(crate) ramp: Duration,
    /// Keys of the daemon's file: `ttl`, those of the probe, and the line that tells what viewers are like.
    pub(crate) ttl: &'static str,
    pub(crate) probe: &'static str,
    pub(crate) viewer: &'static str,
    /// What is done with whom.
    pub(crate) runs: Vec<(Kind, Vec<Phase>)>,
    pub(crate) bounds: Bounds,
}

/// A stretch of a run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Phase {
    pub(crate) name: &'static str,
    pub(crate) lasts: Duration,
    /// The part of the limits that viewers want.
    pub(crate) load: f64,
    /// What happens at its beginning.
    pub(crate) event: Event,
}

/// What happens to a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    Nothing,
    /// It lets half of its limit through.
    Throttle(usize),
    /// It has its limit again.
    Restore(usize),
    /// The origin on it stands still.
    Die(usize),
    /// It goes on.
    Return(usize),
}

/// What must come out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// Highest over mean utilisation, in the mean of the steady phase.
    pub(crate) steady: f64,
    /// The part of viewer-seconds that may be short in it.
    pub(crate) short: f64,
    /// What round robin has at least of it.
    pub(crate) round_robin_short: f64,
    /// Utilisation of the throttled device in the last quarter of the phase, at most.
    pub(crate) throttled: f64,
    /// Mean outage of a viewer who is cut off.
    pub(crate) outage: f64,
}

/// The phases by name.
pub(crate) const WARM_UP: &str = "warm-up";
pub(crate) const STEADY: &str = "steady";
pub(crate) const THROTTLED: &str = "throttled";
pub(crate) const DEAD: &str = "dead";
pub(crate) const RETURNED: &str = "returned";

/// The large device is throttled, and one of the middle ones dies.
pub(crate) const SLOW: usize = 2;
pub(crate) const VICTIM: usize = 1;

/// How long a packet waits at a device before it is refused. A queue so long refuses next to nothing here, however full it
/// is: the kernel lets no connection have more than some packets in the queues of its own machine (TCP small queues). So
/// a throttled device has to be known by the queue that stands before it.
pub(crate) const QUEUE: &str = "50ms";

impl Form {
    /// For each check of a change.
    pub(crate) fn short() -> Self {
        let phase = |name, seconds, event| Phase { name, lasts: seconds_of(seconds), load: 0.65, event };
        // Those who came first stay for 20 s in the mean: only behind that is it as it goes on.
        let steady = [phase(WARM_UP, 35, Event::Nothing), phase(STEADY, 18, Event::Nothing)];
        let faults = [
            phase(THROTTLED, 20, Event::Throttle(SLOW)),
            phase("restored", 8, Event::Restore(SLOW)),
            phase(DEAD, 10, Event::Die(VICTIM)),
        ];
        Self {
            seed: 4,
            stay: seconds_of(20),
            ramp: seconds_of(8),
            ttl: r#"{ min = "1s", max = "5s" }"#,
            probe: "interval = \"1s\"\ntimeout = \"500ms\"\nfall = 2\nrise = 2",
            viewer: r#"viewer = { rate = "520 kbit/s", stay = "20s" }"#,
            runs: vec![
                (Kind::Weir, [&steady[..], &faults[..]].concat()),
                (Kind::RoundRobin, vec![phase(WARM_UP, 8, Event::Nothing), phase(STEADY, 8, Event::Nothing)]),
            ],
            bounds: Bounds {
                steady: 1.25,
                short: 0.01,
                round_robin_short: 0.03,
                throttled: 0.98,
                outage: 5.0,
            },
        }
    }

    /// The bar.
    pub(crate) fn long() -> Self {
        let phase = |name, seconds, load, event| Phase { name, lasts: seconds_of(seconds), load, event };
        let steady = [phase(WARM_UP, 180, 0.8, Event::Nothing), phase(STEADY, 300, 0.8, Event::Nothing)];
        let faults = [
            phase("lighter", 180, 0.6, Event::Nothing),
            phase(THROTTLED, 240, 0.6, Event::Throttle(SLOW)),
            phase("restored", 120, 0.6, Event::Restore(SLOW)),
            phase(DEAD, 120, 0.6, Event::Die(VICTIM)),
            phase(RETURNED, 180, 0.6, Event::Return(VICTIM)),
        ];
        Self {
            seed: 4,
            stay: seconds_of(120),
            ramp: seconds_of(60),
            ttl: r#"{ min = "5s", max = "30s" }"#,
            probe: "",
            viewer: r#"viewer = { rate = "520 kbit/s", stay = "2m" }"#,
            runs: vec![
                (Kind::Weir, [&steady[..], &faults[..]].concat()),
                (Kind::RoundRobin, steady.to_vec()),
                (Kind::Gdnsd, steady.to_vec()),
            ],
            bounds: Bounds {
                steady: 1.07,
                short: 0.0005,
                round_robin_short: 0.08,
                throttled: 0.95,
                outage: 3.5,
            },
        }
    }
}

fn seconds_of(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}
