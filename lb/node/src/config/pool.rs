//! `[[pool]]`: a host name that viewers resolve, the interfaces behind it, and its probes.

use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;

use ipnet::IpNet;
use weir_core::{InterfaceName, Members, OriginScheme, OriginTarget, Pool, Ttl, TtlBounds, Viewer};
use weir_probes::ProbeSpec;

use super::fault::{At, Place};
use super::interfaces;
use super::listen::{self, Certificate};
use super::nearest::nearest;
use super::section::Section;
use super::{duration, http_policy, probe, rules, value};
use crate::discovery::DiscoveryMode;

/// The bounds of answers' time to live unless the file says otherwise, in seconds.
const DEFAULT_TTL: (u32, u32) = (5, 30);

/// A day: above, a dead interface would be remembered for as long as anybody waits for it.
const LONGEST_TTL: u64 = 86_400;

/// More than eight addresses do not fit a DNS answer of 512 bytes beside a long name (8 × 28 bytes of AAAA).
const LARGEST_ANSWER: u32 = 8;

/// Viewers that stay shorter than this are gone before their bytes are measured.
const SHORTEST_STAY: u64 = 5;

/// A day: nobody watches longer without a new answer.
const LONGEST_STAY: u64 = 86_400;

/// The port of Wowza's HTTP and RTMP listener.
const DEFAULT_ORIGIN_PORT: u16 = 1935;

/// A pool as configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolConfig {
    /// What the state needs to know.
    pub pool: Pool,
    /// How its probes look, in the order of the pool's [`probes`](Pool::probes).
    pub probes: Vec<Arc<ProbeSpec>>,
    /// What is shown to those who ask for its names over TLS, if not the listeners' own.
    pub tls: Option<Certificate>,
    /// The line of its host name.
    pub line: usize,
}

/// What was read, with places.
pub(super) struct Found {
    /// The believed part.
    pub(super) pool: PoolConfig,
    /// Where its name stands.
    pub(super) name: Place,
    /// Where its host name stands.
    pub(super) hostname: Place,
    /// Where its origin's ports stand, in the order of [`OriginTarget::ports`].
    pub(super) origin_ports: [Place; 2],
    /// Where its certificate is named, if it has one.
    pub(super) tls: Option<Place>,
}

/// Reads one `[[pool]]`.
pub(super) fn read(section: &Section<'_>, interfaces: &interfaces::Found, folder: &Path) -> Option<Found> {
    section.require("name", "name it, for example \"live\"");
    section.require("hostname", "write the name that viewers resolve, such as \"live.stream.test\"");
    let name = section.name("name");
    let hostname = section.host("hostname");
    let members = read_members(section, interfaces);
    let ttl = read_ttl(&section.section("ttl"));
    let answer_count = section.integer("answer_count", 1..=LARGEST_ANSWER).map_or(2, |at| at.value);
    let private_clients =
        section.list("private_clients", "a list of networks such as [\"10.0.0.0/8\"]", network);
    let (origin_ports, origin) = read_origin(&section.section("origin"));
    let viewer = read_viewer(&section.section("viewer"));
    let (probes, rules) = read_probes(section);
    let has_tls = section.has("tls").then(|| section.place_of("tls"));
    let tls = has_tls.as_ref().and_then(|_| listen::read_certificate(&section.section("tls"), folder));
    let (name, hostname) = (name?, hostname?);
    let pool = Pool {
        name: name.value,
        hostname: hostname.value,
        members,
        ttl,
        answer_count: u8::try_from(answer_count).unwrap_or(u8::MAX),
        private_clients: private_clients
            .map_or_else(Vec::new, |at| at.value.into_iter().map(|at| at.value).collect()),
        origin,
        http: http_policy::read(section, origin),
        viewer,
        probes: rules,
    };
    let pool = PoolConfig { pool, probes, tls, line: hostname.place.line };
    Some(Found { pool, name: name.place, hostname: hostname.place, origin_ports, tls: has_tls })
}

fn read_members(section: &Section<'_>, interfaces: &interfaces::Found) -> Members {
    let read = |text: &str| if text == "*" { Ok(None) } else { value::name::<InterfaceName>(text).map(Some) };
    let Some(entries) = section.list("interfaces", "a list such as [\"*\"] or [\"eni0\", \"eni1\"]", read)
    else {
        return Members::All;
    };
    if section.is_empty_list("interfaces") {
        section.fault("interfaces", "is empty; write [\"*\"] for all interfaces, or the names of some");
    }
    let all = entries.value.iter().any(|entry| entry.value.is_none());
    if all && entries.value.len() > 1 {
        section.fault(
            "interfaces",
            "has \"*\", which is all of them, beside something else; keep one of the two",
        );
    }
    let names: Vec<At<InterfaceName>> = entries
        .value
        .into_iter()
        .filter_map(|At { place, value }| value.map(|value| At { place, value }))
        .collect();
    names.iter().for_each(|name| check_declared(section, name, interfaces));
    rules::distinct(names.iter().map(|name| (&name.place, &name.value)), section.faults());
    if all { Members::All } else { Members::Named(names.into_iter().map(|name| name.value).collect()) }
}

