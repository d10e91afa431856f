//! `weir status`: the state of a running weir as tables.

use std::fmt::Write;
use std::process::ExitCode;

use hyper::Method;
use serde_json::Value;
use weir_core::BytesPerSec;

use super::Done;
use crate::cli::StatusArgs;
use crate::client;

/// Shows the state.
pub(crate) fn run(args: &StatusArgs) -> Done {
    let state = client::ask(&args.remote, Method::GET, "/api/v1/state", None)?;
    if args.json {
        println!("{}", serde_json::to_string_pretty(&state)?);
    } else {
        print!("{}", table(&state));
    }
    Ok(ExitCode::SUCCESS)
}

/// The state for people.
fn table(state: &Value) -> String {
    let mut out = String::new();
    // Writing to a string does not fail.
    let _ = writeln!(out, "{} · generation {}\n", text(&state["node"]), state["generation"]);
    let header = ["INTERFACE", "ADDRESS", "PUBLIC", "RATE", "CAPACITY", "CONNECTIONS", "DIRECTIVE"];
    let mut rows = vec![header.map(str::to_owned)];
    rows.extend(list(&state["interfaces"]).map(|interface| {
        [
            text(&interface["name"]),
            text(&interface["address"]),
            text(&interface["public_address"]),
            rate(&interface["rate_bytes_per_second"]),
            rate(&interface["capacity_bytes_per_second"]),
            interface["connections"].as_u64().map_or_else(unknown, |n| n.to_string()),
            directive(&interface["directive"]),
        ]
    }));
    align(&mut out, &rows);
    for pool in list(&state["pools"]) {
        let _ = writeln!(
            out,
            "\n{} ({}) · ttl {} s · {}\n",
            text(&pool["name"]),
            text(&pool["hostname"]),
            pool["ttl_seconds"],
            text(&pool["reason"]["text"])
        );
        let mut rows = vec![["INTERFACE", "VERDICT", "SHARE", "LAST FAILURE"].map(str::to_owned)];
        rows.extend(list(&pool["members"]).map(|member| {
            let share = member["share"].as_f64().unwrap_or_default() * 100.0;
            [text(&member["interface"]), text(&member["verdict"]), format!("{share:.1} %"), failure(member)]
        }));
        align(&mut out, &rows);
    }
    for left_out in list(&state["left_out"]) {
        let _ = writeln!(out, "\nnot used: {} ({})", text(&left_out["address"]), text(&left_out["why"]));
    }
    out
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(unknown, str::to_owned)
}

fn unknown() -> String {
    "-".to_owned()
}

fn rate(value: &Value) -> String {
    value.as_u64().map_or_else(unknown, |bytes| BytesPerSec::new(bytes).to_string())
}

fn directive(value: &Value) -> String {
    let mut shown = text(&value["directive"]);
    if let Some(reason) = value["reason"].as_str().filter(|reason| !reason.is_empty()) {
        let _ = write!(shown, " ({reason})");
    }
    if let Some(seconds) = value["expires_in_seconds"].as_u64() {
        let _ = write!(shown, ", {seconds} s left");
    }
    shown
}

fn failure(member: &Value) -> String {
    let failures = list(&member["probes"]).filter_map(|probe| probe["failure"]["text"].as_str());
    let shown: Vec<_> = failures.collect();
    if shown.is_empty() { unknown() } else { shown.join("; ") }
}

/// Writes rows with their columns below each other; the last column is not padded.
fn align<const COLUMNS: usize>(out: &mut String, rows: &[[String; COLUMNS]]) {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..COLUMNS).map(width).collect();
    for row in rows {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        let line = cells.collect::<Vec<_>>().join("  ");
        let _ = writeln!(out, "{}", line.trim_end());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_state_is_shown_as_tables() {
        let state = json!({
            "generation": 7, "node": "edge-1",
            "interfaces": [{
                "name": "eni0", "address": "10.0.1.10", "public_address": "198.51.100.11",
                "rate_bytes_per_second": 125_000_000, "capacity_bytes_per_second": null, "connections": 3,
                "directive": {"directive": "drain", "reason": "kernel update", "expires_in_seconds": 60}
            }],
            "pools": [{
                "name": "live", "hostname": "live.stream.test", "ttl_seconds": 30,
                "reason": {"text": "by what each healthy interface can still carry"},
                "members": [{"interface": "eni0", "verdict": "down", "share": 0.25,
                             "probes": [{"failure": {"text": "connection refused"}}]}]
            }],
            "left_out": []
        });
        let expected = "\
edge-1 · generation 7

INTERFACE  ADDRESS    PUBLIC         RATE      CAPACITY  CONNECTIONS  DIRECTIVE
eni0       10.0.1.10  198.51.100.11  1 Gbit/s  -         3            drain (kernel update), 60 s left

live (live.stream.test) · ttl 30 s · by what each healthy interface can still carry

INTERFACE  VERDICT  SHARE   LAST FAILURE
eni0       down     25.0 %  connection refused
";
        assert_eq!(table(&state), expected);
    }
}
