//! The pace of one viewer: how much it wants at each look, and whether it had that in the last five seconds.
//!
//! All is counted in looks of its own clock and not in seconds of somebody else's, so that a look which falls a
//! millisecond to the other side of a second's edge makes nobody short.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::books::Books;

/// From one look to the next.
pub(crate) const LOOK: Duration = Duration::from_millis(500);

/// So many looks are five seconds, and one.
const WINDOW: usize = 10;
const SECOND: usize = 2;

/// Who has less than so much of what it wants is short.
const ENOUGH: f64 = 0.95;

/// A viewer catches up on what it missed, for as much as its player would have buffered, in looks.
const BUFFERED: f64 = 6.0;

/// What a viewer wants and has had.
#[derive(Debug)]
pub(crate) struct Pace {
    books: Arc<Books>,
    start: Instant,
    /// Bytes that are played from one look to the next.
    portion: f64,
    /// Bytes that it wants and has not had.
    owed: f64,
    /// What came in the last looks, by the look's number.
    window: [f64; WINDOW],
    /// The look that is being counted.
    current: usize,
}

impl Pace {
    /// A viewer comes who plays so many bytes a second.
    pub(crate) fn new(books: &Arc<Books>, bytes_per_second: f64) -> Self {
        let portion = bytes_per_second * LOOK.as_secs_f64();
        let start = Instant::now();
        Self { books: Arc::clone(books), start, portion, owed: portion, window: [0.0; WINDOW], current: 0 }
    }

    /// When the next look is due.
    pub(crate) fn next(&mut self) -> Instant {
        self.advance();
        self.start + LOOK * u32::try_from(self.current + 1).unwrap_or(u32::MAX)
    }

    /// Bytes that it wants now.
    pub(crate) fn wanted(&mut self) -> f64 {
        self.advance();
        self.owed
    }

    /// So much came.
    pub(crate) fn had(&mut self, bytes: f64) {
        self.window[self.current % WINDOW] += bytes;
        self.owed -= bytes;
    }

    /// Counts the looks that are over, also those in which nothing came because there was no connection.
    fn advance(&mut self) {
        let over = self.start.elapsed().as_nanos() / LOOK.as_nanos();
        let now = usize::try_from(over).unwrap_or(usize::MAX);
        while self.current < now {
            if (self.current + 1).is_multiple_of(SECOND) && self.current + 1 >= WINDOW {
                let had: f64 = self.window.iter().sum();
                let short = had < ENOUGH * self.portion * WINDOW as f64;
                let end = self.start + LOOK * u32::try_from(self.current + 1).unwrap_or(u32::MAX);
                self.books.watched(end, short);
            }
            self.current += 1;
            self.window[self.current % WINDOW] = 0.0;
            self.owed = (self.owed + self.portion).min(self.portion * BUFFERED);
        }
    }
}

impl Drop for Pace {
    /// The viewer leaves; what it had until now counts.
    fn drop(&mut self) {
        self.advance();
    }
}
