//! How an interface comes back: slowly, and later each time.
//!
//! One that returns is empty, and a law that fills what is empty would send everybody there before anybody knows
//! whether it holds; so its cap grows from a tenth to the whole within the slow start. One that fails again and again
//! is held out for longer each time, as every return that fails costs its viewers a stall; a failure is forgotten in
//! ten minutes. Source: outlier ejection of Envoy (base ejection time times the number of ejections) and its slow
//! start mode.

use std::time::{Duration, Instant};

/// How returns are paced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ComebackRules {
    /// From the return to full trust; zero trusts at once.
    pub slow_start: Duration,
    /// Held out for so long per earlier failure; zero never holds.
    pub hold: Duration,
    /// Held out for no longer.
    pub longest_hold: Duration,
    /// In such a time one failure is forgotten.
    pub forgotten_after: Duration,
}

/// The returns and failures of one interface.
#[derive(Clone, Copy, Debug, Default)]
pub struct Comeback {
    since: Option<Instant>,
    failures: f64,
    counted_at: Option<Instant>,
    held_until: Option<Instant>,
}

impl Default for ComebackRules {
    fn default() -> Self {
        Self {
            slow_start: Duration::from_secs(10),
            hold: Duration::from_secs(60),
            longest_hold: Duration::from_secs(300),
            forgotten_after: Duration::from_secs(600),
        }
    }
}

impl Comeback {
    /// It failed now.
    pub fn failed(&mut self, now: Instant, rules: &ComebackRules) {
        let past = self.counted_at.map_or(0.0, |then| now.saturating_duration_since(then).as_secs_f64());
        let forgotten = past / rules.forgotten_after.as_secs_f64().max(1.0);
        let earlier = (self.failures - forgotten).max(0.0);
        (self.failures, self.counted_at) = (earlier + 1.0, Some(now));
        self.held_until = Some(now + rules.hold.mul_f64(earlier.min(1e3)).min(rules.longest_hold));
    }

    /// It returned now.
    pub fn returned(&mut self, now: Instant) {
        self.since = Some(now);
    }

    /// Whether its last failure was not the first that is remembered.
    pub fn failed_again(&self) -> bool {
        self.failures > 1.0
    }

    /// Whether it never failed.
    pub const fn is_new(&self) -> bool {
        self.counted_at.is_none()
    }

    /// Whether it is held out.
    pub fn is_held(&self, now: Instant) -> bool {
        self.held_until.is_some_and(|until| now < until)
    }

    /// How much of its cap it may have: from a tenth at its return to one.
    pub fn trust(&self, now: Instant, rules: &ComebackRules) -> f64 {
        let Some(since) = self.since.filter(|_| !rules.slow_start.is_zero()) else { return 1.0 };
        let past = now.saturating_duration_since(since).as_secs_f64();
        (past / rules.slow_start.as_secs_f64()).clamp(0.1, 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn seconds(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    #[test]
    fn the_first_failure_is_not_held_against_it_and_later_ones_ever_longer() {
        let (start, rules) = (Instant::now(), ComebackRules::default());
        let mut comeback = Comeback::default();
        comeback.failed(start, &rules);
        assert!(!comeback.is_held(start) && !comeback.failed_again());
        let mut held = Vec::new();
        for failure in 1..=20 {
            let at = start + seconds(60 * failure);
            comeback.failed(at, &rules);
            held.push((0..400).take_while(|&s| comeback.is_held(at + seconds(s))).count());
        }
        assert!(held.is_sorted() && held[0] == 54 && held[19] == 300, "{held:?}");
        assert!(comeback.failed_again());
    }

    #[test]
    fn a_failure_is_forgotten_after_ten_minutes() {
        let (start, rules) = (Instant::now(), ComebackRules::default());
        let mut comeback = Comeback::default();
        comeback.failed(start, &rules);
        comeback.failed(start + seconds(600), &rules);
        assert!(!comeback.is_held(start + seconds(600)));
    }

    #[test]
    fn trust_grows_from_a_tenth_to_one() {
        let (start, rules) = (Instant::now(), ComebackRules::default());
        let mut comeback = Comeback::default();
        assert!((comeback.trust(start, &rules) - 1.0).abs() < 1e-12, "one that was always there");
        comeback.returned(start);
        let trust: Vec<f64> = (0..120).map(|s| comeback.trust(start + seconds(s), &rules)).collect();
        assert!(trust.is_sorted() && (trust[0] - 0.1).abs() < 1e-12 && (trust[10] - 1.0).abs() < 1e-12);
    }
}
