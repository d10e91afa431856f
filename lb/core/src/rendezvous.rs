//! Rendezvous hashing: one order of the interfaces for each viewer, the same on every node, without a table.
//!
//! Every pair of viewer and interface has a number; the interface with the best one is the viewer's first. When an
//! interface goes, only its own viewers move; when one comes, it takes its part from all. D. Thaler and C. V. Ravishankar,
//! "Using name-based mappings to increase hit rates", IEEE/ACM Transactions on Networking 6(1), 1998. With weights: the
//! smallest `-ln(u) / weight` of uniform numbers u, as the least of several exponential waits is the first with the
//! probability of its rate.

/// The number of a name or key: FNV-1a of 64 bits (G. Fowler, L. C. Noll and K.-P. Vo, RFC 9923), stirred once more, as
/// keys that differ in their last byte only would stay neighbours.
pub fn hash(bytes: &[u8]) -> u64 {
    let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
    stir(bytes.iter().fold(0xcbf2_9ce4_8422_2325, step))
}

/// How long an interface of this number and weight waits for a viewer with this key; the one that waits least is first.
/// One without a weight waits for ever.
pub fn wait(key: u64, interface: u64, weight: f64) -> f64 {
    if weight > 0.0 { -unit(stir(key ^ interface.rotate_left(32))).ln() / weight } else { f64::INFINITY }
}

/// A number in (0, 1), as evenly spread as its key's bits.
pub fn unit(key: u64) -> f64 {
    // 53 bits fit a float.
    #[allow(clippy::cast_precision_loss)]
    let bits = (key >> 11) as f64;
    (bits + 0.5) / 9_007_199_254_740_992.0
}

/// The last step of SplitMix64 (G. Steele and others, "Fast Splittable Pseudorandom Number Generators", 2014).
pub const fn stir(key: u64) -> u64 {
    let key = key.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let key = (key ^ key >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let key = (key ^ key >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    key ^ key >> 31
}

#[cfg(test)]
mod tests {
    use super::*;

    const VIEWERS: u64 = 20_000;

    fn first(key: u64, weights: &[(&str, f64)]) -> usize {
        let waits = weights.iter().map(|(name, weight)| wait(key, hash(name.as_bytes()), *weight));
        waits.enumerate().min_by(|one, other| one.1.total_cmp(&other.1)).map(|(place, _)| place).expect("one")
    }

    fn viewers() -> impl Iterator<Item = u64> {
        (0..VIEWERS).map(|viewer| hash(format!("viewer-{viewer}").as_bytes()))
    }

    #[test]
    fn viewers_follow_the_weights() {
        let weights = [("eni0", 10.0), ("eni1", 10.0), ("eni2", 25.0), ("eni3", 5.0)];
        let mut counts = [0.0_f64; 4];
        viewers().for_each(|key| counts[first(key, &weights)] += 1.0);
        for (count, (name, weight)) in counts.iter().zip(weights) {
            let expected = 20_000.0 * weight / 50.0;
            // Four standard deviations of a count by chance.
            assert!((count - expected).abs() < 4.0 * expected.sqrt(), "{name} has {count} of {expected}");
        }
    }

    #[test]
    fn only_the_viewers_of_one_that_goes_move() {
        let all = [("eni0", 10.0), ("eni1", 10.0), ("eni2", 25.0)];
        let gone = [("eni0", 10.0), ("eni1", 0.0), ("eni2", 25.0)];
        for key in viewers() {
            let before = first(key, &all);
            assert!(before == 1 || first(key, &gone) == before, "{key:x}");
            assert_ne!(first(key, &gone), 1);
        }
    }

    #[test]
    fn one_without_weight_waits_for_ever_and_no_key_is_special() {
        assert_eq!(wait(7, 7, 0.0), f64::INFINITY);
        for key in [0, 1, u64::MAX] {
            assert!(wait(key, key, 1.0).is_finite() && wait(key, key, 1.0) > 0.0, "{key}");
        }
    }
}
