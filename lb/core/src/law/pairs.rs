//! Shares above one half with two addresses in each answer.
//!
//! Viewers take either address of an answer, so an interface that is in every answer of two still gets only half of
//! them. One that is worth more gets some answers alone: with the part `a` of them, and a seat in all others, its share
//! is `a + (1 - a) / 2`, so `a = 2 s - 1`. The others keep their proportions in the rest. Who pays is a debt account,
//! like all of weir's picks: no dice.

/// Decides which answers name one interface alone.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pairs {
    owed: f64,
}

impl Pairs {
    /// The interface that this answer, which costs so much, names alone; none if it names two.
    pub fn alone(&mut self, shares: &[f64], cost: f64) -> Option<usize> {
        let (heaviest, share) =
            shares.iter().copied().enumerate().max_by(|one, other| one.1.total_cmp(&other.1))?;
        let part = 2.0 * share - 1.0;
        if part <= 0.0 {
            self.owed = 0.0;
            return None;
        }
        self.owed += part * cost;
        if self.owed < 0.5 * cost {
            return None;
        }
        self.owed -= cost;
        Some(heaviest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equals_never_stand_alone() {
        let mut pairs = Pairs::default();
        assert!((0..100).all(|_| pairs.alone(&[0.5, 0.3, 0.2], 3.0).is_none()));
    }

    #[test]
    fn a_heavy_one_gets_its_share_of_viewers() {
        let (mut pairs, mut got, mut all) = (Pairs::default(), 0.0, 0.0);
        for turn in 0..1000 {
            let cost = f64::from(1 + turn % 7);
            all += cost;
            got += if pairs.alone(&[0.7, 0.3], cost).is_some() { cost } else { 0.5 * cost };
        }
        assert!((got / all - 0.7_f64).abs() < 0.002, "{}", got / all);
    }
}
