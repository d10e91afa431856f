//! `weir-bench dns`: CPU time per answer over UDP, in pairs.

use std::time::Duration;

use anyhow::Context;
use serde_json::json;

use crate::load::{self, Questions};
use crate::pairs::{Pair, Pairs};
use crate::server::Server;
use crate::{DnsArgs, Peer, Question};

/// Each server is asked for so long before anything counts.
const WARM_UP: Duration = Duration::from_secs(1);
/// The core of the client.
const CORE: usize = 1;

/// Measures, and prints the figures.
pub(crate) fn run(args: &DnsArgs) -> anyhow::Result<()> {
    let (ours, theirs) = questions(args);
    let (weir, peer) = (Server::weir(args)?, Server::peer(args)?);
    load::stay_on_core(CORE).context("weir-bench needs two cores")?;
    cost(&weir, &ours, WARM_UP)?;
    cost(&peer, &theirs, WARM_UP)?;
    let time = Duration::from_secs(args.seconds.into());
    let mut pairs = Vec::new();
    for _ in 0..args.pairs {
        let pair = Pair { weir: cost(&weir, &ours, time)?, peer: cost(&peer, &theirs, time)? };
        if !args.json {
            println!(
                "weir {:.3} µs   {} {:.3} µs   ratio {:.3}",
                pair.weir,
                peer.name,
                pair.peer,
                pair.weir / pair.peer
            );
        }
        pairs.push(pair);
    }
    let pairs = Pairs::new(pairs);
    if args.json {
        println!(
            "{}",
            json!({ "peer": peer.name, "unit": "microseconds of CPU per answer", "figures": pairs })
        );
    } else {
        println!(
            "median: weir {:.3} µs, {} {:.3} µs of CPU per answer; ratio {:.3} ({:.3} to {:.3})",
            pairs.median_weir,
            peer.name,
            pairs.median_peer,
            pairs.median_ratio,
            pairs.least_ratio,
            pairs.largest_ratio
        );
    }
    Ok(())
}

/// CPU microseconds per answer of one load.
#[allow(clippy::cast_precision_loss)] // Counts of answers are far below 2^53.
fn cost(server: &Server, questions: &Questions, time: Duration) -> anyhow::Result<f64> {
    let before = server.cpu()?;
    let answered = load::ask(server.address, questions, time)?;
    let used = server.cpu()?.saturating_sub(before);
    anyhow::ensure!(answered.completed > 0, "{} answered nothing", server.name);
    anyhow::ensure!(answered.wrong == 0, "{} gave {} wrong answers", server.name, answered.wrong);
    if answered.lost > 0 {
        eprintln!(
            "{}: {} of {} answers lost",
            server.name,
            answered.lost,
            answered.completed + answered.lost
        );
    }
    Ok(used.as_secs_f64() * 1e6 / answered.completed as f64)
}

/// What weir is asked, and what the peer is asked: the peer has only the first pool.
fn questions(args: &DnsArgs) -> (Questions, Questions) {
    let of = |pools| match args.question {
        Question::Pool => Questions::of_pools(pools, args.edns),
        Question::Flood => Questions::flood(args.edns),
    };
    let theirs = if args.against == Peer::Echo { of(1).echoed() } else { of(1) };
    (of(args.pools), theirs)
}
