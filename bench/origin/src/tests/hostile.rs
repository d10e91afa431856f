//! Bytes that no client sends: random, cut, and bent from good ones.

use bytes::BytesMut;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::client::{Http, Rtmp, soon};
use super::origin;
use crate::OriginConfig;
use crate::fault::Setting;
use crate::rtmp::amf::{self, Value, object};
use crate::rtmp::chunk::read::{MAX_MESSAGE, Reader};
use crate::rtmp::chunk::write::{self, Kind, Outgoing};
use crate::rtmp::handshake::{self, HELLO};
use crate::rtmp::session::Session;
use crate::seed::{fill, mix};

const SEED: u64 = 0x0151_0451;
const ROUNDS: u64 = 20_000;

/// What a good client sends after its handshake.
fn talk() -> Vec<u8> {
    let connect = object([("app", "live".into()), ("fpad", Value::Boolean(false)), ("caps", 15.0.into())]);
    let calls: [&[Value]; 3] = [
        &["connect".into(), 1.0.into(), connect],
        &["createStream".into(), 2.0.into(), Value::Null],
        &["play".into(), 3.0.into(), Value::Null, "demo".into(), Value::List(vec![1.0.into()])],
    ];
    let mut out = BytesMut::new();
    for (values, time) in calls.into_iter().zip([0, 7, u32::MAX]) {
        let mut payload = BytesMut::new();
        amf::write(&mut payload, values);
        write::message(&mut out, &Outgoing { kind: Kind::Command, time, stream: 1, payload: &payload });
    }
    out.to_vec()
}

/// Random bytes, or good ones with some changed, cut, or repeated.
fn bent(good: &[u8], round: u64) -> Vec<u8> {
    let mut draw = mix(SEED ^ round);
    let mut next = |below: usize| {
        draw = mix(draw);
        usize::try_from(draw % below.max(1) as u64).unwrap()
    };
    if next(4) == 0 {
        let mut bytes = vec![0; next(3_000)];
        fill(round, &mut bytes);
        return bytes;
    }
    let mut bytes = good.to_vec();
    for _ in 0..=next(6) {
        let at = next(bytes.len());
        match next(5) {
            0 => bytes.truncate(at),
            1 => bytes.extend_from_within(at..),
            2 if at < bytes.len() => bytes[at] = [0, 1, 2, 3, 0x7F, 0x80, 0xC3, 0xFF][next(8)],
            3 if at < bytes.len() => bytes[at] ^= 1 << next(8),
            _ if at < bytes.len() => drop(bytes.drain(at..(at + next(9)).min(bytes.len()))),
            _ => {}
        }
        bytes.truncate(4 * MAX_MESSAGE);
    }
    bytes
}

#[test]
fn no_bytes_make_reader_or_session_panic_or_hold_too_much() {
    let config = OriginConfig::default();
    let good = talk();
    let mut whole = 0;
    for round in 0..ROUNDS {
        let bytes = bent(&good, round);
        let (mut reader, mut session) = (Reader::default(), Session::new(&config));
        let mut out = BytesMut::new();
        'talk: for piece in bytes.chunks(1 + usize::try_from(round % 500).unwrap()) {
            reader.feed(piece);
            loop {
                match reader.take() {
                    Ok(None) => break,
                    Ok(Some(message)) => {
                        whole += 1;
                        assert!(message.payload.len() <= MAX_MESSAGE, "round {round}");
                        if session.take(&message, &Setting::default(), &mut out).is_err() {
                            break 'talk;
                        }
                    }
                    Err(_) => break 'talk,
                }
            }
            assert!(reader.buffered() <= MAX_MESSAGE + 600, "round {round}");
        }
    }
    // The mutator is not so wild that nothing gets through.
    assert!(whole > ROUNDS / 2, "{whole}");
}

#[test]
fn no_bytes_make_amf_or_the_handshake_panic() {
    let mut payload = BytesMut::new();
    amf::write(&mut payload, &["a".into(), Value::List(vec![object([("b", 1.0.into())]), Value::Null])]);
    for round in 0..ROUNDS {
        let bytes = bent(&payload, round);
        if let Ok(values) = amf::read(&bytes) {
            amf::write(&mut BytesMut::new(), &values);
        }
        let mut hello = [0; HELLO];
        fill(round, &mut hello);
        hello[0] %= 8;
        assert_eq!(handshake::answer(&hello, 0, round).is_ok(), hello[0] == 3);
    }
}

#[tokio::test]
async fn the_port_still_answers_after_a_crowd_of_hostile_clients() {
    let (origin, addresses) = origin();
    let good: [Vec<u8>; 3] = [
        b"GET /live/demo/playlist.m3u8 HTTP/1.1\r\nHost: x\r\nRange: bytes=0-1\r\n\r\n".to_vec(),
        [&[3; 3_073][..], &talk()].concat(),
        vec![3; 40],
    ];
    for round in 0..400 {
        let mut tcp = soon(TcpStream::connect(addresses[0])).await.unwrap();
        let bytes = bent(&good[usize::try_from(round % 3).unwrap()], round);
        // The origin may close while we still write.
        let _ = soon(tcp.write_all(&bytes)).await;
    }
    assert_eq!(Http::to(addresses[0]).await.get("/live/demo/playlist.m3u8").await.status, 200);
    let (mut client, code) = Rtmp::play(addresses[0], "live", "demo").await;
    assert_eq!(code, "NetStream.Play.Start");
    assert!(client.media().await.is_some());
    origin.stop().await;
}
