//! Plain round robin: all addresses in every answer, each answer beginning with the next one.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use weir_tests::namespace::edge_address;

use crate::world::LIMITS;

/// As long as an answer may be kept, in seconds: short, so that what is wrong with it is not its age.
pub(crate) const TTL: u8 = 5;

/// How often it looks whether it should stop.
const LOOK: Duration = Duration::from_millis(100);

/// A name server that knows one name and no loads; it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Rotation {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Rotation {
    /// On this address, in the namespace of this thread.
    pub(crate) fn start(address: SocketAddr) -> Self {
        let socket = UdpSocket::bind(address).expect("the namespace is new");
        socket.set_read_timeout(Some(LOOK)).expect("the kernel takes timeouts");
        let stop = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&stop);
        let thread = Some(thread::spawn(move || serve(&socket, &told)));
        Self { stop, thread }
    }
}

impl Drop for Rotation {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn serve(socket: &UdpSocket, stop: &AtomicBool) {
    let addresses: Vec<_> = (0..LIMITS.len()).map(edge_address).collect();
    let mut buffer = [0; 512];
    let mut first = 0;
    while !stop.load(Ordering::Relaxed) {
        let Ok((length, client)) = socket.recv_from(&mut buffer) else { continue };
        let all: Vec<_> = addresses.iter().cycle().skip(first).take(addresses.len()).copied().collect();
        // A question that gets no answer is asked again.
        let _ = socket.send_to(&answer(&buffer[..length], &all), client);
        first = (first + 1) % addresses.len();
    }
}

/// The question as it came, and its addresses. Nobody asks for anything else here.
fn answer(question: &[u8], addresses: &[Ipv4Addr]) -> Vec<u8> {
    let mut bytes = question.to_vec();
    // An authoritative answer, with so many records.
    bytes[2..4].copy_from_slice(&[0x84, 0]);
    bytes[7] = u8::try_from(addresses.len()).expect("four addresses");
    for address in addresses {
        // The name that was asked for, type A, class IN.
        bytes.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, TTL, 0, 4]);
        bytes.extend(address.octets());
    }
    bytes
}
