//! A live HLS origin and a redirecting edge, as little as a viewer can play from.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// What a server answers.
pub(crate) enum Answers {
    /// `/live/master.m3u8`, its media playlist, and segments of so many bytes.
    Live { target: Duration, bytes: usize },
    /// A 302 for each request, to these in turn.
    Redirects(Vec<String>),
    /// Random bytes, and then the end.
    Noise,
}

/// A running server; dropping it closes all.
pub(crate) struct Origin {
    pub(crate) address: SocketAddr,
    pub(crate) seen: Arc<Seen>,
    _serving: JoinSet<()>,
}

/// What a server has seen, and its switch.
#[derive(Default)]
pub(crate) struct Seen {
    pub(crate) accepted: AtomicU64,
    pub(crate) open: AtomicU64,
    /// The playlist stands still.
    pub(crate) frozen: AtomicBool,
    /// Each answer is followed by the end of the connection, unannounced.
    pub(crate) hangs_up: AtomicBool,
    requests: AtomicU64,
    first_lines: Mutex<Vec<String>>,
}

impl Seen {
    /// Whether the head of one of the first requests has this text.
    pub(crate) fn asked(&self, text: &str) -> bool {
        self.first_lines.lock().unwrap().iter().any(|head| head.contains(text))
    }
}

impl Origin {
    pub(crate) async fn start(address: IpAddr, answers: Answers) -> Self {
        let listener = TcpListener::bind((address, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Seen::default());
        let mut serving = JoinSet::new();
        serving.spawn(accept(listener, Arc::new(answers), Arc::clone(&seen)));
        Self { address, seen, _serving: serving }
    }
}

async fn accept(listener: TcpListener, answers: Arc<Answers>, seen: Arc<Seen>) {
    let begun = Instant::now();
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let (answers, seen) = (Arc::clone(&answers), Arc::clone(&seen));
        seen.accepted.fetch_add(1, SeqCst);
        seen.open.fetch_add(1, SeqCst);
        connections.spawn(async move {
            let _ = serve(stream, &answers, &seen, begun).await;
            seen.open.fetch_sub(1, SeqCst);
        });
        while connections.try_join_next().is_some() {}
    }
}

async fn serve(mut stream: TcpStream, answers: &Answers, seen: &Seen, begun: Instant) -> io::Result<()> {
    let mut head = Vec::new();
    loop {
        head.clear();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await?);
        }
        let text = String::from_utf8_lossy(&head).into_owned();
        let number = seen.requests.fetch_add(1, SeqCst);
        if number < 100 {
            seen.first_lines.lock().unwrap().push(text.clone());
        }
        let path = text.split(' ').nth(1).unwrap_or_default();
        match answers {
            Answers::Live { target, bytes } => {
                let past = begun.elapsed().as_millis() / target.as_millis();
                let last = if seen.frozen.load(SeqCst) { 2 } else { u64::try_from(past).unwrap() };
                live(&mut stream, path, *target, last, *bytes).await?;
            }
            Answers::Redirects(targets) => {
                let target = &targets[usize::try_from(number).unwrap().min(targets.len() - 1)];
                let head = format!("HTTP/1.1 302 Found\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n");
                stream.write_all(head.as_bytes()).await?;
            }
            Answers::Noise => return noise(&mut stream, number).await,
        }
        if seen.hangs_up.load(SeqCst) {
            return Ok(());
        }
    }
}

async fn live(
    stream: &mut TcpStream,
    path: &str,
    target: Duration,
    last: u64,
    bytes: usize,
) -> io::Result<()> {
    let body = if path.contains("master") {
        "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1000000\nchunks.m3u8?id=1\n".to_owned()
    } else if path.contains("chunks") {
        media(target.as_secs_f64(), last)
    } else {
        return segment(stream, bytes).await;
    };
    // Chunked, so that both framings are played.
    let length = body.len();
    let answer =
        format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{length:x}\r\n{body}\r\n0\r\n\r\n");
    stream.write_all(answer.as_bytes()).await
}

/// Six segments up to number `last + 6`, as if the stream had run for a while.
fn media(target: f64, last: u64) -> String {
    let mut text = format!("#EXTM3U\n#EXT-X-TARGETDURATION:{target}\n#EXT-X-MEDIA-SEQUENCE:{last}\n");
    for number in last..last + 6 {
        text.push_str(&format!("#EXTINF:{target},\n/live/{number}.ts\n"));
    }
    text
}

async fn segment(stream: &mut TcpStream, bytes: usize) -> io::Result<()> {
    static MEDIA: [u8; 16 * 1024] = [0x47; 16 * 1024];
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {bytes}\r\n\r\n");
    stream.write_all(head.as_bytes()).await?;
    let mut left = bytes;
    while left > 0 {
        let part = left.min(MEDIA.len());
        stream.write_all(&MEDIA[..part]).await?;
        left -= part;
    }
    Ok(())
}

async fn noise(stream: &mut TcpStream, seed: u64) -> io::Result<()> {
    let mut chance = fastrand::Rng::with_seed(seed);
    let mut bytes = match chance.u8(..3) {
        0 => Vec::new(),
        1 => b"HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\n#EXTM3U\n#EXT-X-TARGETDURATION:1\n".to_vec(),
        _ => b"HTTP/1.1 302 Found\r\nLocation: ".to_vec(),
    };
    bytes.extend(std::iter::repeat_with(|| chance.u8(..)).take(400));
    stream.write_all(&bytes).await
}
