//! What is wrong with a zone, in a sentence.

use std::fmt;

use weir_core::HostName;

/// Something in a zone's configuration that has to be changed before it can answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZoneFault {
    /// The zone; absent when the fault is that there is none.
    pub zone: Option<HostName>,
    /// Where the zone's text comes from, as the [`ZoneSpec`](super::ZoneSpec) says; empty without a zone.
    pub source: String,
    /// The line within the text, counted from one; absent when the text has no part in it.
    pub line: Option<usize>,
    /// What is wrong, and what would be right.
    pub message: String,
}

impl fmt::Display for ZoneFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(zone) = &self.zone {
            write!(f, "zone {zone}: ")?;
        }
        if let Some(line) = self.line {
            write!(f, "{} line {line}: ", self.source)?;
        }
        f.write_str(&self.message)
    }
}

impl std::error::Error for ZoneFault {}
