//! What answers of weir brought to each interface, and how far from its share that may be.

use std::time::Instant;

use weir_core::{Audience, Ttl};

/// The time to live of all answers here: the shortest that there is.
const TTL: Ttl = Ttl::from_secs(1);

/// In seconds: no shorter wait of a resolver is believed.
const SHORTEST_WAIT: f64 = 0.5;

/// What an answer costs is told in parts of a viewer.
const PARTS: f64 = 16.0;

/// An answer that a resolver fetched.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fetch {
    /// Its number; none is zero.
    pub(crate) resolver: u64,
    /// Weir was asked between these moments.
    pub(crate) span: (Instant, Instant),
    /// The interface that was named.
    pub(crate) interface: usize,
}

/// All answers of a pool, from its first one on.
#[derive(Debug, Default)]
pub(crate) struct Ledger(Vec<Fetch>);

/// What one interface got.
#[derive(Clone, Copy, Debug, Default)]
struct Got {
    /// First answers of resolvers.
    first: f64,
    /// The viewers of all others.
    viewers: f64,
    /// They may have been so many more or fewer.
    unsure: f64,
}

impl Ledger {
    pub(crate) fn note(&mut self, fetch: Fetch) {
        self.0.push(fetch);
    }

    /// So many answers were fetched by this resolver.
    pub(crate) fn count(&self, resolver: u64) -> usize {
        self.0.iter().filter(|fetch| fetch.resolver == resolver).count()
    }

    /// Fails if an interface got more than the law says.
    ///
    /// * A resolver's first answer is on an account of newcomers, where all cost the same. There each interface's count is
    ///   within one of its share of all, after every answer (Tijdeman; lb/core/src/dispatch.rs).
    /// * All other answers are on another account, where one costs the viewers that it is believed to bring. There no
    ///   interface ever has more than its share by more than one answer, the dearest. What all have above and below their
    ///   shares is zero together, so none has less by more than the others may have above.
    ///
    /// So of both together no more than the sum of the two bounds is promised, and they are checked apart. The viewers are
    /// what weir's own estimate says of the same questions. When it was asked is known to within a span, so:
    ///
    /// * A wait lies between two moments, each off by half of its resolver's longest span, at most, and it counts as half
    ///   a second at least. The rate is one by a mean of waits, so to first order the part of it that is unsure is that
    ///   span / 0.5 s. (Waits here are of a second, so the bound is twice what there is; that covers the mean of all
    ///   resolvers, which counts as a twentieth of a wait.)
    /// * Once a second that mean is taken, and a span may hold such a moment. For the earliest moments of all spans the
    ///   estimate says other viewers than for the latest ones by what that changes: half of it is unsure.
    /// * Costs are rounded down to parts of a viewer.
    ///
    /// What is unsure of an answer changes what its interface got and what all got, of which each has its share.
    pub(crate) fn check(&self, shares: [f64; 4]) {
        let (got, dearest) = self.sums();
        let all = |of: fn(&Got) -> f64| got.iter().map(of).sum::<f64>();
        let (first, viewers, unsure) = (all(|got| got.first), all(|got| got.viewers), all(|got| got.unsure));
        eprintln!("shares {shares:.3?}: of {viewers:.2} viewers and {first} first answers {got:.2?}");
        for (got, share) in got.iter().zip(shares) {
            let over = got.viewers - share * viewers;
            let most = dearest + got.unsure * (1.0 - share) + (unsure - got.unsure) * share;
            assert!(
                over <= most,
                "{over:.2} of {viewers:.2} viewers too many, {most:.2} may be: {got:?} of {share:.3}"
            );
            let off = (got.first - share * first).abs();
            assert!(
                off < 1.0,
                "{off:.2} of {first} first answers too many or too few: {got:?} of {share:.3}"
            );
        }
    }

    /// What each interface got, and the dearest answer.
    fn sums(&self) -> ([Got; 4], f64) {
        let (mut all, mut dearest) = ([Got::default(); 4], 0.0_f64);
        let [earliest, latest] =
            [|fetch: &Fetch| fetch.span.0, |fetch: &Fetch| fetch.span.1].map(|at| self.viewers(at));
        for (fetch, (early, late)) in self.0.iter().zip(earliest.into_iter().zip(latest)) {
            let got = &mut all[fetch.interface];
            let (Some(early), Some(late)) = (early, late) else {
                got.first += 1.0;
                continue;
            };
            let viewers = f64::midpoint(early, late);
            let of_rate = self.longest_span(fetch.resolver) / SHORTEST_WAIT;
            let unsure = (viewers - 1.0) * of_rate + (early - late).abs() / 2.0 + 1.0 / PARTS;
            got.viewers += viewers;
            got.unsure += unsure;
            dearest = dearest.max(viewers + unsure);
        }
        (all, dearest)
    }

    /// The viewers that each answer is believed to bring if weir was asked at these moments; none of first answers.
    fn viewers(&self, at: impl Fn(&Fetch) -> Instant) -> Vec<Option<f64>> {
        let Some(start) = self.0.first().map(&at) else { return Vec::new() };
        let mut audience = Audience::new(start, 4, TTL, 1);
        let mut viewers = |fetch: &Fetch| {
            let bill = audience.bill(at(fetch), fetch.resolver, (TTL, TTL));
            audience.told(&bill, &[fetch.interface]);
            (!bill.newcomer).then_some(bill.viewers)
        };
        self.0.iter().map(&mut viewers).collect()
    }

    /// In seconds: how long this resolver's longest question took.
    fn longest_span(&self, resolver: u64) -> f64 {
        let own = self.0.iter().filter(|fetch| fetch.resolver == resolver);
        own.map(|fetch| (fetch.span.1 - fetch.span.0).as_secs_f64()).fold(0.0, f64::max)
    }
}
