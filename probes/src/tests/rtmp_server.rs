//! An RTMP server that goes as far as its script, and says what the script says.

use std::net::IpAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::ADDRESS;
use crate::rtmp::testing::{ChunkReader, Command, Message, Value, amf_bytes, chunk_bytes};

/// How a server answers a step.
#[derive(Clone)]
pub(crate) enum Answer {
    /// With these bytes.
    Send(Vec<u8>),
    /// Not at all, and the connection stays.
    Silence,
    /// By closing.
    Close,
}

/// What a server does.
#[derive(Clone)]
pub(crate) struct Script {
    /// The first byte of its handshake; none is silence.
    pub(crate) version: Option<u8>,
    /// Whether it gives the client's block back.
    pub(crate) echoes: bool,
    pub(crate) connect: Answer,
    pub(crate) create: Answer,
    pub(crate) play: Answer,
    /// What the client must send before the answer to `play` goes on: a message of this type.
    pub(crate) then: Option<(u8, Vec<u8>)>,
}

/// A server that ends when it is dropped.
pub(crate) struct Server {
    pub(crate) port: u16,
    _tasks: JoinSet<()>,
}

/// One message as bytes.
pub(crate) fn message(kind: u8, stream: u32, body: &[u8]) -> Vec<u8> {
    chunk_bytes(&Message { kind, stream, body: body.to_vec() })
}

/// A command with an object that has these members.
pub(crate) fn command(name: &str, transaction: f64, members: &[(&str, Value)]) -> Vec<u8> {
    let info = members.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    let values = [Value::Text(name.into()), Value::Number(transaction), Value::Null, Value::Object(info)];
    message(20, 0, &amf_bytes(&values))
}

/// `onStatus` with a level, a code and a description.
pub(crate) fn status(level: &str, code: &str) -> Vec<u8> {
    let text = |text: &str| Value::Text(text.into());
    command(
        "onStatus",
        0.0,
        &[("level", text(level)), ("code", text(code)), ("description", text("as told"))],
    )
}

impl Script {
    /// A server that plays: what real ones send, and then these media messages.
    pub(crate) fn playing(media: &[u8]) -> Self {
        let success =
            command("_result", 1.0, &[("code", Value::Text("NetConnection.Connect.Success".into()))]);
        let connected = [
            message(5, 0, &[0, 0x4c, 0x4b, 0x40]),
            message(6, 0, &[0, 0x4c, 0x4b, 0x40, 2]),
            message(1, 0, &[0, 0, 0x10, 0]),
            success,
        ];
        let created = [Value::Text("_result".into()), Value::Number(2.0), Value::Null, Value::Number(1.0)];
        let begun = [
            message(4, 0, &[0, 0, 0, 0, 0, 1]),
            status("status", "NetStream.Play.Reset"),
            status("status", "NetStream.Play.Start"),
            message(18, 1, &amf_bytes(&[Value::Text("onMetaData".into())])),
            media.to_vec(),
        ];
        Self {
            version: Some(3),
            echoes: true,
            connect: Answer::Send(connected.concat()),
            create: Answer::Send(message(20, 0, &amf_bytes(&created))),
            play: Answer::Send(begun.concat()),
            then: None,
        }
    }
}

impl Server {
    pub(crate) async fn start(script: Script) -> Self {
        let listener = TcpListener::bind((IpAddr::from(ADDRESS), 0)).await.expect("loopback");
        let port = listener.local_addr().expect("bound").port();
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                let (stream, peer) = listener.accept().await.expect("listening");
                assert_eq!(peer.ip(), IpAddr::from(ADDRESS));
                let script = script.clone();
                connections.spawn(async move {
                    // The client closes as soon as it has seen enough.
                    let _ = talk(stream, &script).await;
                });
            }
        });
        Self { port, _tasks: tasks }
    }
}

async fn talk(mut stream: TcpStream, script: &Script) -> std::io::Result<()> {
    let mut opening = [0; 1537];
    stream.read_exact(&mut opening).await?;
    let Some(version) = script.version else { return hold(stream).await };
    let theirs = [0x11; 1536];
    let echo = if script.echoes { &opening[1..] } else { &theirs[..] };
    stream.write_all(&[&[version][..], &theirs, echo].concat()).await?;
    let mut reply = [0; 1536];
    stream.read_exact(&mut reply).await?;
    assert_eq!(reply[8..], theirs[8..], "C2 gives S1 back");

    let mut reader = ChunkReader::new();
    for (name, answer) in
        [("connect", &script.connect), ("createStream", &script.create), ("play", &script.play)]
    {
        let asked = next(&mut stream, &mut reader, 20).await?;
        let command = Command::parse(&asked.body).expect("AMF0").expect("a command");
        assert!(format!("{command:?}").contains(&format!("\"{name}\"")), "{command:?}");
        match answer {
            Answer::Send(bytes) => stream.write_all(bytes).await?,
            Answer::Silence => return hold(stream).await,
            Answer::Close => return Ok(()),
        }
    }
    if let Some((kind, bytes)) = &script.then {
        next(&mut stream, &mut reader, *kind).await?;
        stream.write_all(bytes).await?;
    }
    hold(stream).await
}

/// The client's next message of a type.
async fn next(stream: &mut TcpStream, reader: &mut ChunkReader, kind: u8) -> std::io::Result<Message> {
    loop {
        while let Some(message) = reader.message().expect("chunks") {
            if message.kind == kind {
                return Ok(message);
            }
        }
        let byte = stream.read_u8().await?;
        reader.feed(&[byte]);
    }
}

async fn hold(mut stream: TcpStream) -> std::io::Result<()> {
    while stream.read_u8().await.is_ok() {}
    Ok(())
}
