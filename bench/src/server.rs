//! A server under load: its configuration, its process on core 0, its address.

mod gdnsd;
mod knot;
mod nsd;
pub(crate) mod weir;
pub(crate) mod zone;

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

use crate::load::Edns;
use crate::scratch::Scratch;
use crate::{DnsArgs, Peer, cpu};
use weir::Changing;

/// Servers must answer within this time.
const STARTS_WITHIN: Duration = Duration::from_secs(20);
/// The file that the server's own words go to.
const LOG: &str = "log";

/// A running server; killed with all its children when dropped.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) name: &'static str,
    pub(crate) address: SocketAddr,
    child: Child,
    scratch: Scratch,
    /// What keeps changing it, if anything does.
    changing: Option<Changing>,
}

impl Server {
    /// Starts weir with as many pools as asked for.
    pub(crate) fn weir(args: &DnsArgs) -> anyhow::Result<Self> {
        weir::start(args)
    }

    /// Starts the peer with an equivalent configuration.
    pub(crate) fn peer(args: &DnsArgs) -> anyhow::Result<Self> {
        match args.against {
            Peer::Gdnsd => gdnsd::start(args),
            Peer::Knot => knot::start(args),
            Peer::Nsd => nsd::start(args),
            Peer::Weir => {
                let weir = args.other.clone().or_else(|| args.weir.clone());
                weir::start(&DnsArgs { pools: 1, changing: false, weir, ..args.clone() })
            }
            Peer::Echo => {
                let (scratch, address) = (Scratch::new()?, free(Ipv4Addr::new(127, 0, 0, 24))?);
                let program = std::env::current_exe()?;
                Self::start(
                    "echo",
                    scratch,
                    address,
                    program.as_os_str(),
                    &["echo".as_ref(), address.to_string().as_ref()],
                )
            }
        }
    }

    /// Starts a program as [`Server::launch`] does, and waits until it answers by DNS.
    fn start(
        name: &'static str,
        scratch: Scratch,
        address: SocketAddr,
        program: &OsStr,
        arguments: &[&OsStr],
    ) -> anyhow::Result<Self> {
        let mut server = Self::launch(name, scratch, address, program, arguments)?;
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        socket.set_read_timeout(Some(Duration::from_millis(100)))?;
        server.wait_until(|address| {
            // Between its bind and its first answer a refused datagram is an error of the next call: ask again.
            let asked = socket.send_to(&zone::question(&zone::pool(0), Edns::None), address);
            asked.and_then(|_| socket.recv_from(&mut [0; 512])).is_ok()
        })?;
        Ok(server)
    }

    /// Starts a program on core 0 in a process group of its own. `name` is Debian's package of it, too.
    pub(crate) fn launch(
        name: &'static str,
        scratch: Scratch,
        address: SocketAddr,
        program: &OsStr,
        arguments: &[&OsStr],
    ) -> anyhow::Result<Self> {
        let log = File::create(scratch.path().join(LOG))?;
        let child = Command::new("taskset")
            .args(["-c", "0"])
            .arg(program)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .process_group(0)
            .spawn()
            .context("cannot start taskset; install util-linux")?;
        Ok(Self { name, address, child, scratch, changing: None })
    }

    /// Waits until it `answers` at its address.
    pub(crate) fn wait_until(&mut self, answers: impl Fn(SocketAddr) -> bool) -> anyhow::Result<()> {
        let deadline = Instant::now() + STARTS_WITHIN;
        while Instant::now() < deadline {
            match self.child.try_wait()? {
                // What taskset says of a program that it does not find (env(1) and shells say the same).
                Some(status) if status.code() == Some(127) => {
                    bail!("there is no {}; install it (Debian: {}):\n{}", self.name, self.name, self.words())
                }
                Some(status) => bail!("{} ended with {status}:\n{}", self.name, self.words()),
                None if answers(self.address) => return Ok(()),
                None => std::thread::sleep(Duration::from_millis(10)),
            }
        }
        bail!("{} answers nothing on {}:\n{}", self.name, self.address, self.words())
    }

    /// CPU time that it has used so far, all its processes and threads together.
    pub(crate) fn cpu(&self) -> anyhow::Result<Duration> {
        cpu::of_group(self.child.id())
    }

    fn words(&self) -> String {
        std::fs::read_to_string(self.scratch.path().join(LOG)).unwrap_or_default()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.changing = None;
        let group = libc::pid_t::try_from(self.child.id()).unwrap_or(0);
        if group > 1 {
            // SAFETY: `kill` takes two numbers and touches no memory of ours; the group is our child's own.
            unsafe { libc::kill(-group, libc::SIGKILL) };
        }
        let _ = self.child.wait();
    }
}

/// A free port of an address.
fn free(address: Ipv4Addr) -> io::Result<SocketAddr> {
    UdpSocket::bind((address, 0))?.local_addr()
}

/// The arguments of a program as the system takes them.
pub(crate) fn words<'a>(flags: &'a [&'a str], path: &'a Path) -> Vec<&'a OsStr> {
    flags.iter().map(OsStr::new).chain([path.as_os_str()]).collect()
}
