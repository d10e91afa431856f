//! The `rtmp` probe: it passes when the first audio or video message arrives.
//!
//! ```text
//! connect ─► handshake ─► connect(app) ─► createStream ─► play(stream) ─► first media message: pass
//!                              │               │               │  Start, then nothing: NoMedia
//!                              └── _error ─────┴── onStatus ───┴── Rejected{code, description}
//! ```
//!
//! Status codes alone prove nothing: servers of this family answer `NetStream.Play.Start` for a name that nobody
//! publishes, and send codec headers for a publisher that has stalled.
//!
//! The parsers (handshake, chunks, AMF0, commands, media) do no I/O; `session` is the only file that reads and writes.

mod amf;
mod chunk;
mod command;
mod handshake;
mod media;
mod path;
mod session;

use tokio::time::Instant;
use url::Url;
use weir_core::{Failure, Phase};

pub(crate) use self::path::PlayPath;

use self::amf::Value;
use self::chunk::Message;
use self::command::Command;
use self::session::Session;
use crate::connect::connect;
use crate::place::Place;
use crate::trace::Trace;

/// Transactions of the two calls that are answered.
const CONNECT: f64 = 1.0;
const CREATE_STREAM: f64 = 2.0;

/// How a step went on.
enum Step<T> {
    Done(T),
    /// The server is up and wants its clients elsewhere.
    Redirected,
}

/// Plays until the first media message.
pub(crate) async fn look(url: &Url, place: &Place, trace: &mut Trace) -> Result<(), Failure> {
    let path = PlayPath::of(url).expect("the constructor of the probe refused a URL without app and stream");
    let stream = connect(place, trace).await?;
    trace.enter(Phase::Handshake);
    let mut session = Session::open(stream, trace).await?;

    trace.enter(Phase::RtmpConnect);
    session.call(&command::connect(CONNECT, &path, &place.host_header()), trace).await?;
    if let Step::Redirected = answer_to_connect(&mut session, trace).await? {
        return Ok(());
    }

    trace.enter(Phase::CreateStream);
    session.call(&command::create_stream(CREATE_STREAM), trace).await?;
    let id = answer_to_create_stream(&mut session, trace).await?;

    trace.enter(Phase::Play);
    session.play(id, &command::play(&path), trace).await?;
    first_media(&mut session, Instant::now(), trace).await
}

async fn answer_to_connect(session: &mut Session, trace: &Trace) -> Result<Step<()>, Failure> {
    loop {
        let Some(command) = session.command(trace).await? else { continue };
        if command.redirect().is_some() {
            return Ok(Step::Redirected);
        }
        match command.refusal() {
            Some(refusal) => return Err(refusal),
            None if command.answers(CONNECT) => return Ok(Step::Done(())),
            None => {}
        }
    }
}

async fn answer_to_create_stream(session: &mut Session, trace: &Trace) -> Result<u32, Failure> {
    loop {
        let Some(command) = session.command(trace).await? else { continue };
        match command.refusal() {
            Some(refusal) => return Err(refusal),
            None if command.answers(CREATE_STREAM) => {
                return command.stream_id().ok_or_else(|| session::not_rtmp("createStream gave no stream"));
            }
            None => {}
        }
    }
}

/// Some servers send media without saying `Start` before: what plays, plays.
async fn first_media(session: &mut Session, asked: Instant, trace: &mut Trace) -> Result<(), Failure> {
    loop {
        let message = session.message(trace).await?;
        if media::is_media(message.kind, &message.body) {
            trace.answered(asked.elapsed());
            return Ok(());
        }
        let Some(command) = session::parse_command(&message)? else { continue };
        if let Some(refusal) = command.refusal() {
            return Err(refusal);
        }
        if command.status_code() == Some("NetStream.Play.Start") {
            trace.enter(Phase::Media);
        }
    }
}

/// Feeds foreign bytes to each parser, as a server could.
pub(crate) fn fuzz(bytes: &[u8]) {
    let mut reader = chunk::ChunkReader::new();
    for part in bytes.chunks(97) {
        reader.feed(part);
        while let Ok(Some(Message { kind, body, .. })) = reader.message() {
            media::is_media(kind, &body);
            if let Ok(Some(command)) = Command::parse(&body) {
                let _ = (command.refusal(), command.redirect(), command.stream_id());
            }
        }
    }
    let _: Result<Vec<Value>, _> = amf::read_all(bytes);
    media::is_media(8, bytes);
    media::is_media(9, bytes);
    media::is_media(22, bytes);
    handshake::fuzz(bytes);
}

/// The parts that a scripted server speaks with.
#[cfg(test)]
pub(crate) mod testing {
    pub(crate) use super::amf::Value;
    pub(crate) use super::chunk::{ChunkReader, Message, write as chunk_bytes};
    pub(crate) use super::command::{Command, write as amf_bytes};
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Draws;
    use crate::tests::mutate::mutants;

    #[test]
    fn mutated_bytes_never_panic_any_parser_of_rtmp() {
        let path = PlayPath { app: "live".into(), stream: "demo".into() };
        let mut seed = Vec::new();
        for body in
            [command::connect(1.0, &path, "h:1935"), command::create_stream(2.0), command::play(&path)]
        {
            seed.extend_from_slice(&body);
            seed.extend_from_slice(&chunk::write(&Message { kind: chunk::COMMAND, stream: 0, body }));
        }
        let mut draws = Draws::new(5);
        for mutant in mutants(&seed, 4_000, &mut draws) {
            fuzz(&mutant);
        }
    }
}
