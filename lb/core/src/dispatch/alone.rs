//! Shares above one half with two addresses in each answer.
//!
//! Viewers take either address of an answer, so an interface that is in every answer of two still gets only half of
//! them. One whose share `s` is more is named alone in some of the answers that name it first. With the part `a` of those
//! it gets `s a + s (1 - a) / 2 + (1 - s) / 2`, which is `s` for `a = (2 s - 1) / s`; the others keep their proportions in
//! the rest, and what is named first follows the weights as ever. Who is owed is a debt account, like all of weir's
//! picks: no dice.

/// What is owed to the one that has more than half of the weight.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Alone {
    owed: i64,
}

impl Alone {
    /// Whether an answer that costs so much, and names one of this weight first, names it alone; `sum` is the weight of
    /// all. What is owed stays within half of the dearest answer, either way.
    pub(super) fn decide(&mut self, weight: i64, sum: i64, cost: i64) -> bool {
        let excess = 2 * weight - sum;
        if excess <= 0 {
            return false;
        }
        let whole = weight * cost;
        self.owed += excess * cost;
        let alone = 2 * self.owed >= whole;
        if alone {
            self.owed -= whole;
        }
        alone
    }
}
