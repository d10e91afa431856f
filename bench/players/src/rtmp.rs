//! One RTMP viewer: connect, play, count; one connection for as long as it lasts.

mod amf;
mod chunk;
mod session;

use std::convert::Infallible;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::time::{Instant, timeout_at};
use url::{Position, Url};

pub(crate) use session::RtmpError;
use session::Session;

use crate::dial::{Line, addresses, dial};
use crate::error::PlayError;
use crate::scratch;
use crate::viewer::View;

/// What an RTMP player keeps in its buffer; silence beyond it is a stall.
const BUFFER: Duration = Duration::from_secs(3);

/// Silence after which a viewer gives up, before the first media and between any two messages.
const PATIENCE: Duration = Duration::from_secs(10);

/// What is asked for, from `rtmp://host[:port]/app[/instance]/stream[?query]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stream {
    app: String,
    /// The URL up to the application, as `connect` sends it.
    tc_url: String,
    name: String,
}

impl Stream {
    /// The last part of the path, with the query, is the stream; what is before it is the application.
    pub(crate) fn of(url: &Url) -> Option<Self> {
        let (app, name) = url.path().strip_prefix('/')?.rsplit_once('/')?;
        let authority = &url[Position::BeforeHost..Position::AfterPort];
        let name = url.query().map_or_else(|| name.to_owned(), |query| format!("{name}?{query}"));
        let complete = !authority.is_empty() && !app.is_empty() && !name.is_empty();
        complete.then(|| Self { app: app.to_owned(), tc_url: format!("rtmp://{authority}/{app}"), name })
    }
}

/// Plays for ever; the only way back is an error.
pub(crate) async fn play(view: &mut View<'_>, url: &Url) -> Result<Infallible, PlayError> {
    let stream = Stream::of(url).ok_or_else(|| PlayError::Url(url.to_string()))?;
    let found = addresses(view, url).await?;
    let mut line = dial(view, &found).await?;
    drop(found);
    let mut session = Session::new(stream);
    let mut reply = session.hello();
    let mut heard = Instant::now();
    loop {
        if !reply.is_empty() {
            send(&mut line, heard, &std::mem::take(&mut reply)).await?;
        }
        // Wakes when the buffer runs empty, and at the end of the patience.
        let patience = heard + PATIENCE;
        let wake = view.buffer.ends().filter(|ends| *ends >= Instant::now()).unwrap_or(patience);
        let bytes = scratch::receive(&line.stream, |bytes| {
            line.meter.received(bytes.len());
            if bytes.is_empty() { Err(RtmpError::Closed) } else { session.feed(bytes, &mut reply) }
        });
        let media = match timeout_at(wake.min(patience), bytes).await {
            Ok(outcome) => outcome??,
            Err(_) if Instant::now() >= patience => return Err(PlayError::Slow),
            Err(_) => {
                view.look();
                continue;
            }
        };
        if media > 0 {
            line.meter.media(media);
            heard = Instant::now();
            view.fed(|buffer, now| buffer.refresh(now, BUFFER));
        }
    }
}

async fn send(line: &mut Line, since: Instant, bytes: &[u8]) -> Result<(), PlayError> {
    timeout_at(since + PATIENCE, line.stream.write_all(bytes)).await.map_err(|_| PlayError::Slow)??;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_part_of_the_path_is_the_stream() {
        let url = Url::parse("rtmp://live.test:1936/live/_definst_/demo?token=1").unwrap();
        let stream = Stream::of(&url).unwrap();
        assert_eq!((stream.app.as_str(), stream.name.as_str()), ("live/_definst_", "demo?token=1"));
        assert_eq!(stream.tc_url, "rtmp://live.test:1936/live/_definst_");
        for bad in ["rtmp://live.test/demo", "rtmp://live.test", "rtmp:/live/demo", "rtmp://live.test/live/"]
        {
            assert_eq!(Stream::of(&Url::parse(bad).unwrap()), None, "{bad}");
        }
    }
}
