//! What a session does with a player's messages. No I/O: answers are appended to a buffer.
//!
//! ```text
//!   New ── connect ──► Connected ── play ──► Playing
//!    │ refused            │  ▲ deleteStream │
//!    └────────────────────┴──┴──────────────┴──► Closed
//! ```

use bytes::{Buf, BytesMut};
use thiserror::Error;

use super::amf::{self, AmfError, Value};
use super::answer::{self, Level};
use super::chunk::read::Message;
use super::chunk::write::PLAY_STREAM;
use crate::config::OriginConfig;
use crate::fault::{Fault, Media, Setting};

const USER_CONTROL: u8 = 4;
const COMMAND: u8 = 20;
/// A command in AMF3's envelope: a zero byte, then AMF0.
const COMMAND_AMF3: u8 = 17;
const PING: u16 = 6;

/// Where the session stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    New,
    Connected,
    Playing,
    Closed,
}

/// A session.
#[derive(Debug)]
pub(crate) struct Session<'a> {
    config: &'a OriginConfig,
    stage: Stage,
}

/// What a player said that cannot be answered.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) enum SessionError {
    #[error("a command that cannot be read")]
    Amf(#[from] AmfError),
    #[error("{0:?} before connect")]
    TooEarly(String),
}

/// A command's transaction and arguments.
struct Command<'a> {
    transaction: f64,
    arguments: &'a [Value],
}

impl<'a> Session<'a> {
    /// A session whose handshake is done.
    pub(crate) fn new(config: &'a OriginConfig) -> Self {
        Self { config, stage: Stage::New }
    }

    /// Where it stands.
    pub(crate) fn stage(&self) -> Stage {
        self.stage
    }

    /// Takes a message, seen through the address's fault.
    pub(crate) fn take(
        &mut self,
        message: &Message,
        setting: &Setting,
        out: &mut BytesMut,
    ) -> Result<(), SessionError> {
        let payload = &message.payload[..];
        match message.kind {
            COMMAND => self.command(payload, setting, out),
            COMMAND_AMF3 => self.command(payload.strip_prefix(&[0]).unwrap_or(payload), setting, out),
            USER_CONTROL => {
                user_control(payload, out);
                Ok(())
            }
            _ => Ok(()), // Acknowledgements, data, media: nothing to answer.
        }
    }

    /// Tells a player that the fault has changed.
    pub(crate) fn follow(&mut self, setting: &Setting, out: &mut BytesMut) {
        match setting.media() {
            Media::Cut if self.stage == Stage::Playing => self.stage = Stage::Closed,
            Media::Unpublished if self.stage == Stage::Playing => {
                answer::unpublished(out, &self.config.stream);
            }
            _ => {}
        }
    }

    fn command(&mut self, payload: &[u8], setting: &Setting, out: &mut BytesMut) -> Result<(), SessionError> {
        let values = amf::read(payload)?;
        let [name, transaction, arguments @ ..] = &values[..] else { return Ok(()) };
        let (Some(name), Some(transaction)) = (name.text(), transaction.number()) else { return Ok(()) };
        let command = Command { transaction, arguments };
        match (name, self.stage) {
            ("connect", Stage::New) => self.connect(&command, setting, out),
            (_, Stage::New) => return Err(SessionError::TooEarly(name.to_owned())),
            ("createStream", _) => answer::result(out, transaction, f64::from(PLAY_STREAM)),
            ("getStreamLength", _) => answer::result(out, transaction, 0.0),
            ("play", _) => self.play(&command, setting, out),
            ("deleteStream" | "closeStream", Stage::Playing) => self.stage = Stage::Connected,
            _ => {} // _checkbw, FCSubscribe, releaseStream and the like: Wowza's silence is understood.
        }
        Ok(())
    }

    fn connect(&mut self, command: &Command<'_>, setting: &Setting, out: &mut BytesMut) {
        answer::opening(out);
        let app = command.arguments.first().and_then(|facts| facts.field("app")).and_then(Value::text);
        if setting.fault == Some(Fault::RtmpReject) {
            let text = "[ Server.Reject ] : Connection rejected.";
            answer::refused(out, command.transaction, "NetConnection.Connect.Rejected", text);
            self.stage = Stage::Closed;
        } else if app.is_some_and(|app| self.is_ours(app)) {
            answer::connected(out, command.transaction);
            self.stage = Stage::Connected;
        } else {
            let text = "[ Server.Reject ] : Application folder is missing.";
            answer::refused(out, command.transaction, "NetConnection.Connect.InvalidApp", text);
            self.stage = Stage::Closed;
        }
    }

    fn play(&mut self, command: &Command<'_>, setting: &Setting, out: &mut BytesMut) {
        // The first argument is a null that stands for the command object.
        let name = command.arguments.get(1).and_then(Value::text).unwrap_or_default();
        let found = bare(name) == self.config.stream && setting.fault != Some(Fault::RtmpNotFound);
        if !found {
            let text = format!("Failed to play {}; stream not found.", bare(name));
            answer::on_status(out, Level::Error, "NetStream.Play.StreamNotFound", &text);
            self.stage = Stage::Connected;
            return;
        }
        answer::playing(out, &self.config.stream, self.config.bits_per_second);
        self.stage = Stage::Playing;
        self.follow(setting, out);
    }

    /// `live`, `live/_definst_`, with or without a slash at the end and a query.
    fn is_ours(&self, app: &str) -> bool {
        let mut parts = app.split('?').next().unwrap_or_default().trim_end_matches('/').split('/');
        parts.next() == Some(&self.config.app)
            && parts.next().is_none_or(|instance| instance == self.config.instance)
            && parts.next().is_none()
    }
}

/// A stream's name without its query and Wowza's type prefix.
fn bare(name: &str) -> &str {
    let name = name.split('?').next().unwrap_or_default();
    ["flv:", "mp4:"].iter().find_map(|prefix| name.strip_prefix(prefix)).unwrap_or(name)
}

fn user_control(mut payload: &[u8], out: &mut BytesMut) {
    if let (Ok(PING), Ok(time)) = (payload.try_get_u16(), payload.try_get_u32()) {
        answer::pong(out, time);
    }
}
