//! The hidden load of resolvers: how many viewers stand behind an answer that one of them keeps.
//!
//! A resolver asks again when the first viewer comes after its answer has expired. Viewers who come at random at a rate
//! r make that wait exponential with the mean 1/r, so the waits tell the rate, without any help from the resolver:
//! `r = (prior + n) / (prior x mean + sum of waits)`, in which old waits fade.
//!
//! Source of the term and of why it decides: M. Colajanni, P. S. Yu and D. M. Dias, "Analysis of Task Assignment
//! Policies in Scalable Distributed Web-Server Systems", IEEE TPDS 9(6), 1998. The estimator is the one of a Gamma
//! prior with exponential waits.
//!
//! Anybody can ask in anybody's name, so the table is of a fixed size, and one that has asked but once, a newcomer, is
//! never weighed against those that came back: it has no rate, it is the first to lose its place, and the caller
//! answers newcomers on an account of their own. A million of them cost neither memory nor balance. Keys are hashes
//! that the caller makes with a secret, or an attacker could choose who shares a row.

use std::ops::Range;

/// Entries of a row, of which a key may take any.
const ROW: usize = 8;
/// So many interfaces of an answer are remembered: the first ones.
pub const MOST_TOLD: usize = 4;
/// What is left of old waits at each new one.
const FADES: f64 = 0.95;
/// So many waits of the mean length are believed of everybody.
const PRIOR: f64 = 0.05;
/// The shortest wait that is believed: an answer may have been kept by several caches of one resolver.
const SHORTEST: f64 = 0.5;
/// Questions that come sooner after each other than this, in parts of a second ([`TICKS`]), are one: resolvers repeat
/// themselves.
const AT_ONCE: u32 = 8;
/// Ticks of a second in which the time of a question is kept: enough for eight years.
const TICKS: f64 = 16.0;
/// The mean wait while nobody is known, in seconds.
const UNKNOWN: f64 = 200.0;

/// What is known of all resolvers. Times are seconds since a start that the caller chose.
#[derive(Clone, Debug)]
pub struct HiddenLoad {
    rows: Vec<Resolver>,
    known: u32,
    sum: f64,
    /// The mean wait of all that are known, as of some second.
    mean: f64,
    second: u32,
}

/// A question as the table takes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Where the resolver has its place, until another takes it.
    pub place: usize,
    /// It asked the same a moment ago, and nothing was learned.
    pub again: bool,
}

/// One resolver.
#[derive(Clone, Copy, Debug, Default)]
pub struct Resolver {
    key: u64,
    expires: f64,
    rate: f32,
    waits: f32,
    waited: f32,
    /// When it asked last, in ticks.
    asked: u32,
    /// Viewers that lost their interface and wait for this resolver's next answer.
    pub backlog: f32,
    /// The interfaces of its last answer, and their number; zero for none.
    pub told: ([u8; MOST_TOLD], u8),
    /// The rate that was promised to them together.
    pub promised: f32,
}

impl HiddenLoad {
    /// The most rows of a table: 64 Ki resolvers together, 48 bytes each.
    pub const MOST_ROWS: usize = 1 << 13;

    /// Nobody is known yet. The table has so many rows of eight entries, cut to a power of two between one and
    /// [`HiddenLoad::MOST_ROWS`].
    pub fn new(rows: usize) -> Self {
        let rows = rows.clamp(1, Self::MOST_ROWS);
        let rows = 1 << rows.ilog2();
        Self { rows: vec![Resolver::default(); rows * ROW], known: 0, sum: 0.0, mean: UNKNOWN, second: 0 }
    }

    /// So many came back at least once.
    pub const fn count(&self) -> u32 {
        self.known
    }

    /// Viewers per second of all resolvers that came back.
    pub const fn rate(&self) -> f64 {
        self.sum
    }

    /// The resolver with this key asks at this moment: its wait is learned. One that is not known takes the place of
    /// the least valuable of its row.
    #[inline]
    pub fn ask(&mut self, key: u64, now: f64) -> Asked {
        // Zero marks an empty entry.
        let key = key.max(1);
        self.pass(now);
        let row = self.row_of(key);
        if let Some(place) = self.rows[row.clone()].iter().position(|entry| entry.key == key) {
            let place = row.start + place;
            let (mean, entry) = (self.mean, &mut self.rows[place]);
            if ticks(now).wrapping_sub(entry.asked) < AT_ONCE {
                return Asked { place, again: true };
            }
            if !entry.is_newcomer() {
                self.sum -= f64::from(entry.rate);
            } else {
                self.known += 1;
            }
            entry.came_back(now, mean);
            self.sum += f64::from(entry.rate);
            return Asked { place, again: false };
        }
        Asked { place: self.welcome(key, row, now), again: false }
    }

    /// One that is not known takes the place of the least valuable of its row.
    #[inline(never)]
    fn welcome(&mut self, key: u64, row: Range<usize>, now: f64) -> usize {
        let worth = |place: &usize| self.rows[*place].worth(now, self.mean);
        let place = row.clone().min_by(|one, other| worth(one).total_cmp(&worth(other))).unwrap_or(row.start);
        let entry = &mut self.rows[place];
        if !entry.is_newcomer() {
            self.known = self.known.saturating_sub(1);
            self.sum = (self.sum - f64::from(entry.rate)).max(0.0);
        }
        *entry = Resolver { key, asked: ticks(now), ..Resolver::default() };
        place
    }

    /// The resolver at this place.
    pub fn at(&mut self, place: usize) -> &mut Resolver {
        &mut self.rows[place]
    }

