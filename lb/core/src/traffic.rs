//! What is measured on one interface, with the age of each measurement.

use std::time::{Duration, Instant};

use crate::counter::{Growth, Meter, Sample, TcpReading};
use crate::grounds::{Signal, SignalKind};
use crate::law::lane::Sight;
use crate::smoothing::Smoothed;
use crate::units::BytesPerSec;

/// After this long the old rate counts for 1/e of the smoothed one.
const RATE_TIME_CONSTANT: Duration = Duration::from_secs(10);
/// What was measured longer ago than this is not known.
const STALE_AFTER: Duration = Duration::from_secs(5);
/// Players report when they ask where to go on, which they do every ten seconds or so.
const PLAYERS_STALE_AFTER: Duration = Duration::from_secs(60);
/// A full packet, in bytes.
const PACKET: u64 = 1500;
/// One packet refused of so many sent is what any queue refuses now and then, when players download in bursts.
const FEW: u64 = 1000;
/// With fewer bytes sent in a second, the part that was sent before says nothing.
const ENOUGH_SENT: u64 = 100_000;

/// The measurements of one interface.
#[derive(Clone, Debug, Default)]
pub(crate) struct Traffic {
    transmit: Meter,
    receive: Meter,
    rate: Smoothed,
    /// The rate of the last second, until the law has seen it.
    fresh: Option<BytesPerSec>,
    connections: Option<u32>,
    /// The counter, and the bytes that had been sent by then.
    refused: Option<(u64, u64)>,
    /// Whether packets were refused since the law looked last.
    refusing: Option<bool>,
    tcp: Option<TcpReading>,
    resent: Option<f64>,
    /// What players measure.
    players: Smoothed,
    /// When each kind was seen, in the order of [`SignalKind::ALL`].
    seen: [Option<Instant>; SignalKind::ALL.len()],
}

impl Traffic {
    /// Takes a sample; `fastest` is a rate that cannot be exceeded.
    pub(crate) fn read(&mut self, sample: Sample, fastest: BytesPerSec) {
        self.receive.read(sample.at, sample.received, fastest);
        if let Growth::Rate(rate) = self.transmit.read(sample.at, sample.transmitted, fastest) {
            // What is faster than possible is a counter that jumped.
            if rate <= fastest {
                self.rate.read(sample.at, rate.as_f64(), RATE_TIME_CONSTANT);
                self.fresh = Some(rate);
                self.see(SignalKind::Rate, sample.at);
            }
        }
        self.connections = sample.connections.or(self.connections);
        if sample.connections.is_some() {
            self.see(SignalKind::Connections, sample.at);
        }
        if let Some(refused) = sample.refused {
            self.read_refusals(refused);
            self.see(SignalKind::Refusals, sample.at);
        }
        if let Some(tcp) = sample.tcp {
            self.read_tcp(tcp);
            self.see(SignalKind::Delivery, sample.at);
        }
    }

    fn read_refusals(&mut self, refused: u64) {
        let sent = self.transmit.total();
        let (before, sent_before) = self.refused.unwrap_or((refused, sent));
        let packets = (sent - sent_before) / PACKET;
        // A counter that fell was reset: what it refused since is not known.
        let many = refused.saturating_sub(before) > packets / FEW;
        let grew = self.refused.map(|_| many);
        self.refusing = match (self.refusing, grew) {
            (Some(before), Some(grew)) => Some(before || grew),
            (before, grew) => before.or(grew),
        };
        self.refused = Some((refused, sent));
    }

    fn read_tcp(&mut self, tcp: TcpReading) {
        if let Some(before) = self.tcp {
            let sent = tcp.sent.saturating_sub(before.sent);
            let resent = tcp.resent.saturating_sub(before.resent);
            // Both are counts of one second.
            #[allow(clippy::cast_precision_loss)]
            let part = (sent >= ENOUGH_SENT).then(|| (resent as f64 / sent as f64).min(1.0));
            self.resent = part;
        }
        self.tcp = Some(tcp);
    }

    /// Players say that they download at this rate, on average.
    pub(crate) fn hear_players(&mut self, rate: BytesPerSec, at: Instant) {
        self.players.read(at, rate.as_f64(), RATE_TIME_CONSTANT);
        self.see(SignalKind::Players, at);
    }

    fn see(&mut self, kind: SignalKind, at: Instant) {
        self.seen[kind as usize] = Some(at);
    }

    /// What the law sees in this second. A rate is seen once.
    pub(crate) fn sight(&mut self, now: Instant) -> Sight {
        let is_fresh = |kind| self.is_fresh(kind, now);
        let sight = Sight {
            rate: self.fresh.filter(|_| is_fresh(SignalKind::Rate)),
            refused: self.refusing.filter(|_| is_fresh(SignalKind::Refusals)),
            resent: self.resent.filter(|_| is_fresh(SignalKind::Delivery)),
            connections: self.connections.filter(|_| is_fresh(SignalKind::Connections)),
        };
        if sight.rate.is_some() {
            // Until the next reading nothing is refused, as far as is known.
            (self.fresh, self.refusing) = (None, self.refusing.map(|_| false));
        }
        sight
    }

    fn is_fresh(&self, kind: SignalKind, now: Instant) -> bool {
        self.seen[kind as usize].is_some_and(|seen| now.saturating_duration_since(seen) <= stale_after(kind))
    }

    /// Each measurement that was ever made, with its age.
    pub(crate) fn signals(&self, now: Instant) -> Vec<Signal> {
        let signal = |kind: SignalKind| {
            let seen = self.seen[kind as usize];
            Signal { kind, seen, is_stale: seen.is_some() && !self.is_fresh(kind, now) }
        };
        SignalKind::ALL.map(signal).to_vec()
    }

    pub(crate) fn transmitted(&self) -> u64 {
        self.transmit.total()
    }

    pub(crate) fn received(&self) -> u64 {
        self.receive.total()
    }

    pub(crate) fn rate(&self, now: Instant) -> Option<BytesPerSec> {
        self.rate.at(now, STALE_AFTER).map(BytesPerSec::from_f64)
    }

    pub(crate) fn connections(&self, now: Instant) -> Option<u32> {
        self.connections.filter(|_| self.is_fresh(SignalKind::Connections, now))
    }

    pub(crate) fn resent(&self, now: Instant) -> Option<f64> {
        self.resent.filter(|_| self.is_fresh(SignalKind::Delivery, now))
    }

    pub(crate) fn delivery(&self, now: Instant) -> Option<BytesPerSec> {
        self.tcp.filter(|_| self.is_fresh(SignalKind::Delivery, now))?.delivery
    }

    pub(crate) fn players(&self, now: Instant) -> Option<BytesPerSec> {
        self.players.at(now, PLAYERS_STALE_AFTER).map(BytesPerSec::from_f64)
    }
}

/// After which time a measurement says nothing any more.
const fn stale_after(kind: SignalKind) -> Duration {
    match kind {
        SignalKind::Players => PLAYERS_STALE_AFTER,
        SignalKind::Rate | SignalKind::Connections | SignalKind::Refusals | SignalKind::Delivery => {
            STALE_AFTER
        }
    }
}
