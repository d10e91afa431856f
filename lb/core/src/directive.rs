//! What an operator ordered for an interface; kept apart from the verdict, so that neither hides the other.

use std::fmt;
use std::str::FromStr;
use std::time::Instant;

/// What an operator can order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Directive {
    /// The verdict decides.
    #[default]
    Auto,
    /// No new viewers; those that are there stay.
    Drain,
    /// As if every probe failed.
    Down,
    /// As if every probe passed.
    Up,
}

/// A directive with its reason and its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// What was ordered.
    pub directive: Directive,
    /// Why, in the operator's words.
    pub reason: String,
    /// When it ends by itself; never, when absent.
    pub until: Option<Instant>,
}

/// Why a text is not a directive.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is not a directive; use drain, down, up or auto")]
pub struct ParseDirectiveError(String);

impl Order {
    /// Whether the order still holds at `now`.
    pub fn holds(&self, now: Instant) -> bool {
        self.until.is_none_or(|until| now < until)
    }
}

impl fmt::Display for Directive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Auto => "auto",
            Self::Drain => "drain",
            Self::Down => "down",
            Self::Up => "up",
        })
    }
}

impl FromStr for Directive {
    type Err = ParseDirectiveError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "auto" => Ok(Self::Auto),
            "drain" => Ok(Self::Drain),
            "down" => Ok(Self::Down),
            "up" => Ok(Self::Up),
            other => Err(ParseDirectiveError(other.to_owned())),
        }
    }
}
