//! The law of weights: an expected load for each interface, and what follows from it. `docs/law.md` tells it in words.
//!
//! [`control::Law`] puts the parts together, each of the others holds one idea. Its properties, each a test: never
//! negative; an unusable interface gets nothing; a full one gets nothing while another has room; groups cap their members
//! together; always somebody as long as anybody is usable.
//!
//! Refused: weights by measured load alone ("least loaded"), which sends everybody to the interface that was just
//! emptied by its own death, and a target utilisation, which needs a number that nobody knows beforehand.

pub mod audience;
pub mod capacity;
pub mod comeback;
pub mod control;
mod early;
pub mod expected;
pub mod fill;
pub mod guard;
pub mod hidden;
pub mod inflow;
pub mod lane;
pub mod promised;
pub mod redirects;
pub mod rules;
pub mod smooth;
pub mod split;
mod stem;
mod strain;

use crate::units::Weight;

/// The weights of a pool add up to about this: shares come out in tenths of thousandths.
pub const LAW_SCALE: u32 = 10_000;

/// A share of one as a weight; whoever has a share at all gets at least one.
pub fn weight_of(share: f64) -> Weight {
    // Between 0 and LAW_SCALE, as a share is between 0 and 1; what is not a number becomes 0.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let weight = (share * f64::from(LAW_SCALE)).round() as u32;
    Weight::new(if share > 0.0 { weight.max(1) } else { 0 })
}
