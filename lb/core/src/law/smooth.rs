//! Weights that move only for a reason, and then in steps.
//!
//! Each share has a floor, so that an interface is never forgotten, and a cap, so that one that is suddenly empty
//! does not become everybody's answer. A wish that is within the dead band of the shares of today is not worth
//! telling; another is approached along a straight line, on which shares add up to one at any point and no share
//! moves more than the slew limit. A change of health is no wish and is not smoothed: the caller then takes the
//! bounded wish as it is.
//!
//! Source: dead band and slew limit are those of any actuator (K. J. Astrom and T. Hagglund, "PID Controllers",
//! 1995); the figures were chosen by simulation.

/// How far shares may go and how fast.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pace {
    /// No share falls below this part of the interface's share of the capacity.
    pub floor: f64,
    /// No share rises above so many times the interface's share of the capacity,
    pub over: f64,
    /// nor above this part of all.
    pub most: f64,
    /// A wish that moves no share by more than this is not followed.
    pub dead_band: f64,
    /// No step moves a share by more.
    pub slew: f64,
}

/// One share between its bounds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Wish {
    /// What the interface should get, as a part of all.
    pub share: f64,
    /// Its part of the capacity of those that may be picked; zero for one that may not.
    pub of_capacity: f64,
    /// How much of its cap it may have: below one while it starts slowly.
    pub trust: f64,
    /// Whether its floor is zero: it carries all that it can.
    pub full: bool,
}

impl Default for Pace {
    fn default() -> Self {
        Self { floor: 0.01, over: 3.0, most: 0.9, dead_band: 0.02, slew: 0.10 }
    }
}

impl Pace {
    /// The most that an interface may have now.
    pub fn cap(&self, wish: &Wish) -> f64 {
        (self.over * wish.of_capacity).min(self.most) * wish.trust
    }

    /// The least that it has.
    pub fn floor(&self, wish: &Wish) -> f64 {
        if wish.full { 0.0 } else { self.floor * wish.of_capacity }
    }

    /// Whether one step does not reach the wishes.
    pub fn is_far(&self, today: &[f64], wished: &[f64]) -> bool {
        furthest(today, wished) > self.slew
    }

    /// The wishes within their bounds, adding up to one; all zero when nobody may be picked.
    pub fn bound(&self, wishes: &[Wish]) -> Vec<f64> {
        let bounded = |wish: &Wish| {
            if wish.of_capacity <= 0.0 {
                return 0.0;
            }
            wish.share.min(self.cap(wish)).max(self.floor(wish))
        };
        normalised(wishes.iter().map(bounded).collect())
    }

    /// One step from the shares of today towards those that are wished; both add up to one.
    pub fn step(&self, today: &[f64], wished: &[f64]) -> Vec<f64> {
        let furthest = furthest(today, wished);
        if furthest <= self.dead_band {
            return today.to_vec();
        }
        let part = (self.slew / furthest).min(1.0);
        today.iter().zip(wished).map(|(today, wished)| today + part * (wished - today)).collect()
    }
}

/// The largest difference of a share.
fn furthest(today: &[f64], wished: &[f64]) -> f64 {
    today.iter().zip(wished).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

/// Brings parts to a sum of one, unless there are none.
pub fn normalised(mut parts: Vec<f64>) -> Vec<f64> {
    let sum: f64 = parts.iter().sum();
    if sum > 0.0 {
        parts.iter_mut().for_each(|part| *part /= sum);
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_small_wish_is_not_followed() {
        assert_eq!(Pace::default().step(&[0.5, 0.5], &[0.515, 0.485]), [0.5, 0.5]);
    }

    #[test]
    fn one_that_cannot_be_picked_gets_nothing_and_a_full_one_has_no_floor() {
        let wish = Wish { share: 0.0, of_capacity: 0.5, trust: 1.0, full: true };
        let out = Wish { share: 0.5, of_capacity: 0.0, trust: 1.0, full: false };
        let shares = Pace::default().bound(&[wish, out, Wish { share: 0.5, ..wish }]);
        assert_eq!(shares, [0.0, 0.0, 1.0]);
    }

    fn shares(n: usize) -> impl Strategy<Value = Vec<f64>> {
        prop::collection::vec(0.0_f64..1.0, n..=n).prop_map(|mut parts| {
            parts[0] += 0.001;
            normalised(parts)
        })
    }

    proptest! {
        #[test]
        fn a_step_moves_no_share_by_more_than_the_slew_limit(
            (today, wished) in (1_usize..30).prop_flat_map(|n| (shares(n), shares(n))),
        ) {
            let pace = Pace::default();
            let next = pace.step(&today, &wished);
            prop_assert!((next.iter().sum::<f64>() - 1.0).abs() < 1e-9);
            for (before, after) in today.iter().zip(&next) {
                prop_assert!(*after >= 0.0 && (before - after).abs() <= pace.slew + 1e-12);
            }
        }

        #[test]
        fn bounded_shares_add_up_to_one(shares in (1_usize..30).prop_flat_map(shares)) {
            let of_capacity = 1.0 / shares.len() as f64;
            let wish = |&share: &f64| Wish { share, of_capacity, trust: 1.0, full: false };
            let bounded = Pace::default().bound(&shares.iter().map(wish).collect::<Vec<_>>());
            prop_assert!((bounded.iter().sum::<f64>() - 1.0).abs() < 1e-9);
            prop_assert!(bounded.iter().all(|&share| share > 0.0));
        }
    }
}
