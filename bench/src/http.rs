//! `weir-bench http`: CPU time per redirect or handshake, in pairs, and how long clients wait.
//!
//! All servers have one worker on core 0 and answer the same requests by a redirect to an interface of the pool: nginx
//! and haproxy always to the same, weir to the one that its law chooses, with metrics and limits at work.
//!
//! The client is on core 1 and keeps the server full: see `load`.

mod answer;
mod epoll;
mod latency;
mod line;
mod load;
mod options;
mod secure;
mod server;
mod wire;

use std::time::Duration;

use anyhow::Context;
use serde_json::json;

use crate::pairs::{Pair, Pairs};
use crate::server::Server;
use latency::Latencies;
use load::Load;
pub(crate) use options::HttpArgs;
use secure::Certificate;

/// Each server is asked for so long before anything counts.
const WARM_UP: Duration = Duration::from_secs(1);
/// The core of the client.
const CORE: usize = 1;
/// Below this part of a core the server waited for the client, and its figure contains waking up.
const FULL: f64 = 0.9;

/// What one half of a pair showed.
struct Half {
    /// CPU microseconds of the server per answer.
    cost: f64,
    /// How much of its core it used.
    busy: f64,
    /// Microseconds.
    p50: f64,
    p99: f64,
}

/// Measures, and prints the figures.
pub(crate) fn run(args: &HttpArgs) -> anyhow::Result<()> {
    args.check()?;
    let certificate = Certificate::new().context("cannot make a certificate")?;
    let (weir, peer) = (server::weir(args, &certificate)?, server::peer(args, &certificate)?);
    crate::load::stay_on_core(CORE).context("weir-bench needs two cores")?;
    let (load, others) = (Load::new(args), Load::of_peer(args));
    warm_up(&weir, &load)?;
    warm_up(&peer, &others)?;
    let time = Duration::from_secs(args.seconds.into());
    let (mut costs, mut p50s, mut p99s) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..args.pairs {
        let (ours, theirs) = (measure(&weir, &load, time)?, measure(&peer, &others, time)?);
        let cost = Pair { weir: ours.cost, peer: theirs.cost };
        if !args.json {
            println!("{}   {}   ratio {:.3}", ours.line(weir.name), theirs.line(peer.name), cost.ratio());
        }
        costs.push(cost);
        p50s.push(Pair { weir: ours.p50, peer: theirs.p50 });
        p99s.push(Pair { weir: ours.p99, peer: theirs.p99 });
    }
    print(args, peer.name, [Pairs::new(costs), Pairs::new(p50s), Pairs::new(p99s)]);
    Ok(())
}

/// Prints the sums of all pairs: costs, medians and ninety-ninth percentiles.
fn print(args: &HttpArgs, peer: &str, [costs, p50s, p99s]: [Pairs; 3]) {
    let what = args.what.word();
    if args.json {
        let unit = format!("microseconds of CPU per {what}");
        println!("{}", json!({ "peer": peer, "unit": unit, "figures": costs, "p50": p50s, "p99": p99s }));
        return;
    }
    println!(
        "median: weir {:.3} µs, {peer} {:.3} µs of CPU per {what}; ratio {:.3} ({:.3} to {:.3})",
        costs.median_weir, costs.median_peer, costs.median_ratio, costs.least_ratio, costs.largest_ratio
    );
    println!(
        "waiting: p50 weir {:.0} µs, {peer} {:.0} µs; p99 weir {:.0} µs, {peer} {:.0} µs; ratio of p99 {:.3} ({:.3} to {:.3})",
        p50s.median_weir,
        p50s.median_peer,
        p99s.median_weir,
        p99s.median_peer,
        p99s.median_ratio,
        p99s.least_ratio,
        p99s.largest_ratio
    );
}

/// Asks a server for a while, and counts nothing.
fn warm_up(server: &Server, load: &Load) -> anyhow::Result<()> {
    load.visit(server.address, WARM_UP, &mut Latencies::new()).map(drop)
}

/// One load on one server.
#[allow(clippy::cast_precision_loss)] // Counts of answers are far below 2^53.
fn measure(server: &Server, load: &Load, time: Duration) -> anyhow::Result<Half> {
    let mut latencies = Latencies::new();
    let before = server.cpu()?;
    let visited = load.visit(server.address, time, &mut latencies)?;
    let used = server.cpu()?.saturating_sub(before);
    let name = server.name;
    anyhow::ensure!(visited.completed > 0, "{name} answered nothing");
    anyhow::ensure!(
        visited.wrong == 0,
        "{name} gave {} wrong answers, such as {}",
        visited.wrong,
        visited.example
    );
    if visited.lost > 0 {
        eprintln!("{name}: {} of {} answers lost", visited.lost, visited.completed + visited.lost);
    }
    if load.resumes() {
        eprintln!("{name}: {} of {} sessions resumed", visited.resumed, visited.completed);
    }
    let busy = used.as_secs_f64() / visited.took.as_secs_f64();
    if busy < FULL {
        eprintln!(
            "{name}: its core was busy for {:.0} % only: the client was too slow, or others worked here",
            busy * 100.0
        );
    }
    let [p50, p99] = [0.5, 0.99].map(|part| latencies.percentile(part));
    Ok(Half { cost: used.as_secs_f64() * 1e6 / visited.completed as f64, busy, p50, p99 })
}

impl Half {
    fn line(&self, name: &str) -> String {
        format!(
            "{name} {:.3} µs ({:.0} % busy, p50 {:.0} µs, p99 {:.0} µs)",
            self.cost,
            self.busy * 100.0,
            self.p50,
            self.p99
        )
    }
}
