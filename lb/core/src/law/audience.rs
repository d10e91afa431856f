//! Who stands behind answers: what one costs, how long it may be kept, and whom it will bring.
//!
//! ```text
//!  question ─► bill ─► pick ─► told          once for each answer
//!  an interface died ─► storm                its viewers come back
//!  brought ─► the law                        once a second
//! ```
//!
//! It belongs to one pool and lives where its questions are answered; the law lives elsewhere and hears once a second
//! what was handed out. Nothing here depends on how many ask.

use std::time::Instant;

use super::hidden::{Asked, HiddenLoad, MOST_TOLD};
use super::promised::Promised;
use crate::units::Ttl;

/// By default an answer's time to live shrinks so that no more viewers than these stand behind it.
const VIEWERS_PER_ANSWER: f64 = 10.0;
/// The part of the viewers that each of so many interfaces of an answer gets.
const PARTS: [f64; 9] = [0.0, 1.0, 0.5, 1.0 / 3.0, 0.25, 0.2, 1.0 / 6.0, 1.0 / 7.0, 0.125];
/// So much of it is below it, however a float was rounded.
const SURELY: f64 = 0.999_999;
/// Newcomers per second are smoothed over so many seconds.
const NEWCOMERS: f64 = 60.0;

/// The resolvers of one pool, and what their valid answers still bring. Interfaces are numbered as the caller does.
#[derive(Clone, Debug)]
pub struct Audience {
    manner: Billing,
    hidden: HiddenLoad,
    promised: Promised,
    /// Of the time since they were last told to the law.
    counts: Vec<Count>,
    newcomers: f64,
    newcomer_rate: f64,
    started: Instant,
    taken: f64,
}

/// Which parts of billing are in force; all are, outside of a simulation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Billing {
    /// An answer costs as many viewers as stand behind it, and not one.
    pub hidden_load: bool,
    /// The time to live follows the resolver's rate.
    pub ttl_by_resolver: bool,
    /// An answer's time to live shrinks so that no more viewers than these stand behind it.
    pub viewers_per_answer: f64,
}

/// What is counted for one interface.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    /// Viewers who asked.
    asked: f64,
    /// Viewers who lost their interface, and were answered.
    recovered: f64,
    /// Load that came over from a dead interface by itself, in bytes per second.
    saved: f64,
}

/// What is said to one question.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bill {
    /// So many viewers are expected to follow the answer.
    pub viewers: f64,
    /// So long it may be kept.
    pub ttl: Ttl,
    /// It asked for the first time, and goes on an account apart: see [`crate::law::hidden`].
    pub newcomer: bool,
    rate: f64,
    backlog: f64,
    at: f64,
    asked: Asked,
}

/// What answers have brought since the law last heard of them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Brought {
    /// For each interface.
    pub to: Vec<Arrivals>,
    /// Viewers per second of all resolvers, in the unit in which arrivals are counted.
    pub viewers_per_second: f64,
}

/// What answers have brought to one interface.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Arrivals {
    /// Viewers who came by themselves.
    pub viewers: f64,
    /// Viewers who came back since their interface died.
    pub recovered: f64,
    /// Load that moved there since another died, in bytes per second.
    pub saved: f64,
}

/// A cost is told in sixteenths of a viewer.
const VIEWER: f64 = 16.0;

impl Bill {
    /// What an answer costs that brings one viewer.
    pub const ONE_VIEWER: u32 = 16;

    /// What the answer costs the one that is named first, for [`Ask`](crate::Ask).
    pub fn cost(&self) -> u32 {
        // A cost above u32::MAX saturates: that is what `as` promises here.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let cost = (self.viewers * VIEWER) as u32;
        cost
    }
}

impl Default for Billing {
    fn default() -> Self {
        Self { hidden_load: true, ttl_by_resolver: true, viewers_per_answer: VIEWERS_PER_ANSWER }
    }
}

impl Audience {
    /// Nobody, for so many interfaces and answers that are kept for no longer than this. `rows` bounds how many resolvers
    /// are known: see [`HiddenLoad::new`].
    pub fn new(now: Instant, interfaces: usize, longest: Ttl, rows: usize) -> Self {
        Self {
            manner: Billing::default(),
            hidden: HiddenLoad::new(rows),
            promised: Promised::new(interfaces, longest.as_secs()),
            counts: vec![Count::default(); interfaces],
            newcomers: 0.0,
            newcomer_rate: 0.0,
            started: now,
            taken: 0.0,
        }
    }

    /// Bills in another manner from now on.
    pub fn set_manner(&mut self, manner: Billing) {
        self.manner = manner;
    }

    /// The interfaces are others from now on, or answers may be kept for longer. How many viewers resolvers have is kept,
    /// what they were told is not.
    pub fn rearrange(&mut self, now: Instant, interfaces: usize, longest: Ttl) {
        self.promised = Promised::new(interfaces, longest.as_secs());
        self.promised.pass(whole(self.at(now)));
        self.counts = vec![Count::default(); interfaces];
        self.hidden.known().for_each(|resolver| resolver.tell(&[], resolver.expires()));
    }

    /// So many resolvers came back at least once.
    pub const fn known(&self) -> u32 {
        self.hidden.count()
    }

