//! The date of answers (RFC 9110 section 6.6.1), written once a second.

use std::time::{Duration, Instant, SystemTime};

/// It is written anew when it is older than this: then it is no more than a second behind.
const KEPT: Duration = Duration::from_millis(500);

/// The date as it was written last.
#[derive(Debug, Default)]
pub(super) struct Date {
    text: String,
    written: Option<Instant>,
}

impl Date {
    /// The date of this moment.
    pub(super) fn of(&mut self, now: Instant) -> &[u8] {
        if self.written.is_none_or(|written| now.saturating_duration_since(written) >= KEPT) {
            self.text = httpdate::fmt_http_date(SystemTime::now());
            self.written = Some(now);
        }
        self.text.as_bytes()
    }
}
