use url::Url;

use super::*;

fn session() -> Session {
    Session::new(Stream::of(&Url::parse("rtmp://live.test/live/demo").unwrap()).unwrap())
}

fn server_hello() -> Vec<u8> {
    let mut hello = vec![0; SERVER_HELLO];
    hello[0] = VERSION;
    hello[1..=PACKET].fill(0x5A);
    hello
}

fn command(out: &mut Vec<u8>, payload: &[u8]) {
    chunk::write(out, COMMANDS, 0, (kind::COMMAND, payload));
}

/// All that a server says up to the first video message of 1,000 bytes.
fn good() -> Vec<u8> {
    let mut out = server_hello();
    chunk::write(&mut out, CONTROL, 0, (kind::WINDOW_SIZE, &2000_u32.to_be_bytes()));
    chunk::write(&mut out, CONTROL, 0, (kind::PEER_BANDWIDTH, &[0, 0, 8, 0, 2]));
    let success = [("level", "status"), ("code", "NetConnection.Connect.Success")];
    command(&mut out, &Vec::new().string("_result").number(1.0).null().object(&success));
    command(&mut out, &Vec::new().string("_result").number(2.0).null().number(5.0));
    let start = [("level", "status"), ("code", "NetStream.Play.Start")];
    command(&mut out, &Vec::new().string("onStatus").number(0.0).null().object(&start));
    chunk::write(&mut out, CONTROL, 0, (kind::USER_CONTROL, &[0, 6, 1, 2, 3, 4]));
    chunk::write(&mut out, 6, 5, (kind::VIDEO, &[9; 1000]));
    out
}

/// The messages that the player sent after C2.
fn sent(out: &[u8]) -> Vec<(u8, Vec<u8>)> {
    let mut messages = Vec::new();
    let mut push = |message: Message<'_>| {
        messages.push((message.kind, message.payload.to_vec()));
        Ok(())
    };
    Reader::default().feed(&out[PACKET..], &mut push).unwrap();
    messages
}

#[test]
fn a_player_shakes_hands_connects_creates_plays_and_counts_media() {
    let mut session = session();
    assert_eq!(session.hello().len(), 1 + PACKET);
    let mut out = Vec::new();
    assert_eq!(session.feed(&good(), &mut out), Ok(1000));
    assert_eq!(out[..PACKET], [0x5A; PACKET], "C2 echoes S1");
    let sent = sent(&out);
    let kinds: Vec<u8> = sent.iter().map(|(kind, _)| *kind).collect();
    // connect, the window, createStream, play, the buffer's length, the pong, an acknowledgement
    assert_eq!(kinds, [20, 5, 20, 20, 4, 4, 3]);
    assert_eq!(amf::read(&sent[0].1)[2].text_of("tcUrl"), Some(&b"rtmp://live.test/live"[..]));
    assert_eq!(amf::read(&sent[3].1)[3], Value::Text(b"demo"));
    assert_eq!(sent[5].1, [0, 7, 1, 2, 3, 4]);
    let received = good().len() - SERVER_HELLO;
    assert_eq!(chunk::word(&sent[6].1), u32::try_from(received).ok());
}

#[test]
fn the_bytes_may_come_one_by_one() {
    let mut session = session();
    let mut out = Vec::new();
    let media: u64 = good().chunks(1).map(|byte| session.feed(byte, &mut out).unwrap()).sum();
    assert_eq!(media, 1000);
    assert!(matches!(session.stage, Stage::Playing));
}

#[test]
fn a_refusal_names_its_code() {
    let mut bytes = server_hello();
    let rejected = [("level", "error"), ("code", "NetConnection.Connect.Rejected")];
    command(&mut bytes, &Vec::new().string("_error").number(1.0).null().object(&rejected));
    let refused = RtmpError::Refused("NetConnection.Connect.Rejected".into());
    assert_eq!(session().feed(&bytes, &mut Vec::new()), Err(refused));
    assert_eq!(session().feed(b"HTTP/1.1 400", &mut Vec::new()), Err(RtmpError::Version(b'H')));
}

#[test]
fn damaged_sessions_never_panic_and_replies_have_bounds() {
    let hello = server_hello();
    let good = good();
    crate::mutate::damage(16, 20_000, &[&good[SERVER_HELLO..]], |bytes| {
        let mut session = session();
        let mut out = Vec::new();
        session.feed(&hello, &mut out).unwrap();
        let _ = session.feed(bytes, &mut out);
        assert!(out.len() < 64 * 1024);
    });
}
