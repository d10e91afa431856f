//! How what an interface can carry compares with what was configured.

use serde_json::Value;

/// Differences below this part of what was configured are not worth a word.
const WORTH_A_WORD: f64 = 0.01;

/// What is known of a capacity beside what was configured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Learned {
    /// It is as it was configured.
    Nothing,
    /// It was full at less.
    Less,
    /// It carried more.
    More,
    /// Nobody has said it, and it was learned.
    All,
    /// Nobody has said it, and nothing was learned.
    Unknown,
}

impl Learned {
    /// What is known of an interface of the state.
    pub(super) fn of(interface: &Value) -> Self {
        let configured = interface["capacity_bytes_per_second"].as_f64();
        let effective = interface["effective_capacity_bytes_per_second"].as_f64();
        match (configured, effective) {
            (Some(configured), Some(effective)) if effective < configured * (1.0 - WORTH_A_WORD) => {
                Self::Less
            }
            (Some(configured), Some(effective)) if effective > configured * (1.0 + WORTH_A_WORD) => {
                Self::More
            }
            (Some(_), _) => Self::Nothing,
            (None, Some(_)) => Self::All,
            (None, None) => Self::Unknown,
        }
    }
}
