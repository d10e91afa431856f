//! Datagrams in, datagrams out, one at a time.
//!
//! An answer needs no waiting, so there is never more than one in flight per socket; what comes faster waits in the
//! kernel's buffer, and what does not fit there is dropped by it.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::UdpSocket;
use tokio_util::sync::CancellationToken;

use crate::answerer::Answerer;
use crate::metrics::Transport;

/// The largest question that is read whole; what is longer is cut by the kernel and answered FORMERR.
const MAX_QUESTION: usize = 4096;
/// How many datagrams that have arrived before the shutdown are still answered.
const MAX_LAST: usize = 1024;
/// How long to wait after the socket failed, so that a lasting failure does not take a whole core.
const PAUSE: Duration = Duration::from_millis(100);
/// Source ports of services that answer anything: an answer to a forged question would never come to rest
/// (echo, discard, daytime, quote of the day, chargen, time).
const UNSAFE_PORTS: [u16; 7] = [0, 7, 9, 13, 17, 19, 37];

/// Answers on `socket` until told to stop, then what has arrived by then.
pub(super) async fn serve(socket: UdpSocket, answerer: Arc<Answerer>, stop: CancellationToken) {
    let mut buffer = vec![0; MAX_QUESTION];
    loop {
        let received = tokio::select! {
            biased;
            () = stop.cancelled() => break,
            received = socket.recv_from(&mut buffer) => received,
        };
        match received {
            Ok((length, client)) => reply(&socket, &answerer, &buffer[..length], client).await,
            Err(error) => pause(&socket, &error).await,
        }
    }
    answer_the_rest(socket, &answerer, &mut buffer).await;
}

/// Answers what the kernel holds already. The plain socket is asked, as tokio's may not have heard of it yet.
async fn answer_the_rest(socket: UdpSocket, answerer: &Answerer, buffer: &mut [u8]) {
    let Ok(socket) = socket.into_std() else { return };
    for _ in 0..MAX_LAST {
        let Ok((length, client)) = socket.recv_from(buffer) else { return };
        if let Some(response) = respond(answerer, &buffer[..length], client).await {
            socket.send_to(&response, client).ok();
        }
    }
}

async fn reply(socket: &UdpSocket, answerer: &Answerer, message: &[u8], client: SocketAddr) {
    let Some(response) = respond(answerer, message, client).await else { return };
    if let Err(error) = socket.send_to(&response, client).await {
        tracing::debug!(%error, %client, "a DNS answer could not be sent");
    }
}

async fn respond(answerer: &Answerer, message: &[u8], client: SocketAddr) -> Option<Vec<u8>> {
    if may_answer(client) { answerer.respond(message, client, Transport::Udp).await } else { None }
}

async fn pause(socket: &UdpSocket, error: &io::Error) {
    tracing::debug!(%error, socket = ?socket.local_addr().ok(), "receiving DNS questions failed");
    tokio::time::sleep(PAUSE).await;
}

/// Whether an answer to this address can reach one client and nobody else.
fn may_answer(client: SocketAddr) -> bool {
    let address = client.ip();
    let broadcast = matches!(address, IpAddr::V4(v4) if v4.is_broadcast());
    !(UNSAFE_PORTS.contains(&client.port())
        || address.is_unspecified()
        || address.is_multicast()
        || broadcast)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forged_sources_that_would_echo_or_multiply_are_not_answered() {
        let may = |text: &str| may_answer(text.parse().unwrap());
        assert!(may("192.0.2.1:53") && may("[2001:db8::1]:40000"));
        for bad in
            ["192.0.2.1:0", "192.0.2.1:7", "0.0.0.0:99", "224.0.0.1:99", "255.255.255.255:99", "[::]:99"]
        {
            assert!(!may(bad), "{bad}");
        }
    }
}
