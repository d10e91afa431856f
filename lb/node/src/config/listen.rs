//! `[dns]` and `[http]`: where questions are answered.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use weir_dns::DnsPolicy;
use weir_edge::{PairFiles, Rates};

use super::fault::{At, Place};
use super::pool::network;
use super::protection::FASTEST;
use super::section::Section;
use super::{protection, value};

/// Where DNS is answered, over UDP and TCP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dns {
    /// The addresses.
    pub listen: Listen,
    /// The port on the interfaces.
    pub port: u16,
    /// What is told, cookies, limits.
    pub policy: DnsPolicy,
    /// The file of the cookie secrets, which nodes share; without one they are random.
    pub cookie_file: Option<PathBuf>,
}

/// Where HTTP is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Http {
    /// The addresses.
    pub listen: Listen,
    /// The port on the interfaces.
    pub port: u16,
    /// With TLS as well, if configured.
    pub tls: Option<Tls>,
    /// Whether requests over plain HTTP are sent to TLS, instead of to an interface.
    pub redirect_to_https: bool,
    /// How many requests are answered.
    pub rates: Rates,
}

/// The addresses of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listen {
    /// One socket per interface address, following them as they come and go.
    pub interfaces: bool,
    /// These as well.
    pub explicit: Vec<SocketAddr>,
}

/// HTTP over TLS, on the same addresses as without it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tls {
    /// What is shown to those who name no pool that has a certificate of its own.
    pub certificate: Certificate,
    /// The port.
    pub port: u16,
}

/// The files of a certificate, and where they are named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// The files.
    pub files: PairFiles,
    /// The key of the table that names them: `http.tls`, `pool[0].tls`.
    pub key: String,
    /// Its line.
    pub line: usize,
}

/// What was read, with the places of the ports.
pub(super) struct Found<T> {
    /// The believed part.
    pub(super) service: T,
    /// Where each explicit address stands.
    pub(super) explicit: Vec<Place>,
    /// Of `port`.
    pub(super) port: Place,
    /// Of the TLS port.
    pub(super) tls_port: Option<Place>,
}

enum Entry {
    Interfaces,
    Socket(SocketAddr),
}

impl Listen {
    /// Whether there is any address; an empty list turns a service off.
    pub fn is_anywhere(&self) -> bool {
        self.interfaces || !self.explicit.is_empty()
    }
}

/// Reads `[dns]`.
pub(super) fn read_dns(section: &Section<'_>, folder: &Path) -> Found<Dns> {
    let port = section.listen_port("port", 53);
    let (listen, explicit) = read_listen(section, port);
    let policy = protection::read(section);
    let cookie_file = section.text("cookie_file", "a path such as \"cookie-secrets\"");
    let cookie_file = cookie_file.map(|at| folder.join(at.value));
    Found {
        service: Dns { listen, port, policy, cookie_file },
        explicit,
        port: section.place_of("port"),
        tls_port: None,
    }
}

/// Reads `[http]`.
pub(super) fn read_http(section: &Section<'_>, folder: &Path) -> Found<Http> {
    let port = section.listen_port("port", 80);
    let (listen, explicit) = read_listen(section, port);
    let tls = section.has("tls").then(|| section.section("tls"));
    let tls_port = tls.as_ref().map(|tls| tls.place_of("port"));
    let tls = tls.and_then(|tls| read_tls(&tls, folder));
    let redirect_to_https = read_redirect(section, tls.as_ref());
    let rates = read_rates(&section.section("limits"));
    let service = Http { listen, port, tls, redirect_to_https, rates };
    Found { service, explicit, port: section.place_of("port"), tls_port }
}

fn read_rates(section: &Section<'_>) -> Rates {
    let default = Rates::default();
    let rate = |key: &str, default: Option<NonZeroU32>| {
        section.integer(key, 0..=FASTEST).map_or(default, |at| NonZeroU32::new(at.value))
    };
    let exempt = section.list("exempt", "a list of networks such as [\"10.0.0.0/8\"]", network);
    Rates {
        client: rate("client", default.client),
        total: rate("total", default.total),
        exempt: exempt.map_or(default.exempt, |at| at.value.into_iter().map(|at| at.value).collect()),
    }
}

fn read_listen(section: &Section<'_>, port: u16) -> (Listen, Vec<Place>) {
    let read = |text: &str| match text {
        "interfaces" => Ok(Entry::Interfaces),
        text => value::socket(text, port)
            .map(Entry::Socket)
            .map_err(|message| format!("{message}, or \"interfaces\" for all of them")),
    };
    let Some(entries) = section.list("listen", "a list such as [\"interfaces\"]", read) else {
        return (Listen { interfaces: true, explicit: Vec::new() }, Vec::new());
    };
    let mut listen = Listen { interfaces: false, explicit: Vec::new() };
    let mut places = Vec::new();
    for At { place, value } in entries.value {
        match value {
            Entry::Interfaces if listen.interfaces => {
                section.faults().push(&place, "stands here twice; remove one");
            }
            Entry::Interfaces => listen.interfaces = true,
            Entry::Socket(socket) => {
                listen.explicit.push(socket);
                places.push(place);
            }
        }
    }
    (listen, places)
}

fn read_redirect(section: &Section<'_>, tls: Option<&Tls>) -> bool {
    let wanted = section.truth("redirect_to_https").is_some_and(|at| at.value);
    if wanted && !section.has("tls") {
        let message = "sends viewers to a port where nobody listens; add \
                       tls = { certificate = \"...\", key = \"...\" }, or write false";
        section.fault("redirect_to_https", message);
    }
    if wanted && tls.is_some_and(|tls| tls.port == 0) {
        section
            .fault("redirect_to_https", "needs a port that is known; write one in place of 0 as port of tls");
    }
    wanted
}

fn read_tls(section: &Section<'_>, folder: &Path) -> Option<Tls> {
    let certificate = read_certificate(section, folder);
    let port = section.listen_port("port", 443);
    Some(Tls { certificate: certificate?, port })
}

/// Reads the names of the two files; whether they belong together is seen when they are read.
pub(super) fn read_certificate(section: &Section<'_>, folder: &Path) -> Option<Certificate> {
    let certificate = read_path(section, "certificate", folder, "fullchain.pem");
    let key = read_path(section, "key", folder, "key.pem");
    let files = PairFiles { certificate: certificate?, key: key? };
    let Place { line, key, .. } = section.place();
    Some(Certificate { files, key: key.clone(), line: *line })
}

fn read_path(section: &Section<'_>, name: &str, folder: &Path, example: &str) -> Option<PathBuf> {
    section.require(name, &format!("write the path of a PEM file, such as \"{example}\""));
    let path = folder.join(section.text(name, &format!("a path such as \"{example}\""))?.value);
    if let Err(error) = std::fs::File::open(&path) {
        let message = format!("{} cannot be read ({error}); write the path of a PEM file", path.display());
        section.fault(name, message);
        return None;
    }
    if !path.is_file() {
        section.fault(name, format!("{} is not a file; write the path of a PEM file", path.display()));
        return None;
    }
    Some(path)
}
