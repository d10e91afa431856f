//! The seam between the world and those who steer it.
//!
//! The world calls, in every second: `see` once, then `poll` for steered viewers whose turn it is, then `answer` or
//! `redirect` for those who arrive or come again. A policy learns nothing but what stands in the arguments: the
//! measured rates (clipped, noisy), the verdicts (late), and who asked.
//!
//! ```text
//! world ── see(Sight) ───────────────► policy      once a second
//!       ── answer(Question) ─────────► Answer      a resolver whose cache has run out
//!       ── redirect(Newcomer) ───────► interface   a viewer at the redirector
//!       ── poll(Watcher, Newcomer) ──► interface   a running viewer at the steering manifest
//!       ◄─ weights ──────────────────              for the figures: how far and how often they move
//! ```

mod drawn;
mod ideal;
mod mist;
mod rules;
mod weir;

use clap::ValueEnum;
use weir_core::law::rules::Parts;

use super::dice::Dice;
use super::site::Site;

/// Which of the ways to viewers a policy uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Channel {
    /// Answers to resolvers, which keep them.
    Dns,
    /// A redirect for each viewer.
    Redirect,
    /// Redirects, and running viewers ask now and then whether to move.
    Steering,
}

/// What the controller sees of one interface for one second.
#[derive(Clone, Copy, Debug, Default)]
#[allow(dead_code, reason = "what the peers do not look at is for weir's own policies")]
pub(crate) struct Reading {
    /// Measured rate in Mbit/s: clipped at the capacity, with the noise of downloads that start and stop.
    pub(crate) rate: f64,
    /// The kernel or the card says that it has reached its limit, or has not; none where nobody can tell.
    pub(crate) full: Option<bool>,
    /// The part of the bytes that TCP sends again, where only that is known.
    pub(crate) resent: Option<f64>,
    /// The probes' verdict, which is late by the time to detect.
    pub(crate) alive: bool,
    /// Open connections. Those to an interface that died stay open, as nobody closed them.
    pub(crate) connections: u32,
}

/// What the controller sees in one second.
#[derive(Clone, Copy, Debug)]
#[allow(dead_code, reason = "what the peers do not look at is for weir's own policies")]
pub(crate) struct Sight<'a> {
    /// Seconds since the start.
    pub(crate) now: u32,
    /// How many seconds old the rates, the connections and the mark `full` are; verdicts are of now.
    pub(crate) age: u32,
    /// One for each interface.
    pub(crate) readings: &'a [Reading],
}

/// A resolver that asks since its cache has run out.
#[derive(Clone, Copy, Debug)]
#[allow(dead_code, reason = "what the peers do not look at is for weir's own policies")]
pub(crate) struct Question {
    /// Seconds since the start.
    pub(crate) now: u32,
    /// Who asks.
    pub(crate) resolver: usize,
}

/// A DNS answer: one to four interfaces, of which the resolver's viewers take one each, and how long it may be kept.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Answer {
    interfaces: [u8; 4],
    count: u8,
    /// Seconds.
    pub(crate) ttl: u32,
}

/// A viewer who has to be placed.
#[derive(Clone, Copy, Debug)]
#[allow(dead_code, reason = "what the peers do not look at is for weir's own policies")]
pub(crate) struct Newcomer<'a> {
    /// Seconds since the start.
    pub(crate) now: u32,
    /// What the viewer wants in Mbit/s. A redirector cannot know; only the ideal looks.
    pub(crate) bitrate: f64,
    /// The truth, which no policy but the ideal looks at.
    pub(crate) truth: Truth<'a>,
}

/// What really is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Truth<'a> {
    /// Demand in Mbit/s of all viewers sent to each interface.
    pub(crate) demand: &'a [f64],
    /// What each interface can carry now in Mbit/s.
    pub(crate) capacity: &'a [f64],
}

/// One who steers. Interfaces are numbered as in `Site::capacity`.
pub(crate) trait Policy {
    /// Goes on with these parts of weir's law only; called before anything else, and of no meaning to others.
    fn keep(&mut self, _parts: Parts) {}