    /// A resolver asks. The key is a keyed hash of what it is known by; `ttl` are the shortest and the longest time to live
    /// of this moment.
    pub fn bill(&mut self, now: Instant, resolver: u64, ttl: (Ttl, Ttl)) -> Bill {
        let at = self.at(now);
        let asked = self.hidden.ask(resolver, at);
        let entry = self.hidden.at(asked.place);
        let (rate, newcomer) = (entry.rate(), entry.is_newcomer());
        let mut bill = Bill { viewers: 1.0, ttl: ttl.1, newcomer, rate, backlog: 0.0, at, asked };
        if newcomer || rate <= 0.0 {
            return bill;
        }
        bill.ttl = self.ttl(ttl, rate);
        if asked.again {
            return bill;
        }
        let entry = self.hidden.at(asked.place);
        bill.backlog = f64::from(std::mem::take(&mut entry.backlog));
        if entry.expires() > at {
            let (told, promised, expires) = (entry.told, entry.promised, entry.expires());
            self.promised.pass(whole(at));
            let part = f64::from(promised) / f64::from(told.1.max(1));
            for &interface in &told.0[..usize::from(told.1)] {
                self.promised.withdraw(usize::from(interface), part, whole(expires));
            }
        }
        if self.manner.hidden_load {
            bill.viewers = 1.0 + rate * f64::from(bill.ttl.as_secs()) + bill.backlog;
        }
        bill
    }

    /// The one who got this bill was told these interfaces.
    pub fn told(&mut self, bill: &Bill, interfaces: &[usize]) {
        let part = PARTS.get(interfaces.len()).copied().unwrap_or(0.0);
        for &interface in interfaces {
            if let Some(count) = self.counts.get_mut(interface) {
                count.asked += part;
                count.recovered += bill.backlog * part;
            }
        }
        if bill.asked.again {
            return;
        }
        let expires = bill.at + f64::from(bill.ttl.as_secs());
        if bill.newcomer {
            self.newcomers += 1.0;
        } else {
            self.promised.pass(whole(bill.at));
            let remembered = &interfaces[..interfaces.len().min(MOST_TOLD)];
            let part = bill.rate * PARTS.get(remembered.len()).copied().unwrap_or(0.0);
            for &interface in remembered {
                self.promised.add(interface, part, whole(expires));
            }
        }
        self.hidden.at(bill.asked.place).tell(interfaces, expires);
    }

    /// The time to live of an answer to a resolver of this rate.
    fn ttl(&self, (shortest, longest): (Ttl, Ttl), rate: f64) -> Ttl {
        if !self.manner.ttl_by_resolver || rate <= 0.0 {
            return longest;
        }
        // Most resolvers may keep their answers for the longest time, which a product tells sooner than a quotient. Close
        // to the bound, the quotient decides.
        if rate * f64::from(longest.as_secs()) <= SURELY * self.manner.viewers_per_answer {
            return longest;
        }
        // A float above u32::MAX saturates: that is what `as` promises here.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let wanted = Ttl::from_secs((self.manner.viewers_per_answer / rate) as u32);
        wanted.max(shortest).min(longest)
    }

    /// What answers have brought since this was last asked.
    pub fn brought(&mut self, now: Instant) -> Brought {
        let at = self.at(now);
        self.promised.pass(whole(at));
        let seconds = (at - self.taken).max(0.0);
        self.taken = at;
        if seconds > 0.0 {
            self.newcomer_rate += (self.newcomers / seconds - self.newcomer_rate) / NEWCOMERS;
            self.newcomers = 0.0;
        }
        // Newcomers are at most as many as those who are known, or a flood of forged ones would take the inflow over.
        let known = self.hidden.rate();
        let viewers_per_second = known + self.newcomer_rate.min(known);
        let arrivals = |(count, rate): (&mut Count, &f64)| {
            let Count { asked, recovered, saved } = std::mem::take(count);
            Arrivals { viewers: rate * seconds + asked, recovered, saved }
        };
        let to = self.counts.iter_mut().zip(self.promised.rates()).map(arrivals).collect();
        Brought { to, viewers_per_second }
    }

    /// An interface died with this load, in bytes per second, while so much new load came per second. Viewers whose
    /// resolver holds an answer with another address are there within seconds; the others come with their resolver's
    /// next answer, which costs more by them.
    pub fn storm(&mut self, now: Instant, dead: usize, lost: f64, inflow: f64) {
        let at = self.at(now);
        let all = self.hidden.rate();
        if all <= 0.0 || inflow <= 0.0 {
            return;
        }
        for resolver in self.hidden.known() {
            let behind = resolver.rate() / all * lost;
            let others = || resolver.told().filter(|&interface| interface != dead);
            let count = others().count();
            if resolver.expires() > at && count > 0 {
                let part = behind / if count > 1 { 2.0 } else { 1.0 };
                for interface in others() {
                    if let Some(count) = self.counts.get_mut(interface) {
                        count.saved += part;
                    }
                }
            } else {
                // Viewers, as many as a float tells.
                #[allow(clippy::cast_possible_truncation)]
                let viewers = (behind * all / inflow) as f32;
                resolver.backlog += viewers;
            }
        }
    }

    /// Seconds since the start.
    fn at(&self, now: Instant) -> f64 {
        let past = now.saturating_duration_since(self.started);
        // As `as_secs_f64`, without its division; seconds are far below 2^53.
        #[allow(clippy::cast_precision_loss)]
        let seconds = past.as_secs() as f64;
        seconds + f64::from(past.subsec_nanos()) * 1e-9
    }
}

/// Whole seconds.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn whole(seconds: f64) -> u32 {
    // Negative becomes 0, and 2^32 seconds are 136 years.
    seconds as u32
}
