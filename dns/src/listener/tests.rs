//! The whole over real sockets, with messages made by hand.

mod challenges;
mod messages;
mod overload;
mod sockets;
mod threads;
mod workers;

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::timeout;

use super::DnsListener;
use crate::Transport;
use crate::kit;

const A: u16 = 1;
const PATIENCE: Duration = Duration::from_secs(20);
const BOTH: [Transport; 2] = [Transport::Udp, Transport::Tcp];

fn listen(address: &str) -> DnsListener {
    let (answerer, ..) = kit::answerer(kit::snapshot([1, 2, 3, 4]));
    DnsListener::bind(address.parse().unwrap(), answerer).unwrap()
}

/// A connected client: what comes from another address than the one that was asked is not seen.
async fn udp(server: SocketAddr) -> UdpSocket {
    let local = if server.is_ipv4() { "127.0.0.1:0" } else { "[::1]:0" };
    let socket = UdpSocket::bind(local).await.unwrap();
    socket.connect(server).await.unwrap();
    socket
}

async fn receive(socket: &UdpSocket) -> Vec<u8> {
    let mut buffer = vec![0; 65_536];
    let length = timeout(PATIENCE, socket.recv(&mut buffer)).await.unwrap().unwrap();
    buffer.truncate(length);
    buffer
}

fn framed(message: &[u8]) -> Vec<u8> {
    [&u16::try_from(message.len()).unwrap().to_be_bytes(), message].concat()
}

async fn read_framed(stream: &mut TcpStream) -> Vec<u8> {
    let length = timeout(PATIENCE, stream.read_u16()).await.unwrap().unwrap();
    let mut message = vec![0; usize::from(length)];
    timeout(PATIENCE, stream.read_exact(&mut message)).await.unwrap().unwrap();
    message
}

async fn ask(server: SocketAddr, transport: Transport, message: &[u8]) -> Vec<u8> {
    match transport {
        Transport::Udp => {
            let socket = udp(server).await;
            socket.send(message).await.unwrap();
            receive(&socket).await
        }
        Transport::Tcp => {
            let mut stream = TcpStream::connect(server).await.unwrap();
            stream.write_all(&framed(message)).await.unwrap();
            read_framed(&mut stream).await
        }
    }
}

fn word(message: &[u8], at: usize) -> u16 {
    u16::from_be_bytes([message[at], message[at + 1]])
}
