//! `weir-bench dns`: CPU time per answer over UDP, in pairs.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::json;

use crate::pairs::{Pair, Pairs};
use crate::scratch::Scratch;
use crate::server::Server;
use crate::{DnsArgs, Question, load};

/// Each server is asked for so long before anything counts, in seconds.
const WARM_UP: u8 = 1;
/// Names of a flood: more than a load asks for in a second.
const FLOOD: u32 = 400_000;

/// Measures, and prints the figures.
pub(crate) fn run(args: &DnsArgs) -> anyhow::Result<()> {
    let scratch = Scratch::new()?;
    let (ours, theirs) = questions(&scratch, args)?;
    let (weir, peer) = (Server::weir(args)?, Server::peer(args)?);
    cost(&weir, &ours, WARM_UP)?;
    cost(&peer, &theirs, WARM_UP)?;
    let mut pairs = Vec::new();
    for _ in 0..args.pairs {
        let pair =
            Pair { weir: cost(&weir, &ours, args.seconds)?, peer: cost(&peer, &theirs, args.seconds)? };
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
fn cost(server: &Server, questions: &Path, seconds: u8) -> anyhow::Result<f64> {
    let before = server.cpu()?;
    let answered = load::ask(server.address, questions, seconds)?;
    let used = server.cpu()?.saturating_sub(before);
    anyhow::ensure!(answered.completed > 0, "{} answered nothing", server.name);
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
fn questions(scratch: &Scratch, args: &DnsArgs) -> anyhow::Result<(std::path::PathBuf, std::path::PathBuf)> {
    let mut one = "live.stream.test A\n".to_owned();
    let mut all = one.clone();
    if args.question == Question::Flood {
        one.clear();
        for number in 0..FLOOD {
            writeln!(one, "x{number}.stream.test A")?;
        }
        all.clone_from(&one);
    } else {
        for pool in 1..args.pools {
            writeln!(all, "live{pool}.stream.test A")?;
        }
    }
    Ok((scratch.write("ours", &all)?, scratch.write("theirs", &one)?))
}
