//! What `[dns]` says beside its addresses: what is told, cookies, limits, workers.

use std::num::NonZeroU8;
use std::ops::RangeInclusive;
use std::time::Duration;

use weir_dns::{Chaos, CookiePolicy, DnsPolicy, LimitMode, LimitPolicy, TcpPolicy, Told};

use super::pool::network;
use super::section::Section;

/// The most answers a second that a limit may allow; more is no limit, which is written as 0.
pub(super) const FASTEST: u32 = 10_000_000;
/// The rarest slip.
const RAREST_SLIP: u32 = 100;
/// The bounds of the idle time of a connection.
const IDLE: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(600);
/// The most connections of all listeners together.
const MOST_CONNECTIONS: u32 = 65_536;
/// The most threads on one address.
const MOST_WORKERS: u32 = 64;

/// Reads the policy of `[dns]`.
pub(super) fn read(section: &Section<'_>) -> DnsPolicy {
    DnsPolicy {
        nsid: told(section, "nsid"),
        chaos: Chaos { id: told(section, "chaos_id"), version: told(section, "chaos_version") },
        cookies: cookies(section),
        limits: limits(&section.section("limits")),
        tcp: tcp(&section.section("tcp")),
        workers: workers(section),
    }
}

fn workers(section: &Section<'_>) -> NonZeroU8 {
    let found = section.integer("workers", 1..=MOST_WORKERS);
    found.and_then(|at| u8::try_from(at.value).ok()).and_then(NonZeroU8::new).unwrap_or(NonZeroU8::MIN)
}

fn told(section: &Section<'_>, key: &str) -> Option<Told> {
    let read = |text: &str| {
        Told::new(text).ok_or_else(|| format!("has {} bytes; write a text of 1 to 128", text.len()))
    };
    section.parsed(key, "a text such as \"edge-1\"", read).map(|at| at.value)
}

fn cookies(section: &Section<'_>) -> CookiePolicy {
    let read = |text: &str| match text {
        "off" => Ok(CookiePolicy::Off),
        "answer" => Ok(CookiePolicy::Answer),
        "enforce" => Ok(CookiePolicy::Enforce),
        _ => Err(format!("\"{text}\" is not known; write \"off\", \"answer\" or \"enforce\"")),
    };
    section
        .parsed("cookies", "\"off\", \"answer\" or \"enforce\"", read)
        .map_or_else(CookiePolicy::default, |at| at.value)
}

fn limits(section: &Section<'_>) -> Option<LimitPolicy> {
    let default = LimitPolicy::default();
    let read = |text: &str| match text {
        "off" => Ok(None),
        "count" => Ok(Some(LimitMode::DryRun)),
        "enforce" => Ok(Some(LimitMode::Enforce)),
        _ => Err(format!("\"{text}\" is not known; write \"off\", \"count\" or \"enforce\"")),
    };
    let mode = section.parsed("mode", "\"off\", \"count\" or \"enforce\"", read);
    let rate = |key, default| section.integer(key, 0..=FASTEST).map_or(default, |at| at.value);
    let exempt = section.list("exempt", "a list of networks such as [\"10.0.0.0/8\"]", network);
    let policy = LimitPolicy {
        answers: rate("answers", default.answers),
        negatives: rate("negatives", default.negatives),
        errors: rate("errors", default.errors),
        slip: section.integer("slip", 0..=RAREST_SLIP).map_or(default.slip, |at| at.value),
        exempt: exempt.map_or(default.exempt, |at| at.value.into_iter().map(|at| at.value).collect()),
        mode: LimitMode::Enforce,
    };
    mode.map_or(Some(LimitMode::Enforce), |at| at.value).map(|mode| LimitPolicy { mode, ..policy })
}

fn tcp(section: &Section<'_>) -> TcpPolicy {
    let default = TcpPolicy::default();
    let count = |key, default| {
        let found = section.integer(key, 1..=MOST_CONNECTIONS);
        found.and_then(|at| usize::try_from(at.value).ok()).unwrap_or(default)
    };
    TcpPolicy {
        idle: section.duration("idle", IDLE).map_or(default.idle, |at| at.value),
        connections: count("connections", default.connections),
        per_client: count("per_client", default.per_client),
    }
}
