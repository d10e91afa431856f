//! The load: clients on core 1, each with one thing under way, as fast as the server answers.
//!
//! Facts: players do not pipeline, so what keeps a server full is that many ask at the same time. They end connections by
//! FIN and not by a reset, and so does this, for all servers alike. Where the server closes first, its end is in TIME_WAIT
//! for a minute: each client has an address of its own, so that ports do not run out.
//!
//! Each answer is looked at; one that is wrong or lost is counted, and a run with wrong ones fails.

use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::epoll::Epoll;
use super::latency::Latencies;
use super::line::{Line, Step, Task};
use super::options::{Connection, HttpArgs, Scheme, What};
use super::secure;

/// How long nothing may happen until what is under way counts as lost.
const PATIENCE: Duration = Duration::from_secs(1);

/// What is asked, by how many.
#[derive(Clone, Copy, Debug)]
pub(super) struct Load {
    connection: Connection,
    what: What,
    scheme: Scheme,
    resumption: bool,
    clients: u8,
}

/// What came of a load.
#[derive(Clone, Debug, Default)]
pub(super) struct Visited {
    /// Answers that were right, or handshakes that were done.
    pub(super) completed: u64,
    /// Those of them for which a session was resumed.
    pub(super) resumed: u64,
    /// Other answers than expected.
    pub(super) wrong: u64,
    /// One of these.
    pub(super) example: String,
    /// Connections that ended too early, or on which nothing came.
    pub(super) lost: u64,
    /// How long it all took.
    pub(super) took: Duration,
}

impl Load {
    pub(super) fn new(args: &HttpArgs) -> Self {
        Self {
            connection: args.connection,
            what: args.what,
            scheme: args.scheme,
            resumption: args.resumption,
            clients: args.clients,
        }
    }

    /// What the peer is asked meanwhile: the same, or redirects where only weir has what is measured.
    pub(super) fn of_peer(args: &HttpArgs) -> Self {
        let what = if args.what == What::Manifest { What::Redirect } else { args.what };
        Self { what, ..Self::new(args) }
    }

    /// Whether sessions are to be resumed.
    pub(super) fn resumes(&self) -> bool {
        self.resumption
    }

    /// Asks a server for some time.
    pub(super) fn visit(
        &self,
        server: SocketAddr,
        time: Duration,
        latencies: &mut Latencies,
    ) -> anyhow::Result<Visited> {
        let mut epoll = Epoll::new()?;
        let mut lines = self.lines(server)?;
        let begun = Instant::now();
        let mut visited = Visited::default();
        for line in &mut lines {
            line.ask(&epoll, begun)?;
        }
        let mut under_way = lines.len();
        while under_way > 0 {
            let count = wait(&mut epoll)?;
            if count == 0 {
                lines.iter_mut().filter(|line| line.asked.is_some()).for_each(Line::give_up);
                visited.lost += u64::try_from(under_way).unwrap_or(0);
                break;
            }
            for index in 0..count {
                let line = &mut lines[epoll.happened(index)];
                let asked = line.asked;
                let step = line.go_on();
                if step == Step::Waits {
                    continue;
                }
                let now = Instant::now();
                visited.count(step, line);
                if let (Step::Answered, Some(asked)) = (step, asked) {
                    latencies.add(now.saturating_duration_since(asked));
                }
                if now < begun + time {
                    line.ask(&epoll, now)?;
                } else {
                    under_way -= 1;
                }
            }
        }
        visited.took = begun.elapsed();
        Ok(visited)
    }

    fn lines(&self, server: SocketAddr) -> anyhow::Result<Vec<Line>> {
        let task = Task { server, connection: self.connection, what: self.what };
        let line = |number| {
            let tls = (self.scheme == Scheme::Https).then(|| secure::client(self.resumption)).transpose()?;
            Ok(Line::new(number, task, tls))
        };
        (0..self.clients).map(line).collect()
    }
}

impl Visited {
    fn count(&mut self, step: Step, line: &Line) {
        match step {
            Step::Waits => {}
            Step::Answered => {
                self.completed += 1;
                self.resumed += u64::from(line.resumed);
            }
            Step::Wrong => {
                self.wrong += 1;
                self.example = line.got();
            }
            Step::Lost => self.lost += 1,
        }
    }
}

/// Waits for what happens next; a signal is nothing that happens.
fn wait(epoll: &mut Epoll) -> io::Result<usize> {
    loop {
        match epoll.wait(PATIENCE) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            waited => return waited,
        }
    }
}

#[cfg(test)]
mod tests;
