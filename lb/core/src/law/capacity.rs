//! What an interface can really carry: as configured, until it shows that it carries less.
//!
//! One that refuses packets in three of the last five seconds (the allowance counters of a cloud card, a full queue)
//! is saturated; then its capacity is what it carried at best in the last ten seconds, less a little, so that the
//! queue empties. What was learned is forgotten slowly, as the ceiling may have gone, and only load can tell; quickly
//! once the interface has carried more than it did when it was saturated, for then the ceiling has gone. Without such a
//! signal, a rate close to the configured capacity counts as one; one clearly above it disproves it.
//!
//! A configured capacity can be too small as well. One that carries more than it was said to, while another refuses
//! packets, is believed to carry a quarter more than that; this is forgotten in hours, for who wrote the smaller number
//! may have meant it.
//!
//! Where nobody has said what it can carry, something is assumed, and more once it has carried more.
//!
//! Groups (a card, an instance) form a tree; the capacities of their members are cut in proportion where they promise
//! more together than the group carries. A group is learned like an interface: it has met its ceiling when all of its
//! members that carry something refuse packets in one second.

/// So much of the best rate of the last seconds is taken as the capacity of a saturated interface.
const OF_THE_BEST: f64 = 0.97;
/// No interface is learned to carry less than this part of what was configured.
const LEAST: f64 = 0.02;
/// In each second this part of what is believed is added to it while nothing is known of the ceiling,
const RECOVERS: f64 = 0.001;
/// and this part of the configured capacity once it has been surpassed.
const SURPASSED: f64 = 0.03;
/// One that carries more than so many times what was configured disproves it,
const DISPROVES: f64 = 1.02;
/// and is believed to be used by this part then.
const USED: f64 = 0.8;
/// In each second this part of the configured capacity is no longer believed, when more was.
const FADES: f64 = 0.0001;
/// What is sent again is a sign only while the interface goes on to carry this part of its best.
const CARRIES_ON: f64 = 0.9;
/// A rate above this part of the configured capacity is a sign of saturation, when there is no better one.
const AT_THE_CEILING: f64 = 0.985;
/// Signs of so many seconds are looked at,
const SIGNS: u8 = 0b1_1111;
/// of which so many make a saturated interface.
const ENOUGH: u32 = 3;

/// The capacity of one interface or group, in any unit of rate.
#[derive(Clone, Debug)]
pub struct Learned {
    /// Whether somebody has said it.
    stated: bool,
    /// As somebody said, or as is assumed.
    configured: f64,
    effective: f64,
    recent: [f64; 10],
    seconds: usize,
    signs: u8,
    ceiling: f64,
}

/// A group of a tree: a card below an instance, say.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Branch {
    /// What its members can carry together, if that is known.
    pub capacity: Option<f64>,
    /// The group that it belongs to itself: one that comes later in the list.
    pub parent: Option<usize>,
}

/// What one second says of a ceiling.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Signs {
    /// Whether packets were refused, if that can be known.
    pub refused: Option<bool>,
    /// Much is sent again here, and nowhere else.
    pub strained: bool,
}

impl Learned {
    /// A capacity that is believed as configured.
    pub const fn new(configured: f64) -> Self {
        Self {
            stated: true,
            configured,
            effective: configured,
            recent: [0.0; 10],
            seconds: 0,
            signs: 0,
            ceiling: 0.0,
        }
    }

    /// A capacity that nobody has said, and for which this is assumed.
    pub const fn assumed(capacity: f64) -> Self {
        let mut learned = Self::new(capacity);
        learned.stated = false;
        learned
    }

    /// Something else is said, or assumed where nothing is said; what was learned below it is kept.
    pub fn restate(&mut self, configured: f64, stated: bool) {
        let open = self.effective >= self.configured;
        (self.configured, self.stated) = (configured, stated);
        self.effective = if open { configured } else { self.effective.min(configured) };
    }

    /// Whether anything is known: it was said, or its ceiling was met.
    pub const fn is_known(&self) -> bool {
        self.stated || self.ceiling > 0.0
    }

    /// Takes over one second.
    pub fn observe(&mut self, rate: f64, Signs { refused, strained }: Signs) {
        self.recent[self.seconds % self.recent.len()] = rate;
        self.seconds = self.seconds.wrapping_add(1);
        let near = self.stated && self.is_near(rate);
        let sign = refused.unwrap_or(near) || (strained && rate > CARRIES_ON * self.best());
        self.signs = (self.signs << 1 | u8::from(sign)) & SIGNS;
        if sign {
            self.ceiling = self.best();
        }
        if !self.stated && self.signs == 0 && self.mean() > USED * self.configured {
            self.restate(self.mean() / USED, false);
        }
        if self.is_saturated() {
            self.effective = self.effective.min((OF_THE_BEST * self.ceiling).max(LEAST * self.configured));
        } else if self.effective > self.configured {
            self.effective = self.configured.max(self.effective - FADES * self.configured);
        } else {
            // By what is believed and not by what was said: a number that is far too large must not be tried more often.
            let surpassed = self.mean() > self.ceiling;
            let step = if surpassed { SURPASSED * self.configured } else { RECOVERS * self.effective };
            self.effective = self.configured.min(self.effective + step);
        }
    }

    /// Another refuses packets: if this one carries more than it was said to, it is believed to carry more still.
    pub fn outgrow(&mut self) {
        if self.signs == 0 && self.mean() > DISPROVES * self.configured {
            self.effective = self.effective.max(self.mean() / USED);
        }
    }

    /// Whether it carries all that it can.
    pub const fn is_saturated(&self) -> bool {
        self.signs.count_ones() >= ENOUGH
    }

    /// What it can carry.
    pub const fn effective(&self) -> f64 {
        self.effective
    }

