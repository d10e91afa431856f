//! The one stream that every address serves: its clock, its segments, its frames.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

use crate::clock::Clock;
use crate::config::OriginConfig;
use crate::media::{flv, frame, transport};
use crate::seed::mix;

/// Heads of segments that are kept ready. Most requests are for the newest few; any other is made again.
const READY_HEADS: usize = 16;

/// The stream. Shared by all addresses; the only locks guard caches and are held for a look-up or for making one entry.
#[derive(Debug)]
pub(crate) struct Stream {
    /// What was asked for.
    pub(crate) config: OriginConfig,
    /// Its time.
    pub(crate) clock: Clock,
    filler: Bytes,
    heads: Mutex<VecDeque<(u64, Bytes)>>,
    frame: Mutex<Option<(u64, Bytes)>>,
    sessions: AtomicU64,
}

/// A segment in two pieces: what is its own, and a slice of the filler that all share.
#[derive(Clone, Debug)]
pub(crate) struct Segment {
    /// Tables, pictures and sound.
    pub(crate) head: Bytes,
    /// Null packets up to the size that the bit rate asks for.
    pub(crate) filler: Bytes,
}

impl Stream {
    /// A stream that starts now.
    pub(crate) fn new(config: OriginConfig) -> Self {
        let bytes = usize::try_from(config.segment_bytes()).unwrap_or(usize::MAX);
        Self {
            filler: transport::nulls(bytes / transport::PACKET),
            clock: Clock::start(),
            heads: Mutex::new(VecDeque::with_capacity(READY_HEADS)),
            frame: Mutex::new(None),
            sessions: AtomicU64::new(0),
            config,
        }
    }

    /// A segment, by its number.
    pub(crate) fn segment(&self, number: u64) -> Segment {
        let head = self.head(number);
        let filler = self.filler.slice(..self.filler.len().saturating_sub(head.len()));
        Segment { head, filler }
    }

    /// The RTMP chunks of a frame. All sessions send the same ones, mostly at the same time, so the last is kept.
    pub(crate) fn frame(&self, number: u64) -> Bytes {
        let mut kept = lock(&self.frame);
        match &*kept {
            Some((of, chunks)) if *of == number => chunks.clone(),
            _ => {
                let chunks = flv::frame(number, self.config.bits_per_second, self.config.seed);
                *kept = Some((number, chunks.clone()));
                chunks
            }
        }
    }

    /// A session id as Wowza hands them out: a new one for each master playlist.
    pub(crate) fn new_session(&self) -> u64 {
        let count = self.sessions.fetch_add(1, Ordering::Relaxed);
        mix(self.config.seed ^ count.rotate_left(32)) & 0x7FFF_FFFF
    }

    fn head(&self, number: u64) -> Bytes {
        let mut heads = lock(&self.heads);
        if let Some((_, head)) = heads.iter().find(|(of, _)| *of == number) {
            return head.clone();
        }
        let frames = frame::of_segment(number, self.config.target_duration);
        let head = transport::head(number, frames, self.config.seed);
        if heads.len() == READY_HEADS {
            heads.pop_front();
        }
        heads.push_back((number, head.clone()));
        head
    }
}

/// A panic cannot leave a cache half-written (entries are made before they are stored), so poison means nothing here.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
