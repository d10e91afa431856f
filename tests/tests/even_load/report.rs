//! The table of a run.
//!
//! *Over* is highest over mean utilisation; *to 10* and *to 5* are seconds until no device is more than so many points
//! above the mean, for twenty seconds.

use crate::form::{DEAD, RETURNED, SLOW, THROTTLED, VICTIM};
use crate::run::Run;

/// Prints it. Percentages are of limits and of viewer-seconds.
pub(crate) fn print(run: &Run) {
    eprintln!("\n{}", run.kind.title());
    eprintln!(
        "{:10} {:>5} {:>7} {:>7} {:>9} {:>6} {:>7}  {:23} {:>7} {:>5} {:>5}",
        "phase", "s", "mean %", "over", "over p99", "peak %", "short %", "each %", "viewers", "to 10", "to 5"
    );
    for stretch in &run.stretches {
        let figures = run.figures(stretch);
        let each = figures.each.map(|one| format!("{:5.1}", 100.0 * one)).join(" ");
        let settled = [0.10, 0.05].map(|within| run.settled(stretch, within));
        let [to_10, to_5] = settled.map(|after| after.map_or("-".to_owned(), |after| format!("{after:.0}")));
        eprintln!(
            "{:10} {:5.0} {:7.1} {:7.3} {:9.3} {:6.1} {:7.2}  {each} {:7.0} {to_10:>5} {to_5:>5}",
            stretch.phase.name,
            stretch.to - stretch.from,
            100.0 * figures.mean,
            figures.ratio,
            figures.ratio_p99,
            100.0 * figures.peak,
            100.0 * figures.short,
            figures.viewers,
        );
    }
    let records = &run.records;
    let late = 100.0 * f64::from(records.late) / f64::from(records.reads.max(1));
    let kept = records.answers.iter().map(|told| told.ttl).sum::<f64>() / records.answers.len().max(1) as f64;
    let busiest = records.answers.iter().filter(|told| told.resolver == 0);
    let (count, sum) = busiest.fold((0.0, 0.0), |(count, sum), told| (count + 1.0, sum + told.ttl));
    eprintln!(
        "{} answers, kept for {kept:.1} s in the mean, by the busiest resolver for {:.1} s; {} visits, {} failed; \
         {late:.2} % of reads were late",
        records.answers.len(),
        sum / f64::max(count, 1.0),
        records.visits.len(),
        records.failures,
    );
    print_throttling(run);
    print_death(run);
}

fn print_throttling(run: &Run) {
    let Some(stretch) = run.stretch(THROTTLED) else { return };
    let end = run.end_of(stretch, 0.25);
    eprintln!(
        "throttling: in the last quarter the throttled one is at {:.1} %, all at {:.1} %; {:.2} % are short",
        100.0 * end.each[SLOW],
        100.0 * end.mean,
        100.0 * end.short
    );
}

fn print_death(run: &Run) {
    let Some(stretch) = run.stretch(DEAD) else { return };
    let (cut, mean, worst) = run.outages(stretch);
    eprintln!("death: {cut} viewers were cut off, for {mean:.2} s in the mean and {worst:.1} s at worst");
    if let Some(detected) = run.detected {
        let told = run.answers_naming(VICTIM, detected, stretch.to).len();
        let went = run.visits_to(VICTIM, detected, stretch.to);
        eprintln!(
            "death: known after {:.1} s; after that {told} answers named it, and {went} visits by kept answers",
            detected - stretch.from
        );
    }
    let returned = run.stretch(RETURNED);
    if let (Some(stretch), Some(believed)) = (returned, run.believed) {
        eprintln!("return: believed after {:.1} s", believed - stretch.from);
    }
}
