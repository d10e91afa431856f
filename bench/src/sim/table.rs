//! Rows for people, and rows for programs.

use std::time::Duration;

use clap::ValueEnum;
use serde::ser::{SerializeMap, Serializer};

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

/// Prints one row as JSON.
pub(super) fn line(outcome: &Outcome, elapsed: Duration) -> anyhow::Result<()> {
    let mut text = Vec::new();
    let mut serializer = serde_json::Serializer::new(&mut text);
    let mut map = serializer.serialize_map(None)?;
    map.serialize_entry("mode", &name(outcome.scenario))?;
    map.serialize_entry("pol", &outcome.case.policy.text())?;
    map.serialize_entry("ttl", &outcome.case.ttl)?;
    map.serialize_entry("zipf", &outcome.zipf)?;
    map.serialize_entry("load", &outcome.load)?;
    outcome.means.write(&mut map)?;
    map.serialize_entry("el", &((elapsed.as_secs_f64() * 1000.0).round() / 1000.0))?;
    map.end()?;
    println!("{}", String::from_utf8(text)?);
    Ok(())
}

fn name(scenario: Scenario) -> String {
    scenario.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
}
