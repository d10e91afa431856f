//! Two network namespaces joined by veth pairs: a machine with four devices of its own, and the viewers' side.
//!
//! ```text
//!   edge                                        viewers
//!   wa0 10.77.0.1/24  ═══ tbf ═══ veth ═══  wb0 10.77.0.2/24
//!   wa1 10.77.1.1/24  ═══ tbf ═══ veth ═══  wb1 10.77.1.2/24
//!   ...
//! ```
//!
//! What goes from one to the other crosses the devices, their counters and their limits, as on a wire. Within one
//! namespace it would not: the kernel hands packets for its own addresses over on the loopback device.

use std::fs::{self, File};
use std::net::Ipv4Addr;
use std::os::fd::AsRawFd;
use std::path::Path;
use std::process::{self, Command};
use std::thread;

use crate::tools::{self, Need};

/// What these tests need.
pub const NEEDS: &[Need] = &[Need::Root, Need::Program("ip"), Need::Program("tc")];

/// The two namespaces; they go when this is dropped.
#[derive(Debug)]
pub struct Link {
    edge: String,
    viewers: String,
}

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The machine that serves.
    Edge,
    /// Where viewers are.
    Viewers,
}

impl Link {
    /// Makes the namespaces and four pairs of devices with these limits, in tc's words ("10mbit"). All pairs have
    /// their viewers' addresses; the edge has the addresses of the first `addressed` ones.
    ///
    /// # Panics
    /// When the kernel refuses.
    pub fn new(limits: [&str; 4], addressed: usize) -> Self {
        remove_leftovers();
        let id = process::id();
        let link = Self { edge: format!("weir-{id}-edge"), viewers: format!("weir-{id}-view") };
        for name in [&link.edge, &link.viewers] {
            ip(&format!("netns add {name}"));
            ip(&format!("-n {name} link set lo up"));
        }
        for (index, limit) in limits.into_iter().enumerate() {
            link.join(index, limit);
            if index < addressed {
                link.add_address(index);
            }
        }
        link.loosen_reverse_path_filter();
        link
    }

    /// Runs something in one of them, on a thread of its own.
    ///
    /// # Panics
    /// When it panics, or when the namespace cannot be entered.
    pub fn within<T: Send>(&self, side: Side, run: impl FnOnce() -> T + Send) -> T {
        let name = self.name(side);
        thread::scope(|scope| {
            let inside = scope.spawn(|| {
                enter(name);
                run()
            });
            inside.join().unwrap_or_else(|cause| std::panic::resume_unwind(cause))
        })
    }

    /// Gives the edge its address on device `index`.
    pub fn add_address(&self, index: usize) {
        ip(&format!("-n {} address add {}/24 dev wa{index}", self.edge, edge_address(index)));
    }

    /// Takes it away.
    pub fn remove_address(&self, index: usize) {
        ip(&format!("-n {} address del {}/24 dev wa{index}", self.edge, edge_address(index)));
    }

    /// Changes what device `index` lets through from now on, and for how long a packet may wait for that before it is
    /// refused, both in tc's words.
    pub fn limit(&self, index: usize, limit: &str, wait: &str) {
        let edge = &self.edge;
        let shape =
            format!("-n {edge} qdisc change dev wa{index} root tbf rate {limit} burst 16k latency {wait}");
        command("tc", &shape);
    }

    /// Cuts the packets of the edge before they come to its devices. Otherwise a device counts a packet of many
    /// frames with one header, up to 4 % less than what a wire would carry and what the limits let through.
    pub fn count_each_frame(&self) {
        for index in 0..4 {
            ip(&format!("-n {} link set wa{index} gso_max_segs 1", self.edge));
        }
    }

    /// Gives the viewers' side the addresses from 10.78.0.1 to 10.78.0.254, and the edge a way back to them.
    pub fn add_resolvers(&self) {
        // On the loopback device the kernel takes the whole network for its own.
        ip(&format!("-n {} address add {}/24 dev lo", self.viewers, resolver_address(0)));
        ip(&format!("-n {} route add 10.78.0.0/24 via {}", self.edge, viewers_address(0)));
    }

