//! Datagrams in, datagrams out: a thread answers the common ones, a task what the thread leaves to it.
//!
//! ```text
//!  socket ─► thread: Mail ─► may_answer ─► Replier ─► Mail ─► socket
//!                                             │ unusual
//!                                             ╰─► queue of 1024 ─► task: Answerer::reply ─► socket
//! ```
//!
//! What comes faster than the thread answers waits in the kernel's buffer, and what does not fit there is dropped by
//! it; what does not fit into the queue is dropped and counted. The thread holds the only sending end of the queue, so
//! the queue ends when the thread does, and the task after it: whatever ends the thread ends the listener.

mod mail;
mod source;
mod thread;

use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;

use socket2::{SockAddr, SockRef};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::answerer::Answerer;
use crate::metrics::{Tally, Transport};
use thread::Thread;

pub(super) use mail::{hold_burst, leave_unasked};

/// How many datagrams wait for the general path at most; of 4096 bytes each at most, so 4 MiB.
const QUEUE: usize = 1024;

/// A datagram for the general path.
#[derive(Debug)]
struct Unusual {
    message: Box<[u8]>,
    client: SocketAddr,
}

/// One socket, answered since it was started.
#[derive(Debug)]
pub(super) struct Udp {
    socket: Arc<UdpSocket>,
    answerer: Arc<Answerer>,
    tally: Arc<Tally>,
    queue: mpsc::Receiver<Unusual>,
    thread: Thread,
}

impl Udp {
    /// Starts the thread. Without the task the general path's questions wait.
    pub(super) fn start(socket: UdpSocket, answerer: Arc<Answerer>) -> io::Result<Self> {
        let socket = Arc::new(socket);
        let (sender, queue) = mpsc::channel(QUEUE);
        let tally = answerer.metrics().open_tally();
        let thread = Thread::start(Arc::clone(&socket), Arc::clone(&answerer), Arc::clone(&tally), sender)?;
        Ok(Self { socket, answerer, tally, queue, thread })
    }

    /// The task: answers until told to stop, then what has arrived by then.
    pub(super) async fn serve(mut self, stop: CancellationToken) {
        loop {
            tokio::select! {
                unusual = self.queue.recv() => match unusual {
                    Some(unusual) => self.answer(&unusual),
                    None => break,
                },
                () = stop.cancelled(), if !self.thread.is_stopping() => self.thread.stop(),
            }
        }
        self.thread.join();
    }

    fn answer(&self, unusual: &Unusual) {
        self.tally.dequeued();
        let Some(answer) = self.answerer.reply(&unusual.message, unusual.client, Transport::Udp) else {
            return;
        };
        // What the kernel can't take at once is lost, as on the thread.
        let to = SockAddr::from(unusual.client);
        if let Err(error) = SockRef::from(&*self.socket).send_to_with_flags(&answer, &to, libc::MSG_DONTWAIT)
        {
            self.tally.drop_unsent();
            tracing::debug!(%error, client = %unusual.client, "a DNS answer could not be sent");
        }
    }
}

/// Takes over the counts.
impl Drop for Udp {
    fn drop(&mut self) {
        self.thread.stop_and_wait();
        self.answerer.metrics().close_tally(&self.tally);
    }
}
