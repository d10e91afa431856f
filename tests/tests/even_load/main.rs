//! The law of weights on real sockets: some 750 viewers download at their pace through four limited devices.
//!
//! ```text
//!   edge: weir, an nginx on each address        viewers: 50 caching resolvers, 750 viewers
//!   wa0 ═══ tbf 100 Mbit/s ═══ veth ═══ wb0
//!   wa1 ═══ tbf 100 Mbit/s ═══ veth ═══ wb1
//!   wa2 ═══ tbf 250 Mbit/s ═══ veth ═══ wb2
//!   wa3 ═══ tbf  50 Mbit/s ═══ veth ═══ wb3
//! ```
//!
//! A viewer asks the resolver of its group, takes one of the addresses that it is told by chance, as resolvers rotate
//! them, and downloads one long file at 0.1 to 0.9 Mbit/s. Who comes, when, and for how long follows from the seed and
//! is the same for each source of answers: weir, plain round robin, and gdnsd with weights by capacity. What the
//! devices sent is what the kernel counted.
//!
//! All durations, loads and bounds stand in `form.rs`; a line for each ten seconds and a table of the phases are printed.
//! The short form is a test like any other. The long form is the bar: 22 minutes for weir, 8 for each of the others;
//! each run writes a picture, `docs/pictures/even-load-<source>.svg`.
//!
//! ```text
//! cargo test -p weir-tests --test even_load -- --nocapture
//! WEIR_EVEN_LOAD=long cargo test --release -p weir-tests --test even_load -- --nocapture
//! ```
//!
//! | variable | is |
//! | --- | --- |
//! | `WEIR_EVEN_LOAD` | `long` for the long form |
//! | `WEIR_EVEN_LOAD_SOURCES` | who answers, in place of all: `weir`, `rr`, `gdnsd`, with commas between |
//! | `WEIR_EVEN_LOAD_PHASES` | so many of the phases only, from the first on |
//! | `WEIR_EVEN_LOAD_SEED` | another seed |

mod form;
mod world;

mod gdnsd;
mod rotation;
mod source;

mod books;
mod pace;
mod resolver;
mod viewer;

mod crowd;
mod gauge;
mod run;

mod figures;
mod picture;
mod report;

use std::env;
use std::fs;

use weir_tests::namespace::{Link, NEEDS, Side};
use weir_tests::tools::{Need, needs};
use weir_tests::weir::workspace;

use form::{DEAD, Form, STEADY, THROTTLED, VICTIM};
use run::Run;
use source::Kind;
use world::Origin;

/// An answer that left before an interface was known to be dead may arrive after it, in seconds.
const IN_FLIGHT: f64 = 0.2;

#[test]
fn viewers_are_spread_by_what_each_interface_carries() {
    if !needs(&[NEEDS, &[Need::Program("nginx")]].concat()) {
        return;
    }
    let form = chosen();
    let limits = world::LIMITS.map(|limit| format!("{limit:.0}mbit"));
    let link = Link::new(limits.each_ref().map(String::as_str), 4);
    link.count_each_frame();
    link.add_resolvers();
    limits.iter().enumerate().for_each(|(index, limit)| link.limit(index, limit, form::QUEUE));
    let runs: Vec<Run> = link.within(Side::Edge, || {
        let origin = Origin::start();
        let there = form.runs.iter().filter(|(kind, _)| kind.is_there());
        there.map(|script| run::run(&link, &origin, &form, script)).collect()
    });
    runs.iter().for_each(report::print);
    if is_long() {
        runs.iter().for_each(write_picture);
    }
    for run in &runs {
        check(run, &form);
    }
}

fn write_picture(run: &Run) {
    let folder = workspace().join("docs/pictures");
    fs::create_dir_all(&folder).expect("the folder of pictures can be made");
    let path = folder.join(format!("even-load-{}.svg", run.kind.word()));
    fs::write(path, picture::draw(run)).expect("a picture can be written");
}

fn is_long() -> bool {
    env::var("WEIR_EVEN_LOAD").as_deref() == Ok("long")
}

/// The form that is asked for.
fn chosen() -> Form {
    let mut form = if is_long() { Form::long() } else { Form::short() };
    if let Ok(words) = env::var("WEIR_EVEN_LOAD_SOURCES") {
        let kinds: Vec<_> = words.split(',').map(Kind::named).collect();
        form.runs.retain(|(kind, _)| kinds.contains(kind));
    }
    if let Ok(word) = env::var("WEIR_EVEN_LOAD_PHASES") {
        let phases = word.parse().expect("WEIR_EVEN_LOAD_PHASES is a number");
        form.runs.iter_mut().for_each(|(_, all)| all.truncate(phases));
    }
    if let Ok(word) = env::var("WEIR_EVEN_LOAD_SEED") {
        form.seed = word.parse().expect("WEIR_EVEN_LOAD_SEED is a number");
    }
    form
}

fn check(run: &Run, form: &Form) {
    let (seed, bounds) = (form.seed, form.bounds);
    if let Some(stretch) = run.stretch(STEADY) {
        let figures = run.figures(stretch);
        match run.kind {
            Kind::Weir => {
                assert!(figures.ratio <= bounds.steady, "highest over mean, seed {seed}: {figures:?}");
                assert!(figures.short <= bounds.short, "short of their bitrate, seed {seed}: {figures:?}");
            }
            // What shows that the world is one in which weights matter.
            Kind::RoundRobin => {
                assert!(figures.ratio > bounds.steady, "round robin is even, seed {seed}: {figures:?}");
                assert!(
                    figures.short > bounds.round_robin_short,
                    "nobody is short, seed {seed}: {figures:?}"
                );
            }
            Kind::Gdnsd => {}
        }
    }
    if let Some(stretch) = run.stretch(THROTTLED) {
        let figures = run.end_of(stretch, 0.25);
        let throttled = figures.each[form::SLOW];
        assert!(throttled <= bounds.throttled, "load stays on the throttled one, seed {seed}: {figures:?}");
    }
    if let Some(stretch) = run.stretch(DEAD) {
        let detected = run.detected.unwrap_or_else(|| panic!("the death was not seen, seed {seed}"));
        let told = run.answers_naming(VICTIM, detected + IN_FLIGHT, stretch.to);
        assert!(told.is_empty(), "answers name a dead interface, seed {seed}: {told:?}");
        let (cut, mean, _) = run.outages(stretch);
        assert!(cut > 0 && mean <= bounds.outage, "{cut} outages of {mean:.1} s, seed {seed}");
    }
}
