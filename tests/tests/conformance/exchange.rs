//! Asking three servers the same bytes: a window of questions at once, and then again what was not answered.

use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream, UdpSocket};
use std::time::{Duration, Instant};

use weir_tests::patience;

use crate::message::Reply;
use crate::question::{Question, Transport};

/// How many questions are under way at once: their answers fit into a socket's buffer.
pub(crate) const WINDOW: usize = 32;

/// How long a window may take, and how long it is tried again. Nothing is lost on a loopback, but a machine that builds
/// something else beside may be slow; and NSD answers a hundred errors a second, so the second try has to begin in
/// another second.
const PATIENCE: [Duration; 2] = [Duration::from_millis(1100), Duration::from_secs(2)];

/// No try takes as long.
const NEVER: Duration = Duration::from_secs(60);

/// Replies by ID.
type Replies = HashMap<u16, Reply>;

/// One client of each server.
pub(crate) struct Clients([Client; 3]);

struct Client {
    server: SocketAddr,
    udp: UdpSocket,
}

impl Clients {
    pub(crate) fn new(servers: [SocketAddr; 3]) -> Self {
        Self(servers.map(|server| {
            let udp = UdpSocket::bind((IpAddr::V4(Ipv4Addr::LOCALHOST), 0)).expect("a socket can be had");
            udp.connect(server).expect("the address is local");
            Client { server, udp }
        }))
    }

    /// Asks a window of questions that travel alike; the answers of each server to each of them.
    pub(crate) fn ask(&self, window: &[Question]) -> Vec<[Reply; 3]> {
        let mut replies: [Replies; 3] = Default::default();
        let by_udp = window.first().is_some_and(|question| question.transport == Transport::Udp);
        if by_udp {
            // All three work at the same time; what they answer waits in the sockets.
            self.0.iter().for_each(|client| window.iter().for_each(|question| client.send(question)));
        }
        for (client, replies) in self.0.iter().zip(&mut replies) {
            let asked = window.iter().collect::<Vec<_>>();
            client.collect(&asked, replies, by_udp, PATIENCE[0]);
            let again: Vec<&Question> = asked.into_iter().filter(|q| !replies.contains_key(&q.id)).collect();
            if by_udp {
                again.iter().for_each(|question| client.send(question));
                client.collect(&again, replies, by_udp, PATIENCE[1]);
            } else {
                again.iter().for_each(|question| client.insist(question, replies));
            }
        }
        let mut take = |id| replies.each_mut().map(|of| of.remove(&id).unwrap_or(Reply::Silence));
        window.iter().map(|question| take(question.id)).collect()
    }
}

impl Client {
    fn send(&self, question: &Question) {
        self.udp.send(&question.bytes()).expect("a datagram can be sent to a loopback address");
    }

    /// Waits for the answers to these questions, as long as there may still come one.
    fn collect(&self, asked: &[&Question], replies: &mut Replies, by_udp: bool, patience: Duration) {
        let deadline = Instant::now() + patience;
        // An end without all answers is silence, and is judged as that.
        let _ = if by_udp {
            self.datagrams(asked, replies, deadline)
        } else {
            self.stream(asked, replies, deadline)
        };
    }

    /// Asks one question on connections of its own, until it is answered or the time is over. A server may have closed
    /// the other connection because of another question.
    fn insist(&self, question: &Question, replies: &mut Replies) {
        let begun = Instant::now();
        patience::wait_for("an answer, or the end of patience", NEVER, || {
            self.collect(&[question], replies, false, PATIENCE[1]);
            (replies.contains_key(&question.id) || begun.elapsed() > PATIENCE[1]).then_some(())
        });
    }

    fn datagrams(&self, asked: &[&Question], replies: &mut Replies, deadline: Instant) -> io::Result<()> {
        let mut buffer = [0; 65_535];
        while asked.iter().any(|question| !replies.contains_key(&question.id)) {
            self.udp.set_read_timeout(Some(left(deadline)?))?;
            let length = self.udp.recv(&mut buffer)?;
            keep(&buffer[..length], replies);
        }
        Ok(())
    }

    /// All questions of a window on one connection, sent ahead of the answers (RFC 7766 section 6.2.1.1).
    fn stream(&self, asked: &[&Question], replies: &mut Replies, deadline: Instant) -> io::Result<()> {
        let mut stream = TcpStream::connect(self.server)?;
        let mut bytes = Vec::new();
        for question in asked {
            let message = question.bytes();
            bytes.extend(u16::try_from(message.len()).map_err(io::Error::other)?.to_be_bytes());
            bytes.extend(message);
        }
        stream.write_all(&bytes)?;
        while asked.iter().any(|question| !replies.contains_key(&question.id)) {
            stream.set_read_timeout(Some(left(deadline)?))?;
            let mut length = [0; 2];
            stream.read_exact(&mut length)?;
            let mut message = vec![0; usize::from(u16::from_be_bytes(length))];
            stream.read_exact(&mut message)?;
            keep(&message, replies);
        }
        Ok(())
    }
}

fn left(deadline: Instant) -> io::Result<Duration> {
    deadline
        .checked_duration_since(Instant::now())
        .filter(|left| !left.is_zero())
        .ok_or_else(|| io::ErrorKind::TimedOut.into())
}

fn keep(message: &[u8], replies: &mut Replies) {
    if let Some(id) = message.first_chunk() {
        replies.insert(u16::from_be_bytes(*id), Reply::read(message));
    }
}
