//! Which segments there are, from the time and the fault alone.

use std::time::Duration;

use crate::clock::whole;
use crate::fault::{Fault, Setting};

/// Segments that were made before the origin started. The list is full at once, and a sequence that falls to 0 is seen
/// to fall however early that happens.
pub(crate) const ALREADY_RUN: u64 = 1000;
/// How many windows of segments are kept, so that a player that lags behind the list still gets what it was told.
const KEPT_WINDOWS: u64 = 3;

/// What a media playlist shows at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Listing {
    /// The first segment listed.
    pub(crate) first: u64,
    /// One past the last segment listed.
    pub(crate) end: u64,
    /// The oldest segment that is still answered.
    pub(crate) oldest: u64,
    /// Whether more will come, as far as the list says.
    pub(crate) outlook: Outlook,
}

/// What the list says of the future.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outlook {
    /// The stream is live.
    Live,
    /// `EXT-X-ENDLIST`.
    Ended,
}

impl Listing {
    /// The listing after `elapsed`, seen through a fault.
    pub(crate) fn at(elapsed: Duration, segment: Duration, window: u32, setting: &Setting) -> Self {
        let window = u64::from(window);
        let (before, run, outlook) = match setting.fault {
            Some(Fault::Frozen) => (ALREADY_RUN, setting.since, Outlook::Live),
            Some(Fault::Ended) => (ALREADY_RUN, setting.since, Outlook::Ended),
            Some(Fault::SequenceFell) => (window, elapsed.saturating_sub(setting.since), Outlook::Live),
            _ => (ALREADY_RUN, elapsed, Outlook::Live),
        };
        let end = before.saturating_add(whole(run, segment));
        Self {
            first: end.saturating_sub(window),
            end,
            oldest: end.saturating_sub(window * KEPT_WINDOWS),
            outlook,
        }
    }

    /// Whether a segment is still, or already, answered.
    pub(crate) fn has(&self, number: u64) -> bool {
        (self.oldest..self.end).contains(&number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEGMENT: Duration = Duration::from_secs(2);

    fn at(seconds: u64, fault: Option<Fault>, since: u64) -> Listing {
        let setting = Setting { fault, since: Duration::from_secs(since), generation: 1 };
        Listing::at(Duration::from_secs(seconds), SEGMENT, 5, &setting)
    }

    #[test]
    fn the_list_is_full_at_once_and_grows_by_one_per_segment() {
        assert_eq!((at(0, None, 0).first, at(0, None, 0).end), (995, 1000));
        for second in 0..10_000 {
            let listing = at(second, None, 0);
            assert_eq!(listing.end, 1000 + second / 2);
            assert_eq!(listing.end - listing.first, 5);
        }
    }

    #[test]
    fn a_frozen_list_stays_where_it_was_and_live_catches_up_when_cleared() {
        assert_eq!(at(500, Some(Fault::Frozen), 10), at(10, None, 0));
        assert_eq!(at(500, Some(Fault::Ended), 10).outlook, Outlook::Ended);
        assert_eq!(at(500, Some(Fault::Ended), 10).end, at(10, None, 0).end);
        assert_eq!(at(500, None, 0).end, 1250);
    }

    #[test]
    fn a_fallen_sequence_starts_at_zero_and_grows_again() {
        assert_eq!(at(10, Some(Fault::SequenceFell), 10).first, 0);
        assert_eq!(at(14, Some(Fault::SequenceFell), 10).first, 2);
    }

    #[test]
    fn segments_behind_the_list_are_kept_a_while_and_none_comes_early() {
        let listing = at(100, None, 0);
        assert!(listing.has(listing.first - 1) && listing.has(listing.end - 1));
        assert!(!listing.has(listing.end) && !listing.has(listing.end - 16));
    }
}
