//! An RTMP server that plays anything: it reads the handshake, then answers in the order in which players ask.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::interval;

/// The bytes of media in one message.
pub(crate) const MESSAGE: u64 = 1000;

/// A running server.
pub(crate) struct Rtmp {
    pub(crate) address: SocketAddr,
    _serving: JoinSet<()>,
}

impl Rtmp {
    pub(crate) async fn start(address: IpAddr) -> Self {
        let listener = TcpListener::bind((address, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut serving = JoinSet::new();
        serving.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                connections.spawn(async move {
                    let _ = serve(stream).await;
                });
            }
        });
        Self { address, _serving: serving }
    }
}

async fn serve(mut stream: TcpStream) -> io::Result<()> {
    let mut hello = vec![0; 1537];
    stream.read_exact(&mut hello).await?;
    stream.write_all(&[&hello[..], &hello[1..]].concat()).await?;
    stream.read_exact(&mut hello[..1536]).await?;
    let name = |name: &str| [&[2, 0, u8::try_from(name.len()).unwrap()], name.as_bytes()].concat();
    let number = |number: f64| [&[0][..], &number.to_be_bytes()].concat();
    expect(&mut stream, b"connect").await?;
    stream.write_all(&message(3, 20, &[name("_result"), number(1.0), vec![5, 5]].concat())).await?;
    expect(&mut stream, b"createStream").await?;
    stream.write_all(&message(3, 20, &[name("_result"), number(2.0), vec![5], number(1.0)].concat())).await?;
    expect(&mut stream, b"play").await?;
    let mut pace = interval(Duration::from_millis(20));
    loop {
        pace.tick().await;
        stream.write_all(&message(6, 9, &[0x17; 1000])).await?;
    }
}

async fn expect(stream: &mut TcpStream, text: &[u8]) -> io::Result<()> {
    let mut seen = Vec::new();
    while !seen.ends_with(text) {
        seen.push(stream.read_u8().await?);
    }
    Ok(())
}

fn message(chunk_stream: u8, kind: u8, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(payload.len()).unwrap().to_be_bytes();
    let head = [chunk_stream, 0, 0, 0, 0, length[0], length[1], kind, 1, 0, 0, 0];
    let chunks: Vec<&[u8]> = payload.chunks(128).collect();
    [&head[..], &chunks.join(&[0xC0 | chunk_stream][..])].concat()
}
