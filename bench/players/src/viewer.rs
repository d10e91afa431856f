//! One viewer's place in the crowd: arrive, watch, come back after errors, leave; then the next viewer takes it.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

use crate::buffer::Buffer;
use crate::config::{Entry, PlayersConfig};
use crate::draw::Draw;
use crate::error::PlayError;
use crate::names::{Names, Resolver};
use crate::stats::{Books, Meter, Presence};
use crate::{hls, rtmp};

/// The shortest session, whatever is drawn: a place must not spin.
const MIN_SESSION: Duration = Duration::from_millis(100);

/// What all viewers share.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) config: PlayersConfig,
    pub(crate) names: Names,
    pub(crate) books: Books,
}

impl World {
    pub(crate) fn new(config: PlayersConfig) -> Self {
        let names = Names::new(&config.names);
        Self { config, names, books: Books::default() }
    }
}

/// A place that is always taken by some viewer of an audience.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    audience: usize,
    /// Unique in the crowd; the viewer's draws follow from it.
    number: u64,
    first_arrival: Duration,
}

impl Place {
    /// Every place of the crowd, the arrivals of each audience spread evenly over the ramp.
    pub(crate) fn all(config: &PlayersConfig) -> Vec<Self> {
        let sizes = config.audiences.iter().map(|audience| audience.viewers).enumerate();
        let seats =
            sizes.flat_map(|(audience, viewers)| (0..viewers).map(move |seat| (audience, seat, viewers)));
        seats
            .zip(0..)
            .map(|((audience, seat, viewers), number)| {
                let last = viewers.saturating_sub(1).max(1);
                let first_arrival = config.ramp.mul_f64(seat as f64 / last as f64);
                Self { audience, number, first_arrival }
            })
            .collect()
    }
}

/// Runs one place for ever; the crowd's owner cuts it off.
pub(crate) async fn run(world: Arc<World>, place: Place) {
    let mut draw = Draw::new(world.config.seed, place.number);
    sleep(place.first_arrival).await;
    loop {
        let length = draw.exponential(world.config.mean_session).max(MIN_SESSION);
        let _present = world.books.arrive();
        // A viewer leaves in the middle of whatever it does, as people do.
        let _left: Result<Infallible, _> = timeout(length, session(&world, place, &mut draw)).await;
    }
}

async fn session(world: &World, place: Place, draw: &mut Draw) -> Infallible {
    let entry = &world.config.audiences[place.audience].entry;
    let mut view = View::new(world, world.names.pick(draw));
    loop {
        let Err(error) = watch(&mut view, entry, draw).await;
        view.failed(&error);
        sleep(draw.between(&world.config.retry_after)).await;
        view.look();
    }
}

async fn watch(view: &mut View<'_>, entry: &Entry, draw: &mut Draw) -> Result<Infallible, PlayError> {
    match entry {
        Entry::Redirect { url, edges } => {
            let first = draw.below(edges.len());
            let order: Vec<_> = edges[first..].iter().chain(&edges[..first]).copied().collect();
            hls::play(view, url, &order).await
        }
        Entry::Dns { url } if url.scheme() == "rtmp" => rtmp::play(view, url).await,
        Entry::Dns { url } => hls::play(view, url, &[]).await,
    }
}

/// One session as its players see it: whom to ask for addresses, what is buffered, where to count.
#[derive(Debug)]
pub(crate) struct View<'a> {
    pub(crate) world: &'a World,
    pub(crate) resolver: &'a Resolver,
    pub(crate) buffer: Buffer,
    /// Counts at the address that the viewer used last.
    pub(crate) meter: Meter,
    /// Where the media comes from.
    seat: Option<Presence>,
    arrived: Instant,
}

impl<'a> View<'a> {
    fn new(world: &'a World, resolver: &'a Resolver) -> Self {
        let meter = world.books.nowhere();
        Self { world, resolver, buffer: Buffer::default(), meter, seat: None, arrived: Instant::now() }
    }

    /// Looks at the buffer, and counts a stall when it has just run empty.
    pub(crate) fn look(&mut self) {
        if self.buffer.runs_empty(Instant::now()) {
            self.meter.stalled();
        }
    }

    /// Media has come from where the meter counts; `add` puts it into the buffer. The first of a session starts
    /// playback. A connection that was opened anew may lead to another address, so the seat is looked at each time.
    pub(crate) fn fed(&mut self, add: impl FnOnce(&mut Buffer, Instant)) {
        self.look();
        let now = Instant::now();
        if !self.buffer.started() {
            self.meter.started(now.duration_since(self.arrived));
        }
        add(&mut self.buffer, now);
        if !self.seat.as_ref().is_some_and(|seat| seat.is_at(&self.meter)) {
            self.seat = self.meter.settle();
        }
    }

    fn failed(&mut self, error: &PlayError) {
        match error {
            // Each address that could not be reached was counted where it failed.
            PlayError::Unreachable => {}
            PlayError::Name { .. } => self.world.books.nowhere().failed(),
            _ => self.meter.failed(),
        }
        tracing::debug!(%error, "viewer comes back through its entry");
        self.seat = None;
        self.look();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Audience;

    #[test]
    fn arrivals_spread_over_the_ramp_and_numbers_are_unique() {
        let entry = Entry::Dns { url: "http://a/b".parse().unwrap() };
        let audience = |viewers| Audience { viewers, entry: entry.clone() };
        let audiences = vec![audience(3), audience(1)];
        let config = PlayersConfig { audiences, ramp: Duration::from_secs(4), ..PlayersConfig::default() };
        let places = Place::all(&config);
        let arrivals: Vec<u64> = places.iter().map(|place| place.first_arrival.as_secs()).collect();
        assert_eq!(arrivals, [0, 2, 4, 0]);
        let numbers: Vec<u64> = places.iter().map(|place| place.number).collect();
        assert_eq!(numbers, [0, 1, 2, 3]);
    }
}
