//! Rows for people, and rows for programs.

use std::time::Duration;

use clap::ValueEnum;

use super::{Outcome, Scenario};

/// Prints the rows of one load and one skew.
pub(super) fn print(outcomes: &[Outcome]) {
    let Some(first) = outcomes.first() else { return };
    println!("{}, load {}, Zipf {}", name(first.scenario), first.load, first.zipf);
    let columns = first.scenario.columns();
    let head = ["policy", "ttl"].into_iter().chain(columns.iter().copied()).map(str::to_owned).collect();
    let mut rows: Vec<Vec<String>> = vec![head];
    for outcome in outcomes {
        let mut row = vec![outcome.case.policy.text(), outcome.case.ttl.to_string()];
        row.extend(columns.iter().map(|column| outcome.means.cell(column)));
        rows.push(row);
    }
    let width = |column: usize| rows.iter().map(|row| row[column].len()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..rows[0].len()).map(width).collect();
    for row in &rows {
        let mut line = format!("{:<1$}", row[0], widths[0]);
        for (cell, width) in row.iter().zip(&widths).skip(1) {
            line.push_str(&format!("  {cell:>width$}"));
        }
        println!("{line}");
    }
}

/// Prints one row as JSON, with its keys in the order in which a person reads them.
pub(super) fn line(outcome: &Outcome, elapsed: Duration) {
    println!("{}", object(outcome, elapsed));
}

/// Names are plain words and need no escapes; a number as Rust prints it is one of JSON's, unless it is not finite.
fn object(outcome: &Outcome, elapsed: Duration) -> String {
    let mut line = format!(
        "{{\"mode\":\"{}\",\"pol\":\"{}\",\"ttl\":{},\"zipf\":{},\"load\":{}",
        name(outcome.scenario),
        outcome.case.policy.text(),
        outcome.case.ttl,
        outcome.zipf,
        outcome.load
    );
    for (key, figure) in outcome.means.entries() {
        let figure = figure.filter(|figure| figure.is_finite());
        let value = figure.map_or_else(|| "null".to_owned(), |figure| figure.to_string());
        line.push_str(&format!(",\"{key}\":{value}"));
    }
    line.push_str(&format!(",\"el\":{:.3}}}", elapsed.as_secs_f64()));
    line
}

fn name(scenario: Scenario) -> String {
    scenario.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::figures::{Means, Row};
    use super::super::policy::Name;
    use super::super::{Case, Scenario};
    use super::*;

    #[test]
    fn a_row_is_one_object_and_what_never_came_is_null() {
        let rows = [Row(vec![("cut", Some(1.5)), ("settle", None)])];
        let case = Case { policy: Name::NaiveLl, ttl: 30, parts: weir_core::law::rules::Parts::default() };
        let outcome =
            Outcome { scenario: Scenario::Fail, case, zipf: 1.0, load: 0.7, means: Means::new(&rows) };
        assert_eq!(
            object(&outcome, Duration::from_millis(12)),
            r#"{"mode":"fail","pol":"naive-ll","ttl":30,"zipf":1,"load":0.7,"cut":1.5,"settle":null,"settle_none":1,"el":0.012}"#
        );
    }
}
