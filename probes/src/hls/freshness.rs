//! Does a live playlist grow? The one check that finds the commonest real failure, an encoder that stopped behind a
//! server that goes on answering 200 with the same list.
//!
//! A server publishes within 1.5 target durations (RFC 8216 section 6.2.1), so two without growth are a warning and
//! three a failure. The numbers must never fall (section 4.3.3.2); they do when an origin restarts, which is told once,
//! and then the new numbering is what counts.

#[cfg(test)]
mod tests;

use std::time::Duration;

use tokio::time::Instant;
use weir_core::Failure;

use super::playlist::Media;

/// Without growth for this many target durations: a warning.
const LATE: u32 = 2;

/// Without growth for this many target durations: a failure.
const STALE: u32 = 3;

/// The newest media sequence number, and since when it is that.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Freshness {
    newest: Option<(u64, Instant)>,
}

/// What one more playlist shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Judgement {
    /// It has grown since the last look, or this is the first one.
    Grown,
    /// It has not grown, and need not have.
    Same,
    /// It should have grown by now.
    Late(Failure),
    /// It does not play.
    Dead(Failure),
}

impl Freshness {
    /// Judges a playlist that was fetched now.
    pub(crate) fn judge(&mut self, media: &Media, now: Instant) -> Judgement {
        let judgement = self.growth(media, now);
        if media.ended { Judgement::Dead(Failure::Ended { sequence: media.newest }) } else { judgement }
    }

    fn growth(&mut self, media: &Media, now: Instant) -> Judgement {
        match self.newest {
            Some((newest, since)) if media.newest == newest => aged(media, now.duration_since(since)),
            Some((newest, _)) if media.newest < newest => {
                self.newest = Some((media.newest, now));
                Judgement::Dead(Failure::SequenceFell { from: newest, to: media.newest })
            }
            _ => {
                self.newest = Some((media.newest, now));
                Judgement::Grown
            }
        }
    }
}

fn aged(media: &Media, age: Duration) -> Judgement {
    let stale = Failure::Stale { sequence: media.newest, age, target: media.target };
    if age >= media.target * STALE {
        Judgement::Dead(stale)
    } else if age >= media.target * LATE {
        Judgement::Late(stale)
    } else {
        Judgement::Same
    }
}
