//! The load: questions on core 1, as fast as the server answers, each answer checked.
//!
//! Facts: what a server costs per answer depends on how many datagrams it finds each time it looks. A client that is
//! slower than the server lets it fall asleep between two datagrams, and then both are measured at waking up. So the
//! client is as lean as it can be (bursts of 32 on 6 connected sockets, 192 questions under way), and the server is
//! what is full.
//!
//! Each answer is compared with its question; one that is wrong or lost is counted, and a run with wrong ones fails.

mod burst;
mod lane;
mod questions;

use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use burst::Burst;
use lane::Lane;
pub(crate) use questions::{Edns, Questions};

/// How many sockets ask. 192 questions under way fit the buffer that the kernel gives to a socket by default.
const LANES: u8 = 6;
/// The longest datagram.
const ROOM: usize = 1500;
/// How long nothing may come until what is under way counts as lost.
const PATIENCE: Duration = Duration::from_millis(500);

/// What came of a load.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Answered {
    /// Answers to what was asked.
    pub(crate) completed: u64,
    /// Answers to something else, or other answers than expected.
    pub(crate) wrong: u64,
    /// Questions without an answer.
    pub(crate) lost: u64,
}

/// Asks for some time.
pub(crate) fn ask(server: SocketAddr, questions: &Questions, time: Duration) -> io::Result<Answered> {
    let lanes: io::Result<Vec<Lane>> = (0..LANES).map(|number| Lane::new(number, server)).collect();
    let (mut lanes, mut burst, mut answered) = (lanes?, Burst::new(), Answered::default());
    let end = Instant::now() + time;
    loop {
        let over = Instant::now() >= end;
        let mut came = false;
        for lane in &mut lanes {
            came |= lane.take(&mut burst, questions, &mut answered)?;
            if !over {
                lane.ask(&mut burst, questions);
            }
        }
        if over && lanes.iter().all(Lane::is_idle) {
            return Ok(answered);
        }
        if !came && !wait(&lanes)? {
            answered.lost += lanes.iter_mut().map(Lane::give_up).sum::<u64>();
        }
    }
}

/// Waits until something came; says whether it did.
fn wait(lanes: &[Lane]) -> io::Result<bool> {
    let mut waits: Vec<libc::pollfd> = lanes.iter().map(Lane::waits).collect();
    let count = libc::nfds_t::try_from(waits.len()).unwrap_or(0);
    let patience = libc::c_int::try_from(PATIENCE.as_millis()).unwrap_or(libc::c_int::MAX);
    // SAFETY: `waits` are `count` entries that outlive the call.
    match unsafe { libc::poll(waits.as_mut_ptr(), count, patience) } {
        -1 => Err(io::Error::last_os_error()),
        ready => Ok(ready > 0),
    }
}

/// Keeps this thread on a core, away from the server's.
pub(crate) fn stay_on_core(core: usize) -> io::Result<()> {
    // SAFETY: all zeroes is an empty set; CPU_SET only writes into it.
    let set = unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        libc::CPU_SET(core, &mut set);
        set
    };
    // SAFETY: the set is one of ours, and the length says so; 0 is this thread.
    match unsafe { libc::sched_setaffinity(0, size_of::<libc::cpu_set_t>(), &raw const set) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}
