//! Values of the state as people read them. What is not known is a hyphen.

use std::fmt::Write;

use serde_json::Value;
use weir_core::BytesPerSec;

/// The values of a list; none when it is no list.
pub(super) fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// What is not known.
pub(super) fn unknown() -> String {
    "-".to_owned()
}

/// A text.
pub(super) fn text(value: &Value) -> String {
    value.as_str().map_or_else(unknown, str::to_owned)
}

/// A rate, in bits per second.
pub(super) fn rate(value: &Value) -> String {
    value.as_u64().map_or_else(unknown, |bytes| BytesPerSec::new(bytes).to_string())
}

/// A part of a whole in percent.
pub(super) fn percent(part: f64) -> String {
    format!("{:.0} %", part * 100.0)
}

/// A share in percent, as exact as shares are looked at.
pub(super) fn share(value: &Value) -> String {
    format!("{:.1} %", value.as_f64().unwrap_or_default() * 100.0)
}

/// A time that has passed, in seconds.
pub(super) fn lapse(seconds: f64) -> String {
    match seconds {
        seconds if seconds < 120.0 => format!("{seconds:.0} s"),
        seconds if seconds < 7_200.0 => format!("{:.0} min", seconds / 60.0),
        seconds => format!("{:.0} h", seconds / 3_600.0),
    }
}

/// An order with its reason and what is left of it.
pub(super) fn directive(value: &Value) -> String {
    let mut shown = text(&value["directive"]);
    // Writing to a string does not fail.
    if let Some(reason) = value["reason"].as_str().filter(|reason| !reason.is_empty()) {
        let _ = write!(shown, " ({reason})");
    }
    if let Some(seconds) = value["expires_in_seconds"].as_u64() {
        let _ = write!(shown, ", {seconds} s left");
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lapse_is_told_in_the_unit_that_people_use() {
        assert_eq!([0.4, 12.0, 119.0, 120.0, 7_300.0].map(lapse), ["0 s", "12 s", "119 s", "2 min", "2 h"]);
    }
}
