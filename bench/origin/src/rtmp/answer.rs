//! What a Wowza says, in its words.

use bytes::{BufMut, BytesMut};

use super::amf::{self, Value, object};
use super::chunk::write::{self, CHUNK_SIZE, CONNECTION, Kind, Outgoing, PLAY_STREAM};
use crate::media::frame;

/// The window that Wowza announces, in bytes.
const WINDOW: u32 = 2_500_000;
const STREAM_BEGIN: u16 = 0;
const STREAM_END: u16 = 1;
const PONG: u16 = 7;

/// How a status is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    Status,
    Error,
}

impl Level {
    fn text(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::Error => "error",
        }
    }
}

/// What opens every connection. The chunk size comes first, because all that follows is written with it.
pub(crate) fn opening(out: &mut BytesMut) {
    // 4,096.
    let chunk_size = u32::try_from(CHUNK_SIZE).unwrap_or(u32::MAX);
    control(out, Kind::SetChunkSize, &chunk_size.to_be_bytes());
    control(out, Kind::WindowAcknowledgement, &WINDOW.to_be_bytes());
    let [a, b, c, d] = WINDOW.to_be_bytes();
    control(out, Kind::PeerBandwidth, &[a, b, c, d, 2]); // 2: dynamic
}

/// `connect` succeeded.
pub(crate) fn connected(out: &mut BytesMut, transaction: f64) {
    stream_event(out, STREAM_BEGIN, CONNECTION);
    let server =
        object([("fmsVer", "FMS/3,5,7,7009".into()), ("capabilities", 31.0.into()), ("mode", 1.0.into())]);
    let status = object([
        ("level", Level::Status.text().into()),
        ("code", "NetConnection.Connect.Success".into()),
        ("description", "Connection succeeded.".into()),
        ("objectEncoding", 0.0.into()),
        ("data", object([("version", "3,5,7,7009".into())])),
    ]);
    command(out, CONNECTION, &["_result".into(), transaction.into(), server, status]);
    command(out, CONNECTION, &["onBWDone".into(), 0.0.into(), Value::Null]);
}

/// `connect` is refused.
pub(crate) fn refused(out: &mut BytesMut, transaction: f64, code: &str, description: &str) {
    let status = status(Level::Error, code, description);
    command(out, CONNECTION, &["_error".into(), transaction.into(), Value::Null, status]);
}

/// A call's result.
pub(crate) fn result(out: &mut BytesMut, transaction: f64, value: f64) {
    command(out, CONNECTION, &["_result".into(), transaction.into(), Value::Null, value.into()]);
}

/// `onStatus` of the played stream.
pub(crate) fn on_status(out: &mut BytesMut, level: Level, code: &str, description: &str) {
    let status = status(level, code, description);
    command(out, PLAY_STREAM, &["onStatus".into(), 0.0.into(), Value::Null, status]);
}

/// `play` succeeded: everything up to the first frame.
pub(crate) fn playing(out: &mut BytesMut, stream: &str, bits_per_second: u64) {
    stream_event(out, STREAM_BEGIN, PLAY_STREAM);
    on_status(out, Level::Status, "NetStream.Play.Reset", &format!("Playing and resetting {stream}."));
    on_status(out, Level::Status, "NetStream.Play.Start", &format!("Started playing {stream}."));
    let yes = Value::Boolean(true);
    data(out, &["|RtmpSampleAccess".into(), yes.clone(), yes]);
    // A configured rate is at most 512 Mbit per 100 ms, and frames are ten a second: both exact in an f64.
    let kilobits = f64::from(u32::try_from(bits_per_second / 1_000).unwrap_or(u32::MAX));
    let rate = f64::from(u32::try_from(frame::PER_SECOND).unwrap_or(0));
    let facts = object([
        ("width", 320.0.into()),
        ("height", 192.0.into()),
        ("framerate", rate.into()),
        ("videocodecid", 7.0.into()),
        ("videodatarate", kilobits.into()),
        ("audiocodecid", 10.0.into()),
        ("audiosamplerate", 48_000.0.into()),
        ("stereo", Value::Boolean(false)),
    ]);
    data(out, &["onMetaData".into(), facts]);
}

/// The publisher left.
pub(crate) fn unpublished(out: &mut BytesMut, stream: &str) {
    on_status(out, Level::Status, "NetStream.Play.UnpublishNotify", &format!("{stream} is now unpublished."));
    stream_event(out, STREAM_END, PLAY_STREAM);
}

/// The answer to a ping: its time, echoed.
pub(crate) fn pong(out: &mut BytesMut, time: u32) {
    stream_event(out, PONG, time);
}

fn status(level: Level, code: &str, description: &str) -> Value {
    object([
        ("level", level.text().into()),
        ("code", code.into()),
        ("description", description.into()),
        ("clientid", 1.0.into()),
    ])
}

fn stream_event(out: &mut BytesMut, event: u16, value: u32) {
    let mut payload = BytesMut::with_capacity(6);
    payload.put_u16(event);
    payload.put_u32(value);
    control(out, Kind::UserControl, &payload);
}

fn control(out: &mut BytesMut, kind: Kind, payload: &[u8]) {
    write::message(out, &Outgoing { kind, time: 0, stream: CONNECTION, payload });
}

fn command(out: &mut BytesMut, stream: u32, values: &[Value]) {
    let mut payload = BytesMut::new();
    amf::write(&mut payload, values);
    write::message(out, &Outgoing { kind: Kind::Command, time: 0, stream, payload: &payload });
}

fn data(out: &mut BytesMut, values: &[Value]) {
    let mut payload = BytesMut::new();
    amf::write(&mut payload, values);
    write::message(out, &Outgoing { kind: Kind::Data, time: 0, stream: PLAY_STREAM, payload: &payload });
}
