//! Why an interface gets what it gets, in sentences: from the state's numbers alone.

use anyhow::bail;
use serde_json::{Value, json};

use super::learned::Learned;
use super::words::{directive, lapse, list, percent, rate, share, text};
use crate::config::nearest;

/// All that the state says of one interface: itself, and its place in each of its pools.
///
/// # Errors
/// When there is no interface of this name; the message says which there are.
pub(super) fn about(state: &Value, name: &str) -> anyhow::Result<Value> {
    let Some(interface) = list(&state["interfaces"]).find(|interface| interface["name"] == name) else {
        bail!("{}", no_such_interface(state, name));
    };
    let mut about = interface.clone();
    let place = |pool: &Value| {
        let member = list(&pool["members"]).find(|member| member["interface"] == name)?;
        Some(json!({ "name": pool["name"], "reason": pool["reason"], "member": member }))
    };
    about["pools"] = list(&state["pools"]).filter_map(place).collect();
    Ok(about)
}

fn no_such_interface(state: &Value, name: &str) -> String {
    let names: Vec<&str> = list(&state["interfaces"]).filter_map(|one| one["name"].as_str()).collect();
    let none = format!("there is no interface \"{name}\"");
    if names.is_empty() {
        return format!("{none}, and no other either");
    }
    let all = names.join(", ");
    match nearest(name, names.iter().copied()) {
        Some(meant) => format!("{none}; did you mean \"{meant}\"? There are {all}"),
        None => format!("{none}; there are {all}"),
    }
}

/// The sentences: a line for each pool, and one for what is to be said of the interface itself.
pub(super) fn sentences(about: &Value) -> String {
    let mut lines: Vec<_> = list(&about["pools"]).map(|pool| of_pool(about, pool).join(" ")).collect();
    if lines.is_empty() {
        lines.push(format!("{} is in no pool, so nobody is sent there.", text(&about["name"])));
    }
    lines.push(of_itself(about).join(" "));
    lines.into_iter().filter(|line| !line.is_empty()).map(|line| line + "\n").collect()
}

fn of_pool(about: &Value, pool: &Value) -> Vec<String> {
    let (name, member) = (text(&pool["name"]), &pool["member"]);
    let gets = if member["weight"] == 0 { "none".to_owned() } else { share(&member["share"]) };
    let limit = &member["grounds"]["limit"];
    let grounds = numbers(about, member).map(|numbers| format!("{numbers}; ")).unwrap_or_default();
    let mut said =
        vec![format!("{} gets {gets} of {name}: {grounds}{}.", text(&about["name"]), text(&limit["text"]))];
    match member["verdict"].as_str() {
        Some("down") => said.extend(list(&member["probes"]).filter_map(|probe| evidence(probe, member))),
        Some("unknown") => said.push("Not all of its probes have reported yet.".to_owned()),
        _ => {}
    }
    if pool["reason"]["code"] != "headroom" {
        said.push(format!("Of {name} as a whole: {}.", text(&pool["reason"]["text"])));
    }
    said
}

/// What it can carry, is expected to carry, and has room for. What does not play carries nothing, and needs no numbers.
fn numbers(about: &Value, member: &Value) -> Option<String> {
    let grounds = &member["grounds"];
    let capacity = grounds["capacity_bytes_per_second"].as_f64().filter(|&capacity| capacity > 0.0)?;
    if grounds["limit"]["code"] == "down" {
        return None;
    }
    let expected = grounds["expected_bytes_per_second"].as_f64().unwrap_or_default();
    let used = percent(expected / capacity);
    let band = about["band"].as_str().map(|band| format!(", {band}")).unwrap_or_default();
    let load = match rate(&grounds["expected_bytes_per_second"]) {
        _ if expected <= 0.0 => "nothing".to_owned(),
        load => format!("{load} ({used}{band})"),
    };
    let room = match grounds["room_bytes_per_second"].as_u64() {
        Some(0) => "no room".to_owned(),
        _ => format!("room for {}", rate(&grounds["room_bytes_per_second"])),
    };
    Some(format!("it {}, is expected to carry {load} and has {room}", carries(about, grounds)))
}

fn carries(about: &Value, grounds: &Value) -> String {
    let within = rate(&grounds["capacity_bytes_per_second"]);
    let own = about["effective_capacity_bytes_per_second"].as_f64();
    // Both are rounded to whole bytes.
    let cut = |own: f64| grounds["capacity_bytes_per_second"].as_f64().is_some_and(|cut| cut < own * 0.999);
    match own {
        None => format!("is assumed to carry {within}"),
        Some(own) if cut(own) => format!("can carry {within} within its group {}", text(&about["group"])),
        Some(_) => format!("can carry {within}"),
    }
}

/// What a failing probe says.
fn evidence(probe: &Value, member: &Value) -> Option<String> {
    let name = text(&probe["probe"]).replace("{address}", &text(&member["address"]));
    match (probe["verdict"].as_str()?, probe["failure"]["text"].as_str()) {
        ("down", Some(failure)) => Some(format!("Its probe {name} says: {failure}.")),
        ("down", None) => Some(format!("Its probe {name} passes again, but not often enough yet.")),
        _ => None,
    }
}

/// What holds for all pools.
fn of_itself(about: &Value) -> Vec<String> {
    let mut said = Vec::new();
    said.extend(capacity(about));
    let told = |pool: &Value| pool["member"]["grounds"]["limit"]["code"] == "suspect";
    if about["suspect"] == true && !list(&about["pools"]).any(told) {
        said.push("It is suspect: its rate collapsed although nobody was told to leave.".to_owned());
    }
    if about["directive"]["directive"].as_str().is_some_and(|directive| directive != "auto") {
        said.push(format!("Ordered: {}.", directive(&about["directive"])));
    }
    said.extend(list(&about["signals"]).filter(|signal| signal["stale"] == true).map(stale));
    said
}

fn capacity(about: &Value) -> Option<String> {
    let configured = rate(&about["capacity_bytes_per_second"]);
    let effective = rate(&about["effective_capacity_bytes_per_second"]);
    match Learned::of(about) {
        Learned::Nothing => None,
        Learned::Less => Some(format!(
            "{configured} are configured, but it was full at less, and {effective} are believed now."
        )),
        Learned::More => Some(format!(
            "{configured} are configured, but it carried more while another was full, and {effective} are believed now."
        )),
        Learned::All => Some(format!(
            "Nobody has said what it can carry, but it was full once, and {effective} are believed now."
        )),
        Learned::Unknown => Some("Nobody has said what it can carry, and it was never full.".to_owned()),
    }
}

fn stale(signal: &Value) -> String {
    let what = match signal["signal"].as_str() {
        Some("rate") => "Its rate was",
        Some("connections") => "Its connections were",
        Some("refusals") => "What its card and its queue refuse was",
        Some("delivery") => "What TCP sends again was",
        Some("players") => "What players measure was",
        _ => "A measurement was",
    };
    let ago = signal["age_seconds"].as_f64().map(|age| format!("{} ago", lapse(age)));
    format!("{what} last seen {}.", ago.unwrap_or_else(|| "long ago".to_owned()))
}

#[cfg(test)]
mod tests;
