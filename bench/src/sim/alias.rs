//! Draws by weight in constant time.

use super::dice::Dice;

/// A table that is made once (Vose, "A linear algorithm for generating random numbers with a given distribution", 1991).
#[derive(Debug)]
pub(crate) struct Alias {
    places: Vec<Place>,
}

/// One of as many equal places as there are weights: a draw that falls here keeps the place or takes the other.
#[derive(Clone, Copy, Debug)]
struct Place {
    keep: f64,
    other: u16,
}

impl Alias {
    /// A table for 1 to 65,535 weights that are not negative and not all zero.
    pub(crate) fn new(weights: &[f64]) -> Self {
        let number = |index: usize| u16::try_from(index).expect("a table has at most 65,535 places");
        let mean = weights.iter().sum::<f64>() / f64::from(number(weights.len()));
        let mut places: Vec<Place> =
            weights.iter().map(|weight| Place { keep: weight / mean, other: 0 }).collect();
        let (mut poor, mut rich): (Vec<usize>, Vec<usize>) =
            (0..places.len()).partition(|&place| places[place].keep < 1.0);
        while let (Some(&giver), Some(taker)) = (rich.last(), poor.pop()) {
            places[taker].other = number(giver);
            places[giver].keep -= 1.0 - places[taker].keep;
            if places[giver].keep < 1.0 {
                rich.pop();
                poor.push(giver);
            }
        }
        // What is left is 1 but for rounding, and must not send anybody to the place 0.
        poor.into_iter().chain(rich).for_each(|place| places[place].keep = 1.0);
        Self { places }
    }

    /// An index by weight.
    #[inline]
    #[allow(
        clippy::cast_possible_truncation,
        reason = "a draw is below the number of places, which fits u16"
    )]
    #[allow(clippy::cast_sign_loss, reason = "a draw is not negative")]
    pub(crate) fn draw(&self, dice: &mut Dice) -> u16 {
        let drawn = dice.unit() * f64::from(self.places.len() as u16);
        let index = drawn as u16;
        let place = self.places[usize::from(index)];
        // Both are at hand, so that a choice which no processor can foresee need not be a branch.
        std::hint::select_unpredictable(drawn - f64::from(index) < place.keep, index, place.other)
    }
}

#[cfg(test)]
mod tests {
    use super::super::dice::Stream;
    use super::*;

    #[test]
    fn each_index_is_drawn_as_often_as_it_weighs() {
        let weights = [5.0, 0.0, 3.0, 1.0, 1.0];
        let (table, mut dice) = (Alias::new(&weights), Dice::new(1, Stream::Rungs));
        let mut drawn = [0_u32; 5];
        (0..100_000).for_each(|_| drawn[usize::from(table.draw(&mut dice))] += 1);
        for (drawn, weight) in drawn.into_iter().zip(weights) {
            // Five standard deviations of a count with p = 1/2 are 790.
            assert!((f64::from(drawn) - weight * 10_000.0).abs() < 790.0, "{drawn} for {weight}");
        }
    }
}
