//! One HLS viewer: master, media playlist, then segments as they appear.

mod playlist;
mod reel;

use std::convert::Infallible;
use std::net::SocketAddr;

use tokio::time::{Instant, sleep_until};
use url::Url;

use crate::error::PlayError;
use crate::http::{Browser, Document};
use crate::viewer::View;
use playlist::Playlist;
use reel::{Reel, Segment, Step};

/// Plays for ever; the only way back is an error.
pub(crate) async fn play(
    view: &mut View<'_>,
    url: &Url,
    edges: &[SocketAddr],
) -> Result<Infallible, PlayError> {
    let mut browser = Browser::default();
    let (playlist, mut reel) = enter(&mut browser, view, url, edges).await?;
    loop {
        let now = Instant::now();
        match reel.next(now, view.buffer.level(now)) {
            Step::Fetch(segment) => fetch(&mut browser, view, &playlist, &segment).await?,
            Step::Reload => reload(&mut browser, view, &playlist, &mut reel).await?,
            Step::Wait(until) => {
                // An empty buffer is noticed when it happens, not when the next byte comes.
                let empty = view.buffer.ends().filter(|ends| *ends >= now);
                sleep_until(empty.map_or(until, |ends| until.min(ends + CLOCK_TICK))).await;
                view.look();
            }
        }
    }
}

/// Tokio's timers tick in milliseconds; one more makes sure that the buffer has ended.
const CLOCK_TICK: std::time::Duration = std::time::Duration::from_millis(1);

/// From the entry to the media playlist, which may be what the entry gives at once.
async fn enter(
    browser: &mut Browser,
    view: &mut View<'_>,
    url: &Url,
    edges: &[SocketAddr],
) -> Result<(Url, Reel), PlayError> {
    let document = browser.document(view, url, edges).await?;
    let variant = match playlist::read(&document.text).ok_or(PlayError::Playlist)? {
        Playlist::Media(media) => return Ok((document.url, Reel::new(&media, Instant::now())?)),
        Playlist::Master { variant } => join(&document.url, variant)?,
    };
    drop(document);
    let asked = Instant::now();
    let Document { url, text } = browser.document(view, &variant, &[]).await?;
    match playlist::read(&text) {
        Some(Playlist::Media(media)) => Ok((url, Reel::new(&media, asked)?)),
        _ => Err(PlayError::Playlist),
    }
}

async fn fetch(
    browser: &mut Browser,
    view: &mut View<'_>,
    playlist: &Url,
    segment: &Segment,
) -> Result<(), PlayError> {
    let url = join(playlist, &segment.uri)?;
    browser.segment(view, &url).await?;
    view.fed(|buffer, now| buffer.append(now, segment.duration));
    Ok(())
}

async fn reload(
    browser: &mut Browser,
    view: &mut View<'_>,
    playlist: &Url,
    reel: &mut Reel,
) -> Result<(), PlayError> {
    let asked = Instant::now();
    let document = browser.document(view, playlist, &[]).await?;
    view.look();
    match playlist::read(&document.text) {
        Some(Playlist::Media(media)) => reel.load(&media, asked),
        _ => Err(PlayError::Playlist),
    }
}

fn join(base: &Url, uri: &str) -> Result<Url, PlayError> {
    base.join(uri).ok().filter(|url| url.scheme() == "http").ok_or_else(|| PlayError::Url(uri.to_owned()))
}
