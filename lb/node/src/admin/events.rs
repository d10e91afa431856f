//! `GET /api/v1/events`: the state of every generation, as server-sent events.
//!
//! A reader that is slower than the generations misses some: it gets the newest each time, never a backlog.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::stream;
use http_body_util::{BodyExt, StreamBody};
use hyper::body::Frame;
use hyper::{Response, StatusCode};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use super::Admin;
use super::reply::{self, Body};
use super::view;

/// So many readers at once; a page needs one.
pub(super) const MOST_READERS: usize = 64;
/// A comment is sent when nothing happened for so long, so that a dead reader is noticed.
const HEARTBEAT: Duration = Duration::from_secs(15);

struct Reading {
    admin: Arc<Admin>,
    generation: watch::Receiver<u64>,
    _place: OwnedSemaphorePermit,
}

/// Starts a stream of events, unless too many are read already.
pub(super) fn start(admin: &Arc<Admin>, places: &Arc<Semaphore>) -> Response<Body> {
    let Ok(place) = Arc::clone(places).try_acquire_owned() else {
        return reply::text(StatusCode::SERVICE_UNAVAILABLE, format!("{MOST_READERS} readers already"));
    };
    let mut generation = admin.generation.clone();
    generation.mark_changed();
    let reading = Reading { admin: Arc::clone(admin), generation, _place: place };
    let frames = stream::unfold(reading, |mut reading| async move {
        let frame = reading.next().await?;
        Some((Ok::<_, Infallible>(Frame::data(frame)), reading))
    });
    reply::with_body(StatusCode::OK, "text/event-stream", StreamBody::new(frames).boxed_unsync())
}

impl Reading {
    async fn next(&mut self) -> Option<Bytes> {
        match tokio::time::timeout(HEARTBEAT, self.generation.changed()).await {
            Err(_) => Some(Bytes::from_static(b": still here\n\n")),
            Ok(Err(_)) => None,
            Ok(Ok(())) => self.show(),
        }
    }

    fn show(&self) -> Option<Bytes> {
        let snapshot = self.admin.reader.load();
        let state = view::state(&self.admin.node, &snapshot, Instant::now());
        let json = serde_json::to_string(&state).ok()?;
        Some(format!("event: generation\nid: {}\ndata: {json}\n\n", snapshot.generation).into())
    }
}
