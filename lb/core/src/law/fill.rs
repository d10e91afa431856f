//! Water filling: new load goes where the water stands lowest, until all stand at one level.
//!
//! Interfaces are vessels as wide as they have capacity, filled as high as they are used. Poured on top, the load of
//! the coming horizon rises to one level `u`: `sum max(0, u C_i - P_i) = A`, and each gets `u C_i - P_i` of it. That
//! is the split that makes the highest utilisation as low as it can be (the classic optimum of power over parallel
//! channels: Gallager, "Information Theory and Reliable Communication", 1968, section 7.5). No target is needed, the
//! full get nothing while another has room, and the balanced get shares by capacity.
//!
//! Exact: sorted by how full they are, the level is found in one walk.

/// An interface as a vessel. Both are rates in one unit; not a number, negative or infinite counts as none.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Vessel {
    /// What it can carry.
    pub capacity: f64,
    /// What it will still carry of what it has now.
    pub carried: f64,
}

/// How much of `amount` each vessel gets. They add up to `amount`, as long as any has a capacity.
pub fn fill(vessels: &[Vessel], amount: f64) -> Vec<f64> {
    let sound = |value: f64| if value.is_finite() { value.max(0.0) } else { 0.0 };
    let vessels: Vec<Vessel> = vessels
        .iter()
        .map(|vessel| Vessel { capacity: sound(vessel.capacity), carried: sound(vessel.carried) })
        .collect();
    let level = level(&vessels, sound(amount));
    vessels.iter().map(|vessel| (level * vessel.capacity - vessel.carried).max(0.0)).collect()
}

/// The level to which the amount rises.
fn level(vessels: &[Vessel], amount: f64) -> f64 {
    let mut order: Vec<&Vessel> = vessels.iter().filter(|vessel| vessel.capacity > 0.0).collect();
    let height = |vessel: &Vessel| vessel.carried / vessel.capacity;
    order.sort_unstable_by(|a, b| height(a).total_cmp(&height(b)));
    let (mut width, mut volume, mut level) = (0.0, amount, 0.0);
    for (place, vessel) in order.iter().enumerate() {
        width += vessel.capacity;
        volume += vessel.carried;
        level = volume / width;
        if order.get(place + 1).is_none_or(|next| level <= height(next)) {
            break;
        }
    }
    level
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn vessel(capacity: f64, carried: f64) -> Vessel {
        Vessel { capacity, carried }
    }

    #[test]
    fn the_balanced_get_shares_by_capacity() {
        let got = fill(&[vessel(10.0, 5.0), vessel(30.0, 15.0)], 4.0);
        assert!((got[0] - 1.0).abs() < 1e-12 && (got[1] - 3.0).abs() < 1e-12, "{got:?}");
    }

    #[test]
    fn a_full_one_gets_nothing_while_another_has_room() {
        assert_eq!(fill(&[vessel(10.0, 10.0), vessel(10.0, 2.0)], 3.0), [0.0, 3.0]);
    }

    #[test]
    fn nonsense_gets_nothing() {
        let got = fill(&[vessel(f64::NAN, 1.0), vessel(-3.0, 0.0), vessel(1.0, f64::NAN)], 2.0);
        assert_eq!(got, [0.0, 0.0, 2.0]);
        assert_eq!(fill(&[], 1.0), [0.0; 0]);
        assert_eq!(fill(&[vessel(1.0, 0.0)], f64::INFINITY), [0.0]);
    }

    fn vessels() -> impl Strategy<Value = Vec<Vessel>> {
        let any = (0.001_f64..1e10, 0.0_f64..2e10).prop_map(|(capacity, carried)| vessel(capacity, carried));
        prop::collection::vec(any, 1..40)
    }

    proptest! {
        #[test]
        fn all_is_poured_and_nothing_is_taken(vessels in vessels(), amount in 0.0_f64..1e11) {
            let got = fill(&vessels, amount);
            prop_assert!(got.iter().all(|&part| part >= 0.0));
            let size = amount + vessels.iter().map(|vessel| vessel.carried).sum::<f64>();
            prop_assert!((got.iter().sum::<f64>() - amount).abs() <= 1e-9 * size);
        }

        #[test]
        fn who_gets_any_stands_no_higher_than_anybody(vessels in vessels(), amount in 1.0_f64..1e11) {
            let got = fill(&vessels, amount);
            let height = |i: usize| (vessels[i].carried + got[i]) / vessels[i].capacity;
            let lowest = (0..got.len()).map(height).fold(f64::INFINITY, f64::min);
            for i in (0..got.len()).filter(|&i| got[i] > 0.0) {
                prop_assert!(height(i) <= lowest * (1.0 + 1e-9) + 1e-9);
            }
        }

        #[test]
        fn more_room_never_means_less(vessels in vessels(), amount in 1.0_f64..1e11, more in 0.0_f64..1e10) {
            let before = fill(&vessels, amount)[0];
            let mut roomier = vessels.clone();
            roomier[0].capacity += more;
            prop_assert!(fill(&roomier, amount)[0] >= before * (1.0 - 1e-9) - 1e-6);
            let mut emptier = vessels;
            emptier[0].carried = (emptier[0].carried - more).max(0.0);
            prop_assert!(fill(&emptier, amount)[0] >= before * (1.0 - 1e-9) - 1e-6);
        }
    }
}
