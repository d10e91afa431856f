//! Raw clients. Everything they wait for has a deadline.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::rtmp::amf::{self, Value, object};
use crate::rtmp::chunk::read::{Message, Reader};
use crate::rtmp::chunk::write::{self, Kind, Outgoing};
use crate::rtmp::handshake::{ANSWER, BLOCK, HELLO};

pub(super) const DEADLINE: Duration = Duration::from_secs(10);
/// Long enough for three frames: who says nothing for so long has been silenced.
pub(super) const SILENCE: Duration = Duration::from_millis(300);

pub(super) async fn soon<T>(future: impl Future<Output = T>) -> T {
    timeout(DEADLINE, future).await.expect("within the deadline")
}

/// Tries until something holds.
pub(super) async fn until<T, F: Future<Output = Option<T>>>(mut attempt: impl FnMut() -> F) -> T {
    soon(async {
        loop {
            if let Some(found) = attempt().await {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await
}

/// Waits for the other side to close, reading what still comes.
pub(super) async fn closed(tcp: &mut (impl AsyncReadExt + Unpin)) {
    soon(async {
        let mut ignored = [0; 4_096];
        while !matches!(tcp.read(&mut ignored).await, Ok(0) | Err(_)) {}
    })
    .await;
}

pub(super) struct Http {
    pub(super) tcp: BufReader<TcpStream>,
}

#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) head: String,
    pub(super) body: Vec<u8>,
}

impl Reply {
    pub(super) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// The lines that are addresses.
    pub(super) fn entries(&self) -> Vec<String> {
        self.text().lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
    }

    pub(super) fn sequence(&self) -> u64 {
        let mut lines = self.text().lines();
        lines.find_map(|line| line.strip_prefix("#EXT-X-MEDIA-SEQUENCE:")).unwrap().parse().unwrap()
    }
}

impl Http {
    pub(super) async fn to(address: SocketAddr) -> Self {
        Self { tcp: BufReader::new(soon(TcpStream::connect(address)).await.unwrap()) }
    }

    pub(super) async fn get(&mut self, path: &str) -> Reply {
        self.ask("GET", path, "").await.unwrap()
    }

    pub(super) async fn send(&mut self, method: &str, path: &str, headers: &str) -> io::Result<()> {
        let request = format!("{method} {path} HTTP/1.1\r\nHost: origin\r\n{headers}\r\n");
        soon(self.tcp.write_all(request.as_bytes())).await
    }

    pub(super) async fn ask(&mut self, method: &str, path: &str, headers: &str) -> io::Result<Reply> {
        self.send(method, path, headers).await?;
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(soon(self.tcp.read_u8()).await?);
        }
        let head = String::from_utf8(head).unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let mut reply = Reply { status, head, body: Vec::new() };
        if method != "HEAD" {
            let length = reply.header("content-length").unwrap_or("0").parse().unwrap();
            reply.body.resize(length, 0);
            soon(self.tcp.read_exact(&mut reply.body)).await?;
        }
        Ok(reply)
    }
}

pub(super) struct Rtmp {
    tcp: TcpStream,
    reader: Reader,
}

impl Rtmp {
    /// Connects and shakes hands.
    pub(super) async fn to(address: SocketAddr) -> Self {
        let mut tcp = soon(TcpStream::connect(address)).await.unwrap();
        let mut hello = [9; HELLO];
        hello[0] = 3;
        soon(tcp.write_all(&hello)).await.unwrap();
        let mut answer = [0; ANSWER];
        soon(tcp.read_exact(&mut answer)).await.unwrap();
        soon(tcp.write_all(&answer[1..=BLOCK])).await.unwrap();
        Self { tcp, reader: Reader::default() }
    }

    /// Connects and plays, up to `NetStream.Play.Start` or whatever comes instead.
    pub(super) async fn play(address: SocketAddr, app: &str, stream: &str) -> (Self, String) {
        let mut client = Self::to(address).await;
        client.call("connect", 1.0, &[object([("app", app.into())])]).await;
        let code = client.code().await;
        if code != "NetConnection.Connect.Success" {
            return (client, code);
        }
        client.call("createStream", 2.0, &[Value::Null]).await;
        client.call("play", 3.0, &[Value::Null, stream.into()]).await;
        let mut code = client.code().await;
        while code == "NetStream.Play.Reset" {
            code = client.code().await;
        }
        (client, code)
    }

    pub(super) async fn call(&mut self, name: &str, transaction: f64, arguments: &[Value]) {
        let mut payload = BytesMut::new();
        amf::write(&mut payload, &[name.into(), transaction.into()]);
        amf::write(&mut payload, arguments);
        let mut out = BytesMut::new();
        // Longer commands would have to be cut: clients begin with chunks of 128 bytes.
        assert!(payload.len() <= 128);
        write::message(&mut out, &Outgoing { kind: Kind::Command, time: 0, stream: 1, payload: &payload });
        soon(self.tcp.write_all(&out)).await.unwrap();
    }

    /// The next message, or `None` when the other side has closed.
    pub(super) async fn next(&mut self) -> Option<Message> {
        soon(async {
            let mut buffer = [0; 4_096];
            loop {
                if let Some(message) = self.reader.take().unwrap() {
                    return Some(message);
                }
                match self.tcp.read(&mut buffer).await {
                    Ok(0) | Err(_) => return None,
                    Ok(count) => self.reader.feed(&buffer[..count]),
                }
            }
        })
        .await
    }

    /// The code of the next status, in a result, an error or an `onStatus`.
    pub(super) async fn code(&mut self) -> String {
        loop {
            let message = self.next().await.expect("a status");
            let values = if message.kind == 20 { amf::read(&message.payload).unwrap() } else { vec![] };
            if let Some(code) = values.iter().find_map(|value| value.field("code")) {
                return code.text().unwrap().to_owned();
            }
        }
    }

    /// The next audio or video message.
    pub(super) async fn media(&mut self) -> Option<Message> {
        loop {
            let message = self.next().await?;
            if matches!(message.kind, 8 | 9) {
                return Some(message);
            }
        }
    }

    /// Whether media stops: what was under way may still come.
    pub(super) async fn falls_silent(&mut self) {
        soon(async { while timeout(SILENCE, self.next()).await.is_ok_and(|message| message.is_some()) {} })
            .await;
    }
}
