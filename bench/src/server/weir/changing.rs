//! Weights that change every second: each interface in turn is drained and taken back.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// The thread that gives the orders; ends when it is dropped.
#[derive(Debug)]
pub(crate) struct Changing {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Changing {
    /// Starts to change the weights of `interfaces` interfaces.
    pub(crate) fn start(admin: SocketAddr, interfaces: u8) -> Self {
        let (stop, stopped) = channel::<()>();
        let thread = std::thread::spawn(move || {
            for turn in 0_u64.. {
                let interface = turn / 2 % u64::from(interfaces);
                let directive = if turn % 2 == 0 { "drain" } else { "auto" };
                if let Err(error) = order(admin, interface, directive) {
                    eprintln!("eni{interface} could not be ordered to {directive}: {error}");
                }
                // The other end goes when all is over.
                if stopped.recv_timeout(Duration::from_secs(1))
                    != Err(std::sync::mpsc::RecvTimeoutError::Timeout)
                {
                    return;
                }
            }
        });
        Self { stop: Some(stop), thread: Some(thread) }
    }
}

impl Drop for Changing {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn order(admin: SocketAddr, interface: u64, directive: &str) -> std::io::Result<()> {
    let body = format!("{{\"directive\":\"{directive}\"}}");
    let mut stream = TcpStream::connect(admin)?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    write!(
        stream,
        "PUT /api/v1/interfaces/eni{interface}/directive HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    match answer.split(' ').nth(1) {
        Some(status) if status.starts_with('2') => Ok(()),
        _ => Err(std::io::Error::other(answer)),
    }
}
