//! The `hls` probe: it passes when a live playlist grows and its newest segment is there.
//!
//! ```text
//!            ┌── first look, pin too old, pinned list gone ──┐
//!            ▼                                               │
//!   GET master ──► first variant ──► pin ──► GET media list ─┴─► judge ──► GET head of newest segment
//!   (once)                           (kept)  (each look)                   (grown, and 10 s since the last)
//! ```
//!
//! Probes count as viewers: a Wowza server opens a session for each chunk list that a master hands out, so the same
//! one is asked for look after look. Each level has its own failure; none is just "down".

mod freshness;
pub(crate) mod playlist;
pub(crate) mod segment;

use std::time::Duration;

use tokio::time::Instant;
use url::Url;
use weir_core::{Evidence, Failure, Outcome};

use self::freshness::{Freshness, Judgement};
use self::playlist::{Media, Playlist};
use crate::exchange::{Want, get, resolve};
use crate::place::Place;
use crate::trace::Trace;

/// After this long the master is asked again, so that a variant that was renamed is found.
const PIN_LIFE: Duration = Duration::from_secs(5 * 60);

/// The same while the list does not play: soon enough to follow a new one, too seldom to pile up sessions.
const DEAD_PIN_LIFE: Duration = Duration::from_secs(30);

/// At most one segment in this time, while they are good.
const SEGMENT_EVERY: Duration = Duration::from_secs(10);

/// What an HLS probe of one interface remembers.
#[derive(Debug, Default)]
pub(crate) struct Hls {
    pin: Option<Pin>,
    freshness: Freshness,
    segment: SegmentCheck,
}

/// The media playlist that is asked for again and again.
#[derive(Clone, Debug)]
struct Pin {
    url: Url,
    since: Instant,
}

/// How the last check of a segment went.
#[derive(Clone, Copy, Debug, Default)]
enum SegmentCheck {
    /// None yet, or a bad one, which is repeated at once.
    #[default]
    Due,
    /// A good one.
    Good(Instant),
}

impl Hls {
    /// Looks once. `now` is when the look began, for the judgement of what has not grown since when.
    pub(crate) async fn look(
        &mut self,
        master: &Url,
        place: &Place,
        now: Instant,
        trace: &mut Trace,
    ) -> Outcome {
        let (url, media) = match self.media(master, place, now, trace).await {
            Ok(found) => found,
            Err(failure) => return Outcome::Fail(failure),
        };
        let (outcome, grown) = match self.freshness.judge(&media, now) {
            Judgement::Grown => (Outcome::Pass, true),
            Judgement::Same => (Outcome::Pass, false),
            Judgement::Late(failure) => (Outcome::Warn(failure), false),
            Judgement::Dead(failure) => {
                self.unpin_if_older(DEAD_PIN_LIFE, now);
                return Outcome::Fail(failure);
            }
        };
        if !self.segment.is_due(grown, now) {
            return outcome;
        }
        // Due until it proves good, also when the look's deadline cuts it off.
        self.segment = SegmentCheck::Due;
        if let Err(failure) = check_segment(&url, &media, place, trace).await {
            return Outcome::Fail(failure);
        }
        self.segment = SegmentCheck::Good(now);
        outcome
    }

    /// The media playlist: the pinned one, or else the first of the master.
    async fn media(
        &mut self,
        master: &Url,
        place: &Place,
        now: Instant,
        trace: &mut Trace,
    ) -> Result<(Url, Media), Failure> {
        self.unpin_if_older(PIN_LIFE, now);
        if let Some(pin) = self.pin.clone() {
            match fetch(&pin.url, place, trace).await {
                Ok((url, Playlist::Media(media))) => return Ok((url, media)),
                Err(failure) if !is_answer(&failure) => return Err(failure),
                // The pinned list is gone or none any more: once within this look, ask where the stream is now.
                _ => self.pin = None,
            }
        }
        let (url, media) = find(master, place, trace).await?;
        self.pin = Some(Pin { url: url.clone(), since: now });
        Ok((url, media))
    }

    fn unpin_if_older(&mut self, life: Duration, now: Instant) {
        self.pin.take_if(|pin| now.duration_since(pin.since) >= life);
    }
}

impl SegmentCheck {
    fn is_due(self, grown: bool, now: Instant) -> bool {
        match self {
            Self::Due => true,
            Self::Good(last) => grown && now.duration_since(last) >= SEGMENT_EVERY,
        }
    }
}

/// Whether a server answered, though not with what was asked for.
fn is_answer(failure: &Failure) -> bool {
    matches!(
        failure,
        Failure::Status { .. }
            | Failure::BadPlaylist { .. }
            | Failure::TooLarge { .. }
            | Failure::Protocol { .. }
    )
}

/// Follows a master to its first variant; a media playlist in its place will do.
async fn find(master: &Url, place: &Place, trace: &mut Trace) -> Result<(Url, Media), Failure> {
    let (base, variant) = match fetch(master, place, trace).await? {
        (url, Playlist::Media(media)) => return Ok((url, media)),
        (url, Playlist::Master(variant)) => (url, variant),
    };
    let url = resolve(place, &base, &variant, "points to a variant")?;
    match fetch(&url, place, trace).await? {
        (url, Playlist::Media(media)) => Ok((url, media)),
        (url, Playlist::Master(_)) => Err(bad(&url, "a master playlist where a media playlist should be")),
    }
}

async fn fetch(url: &Url, place: &Place, trace: &mut Trace) -> Result<(Url, Playlist), Failure> {
    let limit = playlist::MAX_BYTES;
    let answer = get(place, Want { url, limit, range: None }, trace).await?;
    let url = answer.url;
    if answer.status != 200 {
        return Err(Failure::Status { url: url.to_string(), status: answer.status });
    }
    if answer.cut {
        return Err(Failure::TooLarge { url: url.to_string(), limit });
    }
    let playlist = playlist::parse(&answer.body).map_err(|error| bad(&url, error.to_string()))?;
    Ok((url, playlist))
}

/// Fetches the start of the newest segment, if there is one that is not a gap.
async fn check_segment(list: &Url, media: &Media, place: &Place, trace: &mut Trace) -> Result<(), Failure> {
    let Some(uri) = &media.newest_uri else { return Ok(()) };
    let url = resolve(place, list, uri, "points to a segment")?;
    let want = Want { url: &url, limit: segment::HEAD, range: Some(segment::HEAD_RANGE) };
    let answer = get(place, want, trace).await?;
    let url = answer.url.to_string();
    if !matches!(answer.status, 200 | 206) {
        return Err(Failure::SegmentMissing { url, status: answer.status });
    }
    match segment::check(&answer.body) {
        // What is encrypted looks like noise: that there is some is all that can be told.
        Err(_) if media.encrypted && !answer.body.is_empty() => Ok(()),
        Err(evidence) => Err(Failure::BadSegment { url, evidence }),
        Ok(()) => Ok(()),
    }
}

fn bad(url: &Url, evidence: impl AsRef<str>) -> Failure {
    Failure::BadPlaylist { url: url.to_string(), evidence: Evidence::new(evidence) }
}
