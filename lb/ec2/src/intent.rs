//! Whether an instance is to run now, since when, and why: what its hours and an operator's override come to.

use jiff::Timestamp;

/// What is wanted of an instance's power.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intent {
    /// Whether it is to run.
    pub power: Power,
    /// When it came to be wanted so; `None` if it was never otherwise.
    pub since: Option<Timestamp>,
    /// Why, for people: which schedule, or whose override.
    pub because: String,
}

/// Whether an instance is to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Power {
    /// It is to run.
    On,
    /// It is not to run.
    Off,
    /// Nobody said: it is neither started nor stopped, but cared for while it runs.
    Unmanaged,
}