    /// What it was said to carry.
    pub const fn configured(&self) -> f64 {
        self.configured
    }

    /// Whether a rate is close to what it is believed to carry. One that carries clearly more than that disproves it.
    fn is_near(&self, rate: f64) -> bool {
        let believed = self.configured.max(self.effective);
        rate > AT_THE_CEILING * believed && self.mean() <= DISPROVES * believed
    }

    /// The best rate of the last ten seconds.
    fn best(&self) -> f64 {
        self.recent.iter().copied().fold(0.0, f64::max)
    }

    /// The mean rate of the last ten seconds.
    fn mean(&self) -> f64 {
        self.recent.iter().sum::<f64>() / 10.0
    }
}

/// Cuts capacities so that no group promises more than it carries, from the leaves up. `home` says which group each
/// belongs to.
pub fn cut(capacities: &mut [f64], home: &[Option<usize>], tree: &[Branch]) {
    let mut home: Vec<Option<usize>> = home.to_vec();
    for (branch, group) in tree.iter().enumerate() {
        let inside = |home: &Option<usize>| *home == Some(branch);
        let members = || capacities.iter().zip(&home).filter(|(_, home)| inside(home));
        let together: f64 = members().map(|(capacity, _)| capacity).sum();
        let part = match group.capacity {
            Some(most) if together > most => most.max(0.0) / together,
            _ => 1.0,
        };
        for (capacity, home) in capacities.iter_mut().zip(&mut home) {
            if inside(home) {
                *capacity *= part;
                *home = group.parent.filter(|&parent| parent > branch);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn refused(refused: bool) -> Signs {
        Signs { refused: Some(refused), strained: false }
    }

    #[test]
    fn three_refusals_of_five_seconds_teach_a_capacity_that_is_forgotten_slowly() {
        let mut learned = Learned::new(25.0);
        for _ in 0..2 {
            learned.observe(15.0, refused(true));
        }
        assert!(!learned.is_saturated() && learned.effective() > 24.9);
        learned.observe(15.0, refused(true));
        assert!(learned.is_saturated() && (learned.effective() - 0.97 * 15.0).abs() < 1e-9);
        for _ in 0..150 {
            learned.observe(12.0, refused(false));
        }
        assert!((16.0..20.0).contains(&learned.effective()), "{}", learned.effective());
    }

    #[test]
    fn one_that_carries_more_than_when_it_was_saturated_is_soon_believed() {
        let mut learned = Learned::new(25.0);
        for _ in 0..5 {
            learned.observe(15.0, refused(true));
        }
        for _ in 0..30 {
            learned.observe(17.0, refused(false));
        }
        assert!((learned.effective() - 25.0).abs() < 1e-9, "{}", learned.effective());
    }

    #[test]
    fn one_that_carries_more_than_it_was_said_to_is_believed_when_another_refuses() {
        let mut learned = Learned::new(8.0);
        for _ in 0..10 {
            learned.observe(12.0, refused(false));
        }
        assert!((learned.effective() - 8.0).abs() < 1e-9, "nobody refuses");
        learned.outgrow();
        assert!((learned.effective() - 15.0).abs() < 1e-9, "{}", learned.effective());
        for _ in 0..10_000 {
            learned.observe(7.0, refused(false));
        }
        assert!((learned.effective() - 8.0).abs() < 1e-9, "{}", learned.effective());
    }

    #[test]
    fn a_rate_far_above_what_was_said_is_no_sign_of_a_ceiling() {
        let mut learned = Learned::new(8.0);
        for _ in 0..20 {
            learned.observe(17.0, Signs::default());
        }
        assert!(!learned.is_saturated());
        learned.outgrow();
        assert!((learned.effective() - 17.0 / 0.8).abs() < 1e-9, "{}", learned.effective());
    }

    #[test]
    fn a_rate_at_the_ceiling_is_a_sign_when_there_is_no_other() {
        let mut learned = Learned::new(10.0);
        for _ in 0..3 {
            learned.observe(9.9, Signs::default());
        }
        assert!(learned.is_saturated());
    }

    proptest! {
        #[test]
        fn a_capacity_stays_between_its_bounds(
            seconds in prop::collection::vec((0.0_f64..100.0, prop::option::of(any::<bool>())), 0..200),
        ) {
            let mut learned = Learned::new(10.0);
            for (rate, refused) in seconds {
                learned.observe(rate, Signs { refused, strained: false });
                prop_assert!((0.2..=10.0).contains(&learned.effective()));
            }
        }

        #[test]
        fn no_group_is_promised_more_than_it_carries(
            own in prop::collection::vec((0.0_f64..50.0, prop::option::of(0_usize..3)), 1..20),
            most in prop::collection::vec(prop::option::of(0.0_f64..60.0), 4..=4),
        ) {
            // Three cards below one instance.
            let branch = |(i, &capacity)| Branch { capacity, parent: (i < 3).then_some(3) };
            let tree: Vec<Branch> = most.iter().enumerate().map(branch).collect();
            let (before, home): (Vec<f64>, Vec<Option<usize>>) = own.into_iter().unzip();
            let mut after = before.clone();
            cut(&mut after, &home, &tree);
            for (group, most) in most.iter().enumerate() {
                let within = |home: &Option<usize>| home.is_some_and(|home| home == group || group == 3);
                let sum: f64 = after.iter().zip(&home).filter(|(_, h)| within(h)).map(|(c, _)| c).sum();
                prop_assert!(most.is_none_or(|most| sum <= most * (1.0 + 1e-9) + 1e-9));
            }
            prop_assert!(before.iter().zip(&after).all(|(before, after)| after <= before && *after >= 0.0));
        }
    }
}
