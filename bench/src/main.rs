//! The load harness of weir: what an answer costs, against peers, in pairs; and how policies steer a simulated world.
//!
//! Facts of the world: machines are shared and noisy, so wall time says little; CPU time of the server, per answer,
//! says what a core can carry. Two servers are measured in turn, A B A B, in one run, each pinned to core 0 and the
//! client to core 1, and what counts is the median of the pairs' ratios.
//!
//! Invariants: no figure is kept from another run; a run in which an answer was lost says so; everything that was
//! started is stopped, and nothing listens elsewhere than on loopback.
//!
//! What steers well is found in a simulated world (`sim`), which listens nowhere and needs no clock.
//!
//! The loads are our own (`load`, `http`), as a client that is slower than the server would measure how the server wakes
//! up; the peers `gdnsd`, `knot`, `nsd`, `nginx` and `haproxy` are Debian's.

mod cpu;
mod dns;
mod echo;
mod http;
mod load;
mod pairs;
mod scratch;
mod server;
mod sim;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};

use http::HttpArgs;
use load::Edns;
use sim::SimArgs;

/// Measures what weir's answers cost, against peers, in pairs, and simulates how it steers.
#[derive(Debug, Parser)]
#[command(
    name = "weir-bench",
    version,
    about,
    after_help = "Examples:\n  weir-bench dns --against gdnsd --pairs 5 --seconds 3\n  \
                        weir-bench http --against nginx --connection keep-alive\n  \
                        weir-bench sim --scenario fail --policies static,weir-dns2"
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// CPU time per DNS answer over UDP, against a peer that answers the same name.
    #[command(
        after_help = "Example:\n  weir-bench dns --against gdnsd --pairs 5 --seconds 3\n\nNeeds taskset, \
                            two cores, and the peer's program (Debian: gdnsd, knot, nsd)."
    )]
    Dns(DnsArgs),
    /// CPU time per HTTP redirect or TLS handshake, against a peer that answers the same requests.
    #[command(
        after_help = "Examples:\n  weir-bench http --against nginx --connection new --pairs 5 --seconds 3\n  \
                            weir-bench http --against haproxy --scheme https --what handshake\n\nNeeds taskset, \
                            two cores, and the peer's program (Debian: nginx, haproxy)."
    )]
    Http(HttpArgs),
    /// A simulated world of viewers, resolvers and interfaces, and policies that steer in it.
    #[command(
        after_help = "Example:\n  weir-bench sim --scenario fail --load 0.7 --ttl 30,300 --policies rr,static,shed \\\n      \
                            --seeds 1-10 --svg fail.svg\n\nRows are means over the seeds. Utilisation is demand by \
                            capacity, rates are in Mbit/s,\nand viewer-seconds that are short or stalled in per cent."
    )]
    Sim(SimArgs),
    /// Answers every datagram with itself: what the kernel alone costs.
    #[command(hide = true, after_help = "Example:\n  weir-bench echo 127.0.0.1:5300")]
    Echo {
        /// Where to listen.
        address: SocketAddr,
    },
}

/// What is measured against what.
#[derive(Clone, Debug, Args)]
pub(crate) struct DnsArgs {
    /// The peer.
    #[arg(long, value_enum, default_value_t = Peer::Gdnsd)]
    pub(crate) against: Peer,
    /// How many pairs.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u8).range(1..=50))]
    pub(crate) pairs: u8,
    /// How long each half of a pair lasts, in seconds.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..=60))]
    pub(crate) seconds: u8,
    /// What is asked for.
    #[arg(long, value_enum, default_value_t = Question::Pool)]
    pub(crate) question: Question,
    /// What stands behind the question.
    #[arg(long, value_enum, default_value_t = Edns::Cookie)]
    pub(crate) edns: Edns,
    /// Interfaces of each pool, and addresses of the peer's.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u8).range(1..=4))]
    pub(crate) interfaces: u8,
    /// Addresses in weir's answer (peers have their own: gdnsd one, knot and nsd all).
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=4))]
    pub(crate) answers: u8,
    /// So many pools, all of them asked for; the peer has one.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=2000))]
    pub(crate) pools: u16,
    /// Has weir's weights change every second.
    #[arg(long)]
    pub(crate) changing: bool,
    /// The weir to measure; by default the one beside this program.
    #[arg(long, value_name = "FILE")]
    pub(crate) weir: Option<PathBuf>,
    /// The weir to compare with, with `--against weir`: one that was built before a change.
    #[arg(long, value_name = "FILE")]
    pub(crate) other: Option<PathBuf>,
    /// Write the figures as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// A server to compare with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Peer {
    /// Weighted answers of gdnsd.
    Gdnsd,
    /// A plain zone in Knot.
    Knot,
    /// A plain zone in NSD.
    Nsd,
    /// A bare echo with recvmmsg and sendmmsg.
    Echo,
    /// weir with one pool whose weights stay: shows the noise, and what pools and changes cost.
    Weir,
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Question {
    /// The address of a pool.
    Pool,
    /// Names that do not exist, a different one each time.
    Flood,
}

fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Dns(args) => dns::run(&args),
        Command::Http(args) => http::run(&args),
        Command::Sim(args) => sim::run(&args),
        Command::Echo { address } => echo::run(address).map_err(Into::into),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("weir-bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}
