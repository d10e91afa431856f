//! `rtmp`.

use weir_core::Phase;

use super::rtmp_server::{Answer, Script, Server, command, message, status};
use super::*;
use crate::rtmp::testing::Value;

const FRAME: [u8; 6] = [0x17, 1, 0, 0, 0, 9];
const HEADER: [u8; 6] = [0x17, 0, 0, 0, 0, 1];

async fn look(script: Script, timeout: Duration) -> Report {
    let server = Server::start(script).await;
    prober(ProbeKind::Rtmp, &format!(":{}/live/demo", server.port), timeout, Wanted::default()).look().await
}

fn playing() -> Script {
    Script::playing(&message(9, 1, &FRAME))
}

fn text(text: &str) -> Value {
    Value::Text(text.into())
}

fn rejected(code: &str, description: &str) -> Failure {
    Failure::Rejected { code: code.into(), description: description.into() }
}

#[tokio::test]
async fn a_stream_passes_on_its_first_audio_or_video() {
    let report = look(playing(), PATIENT).await;
    assert_passes(&report);
    assert!(report.timings.connect.is_some() && report.timings.first_byte.is_some());
    assert_passes(&look(Script::playing(&message(8, 1, &[0xaf, 1, 0x21])), PATIENT).await);
    let aggregate = [&[9, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0][..], &FRAME, &[0, 0, 0, 17]].concat();
    assert_passes(&look(Script::playing(&message(22, 1, &aggregate)), PATIENT).await);
}

#[tokio::test]
async fn media_without_start_passes() {
    let play = Answer::Send(message(9, 1, &FRAME));
    assert_passes(&look(Script { play, ..playing() }, PATIENT).await);
}

#[tokio::test]
async fn a_handshake_without_echo_will_do() {
    assert_passes(&look(Script { echoes: false, ..playing() }, PATIENT).await);
}

#[tokio::test]
async fn a_ping_is_answered_and_received_bytes_are_acknowledged() {
    let media = message(9, 1, &FRAME);
    let ping = message(4, 0, &[0, 6, 0, 0, 0, 7]);
    let pinged = Script { then: Some((4, media.clone())), ..Script::playing(&ping) };
    assert_passes(&look(pinged, PATIENT).await);
    // A window of 1 KiB, of which the server sends some three before it waits for the acknowledgement.
    let talk: Vec<u8> = (0..30).flat_map(|_| message(18, 1, &[5; 100])).collect();
    let full = Script { then: Some((3, media)), ..Script::playing(&talk) };
    let Answer::Send(connect) = full.connect.clone() else { panic!("it plays") };
    let connect = Answer::Send([message(5, 0, &[0, 0, 4, 0]), without_window(&connect)].concat());
    assert_passes(&look(Script { connect, ..full }, PATIENT).await);
}

/// An answer to `connect` that says nothing of a window itself.
fn without_window(answer: &[u8]) -> Vec<u8> {
    let window = message(5, 0, &[0, 0x4c, 0x4b, 0x40]);
    answer.strip_prefix(&window[..]).expect("real servers begin with it").to_vec()
}

#[tokio::test]
async fn start_and_then_silence_is_no_media() {
    assert_eq!(failure(look(Script::playing(&[]), SHORT).await), Failure::NoMedia);
}

#[tokio::test]
async fn codec_headers_alone_are_no_media() {
    let headers = [message(9, 1, &HEADER), message(8, 1, &[0xaf, 0, 0x12, 0x10])].concat();
    assert_eq!(failure(look(Script::playing(&headers), SHORT).await), Failure::NoMedia);
}

#[tokio::test]
async fn silence_times_out_in_the_phase_that_it_comes_in() {
    let silence = || Answer::Silence;
    let handshake = look(Script { version: None, ..playing() }, SHORT);
    let connect = look(Script { connect: silence(), ..playing() }, SHORT);
    let create = look(Script { create: silence(), ..playing() }, SHORT);
    let play = look(Script { play: silence(), ..playing() }, SHORT);
    let (handshake, connect, create, play) = tokio::join!(handshake, connect, create, play);
    assert_eq!(failure(handshake), Failure::TimedOut { phase: Phase::Handshake });
    assert_eq!(failure(connect), Failure::TimedOut { phase: Phase::RtmpConnect });
    assert_eq!(failure(create), Failure::TimedOut { phase: Phase::CreateStream });
    assert_eq!(failure(play), Failure::TimedOut { phase: Phase::Play });
}

#[tokio::test]
async fn a_connection_that_closes_is_lost_in_its_phase() {
    for (script, phase) in [
        (Script { connect: Answer::Close, ..playing() }, Phase::RtmpConnect),
        (Script { create: Answer::Close, ..playing() }, Phase::CreateStream),
        (Script { play: Answer::Close, ..playing() }, Phase::Play),
    ] {
        let seen = failure(look(script, PATIENT).await);
        assert!(matches!(seen, Failure::Lost { phase: found, .. } if found == phase), "{seen}");
    }
}

#[tokio::test]
async fn a_refused_application_is_rejected_with_the_servers_words() {
    let info = [
        ("level", text("error")),
        ("code", text("NetConnection.Connect.InvalidApp")),
        ("description", text("no such app")),
    ];
    let connect = Answer::Send(command("_error", 1.0, &info));
    let seen = failure(look(Script { connect, ..playing() }, PATIENT).await);
    assert_eq!(seen, rejected("NetConnection.Connect.InvalidApp", "no such app"));
    let create = Answer::Send(command("_error", 2.0, &[]));
    assert_eq!(failure(look(Script { create, ..playing() }, PATIENT).await), rejected("_error", ""));
}

#[tokio::test]
async fn a_refused_stream_is_rejected_before_and_after_start() {
    for code in ["NetStream.Play.StreamNotFound", "NetStream.Play.Failed", "NetStream.Play.UnpublishNotify"] {
        let play = Answer::Send(status("status", code));
        assert_eq!(failure(look(Script { play, ..playing() }, PATIENT).await), rejected(code, "as told"));
        let after = Script::playing(&status("status", code));
        assert_eq!(failure(look(after, PATIENT).await), rejected(code, "as told"));
    }
}

#[tokio::test]
async fn a_redirect_of_the_server_means_that_it_is_up() {
    let ex = Value::Object(vec![
        ("code".into(), Value::Number(302.0)),
        ("redirect".into(), text("rtmp://other.example.com/live")),
    ]);
    let info = [("level", text("error")), ("code", text("NetConnection.Connect.Rejected")), ("ex", ex)];
    let connect = Answer::Send(command("_error", 1.0, &info));
    assert_passes(&look(Script { connect, ..playing() }, PATIENT).await);
}

#[tokio::test]
async fn what_is_not_rtmp_is_a_protocol_failure() {
    let seen = failure(look(Script { version: Some(b'H'), ..playing() }, PATIENT).await);
    assert_eq!(seen.to_string(), "not RTMP: answers version 0x48 instead of 0x03");
    for garbage in [&[0xc9, 0, 0][..], &message(20, 0, &[2, 0]), &message(1, 0, &[0; 4])] {
        let connect = Answer::Send(garbage.to_vec());
        let seen = failure(look(Script { connect, ..playing() }, PATIENT).await);
        assert!(matches!(seen, Failure::Protocol { protocol: "RTMP", .. }), "{seen}");
    }
    let create = Answer::Send(command("_result", 2.0, &[]));
    let seen = failure(look(Script { create, ..playing() }, PATIENT).await);
    assert_eq!(seen.to_string(), "not RTMP: createStream gave no stream");
}
