//! The whole state as tables.

use std::fmt::Write;

use serde_json::Value;

use super::learned::Learned;
use super::words::{directive, list, percent, rate, share, text, unknown};

/// The state for people.
pub(super) fn table(state: &Value) -> String {
    let mut out = String::new();
    // Writing to a string does not fail.
    let _ = writeln!(out, "{} · generation {}\n", text(&state["node"]), state["generation"]);
    let header =
        ["INTERFACE", "ADDRESS", "PUBLIC", "RATE", "CAPACITY", "USED", "BAND", "CONNECTIONS", "DIRECTIVE"];
    let mut rows = vec![header.map(str::to_owned)];
    rows.extend(list(&state["interfaces"]).map(|interface| {
        [
            text(&interface["name"]),
            text(&interface["address"]),
            text(&interface["public_address"]),
            rate(&interface["rate_bytes_per_second"]),
            capacity(interface),
            interface["used_ratio"].as_f64().map_or_else(unknown, percent),
            band(interface),
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
            [text(&member["interface"]), text(&member["verdict"]), share(&member["share"]), failure(member)]
        }));
        align(&mut out, &rows);
    }
    for left_out in list(&state["left_out"]) {
        let _ = writeln!(out, "\nnot used: {} ({})", text(&left_out["address"]), text(&left_out["why"]));
    }
    out
}

/// What it can carry; of what was configured, when it shows that this is wrong.
fn capacity(interface: &Value) -> String {
    let effective = rate(&interface["effective_capacity_bytes_per_second"]);
    match Learned::of(interface) {
        Learned::Less | Learned::More => {
            format!("{effective} of {}", rate(&interface["capacity_bytes_per_second"]))
        }
        Learned::Nothing | Learned::All | Learned::Unknown => effective,
    }
}

fn band(interface: &Value) -> String {
    let band = text(&interface["band"]);
    if interface["suspect"] == true { format!("{band}, suspect") } else { band }
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
                "rate_bytes_per_second": 125_000_000, "connections": 3,
                "capacity_bytes_per_second": null, "effective_capacity_bytes_per_second": null,
                "used_ratio": null, "band": null, "suspect": false,
                "directive": {"directive": "drain", "reason": "kernel update", "expires_in_seconds": 60}
            }, {
                "name": "eni1", "address": "10.0.2.10", "public_address": "198.51.100.12",
                "rate_bytes_per_second": 600_000_000, "connections": 900,
                "capacity_bytes_per_second": 1_250_000_000, "effective_capacity_bytes_per_second": 750_000_000,
                "used_ratio": 0.8, "band": "fair", "suspect": true,
                "directive": {"directive": "auto", "reason": null, "expires_in_seconds": null}
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

INTERFACE  ADDRESS    PUBLIC         RATE        CAPACITY               USED  BAND           CONNECTIONS  DIRECTIVE
eni0       10.0.1.10  198.51.100.11  1 Gbit/s    -                      -     -              3            drain (kernel update), 60 s left
eni1       10.0.2.10  198.51.100.12  4.8 Gbit/s  6 Gbit/s of 10 Gbit/s  80 %  fair, suspect  900          auto

live (live.stream.test) · ttl 30 s · by what each healthy interface can still carry

INTERFACE  VERDICT  SHARE   LAST FAILURE
eni0       down     25.0 %  connection refused
";
        assert_eq!(table(&state), expected);
    }
}
