//! One viewer: asks its resolver, takes one of the addresses, downloads at its pace, and comes back when that breaks.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::net::TcpSocket;
use tokio::time::{sleep, sleep_until, timeout};

use crate::books::Books;
use crate::pace::{LOOK, Pace};
use crate::resolver::Resolver;
use crate::world::{FILE, PORT};

/// Players give an address up when nothing came from it for so long.
const STALLED: Duration = Duration::from_millis(2500);

/// Before it asks again when nobody played.
const PAUSE: Duration = Duration::from_secs(1);

/// In a smaller buffer the kernel now and then holds back what would fit.
const SMALLEST: u32 = 24_000;

/// Bytes that are read at once; they are thrown away.
const BUFFER: usize = 1 << 16;

/// What makes one viewer.
#[derive(Debug)]
pub(crate) struct Viewer {
    pub(crate) bytes_per_second: f64,
    pub(crate) stay: Duration,
    pub(crate) resolver: Arc<Resolver>,
    pub(crate) books: Arc<Books>,
    pub(crate) chance: fastrand::Rng,
}

/// What a session knows.
struct Session {
    pace: Pace,
    books: Arc<Books>,
    bytes_per_second: f64,
    /// Since when nothing came, once something has.
    cut: Option<Instant>,
}

/// Comes, watches, and leaves in the middle of whatever it does, as people do.
pub(crate) async fn watch(viewer: Viewer) {
    let Viewer { bytes_per_second, stay, resolver, books, mut chance } = viewer;
    let pace = Pace::new(&books, bytes_per_second);
    let mut session = Session { pace, books, bytes_per_second, cut: None };
    let _left = timeout(stay, async {
        loop {
            let mut addresses = resolver.resolve().await.to_vec();
            // As resolvers rotate what they keep.
            chance.shuffle(&mut addresses);
            for address in addresses {
                session.books.visited(address);
                // It can only end by a failure.
                let _failure = session.play(address).await;
                session.books.failed();
            }
            sleep(PAUSE).await;
        }
    })
    .await;
}

impl Session {
    async fn play(&mut self, address: Ipv4Addr) -> io::Result<()> {
        let mut stream = self.connect(address).await?;
        let request = format!("GET /{FILE} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
        // It is shorter than the smallest buffer.
        stream.write_all(request.as_bytes())?;
        let mut last = Instant::now();
        loop {
            let due = self.pace.next();
            sleep_until(due.into()).await;
            self.books.read(due.elapsed() > LOOK / 2);
            if self.take(&mut stream)? {
                last = Instant::now();
                if let Some(since) = self.cut.replace(last).filter(|since| since.elapsed() > STALLED / 2) {
                    self.books.served_again(since);
                }
            } else if last.elapsed() > STALLED {
                return Err(ErrorKind::TimedOut.into());
            }
        }
    }

    /// A connection that takes about a second of its bitrate ahead: whoever reads at a pace is sent at that pace.
    async fn connect(&self, address: Ipv4Addr) -> io::Result<std::net::TcpStream> {
        let socket = TcpSocket::new_v4()?;
        // The kernel takes twice as much for its own records.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most some 100 kB")]
        socket.set_recv_buffer_size((self.bytes_per_second as u32).max(SMALLEST))?;
        let connecting = socket.connect(SocketAddr::from((address, PORT)));
        let stream = timeout(STALLED, connecting).await??;
        // Not looked at by tokio from here on: it would wake up for each packet, though the viewer looks by the clock.
        stream.into_std()
    }

    /// Takes what is there, up to what is wanted. Returns whether anything was.
    fn take(&mut self, stream: &mut std::net::TcpStream) -> io::Result<bool> {
        let mut buffer = [0; BUFFER];
        let mut any = false;
        loop {
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most some 500 kB")]
            let wanted = (self.pace.wanted() as usize).min(BUFFER);
            if wanted == 0 {
                return Ok(true);
            }
            match stream.read(&mut buffer[..wanted]) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(read) => {
                    any = true;
                    self.pace.had(read as f64);
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(any),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}