    fn join(&self, index: usize, limit: &str) {
        let (edge, viewers) = (&self.edge, &self.viewers);
        ip(&format!("link add wa{index} netns {edge} type veth peer name wb{index} netns {viewers}"));
        ip(&format!("-n {edge} link set wa{index} up"));
        ip(&format!("-n {viewers} link set wb{index} up"));
        ip(&format!("-n {viewers} address add {}/24 dev wb{index}", viewers_address(index)));
        let shape = format!("-n {edge} qdisc add dev wa{index} root tbf rate {limit} burst 16k latency 50ms");
        command("tc", &shape);
    }

    /// A question may come in on one device and be answered on another: strict reverse path filtering (RFC 3704)
    /// would drop it.
    fn loosen_reverse_path_filter(&self) {
        for side in [Side::Edge, Side::Viewers] {
            self.within(side, || {
                let folder = Path::new("/proc/sys/net/ipv4/conf");
                for entry in fs::read_dir(folder).expect("sysctls can be listed").flatten() {
                    fs::write(entry.path().join("rp_filter"), "0").expect("root may set sysctls");
                }
            });
        }
    }

    fn name(&self, side: Side) -> &str {
        match side {
            Side::Edge => &self.edge,
            Side::Viewers => &self.viewers,
        }
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        for name in [&self.edge, &self.viewers] {
            delete(name);
        }
    }
}

/// The edge's address on device `index`.
///
/// # Panics
/// When there is no such device.
pub fn edge_address(index: usize) -> Ipv4Addr {
    Ipv4Addr::new(10, 77, u8::try_from(index).expect("four devices"), 1)
}

/// The viewers' address on device `index`.
///
/// # Panics
/// When there is no such device.
pub fn viewers_address(index: usize) -> Ipv4Addr {
    Ipv4Addr::new(10, 77, u8::try_from(index).expect("four devices"), 2)
}

/// The address that resolver `number` asks from.
///
/// # Panics
/// When there are no so many.
pub fn resolver_address(number: usize) -> Ipv4Addr {
    let last = u8::try_from(number + 1).ok().filter(|&last| last < 255);
    Ipv4Addr::new(10, 78, 0, last.expect("at most 254 resolvers"))
}

/// Bytes that each of the four devices has sent, in the namespace of this thread.
///
/// # Panics
/// When this thread is not on the edge.
pub fn sent_bytes() -> [u64; 4] {
    // Of this thread's network namespace; /proc/net would be that of the process.
    let text = fs::read_to_string("/proc/thread-self/net/dev").expect("Linux lists its devices");
    std::array::from_fn(|index| {
        let prefix = format!("wa{index}:");
        let counters = text.lines().find_map(|line| line.trim_start().strip_prefix(&prefix));
        // Eight numbers of what came in, then those of what went out, bytes first.
        let sent = counters.and_then(|counters| counters.split_whitespace().nth(8)?.parse().ok());
        sent.unwrap_or_else(|| panic!("no counters of wa{index} in {text}"))
    })
}

fn enter(name: &str) {
    let file = File::open(Path::new("/run/netns").join(name)).expect("the namespace has just been made");
    // SAFETY: setns takes an open descriptor and a plain number. It changes this thread alone, which was made for it.
    let result = unsafe { libc::setns(file.as_raw_fd(), libc::CLONE_NEWNET) };
    assert_eq!(result, 0, "cannot enter {name}: {}", std::io::Error::last_os_error());
}

/// Namespaces of test processes that were killed.
fn remove_leftovers() {
    for entry in fs::read_dir("/run/netns").into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let owner = name.strip_prefix("weir-").and_then(|rest| rest.split('-').next());
        if owner.is_some_and(|id| !Path::new("/proc").join(id).exists()) {
            delete(&name);
        }
    }
}

fn delete(name: &str) {
    // Whether it is gone already does not matter.
    let _ = Command::new(tools::find("ip").unwrap_or_default()).args(["netns", "del", name]).output();
}

fn ip(arguments: &str) {
    command("ip", arguments);
}

fn command(program: &str, arguments: &str) {
    let path = tools::find(program).expect("asked for by the test before");
    let output = Command::new(path).args(arguments.split(' ')).output().expect("it starts");
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {arguments}: {words}");
}
