//! Where a look is, and how long its parts took: kept outside of the look's future, so that it survives a deadline.

use std::time::Duration;

use weir_core::{Failure, Phase, Timings};

/// The trail of one look.
#[derive(Debug)]
pub(crate) struct Trace {
    phase: Phase,
    timings: Timings,
}

impl Trace {
    /// The trail of a look that has yet to connect.
    pub(crate) fn new() -> Self {
        Self { phase: Phase::Connect, timings: Timings::default() }
    }

    /// Notes what the look is about to wait for.
    pub(crate) fn enter(&mut self, phase: Phase) {
        self.phase = phase;
    }

    /// Notes how long a connection took; the first one of a look is kept.
    pub(crate) fn connected(&mut self, took: Duration) {
        self.timings.connect.get_or_insert(took);
    }

    /// Notes how long an answer took to begin; the first one of a look is kept.
    pub(crate) fn answered(&mut self, took: Duration) {
        self.timings.first_byte.get_or_insert(took);
    }

    /// What a deadline that cuts the look off here means.
    pub(crate) fn out_of_time(&self) -> Failure {
        match self.phase {
            // `play` was answered with Start, so all that was missing is what viewers come for.
            Phase::Media => Failure::NoMedia,
            phase => Failure::TimedOut { phase },
        }
    }

    /// A connection that broke where the look is.
    pub(crate) fn lost(&self, error: &(impl ToString + ?Sized)) -> Failure {
        Failure::Lost { phase: self.phase, error: error.to_string() }
    }

    /// The durations, once the look is over.
    pub(crate) fn finish(self, total: Duration) -> Timings {
        Timings { total, ..self.timings }
    }
}
