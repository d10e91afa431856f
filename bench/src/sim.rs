//! `weir-bench sim`: viewers, resolvers and interfaces in a world of numbers, and policies that steer in it.
//!
//! Facts of the world: what a policy does acts late, since resolvers keep answers and viewers stay; what it sees is
//! late, noisy, and clipped where it matters most. A policy can therefore only be judged in a closed loop.
//!
//! Invariants: a seed gives the same row on every run and every machine with the same mathematics library; all policies
//! of a run meet the identical crowd and noise; a policy is told nothing that it could not know (`policy`).
//!
//! ```text
//! scenario, site → crowd (one per seed) ─┬─► world with policy ─► series ─► figures ─► mean over seeds ─► table, JSON
//!                                        └─► world with another …    └─► picture
//! ```
//!
//! What was refused: a heap of events in continuous time (everything that steers has ticks of a second, and lists by
//! second are several times faster); draws of the crowd inside the world (policies would change who comes).

mod alias;
mod crowd;
mod dice;
mod figures;
mod interface;
mod mistakes;
mod options;
mod part;
mod picture;
mod poisson;
mod policy;
mod ring;
mod scenario;
mod series;
mod site;
mod table;
#[cfg(test)]
mod tests;
mod world;

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use anyhow::{Context, ensure};
use weir_core::law::rules::Parts;

use crowd::{Crowd, Recipe};
use dice::{Dice, Stream};
use figures::{Means, Row};
use mistakes::Mistakes;
pub(crate) use options::SimArgs;
use picture::Panel;
use policy::Name;
use scenario::Scenario;
use series::Series;
use site::{CAPACITY, Site};
use world::{Setting, World};

/// Half a gigabyte for each thread.
const MOST_VIEWERS: f64 = 3e7;

/// One row of the output before it is run.
#[derive(Clone, Copy, Debug)]
struct Case {
    policy: Name,
    ttl: u32,
    /// Of weir's law, if it is one of weir's policies.
    parts: Parts,
}

/// A row of the output.
#[derive(Debug)]
struct Outcome {
    scenario: Scenario,
    case: Case,
    zipf: f64,
    load: f64,
    means: Means,
}

/// Runs what was asked for, and prints it.
pub(crate) fn run(args: &SimArgs) -> anyhow::Result<()> {
    let begin = Instant::now();
    let mut panels = Vec::new();
    for &load in &args.load {
        for &zipf in &args.zipf {
            let outcomes = compare(args, load, zipf, &mut panels)?;
            if args.json {
                outcomes.iter().for_each(|outcome| table::line(outcome, begin.elapsed()));
            } else {
                table::print(&outcomes);
            }
        }
    }
    if let Some(file) = &args.svg {
        let picture = picture::draw(&panels);
        std::fs::write(file, picture).with_context(|| format!("cannot write {}", file.display()))?;
    }
    Ok(())
}

/// All policies and times to live under one load and one skew.
fn compare(args: &SimArgs, load: f64, zipf: f64, panels: &mut Vec<Panel>) -> anyhow::Result<Vec<Outcome>> {
    let base = setting(args)?;
    let recipe = Recipe { load, zipf, violators: args.viol };
    let expected = recipe.rate(&base.site) * (base.site.mean_stay + f64::from(base.plan.seconds));
    ensure!(
        expected < MOST_VIEWERS,
        "{expected:.0} viewers are too many for one run: shorten it or scale it down"
    );
    let parts = part::all_but(&args.without);
    let cases: Vec<Case> = args
        .policies
        .iter()
        .flat_map(|&policy| args.ttl.iter().map(move |&ttl| Case { policy, ttl, parts }))
        .collect();
    let job = |seed: u64| {
        let crowd = Crowd::new(&recipe, &base.site, &base.plan, seed);
        let wanted = args.svg.is_some() && Some(&seed) == args.seeds.0.first();
        let done = cases.iter().map(|&case| {
            let run = simulate(&base, &crowd, case, seed);
            (args.scenario.figures(&run), wanted.then_some(run))
        });
        done.collect::<Vec<_>>()
    };
    let mut by_seed = in_threads(&args.seeds.0, args.threads, job);
    let outcomes = cases.iter().enumerate().map(|(place, &case)| {
        let rows: Vec<Row> = by_seed.iter().map(|rows| rows[place].0.clone()).collect();
        Outcome { scenario: args.scenario, case, zipf, load, means: Means::new(&rows) }
    });
    let outcomes = outcomes.collect();
    let first = by_seed.drain(..).next().into_iter().flatten();
    for (case, (_, run)) in cases.iter().zip(first) {
        let title = format!("{}, load {load}, TTL {} s, Zipf {zipf}", case.policy.text(), case.ttl);
        panels.extend(run.map(|run| Panel { title, run }));
    }
    Ok(outcomes)
}

/// One policy over one crowd.
fn simulate(base: &Setting, crowd: &Crowd, case: Case, seed: u64) -> Series {
    let mut setting = base.clone();
    setting.site.ttl = case.ttl;
    let told = setting.mistakes.told(&setting.site);
    // The ideal is a bound, and knows the truth.
    let told = if case.policy == Name::RedirIdeal { &setting.site } else { &told };
    let mut policy = case.policy.make(told, &Dice::new(seed, Stream::Policy));
    policy.keep(case.parts);
    World::new(&setting, crowd, policy.as_mut(), seed).run()
}

fn setting(args: &SimArgs) -> anyhow::Result<Setting> {
    let capacity: Vec<f64> = CAPACITY.iter().map(|capacity| capacity * args.scale).collect();
    let site = Site {
        card: args.scenario.card(&capacity),
        capacity,
        ttl: 0,
        mean_stay: args.sess,
        burst: args.burst,
        resolvers: args.resolvers.into(),
        poll_every: args.poll,
    };
    let plan = args.plan(args.scenario.plan(&site))?;
    let mistakes = Mistakes::clone(&args.mistakes);
    Ok(Setting { site, plan, detect_down: args.det, detect_up: args.det_up, lag: args.lag, mistakes })
}

/// Does a job for each seed, and gives the results in the order of the seeds.
fn in_threads<T: Send>(seeds: &[u64], threads: u8, job: impl Fn(u64) -> T + Sync) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let place = next.fetch_add(1, Ordering::Relaxed);
                    let Some(&seed) = seeds.get(place) else { break };
                    let result = job(seed);
                    done.lock().expect("nobody panics while pushing").push((place, result));
                }
            });
        }
    });
    let mut done = done.into_inner().expect("all threads have ended");
    done.sort_by_key(|&(place, _)| place);
    done.into_iter().map(|(_, result)| result).collect()
}
