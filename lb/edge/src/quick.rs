//! The common request, answered without hyper: on a kept connection it costs a seventh less (`bench/RESULTS.md`).
//!
//! Nearly every request is a `GET` of HTTP/1.1 with a plain path, one plain Host and no body, and is answered at once. For those
//! a parser (hyper's own) and a buffer suffice: no map of headers, no task that waits for an answer. What is not so common goes to
//! hyper as it came, and its connection stays with hyper from then on, so that there are never two who could take the same
//! bytes for different requests.
//!
//! Both ways answer by the same `answer`; a test asks both, and compares what comes back byte for byte.
//!
//! Refused: leaving hyper out. Bodies, odd methods and heads, HTTP/1.0 and waiting for a fetch are its business.

mod date;
mod head;
mod text;

use std::cell::RefCell;
use std::time::Instant;

use weir_core::{Found, Mode, Stickiness};

use self::date::Date;
use self::head::{Head, Seen};
use crate::admission::Pass;
use crate::answer::{Answer, World, in_pool};
use crate::client::Client;
use crate::edge::Edge;
use crate::pick;
use crate::reply::Reply;
use crate::steering::poll;
use crate::viewer::Viewer;

/// Longer beginnings are hyper's.
pub(crate) const ROOM: usize = 8 * 1024;

/// What became of the bytes that have come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// So many of them were a request, whose answer is written.
    Answered {
        length: usize,
        /// Whether the connection ends with it.
        last: bool,
    },
    /// More must come.
    Part,
    /// They are hyper's.
    Uncommon,
}

/// What is needed while bytes are looked at, and by one connection of a thread at a time.
pub(crate) struct Scratch {
    pub(crate) room: Box<[u8; ROOM]>,
    pub(crate) answers: Vec<u8>,
    date: Date,
}

thread_local! {
    /// One for all connections of a thread, so that one that waits holds none.
    static SCRATCH: RefCell<Scratch> = RefCell::new(Scratch {
        room: Box::new([0; ROOM]),
        answers: Vec::with_capacity(ROOM),
        date: Date::default(),
    });
}

/// Lends the thread's scratch; it is not asked for again meanwhile.
pub(crate) fn with_scratch<T>(work: impl FnOnce(&mut Scratch) -> T) -> T {
    SCRATCH.with_borrow_mut(work)
}

/// Answers the common requests of one connection.
#[derive(Clone, Debug)]
pub(crate) struct Quick<'a> {
    pub(crate) edge: &'a Edge,
    pub(crate) client: Client,
    pub(crate) pass: Pass,
}

impl Quick<'_> {
    /// Looks at `room[from..to]`, and writes the answer if that begins with a common request. `ends` says whether the
    /// connection ends with the next answer.
    pub(crate) fn step(&self, scratch: &mut Scratch, (from, to): (usize, usize), ends: bool) -> Step {
        let Scratch { room, answers, date } = scratch;
        let head = match Head::read(&room[from..to]) {
            Seen::Common(head) => head,
            Seen::Part => return Step::Part,
            Seen::Uncommon => return Step::Uncommon,
        };
        let (edge, now) = (self.edge, Instant::now());
        let (snapshot, desk) = (edge.reader().load(), edge.desk());
        let Some(Found::Pool(pool)) = snapshot.find(head.host) else { return Step::Uncommon };
        // Playlists that are fetched first are hyper's, which can wait.
        let waits = pool.http.mode != Mode::Redirect && !head.path.starts_with(poll::PATH);
        // This one may name another pool than the host does.
        let names = head.path.starts_with(pick::PATH);
        if waits || names || pool.http.stickiness != Stickiness::None || edge.upgrades(self.client) {
            return Step::Uncommon;
        }
        let viewer = Viewer { client: self.client, key: None };
        let world = World { snapshot: &snapshot, desk, now };
        let reply = if self.pass.permits() {
            match in_pool(pool, head.path, viewer, world) {
                Ok(Answer::Now(reply)) | Err(reply) => reply,
                Ok(Answer::After(_)) => return Step::Uncommon,
            }
        } else {
            Reply::Limited
        };
        edge.meters().answered(reply.outcome());
        let last = head.closes || ends;
        text::write(reply, answers, (head.is_head, last), date.of(now));
        Step::Answered { length: head.length, last }
    }
}