/// With discovery, a name may come later; without, there will never be another interface.
fn check_declared(section: &Section<'_>, name: &At<InterfaceName>, interfaces: &interfaces::Found) {
    let declared = || interfaces.interfaces.declared.iter().map(|interface| interface.name.as_str());
    let unknown = declared().all(|known| known != name.value.as_str());
    let knows_all = interfaces.complete && interfaces.interfaces.mode == DiscoveryMode::Static;
    if knows_all && unknown {
        let meant = nearest(name.value.as_str(), declared()).map_or_else(
            || format!("declared are {}", value::quoted(declared())),
            |meant| format!("did you mean \"{meant}\"?"),
        );
        section.faults().push(&name.place, format!("no [[interface]] is named \"{}\"; {meant}", name.value));
    }
}

fn read_ttl(section: &Section<'_>) -> TtlBounds {
    let bounds = value::seconds(1)..=value::seconds(LONGEST_TTL);
    let [min, max] = [("min", DEFAULT_TTL.0), ("max", DEFAULT_TTL.1)].map(|(key, default)| {
        section.or_default(key, section.ttl(key, bounds.clone()), Ttl::from_secs(default))
    });
    let (Some(min), Some(max)) = (min, max) else { return some_ttl() };
    TtlBounds::new(min, max).unwrap_or_else(|| {
        let [min, max] = [min, max].map(|ttl| duration::show(value::seconds(ttl.as_secs().into())));
        let (key, message) = if section.has("min") {
            ("min", format!("{min} is longer than max = {max}; make min at most max"))
        } else {
            ("max", format!("{max} is shorter than min = {min}; make max at least min"))
        };
        section.fault(key, message);
        some_ttl()
    })
}

/// Stands in for bounds that have a fault, so that the rest of the pool can be read.
fn some_ttl() -> TtlBounds {
    let [min, max] = [DEFAULT_TTL.0, DEFAULT_TTL.1].map(Ttl::from_secs);
    TtlBounds::new(min, max).expect("5 is less than 30")
}

/// Reads a network.
pub(super) fn network(text: &str) -> Result<IpNet, String> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Err(format!("{text} is an address; write it as a network: \"{}\"", IpNet::from(address)));
    }
    let network: IpNet = text.parse().map_err(|_| {
        format!("\"{text}\" is not a network; write one such as \"10.0.0.0/8\" or \"fd00::/8\"")
    })?;
    if network.addr() == network.network() {
        return Ok(network);
    }
    Err(format!("{network} has bits of an address behind the prefix; write \"{}\"", network.trunc()))
}

fn read_origin(section: &Section<'_>) -> ([Place; 2], OriginTarget) {
    let scheme = section.parsed("scheme", "\"http\" or \"https\"", |text| match text {
        "http" => Ok(OriginScheme::Http),
        "https" => Ok(OriginScheme::Https),
        _ => Err(format!("\"{text}\" is not known; write \"http\" or \"https\"")),
    });
    let port =
        |key| section.integer(key, 1..=u32::from(u16::MAX)).and_then(|at| u16::try_from(at.value).ok());
    let origin = OriginTarget {
        scheme: scheme.map_or(OriginScheme::Http, |at| at.value),
        port: port("port").unwrap_or(DEFAULT_ORIGIN_PORT),
        https_port: port("https_port"),
    };
    if origin.scheme == OriginScheme::Http && origin.https_port == Some(origin.port) {
        let message = format!("{} is already the port for plain HTTP; write the one for HTTPS", origin.port);
        section.fault("https_port", message);
    }
    (["port", "https_port"].map(|key| section.place_of(key)), origin)
}

fn read_viewer(section: &Section<'_>) -> Viewer {
    let bounds = value::seconds(SHORTEST_STAY)..=value::seconds(LONGEST_STAY);
    let stay = section.duration("stay", bounds).map_or(Viewer::default().stay, |at| at.value);
    Viewer { rate: section.rate("rate").map(|at| at.value), stay }
}

fn read_probes(section: &Section<'_>) -> (Vec<Arc<ProbeSpec>>, Vec<weir_core::ProbeRule>) {
    let found: Vec<_> = section.sections("probe").iter().filter_map(probe::read).collect();
    rules::distinct(found.iter().map(|(place, _, rule)| (place, &rule.id)), section.faults());
    found.into_iter().map(|(_, spec, rule)| (Arc::new(spec), rule)).unzip()
}