    /// All that came back at least once.
    pub fn known(&mut self) -> impl Iterator<Item = &mut Resolver> {
        self.rows.iter_mut().filter(|entry| !entry.is_newcomer())
    }

    /// The mean wait needs no more than one division a second.
    #[inline]
    fn pass(&mut self, now: f64) {
        let second = ticks(now) >> 4;
        if second != self.second {
            self.second = second;
            self.mean = if self.sum > 0.0 { f64::from(self.known) / self.sum } else { UNKNOWN };
        }
    }

    /// The entries that a key may take.
    fn row_of(&self, key: u64) -> Range<usize> {
        // The mask is one less than the number of rows, which is a power of two.
        let mask = (self.rows.len() / ROW - 1) as u64;
        // The row's number fits: it is no larger than the mask.
        #[allow(clippy::cast_possible_truncation)]
        let start = (mix(key) & mask) as usize * ROW;
        start..start + ROW
    }
}

impl Resolver {
    /// Whether it asked for the first time; then it has no rate.
    pub const fn is_newcomer(&self) -> bool {
        self.rate == 0.0
    }

    /// Viewers per second; zero of a newcomer.
    pub fn rate(&self) -> f64 {
        f64::from(self.rate)
    }

    /// When its answer expires.
    pub const fn expires(&self) -> f64 {
        self.expires
    }

    /// It was told these interfaces, to be kept so long. Those numbered above 255 are not remembered.
    pub fn tell(&mut self, interfaces: &[usize], expires: f64) {
        self.expires = expires;
        self.promised = self.rate;
        let (told, count) = &mut self.told;
        *count = 0;
        for interface in interfaces.iter().filter_map(|&index| u8::try_from(index).ok()).take(MOST_TOLD) {
            told[usize::from(*count)] = interface;
            *count += 1;
        }
    }

    /// The interfaces that it was told.
    pub fn told(&self) -> impl Iterator<Item = usize> {
        let (interfaces, count) = self.told;
        interfaces.into_iter().take(usize::from(count)).map(usize::from)
    }

    // Rates and waits need no more digits than a float has.
    #[allow(clippy::cast_possible_truncation)]
    fn came_back(&mut self, now: f64, mean: f64) {
        self.asked = ticks(now);
        let wait = (now - self.expires).max(SHORTEST);
        self.waits = (FADES * f64::from(self.waits) + 1.0) as f32;
        self.waited = (FADES * f64::from(self.waited) + wait) as f32;
        let rate = (PRIOR + f64::from(self.waits)) / (PRIOR * mean + f64::from(self.waited));
        self.rate = (rate as f32).max(f32::MIN_POSITIVE);
    }

    /// What would be lost with it: the rate that its silence still allows. Newcomers are worth less than anybody,
    /// the oldest least.
    fn worth(&self, now: f64, mean: f64) -> f64 {
        let silence = (now - self.expires).max(0.0);
        if self.key == 0 {
            f64::NEG_INFINITY
        } else if self.is_newcomer() {
            -1.0 - silence
        } else {
            (PRIOR + f64::from(self.waits)) / (PRIOR * mean + f64::from(self.waited) + silence)
        }
    }
}

/// A time in ticks.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn ticks(now: f64) -> u32 {
    // Negative becomes 0; after eight years it stays at its largest, and questions are learned no more.
    (now * TICKS) as u32
}

/// Spreads keys over the rows (the last step of SplitMix64: G. Steele and others, "Fast Splittable Pseudorandom Number
/// Generators", 2014).
const fn mix(key: u64) -> u64 {
    let key = (key ^ key >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let key = (key ^ key >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    key ^ key >> 31
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A resolver whose viewers come evenly: it waits the same each time.
    fn settled(table: &mut HiddenLoad, key: u64, wait: f64) -> f64 {
        let (mut now, mut rate) = (0.0, 0.0);
        for _ in 0..100 {
            let place = table.ask(key, now).place;
            let resolver = table.at(place);
            rate = resolver.rate();
            resolver.tell(&[0], now + 30.0);
            now += 30.0 + wait;
        }
        rate
    }

    #[test]
    fn the_wait_beyond_the_time_to_live_tells_the_rate() {
        let mut table = HiddenLoad::new(HiddenLoad::MOST_ROWS);
        for (key, wait) in [(1, 2.0), (2, 20.0), (3, 100.0)] {
            let rate = settled(&mut table, key, wait);
            assert!((rate * wait - 1.0).abs() < 0.1, "a wait of {wait} s gave {rate}");
        }
        assert!((table.rate() - 0.56).abs() < 0.05, "{}", table.rate());
    }

    #[test]
    fn a_million_who_ask_once_displace_nobody_who_came_back() {
        let mut table = HiddenLoad::new(HiddenLoad::MOST_ROWS);
        let before: Vec<f64> = (1..=1000).map(|key| settled(&mut table, key, 10.0)).collect();
        let (bytes, sum) = (table.rows.len() * size_of::<Resolver>(), table.rate());
        for spoofed in 0..1_000_000_u64 {
            let place = table.ask(1 << 32 | spoofed, 4000.0).place;
            table.at(place).tell(&[0], 4030.0);
        }
        assert_eq!(table.rows.len() * size_of::<Resolver>(), bytes);
        assert!(bytes <= 64 * 1024 * 48, "{bytes}");
        assert!((table.rate() - sum).abs() < 1e-9 * sum, "they have no rate");
        let after: Vec<f64> = table.known().map(|resolver| resolver.rate()).collect();
        assert_eq!(after.len(), before.len());
    }
}
