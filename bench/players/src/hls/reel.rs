//! What an HLS player does next: fetch, reload or wait (RFC 8216 sections 6.3.3 and 6.3.4). No I/O, no clock.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

use super::playlist::Media;
use crate::error::PlayError;

/// A live player starts this many segments from the end, and buffers as many target durations.
const BEHIND: u32 = 3;

/// After this many target durations without a new segment, people reload the page.
const PATIENCE: u32 = 6;

/// The most segments that wait to be fetched; a playlist that jumps further ahead is joined at its end again.
const MAX_PENDING: usize = 16;

/// A segment to be fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Segment {
    pub(super) uri: Box<str>,
    pub(super) duration: Duration,
}

/// The next thing to do.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    Fetch(Segment),
    Reload,
    Wait(Instant),
}

/// A player's position in a live playlist.
#[derive(Debug)]
pub(super) struct Reel {
    target: Duration,
    pending: VecDeque<Segment>,
    /// The number that the next new segment has; `None` before the first load.
    end: Option<u64>,
    reload_at: Instant,
    grown_at: Instant,
}

impl Reel {
    /// Joins a playlist that was asked for at `asked`.
    pub(super) fn new(media: &Media<'_>, asked: Instant) -> Result<Self, PlayError> {
        let mut reel = Self {
            target: media.target,
            pending: VecDeque::new(),
            end: None,
            reload_at: asked,
            grown_at: asked,
        };
        reel.load(media, asked)?;
        Ok(reel)
    }

    /// Takes a playlist that was asked for at `asked`.
    pub(super) fn load(&mut self, media: &Media<'_>, asked: Instant) -> Result<(), PlayError> {
        if media.ended {
            return Err(PlayError::Ended);
        }
        self.target = media.target;
        if self.end == Some(media.end()) {
            self.reload_at = asked + self.target / 2;
            let waited = asked.saturating_duration_since(self.grown_at);
            return if waited > self.target * PATIENCE { Err(PlayError::StoodStill) } else { Ok(()) };
        }
        let fresh = self.end.and_then(|end| media.end().checked_sub(end));
        let fresh = fresh.and_then(|count| usize::try_from(count).ok());
        let listed = media.segments.len();
        let joined = usize::try_from(BEHIND).unwrap_or(listed).min(listed);
        let wanted = match fresh {
            // What is new follows what was listed before.
            Some(fresh) if fresh <= listed && self.pending.len() + fresh <= MAX_PENDING => fresh,
            // The first load, a gap, or numbers that fell back: join at the end.
            _ => {
                self.pending.clear();
                joined
            }
        };
        let fresh = media.segments[listed - wanted..].iter();
        self.pending.extend(fresh.map(|(uri, duration)| Segment { uri: (*uri).into(), duration: *duration }));
        self.end = Some(media.end());
        self.reload_at = asked + self.target;
        self.grown_at = asked;
        Ok(())
    }

    /// What to do now, with so much in the buffer. Segments go first: a reload that takes longer than a target
    /// duration is due again at once, and would keep them waiting for ever.
    pub(super) fn next(&mut self, now: Instant, level: Duration) -> Step {
        let excess = level.saturating_sub(self.target * BEHIND);
        if excess.is_zero()
            && let Some(segment) = self.pending.pop_front()
        {
            return Step::Fetch(segment);
        }
        if now >= self.reload_at {
            return Step::Reload;
        }
        let room = (!self.pending.is_empty()).then(|| now + excess);
        Step::Wait(room.map_or(self.reload_at, |room| room.min(self.reload_at)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TARGET: Duration = Duration::from_secs(4);
    const NAMES: [&str; 12] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11"];

    fn media(sequence: usize, end: usize) -> Media<'static> {
        let segments = NAMES[sequence..end].iter().map(|name| (*name, TARGET)).collect();
        Media { target: TARGET, sequence: sequence as u64, segments, ended: false }
    }

    fn pending(reel: &Reel) -> Vec<&str> {
        reel.pending.iter().map(|segment| &*segment.uri).collect()
    }

    #[test]
    fn a_player_starts_three_from_the_end_and_takes_what_is_new() {
        let start = Instant::now();
        let mut reel = Reel::new(&media(0, 6), start).unwrap();
        assert_eq!(pending(&reel), ["3", "4", "5"]);
        for level in [0, 4, 8] {
            assert!(matches!(reel.next(start, Duration::from_secs(level)), Step::Fetch(_)));
        }
        assert_eq!(reel.next(start, TARGET * 3), Step::Wait(start + TARGET));
        assert_eq!(reel.next(start + TARGET, TARGET * 2), Step::Reload);
        reel.load(&media(1, 7), start + TARGET).unwrap();
        assert_eq!(pending(&reel), ["6"]);
        assert_eq!(reel.reload_at, start + TARGET * 2);
    }

    #[test]
    fn an_unchanged_playlist_is_asked_for_after_half_a_target_and_given_up_in_the_end() {
        let start = Instant::now();
        let mut reel = Reel::new(&media(0, 6), start).unwrap();
        reel.load(&media(0, 6), start + TARGET).unwrap();
        assert_eq!(reel.reload_at, start + TARGET * 3 / 2);
        assert!(reel.load(&media(0, 6), start + TARGET * PATIENCE).is_ok());
        let late = start + TARGET * (PATIENCE + 1);
        assert!(matches!(reel.load(&media(0, 6), late), Err(PlayError::StoodStill)));
    }

    #[test]
    fn a_full_buffer_lets_segments_wait() {
        let start = Instant::now();
        let mut reel = Reel::new(&media(0, 6), start).unwrap();
        let excess = Duration::from_secs(1);
        assert_eq!(reel.next(start, TARGET * BEHIND + excess), Step::Wait(start + excess));
        assert_eq!(pending(&reel), ["3", "4", "5"]);
    }

    #[test]
    fn an_empty_playlist_is_given_up_in_the_end() {
        let start = Instant::now();
        let mut reel = Reel::new(&media(0, 0), start).unwrap();
        assert_eq!(reel.next(start, Duration::ZERO), Step::Wait(start + TARGET));
        let late = start + TARGET * (PATIENCE + 1);
        assert!(matches!(reel.load(&media(0, 0), late), Err(PlayError::StoodStill)));
    }

    #[test]
    fn a_gap_or_numbers_that_fall_back_join_at_the_end() {
        let start = Instant::now();
        let mut reel = Reel::new(&media(0, 3), start).unwrap();
        reel.load(&media(7, 12), start).unwrap();
        assert_eq!(pending(&reel), ["9", "10", "11"]);
        reel.load(&media(0, 2), start).unwrap();
        assert_eq!(pending(&reel), ["0", "1"]);
    }

    #[test]
    fn a_playlist_that_has_ended_is_an_error() {
        let ended = Media { ended: true, ..media(0, 3) };
        assert!(matches!(Reel::new(&ended, Instant::now()), Err(PlayError::Ended)));
    }
}
