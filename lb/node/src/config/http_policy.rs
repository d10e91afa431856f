//! `[pool.http]` and `[pool.steering]`: how a pool's viewers are answered by HTTP.

use hyper::Uri;
use weir_core::{HttpPolicy, Mode, OriginScheme, OriginTarget, SteeringRules, Stickiness};

use super::section::Section;
use super::value;

/// Players that ask more often than this cost more than they gain.
const SHORTEST_TTL: u64 = 1;
/// Above, a drain would take longer than anybody waits; the draft's own default is 300 seconds.
const LONGEST_TTL: u64 = 600;
/// A cookie's or a query key's name is no longer.
const LONGEST_KEY: usize = 64;

/// Reads both tables of a pool.
pub(super) fn read(pool: &Section<'_>, origin: OriginTarget) -> HttpPolicy {
    let section = pool.section("http");
    let policy = HttpPolicy {
        mode: mode(&section),
        stickiness: stickiness(&section),
        overflow: overflow(&section),
        steering: steering(&pool.section("steering")),
    };
    if policy.mode != Mode::Redirect && origin.plain().0 == OriginScheme::Https {
        section.fault(
            "mode",
            format!(
                "\"{}\" needs an origin that weir can fetch playlists from over plain HTTP; set origin scheme = \"http\" \
                 with its port, and https_port for viewers who come over TLS",
                policy.mode.as_str()
            ),
        );
    }
    policy
}

fn mode(section: &Section<'_>) -> Mode {
    let read = |text: &str| match text {
        "redirect" => Ok(Mode::Redirect),
        "rewrite" => Ok(Mode::Rewrite),
        "steer" => Ok(Mode::Steer),
        _ => Err(format!("\"{text}\" is not known; write \"redirect\", \"rewrite\" or \"steer\"")),
    };
    section
        .parsed("mode", "\"redirect\", \"rewrite\" or \"steer\"", read)
        .map_or_else(Mode::default, |at| at.value)
}

fn stickiness(section: &Section<'_>) -> Stickiness {
    let forms = "\"none\", \"client\", \"query:KEY\" or \"cookie:NAME\"";
    let read = |text: &str| match text.split_once(':') {
        None if text == "none" => Ok(Stickiness::None),
        None if text == "client" => Ok(Stickiness::Client),
        Some(("query", key)) => named(key).map(Stickiness::Query),
        Some(("cookie", name)) => named(name).map(Stickiness::Cookie),
        _ => Err(format!("\"{text}\" is not known; write {forms}")),
    };
    section.parsed("sticky", forms, read).map_or_else(Stickiness::default, |at| at.value)
}

/// The name of a cookie or of a query's key: a token (RFC 9110 section 5.6.2), as far as anybody uses it.
fn named(name: &str) -> Result<String, String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    if !name.is_empty() && name.len() <= LONGEST_KEY && name.bytes().all(plain) {
        return Ok(name.to_owned());
    }
    Err(format!(
        "\"{name}\" is no name of a key; write letters, digits, \"-\", \"_\" or \".\", at most {LONGEST_KEY}"
    ))
}

fn overflow(section: &Section<'_>) -> Option<String> {
    let example = "a URL such as \"https://backup.example.com\"";
    let read = |text: &str| {
        let url: Uri = text.parse().map_err(|_| format!("\"{text}\" is not a URL; write {example}"))?;
        let absolute = matches!(url.scheme_str(), Some("http" | "https")) && url.authority().is_some();
        if !absolute {
            return Err(format!(
                "\"{text}\" does not begin with http:// or https:// and a host; write {example}"
            ));
        }
        if text.contains(['?', '#']) {
            return Err(format!(
                "\"{text}\" has a query; the viewer's own path and query are added, so end with the path"
            ));
        }
        Ok(text.trim_end_matches('/').to_owned())
    };
    section.parsed("overflow", example, read).map(|at| at.value)
}

fn steering(section: &Section<'_>) -> SteeringRules {
    let default = SteeringRules::default();
    let bounds = value::seconds(SHORTEST_TTL)..=value::seconds(LONGEST_TTL);
    let most_moved = section.integer("most_moved", 1..=100).and_then(|at| u8::try_from(at.value).ok());
    SteeringRules {
        ttl: section.ttl("ttl", bounds).map_or(default.ttl, |at| at.value),
        most_moved: most_moved.unwrap_or(default.most_moved),
    }
}
