//! The virtual buffer: what a player could show until when, without any media in it.

use std::time::Duration;

use tokio::time::Instant;

/// Media that a viewer has fetched and not yet shown.
#[derive(Debug, Default)]
pub(crate) struct Buffer {
    /// When the picture freezes if nothing more comes; `None` before playback.
    ends: Option<Instant>,
    /// The current emptiness was reported.
    reported: bool,
}

impl Buffer {
    pub(crate) fn started(&self) -> bool {
        self.ends.is_some()
    }

    /// When the picture freezes if nothing more comes.
    pub(crate) fn ends(&self) -> Option<Instant> {
        self.ends
    }

    /// What is left to show.
    pub(crate) fn level(&self, now: Instant) -> Duration {
        self.ends.map_or(Duration::ZERO, |ends| ends.saturating_duration_since(now))
    }

    /// Appends media of this length; playback starts or resumes with it.
    pub(crate) fn append(&mut self, now: Instant, length: Duration) {
        let from = self.ends.map_or(now, |ends| ends.max(now));
        self.ends = Some(from + length);
        self.reported = false;
    }

    /// Live media came that lasts at least this long; nothing adds up.
    pub(crate) fn refresh(&mut self, now: Instant, length: Duration) {
        self.ends = Some(now + length);
        self.reported = false;
    }

    /// True once per emptiness: the picture has frozen since the last look.
    pub(crate) fn runs_empty(&mut self, now: Instant) -> bool {
        let empty = self.ends.is_some_and(|ends| ends < now);
        let fresh = empty && !self.reported;
        self.reported |= empty;
        fresh
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_emptiness_is_reported_once_and_media_ends_it() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut buffer = Buffer::default();
        assert!(!buffer.runs_empty(at(9)), "nothing can freeze before playback");
        buffer.append(at(10), Duration::from_secs(4));
        buffer.append(at(11), Duration::from_secs(4));
        assert_eq!(buffer.level(at(12)), Duration::from_secs(6));
        assert!(!buffer.runs_empty(at(18)));
        assert!(buffer.runs_empty(at(19)));
        assert!(!buffer.runs_empty(at(20)));
        buffer.append(at(21), Duration::from_secs(4));
        assert_eq!(buffer.ends(), Some(at(25)));
        assert!(buffer.runs_empty(at(26)));
    }

    #[test]
    fn live_media_does_not_add_up() {
        let now = Instant::now();
        let mut buffer = Buffer::default();
        buffer.refresh(now, Duration::from_secs(3));
        buffer.refresh(now, Duration::from_secs(3));
        assert_eq!(buffer.level(now), Duration::from_secs(3));
    }
}