    /// Which of `answer`, `redirect` and `poll` the world asks.
    fn channel(&self) -> Channel;

    /// Takes in what a second has shown. Called before anything is asked in that second.
    fn see(&mut self, sight: &Sight<'_>);

    /// The shares in force, one for each interface; they sum to one. All zero if there are none.
    fn weights(&self) -> &[f64];

    /// What a resolver is told.
    fn answer(&mut self, question: Question) -> Answer;

    /// Where a viewer is sent.
    fn redirect(&mut self, newcomer: &Newcomer<'_>) -> usize;

    /// Where a viewer who runs on `interface` shall go on; staying is the rule.
    fn poll(&mut self, interface: usize, _viewer: &Newcomer<'_>) -> usize {
        interface
    }
}

impl Answer {
    /// An answer with these interfaces, which are no more than four and at least one.
    pub(crate) fn new(interfaces: impl IntoIterator<Item = usize>, ttl: u32) -> Self {
        let mut answer = Self { interfaces: [0; 4], count: 0, ttl };
        for (place, interface) in answer.interfaces.iter_mut().zip(interfaces) {
            *place = u8::try_from(interface).expect("a site has fewer than 256 interfaces");
            answer.count += 1;
        }
        debug_assert!(answer.count > 0, "an answer is never empty");
        answer
    }

    /// The interfaces.
    pub(crate) fn interfaces(&self) -> &[u8] {
        &self.interfaces[..usize::from(self.count)]
    }
}

/// The policies there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Name {
    /// DNS, equal weights.
    Rr,
    /// DNS, weights by nominal capacity.
    Static,
    /// DNS, always the interface with the lowest last sample.
    NaiveLl,
    /// DNS, weights by nominal capacity less the last sample.
    NaiveHead,
    /// DNS, Envoy's rule: capacity times what a moving average leaves free.
    EnvoyHead,
    /// DNS, NS1's rule: capacity, thinned out between 75 % and 95 % of use.
    Shed,
    /// DNS, Traffic Control's rule: capacity, and nothing above 90 % of use.
    Trip,
    /// Redirects to the interface with the lowest last sample.
    RedirNaive,
    /// Redirects, MistServer's rule: the last sample and what was sent since, which decays.
    RedirMist,
    /// Redirects to the lowest true demand: the bound.
    RedirIdeal,
    /// DNS, weir's law, one address in an answer.
    WeirDns,
    /// DNS, weir's law, two addresses in an answer.
    WeirDns2,
    /// Redirects by weir's law.
    WeirRedirect,
    /// Redirects by weir's law, and running viewers are moved.
    WeirSteer,
}

impl Name {
    /// As it is written on the command line and in rows.
    pub(crate) fn text(self) -> String {
        self.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
    }

    /// A fresh policy of this name.
    pub(crate) fn make(self, site: &Site, dice: &Dice) -> Box<dyn Policy> {
        let weir = |channel, count| Box::new(weir::Weir::new(channel, count, site, dice.clone()));
        let drawn = |channel, rule| Box::new(drawn::Drawn::new(channel, rule, site, dice.clone()));
        match self {
            Self::Rr => drawn(Channel::Dns, rules::even),
            Self::Static => drawn(Channel::Dns, rules::by_capacity),
            Self::NaiveLl => drawn(Channel::Dns, rules::least_loaded),
            Self::NaiveHead => drawn(Channel::Dns, rules::headroom),
            Self::EnvoyHead => drawn(Channel::Dns, rules::smoothed_headroom),
            Self::Shed => drawn(Channel::Dns, rules::shed),
            Self::Trip => drawn(Channel::Dns, rules::trip),
            Self::RedirNaive => drawn(Channel::Redirect, rules::least_loaded),
            Self::RedirMist => Box::new(mist::Mist::new(site)),
            Self::RedirIdeal => Box::new(ideal::Ideal::new(site)),
            Self::WeirDns => weir(Channel::Dns, 1),
            Self::WeirDns2 => weir(Channel::Dns, 2),
            Self::WeirRedirect => weir(Channel::Redirect, 1),
            Self::WeirSteer => weir(Channel::Steering, 1),
        }
    }
}
