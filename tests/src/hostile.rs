//! An origin that answers nearly right: what probes get to see on a bad day.
//!
//! Each connection is answered by bytes out of a seeded mutator: HTTP answers with HLS playlists to what looks like
//! HTTP, RTMP handshakes and commands to what looks like RTMP.

mod answers;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::noise::Noise;

/// A request that does not come by then will not come.
const TIMEOUT: Duration = Duration::from_millis(500);

/// A running hostile origin; it ends when this is dropped.
#[derive(Debug)]
pub struct Hostile {
    address: SocketAddr,
    stop: Arc<AtomicBool>,
    served: Arc<AtomicU64>,
    thread: Option<JoinHandle<()>>,
}

impl Hostile {
    /// Listens here.
    ///
    /// # Panics
    /// When it can't.
    pub fn start(address: SocketAddr, seed: u64) -> Self {
        let listener = TcpListener::bind(address).expect("the port was free just now");
        let (stop, served) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let (ends, counts) = (Arc::clone(&stop), Arc::clone(&served));
        let thread = thread::spawn(move || serve(&listener, &mut Noise::new(seed), &ends, &counts));
        Self { address, stop, served, thread: Some(thread) }
    }

    /// How many connections it has answered.
    pub fn served(&self) -> u64 {
        self.served.load(Ordering::Relaxed)
    }
}

impl Drop for Hostile {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        // Wakes the thread out of accept; if that fails, it is not there any more.
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn serve(listener: &TcpListener, noise: &mut Noise, stop: &AtomicBool, served: &AtomicU64) {
    let seeds = answers::all();
    for stream in listener.incoming() {
        if stop.load(Ordering::Relaxed) {
            return;
        }
        // A client that breaks off is part of the game.
        let _ = stream.and_then(|stream| answer(stream, noise, &seeds));
        served.fetch_add(1, Ordering::Relaxed);
    }
}

fn answer(mut stream: TcpStream, noise: &mut Noise, seeds: &answers::Seeds) -> std::io::Result<()> {
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.set_write_timeout(Some(TIMEOUT))?;
    let mut request = [0_u8; 4096];
    let length = stream.read(&mut request)?;
    if request[..length].first() != Some(&3) {
        return stream.write_all(&noise.mutate(&seeds.http));
    }
    // Three in four handshakes are right, so that what comes after them is seen as well.
    let handshake =
        if noise.below(4) == 0 { noise.mutate(&seeds.handshake) } else { seeds.handshake[0].clone() };
    stream.write_all(&handshake)?;
    for _ in 0..4 {
        let _ = stream.read(&mut request)?;
        stream.write_all(&noise.mutate(&seeds.commands))?;
    }
    Ok(())
}
