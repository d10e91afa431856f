//! An origin that sends as fast as it may, and a viewer that counts what arrives.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// Listens on port 1935 of all addresses, as Wowza does. Who connects and says a byte is sent zeros until it goes.
pub(crate) struct Origin {
    listener: TcpListener,
    thread: Option<JoinHandle<()>>,
}

/// A connection that reads.
pub(crate) struct Viewer {
    stream: TcpStream,
    thread: JoinHandle<u64>,
}

impl Origin {
    /// In the namespace of this thread.
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 1935)).expect("the namespace is new");
        let accepting = listener.try_clone().expect("a descriptor can be had");
        let thread = thread::spawn(move || {
            for stream in accepting.incoming() {
                let Ok(stream) = stream else { return };
                thread::spawn(move || send(stream));
            }
        });
        Self { listener, thread: Some(thread) }
    }
}

impl Drop for Origin {
    fn drop(&mut self) {
        shut(&self.listener);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Viewer {
    /// Connects and asks to be sent zeros, from the namespace of this thread.
    pub(crate) fn connect(server: SocketAddr) -> Self {
        let mut stream = TcpStream::connect_timeout(&server, Duration::from_secs(5)).expect("it listens");
        stream.write_all(b"p").expect("it is connected");
        let mut reading = stream.try_clone().expect("a descriptor can be had");
        let thread = thread::spawn(move || {
            let mut buffer = vec![0; 1 << 16];
            let mut total = 0;
            while let Ok(read @ 1..) = reading.read(&mut buffer) {
                total += u64::try_from(read).unwrap_or_default();
            }
            total
        });
        Self { stream, thread }
    }

    /// Hangs up, and returns how many bytes arrived.
    pub(crate) fn stop(self) -> f64 {
        let _ = self.stream.shutdown(Shutdown::Both);
        let total = self.thread.join().expect("reading does not panic");
        // Far below 2^32.
        f64::from(u32::try_from(total).unwrap_or(u32::MAX))
    }
}

fn send(mut stream: TcpStream) {
    let zeros = vec![0; 1 << 16];
    // A probe connects and goes; a viewer says a byte first.
    if !matches!(stream.read(&mut [0]), Ok(1)) {
        return;
    }
    while stream.write_all(&zeros).is_ok() {}
}

/// Wakes a thread out of accept: the kernel ends it for a listener that was shut down.
fn shut(listener: &TcpListener) {
    use std::os::fd::AsRawFd;
    // SAFETY: the descriptor is open as long as the listener is borrowed.
    unsafe { libc::shutdown(listener.as_raw_fd(), libc::SHUT_RDWR) };
}
