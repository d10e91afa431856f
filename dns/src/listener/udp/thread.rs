//! The thread of one socket.
//!
//! It waits in the kernel for datagrams and nowhere else: answers that can't be sent at once are lost, and a full
//! queue is not waited for. So it ends within moments once the socket is shut down for reading, which wakes it.

use std::io;
use std::net::{Shutdown, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use socket2::SockRef;
use tokio::sync::mpsc;

use super::Unusual;
use super::mail::{BATCH, Mail, Wait};
use super::source::may_answer;
use crate::answerer::Answerer;
use crate::fast::{Batch, Replier, Reply};
use crate::metrics::{Dropped, Tally};

/// How long it waits for datagrams before it looks whether it is to stop, should it not have been woken.
const LOOK: Duration = Duration::from_millis(250);
/// How long to wait after the socket failed, so that a lasting failure does not take a whole core.
const PAUSE: Duration = Duration::from_millis(100);
/// How many batches that have arrived before the shutdown are still answered.
const LAST_BATCHES: usize = 1024 / BATCH;

/// A running thread. Dropping it ends the thread and waits for that.
#[derive(Debug)]
pub(super) struct Thread {
    running: Option<JoinHandle<()>>,
    stopping: Arc<AtomicBool>,
    socket: Arc<UdpSocket>,
}

impl Thread {
    pub(super) fn start(
        socket: Arc<UdpSocket>,
        answerer: Arc<Answerer>,
        tally: Arc<Tally>,
        queue: mpsc::Sender<Unusual>,
    ) -> io::Result<Self> {
        let address = socket.local_addr()?;
        socket.set_nonblocking(false)?;
        socket.set_read_timeout(Some(LOOK))?;
        let stopping = Arc::new(AtomicBool::new(false));
        let post = Post {
            address,
            answerer,
            tally,
            queue,
            stopping: Arc::clone(&stopping),
            socket: Arc::clone(&socket),
        };
        let running = std::thread::Builder::new().name(format!("dns-{address}")).spawn(move || post.run())?;
        Ok(Self { running: Some(running), stopping, socket })
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }

    /// Tells it to answer what has arrived, and to end.
    pub(super) fn stop(&self) {
        self.stopping.store(true, Ordering::Release);
        // The kernel says that the socket is not connected, and wakes whoever waits on it all the same.
        SockRef::from(&*self.socket).shutdown(Shutdown::Read).ok();
    }

    /// Waits for its end; its panic goes on here.
    pub(super) fn join(&mut self) {
        if let Some(Err(panic)) = self.running.take().map(JoinHandle::join) {
            std::panic::resume_unwind(panic);
        }
    }

    /// Ends it, if it still runs.
    pub(super) fn stop_and_wait(&mut self) {
        let Some(running) = self.running.take() else { return };
        self.stop();
        // A panic was reported by the thread itself.
        running.join().ok();
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        self.stop_and_wait();
    }
}

/// What the thread works with.
struct Post {
    socket: Arc<UdpSocket>,
    address: SocketAddr,
    answerer: Arc<Answerer>,
    tally: Arc<Tally>,
    queue: mpsc::Sender<Unusual>,
    stopping: Arc<AtomicBool>,
}

impl Post {
    fn run(self) {
        let (mut mail, mut replier) = (Mail::new(), Replier::new());
        while !self.stopping.load(Ordering::Acquire) {
            match mail.receive(&self.socket, Wait::ForOne) {
                Ok(count) => self.answer(&mut mail, &mut replier, count),
                Err(error) if is_passing(&error) => {}
                Err(error) => {
                    tracing::debug!(%error, address = %self.address, "receiving DNS questions failed");
                    std::thread::sleep(PAUSE);
                }
            }
        }
        for _ in 0..LAST_BATCHES {
            let Ok(count) = mail.receive(&self.socket, Wait::No) else { return };
            self.answer(&mut mail, &mut replier, count);
        }
    }

    fn answer(&self, mail: &mut Mail, replier: &mut Replier, count: usize) {
        let batch = Batch::open(&self.answerer);
        for place in 0..count {
            self.answer_one(mail, replier, &batch, place);
        }
        let unsent = mail.send(&self.socket);
        (0..unsent).for_each(|_| self.tally.drop_for(Dropped::Unsent));
    }

    fn answer_one(&self, mail: &mut Mail, replier: &mut Replier, batch: &Batch<'_>, place: usize) {
        // Without a source it is not a datagram, but the kernel's word that the socket was shut down.
        let Some(client) = mail.client(place) else { return };
        if !may_answer(client, self.address) {
            return self.tally.drop_for(Dropped::Source);
        }
        let (question, answer) = mail.exchange(place);
        match replier.reply(batch, question, client.ip(), answer) {
            Some(Reply::Answer(kind, length)) => {
                self.tally.answered(kind);
                mail.reply(place, length);
            }
            Some(Reply::Silence(kind)) => self.tally.answered(kind),
            None => self.leave(Unusual { message: question.into(), client }),
        }
    }

    /// Leaves a datagram to the general path.
    fn leave(&self, unusual: Unusual) {
        match self.queue.try_send(unusual) {
            Ok(()) => self.tally.enqueued(),
            Err(_) => self.tally.drop_for(Dropped::QueueFull),
        }
    }
}

/// Whether it is no failure: nothing came, or a signal did.
fn is_passing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut | io::ErrorKind::Interrupted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_goes_on_where_the_thread_is_waited_for() {
        let socket = Arc::new(UdpSocket::bind("127.0.0.1:0").unwrap());
        let running = Some(std::thread::spawn(|| panic!("a bug in the thread")));
        let mut thread = Thread { running, stopping: Arc::default(), socket };
        let joined = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| thread.join()));
        let panic = joined.unwrap_err();
        assert_eq!(panic.downcast_ref::<&str>(), Some(&"a bug in the thread"));
        // It is over: nobody waits for it again.
        thread.stop_and_wait();
    }
}
