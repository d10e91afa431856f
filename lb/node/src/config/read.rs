//! The one way from a text to a configuration.

use std::path::Path;
use std::rc::Rc;

use toml::de::{DeTable, Error};

use super::fault::{Faults, Place};
use super::ports::{self, Services};
use super::rules::{self, Everything};
use super::section::{Section, Source};
use super::shape::{self, Table};
use super::{Config, interfaces, listen, node, pool, zone};
use crate::discovery::DiscoveryMode;

/// The version of the file's contract that this program reads.
const VERSION: u32 = 1;

/// Reads a text and notes its faults; there is something to believe only if there are none.
pub(super) fn config(text: &str, folder: &Path, faults: &Faults) -> Option<Config> {
    top(&Source::new(Rc::clone(faults.file()), text, faults), shape::table(""), |root| read(root, folder))
}

/// Reads a file of this shape from its top, if it is TOML.
pub(super) fn top<T>(
    source: &Source<'_>,
    shape: &'static Table,
    read: impl FnOnce(&Section<'_>) -> T,
) -> Option<T> {
    match DeTable::parse(source.text()) {
        Ok(values) => Some(read(&Section::root(source, shape, values.get_ref()))),
        Err(error) => {
            refuse_text(&error, source);
            None
        }
    }
}

/// What is not TOML has no keys, and whatever follows the first fault would be guessed.
fn refuse_text(error: &Error, source: &Source<'_>) {
    let line = error.span().map_or(1, |span| source.line(span.start));
    let message = error.message().trim_end().replace('\n', ", ");
    source.faults().push(&Place { line, ..source.whole() }, format!("this is not TOML: {message}"));
}

fn read(root: &Section<'_>, folder: &Path) -> Config {
    root.require("version", "write version = 1 at the top of the file");
    check_version(root);
    let node = node::read_node(&root.section("node"), folder);
    let admin_section = root.section("admin");
    let admin = node::read_admin(&admin_section, folder);
    let interfaces = interfaces::read(root, folder);
    let dns = listen::read_dns(&root.section("dns"), folder);
    let http_section = root.section("http");
    let http = listen::read_http(&http_section, folder);
    let zones: Vec<_> =
        root.sections("zone").iter().filter_map(|section| zone::read(section, folder)).collect();
    let pools: Vec<_> =
        root.sections("pool").iter().filter_map(|section| pool::read(section, &interfaces, folder)).collect();
    require_tables(root, &interfaces);
    if !http_section.has("tls") {
        pools.iter().filter_map(|pool| pool.tls.as_ref()).for_each(|tls| refuse_alone(root, tls));
    }
    if !dns.service.listen.is_anywhere() && !http.service.listen.is_anywhere() {
        http_section.fault(
            "listen",
            "is empty, as is dns.listen, so that nobody is answered; write [\"interfaces\"]",
        );
    }
    rules::check(&Everything {
        node: &node,
        interfaces: &interfaces,
        zones: &zones,
        zones_complete: zones.len() == root.count("zone"),
        dns: &dns.service,
        pools: &pools,
        faults: root.faults(),
    });
    let services = Services {
        admin: (admin.listen, admin_section.place_of("listen")),
        pools: &pools,
        dns: &dns,
        http: &http,
        interfaces: &interfaces.interfaces.declared,
    };
    ports::check(&services, root.faults());
    Config {
        node,
        admin,
        interfaces: interfaces.interfaces,
        dns: dns.service,
        http: http.service,
        zone_specs: zones.into_iter().map(|found| found.zone).collect(),
        pools: pools.into_iter().map(|found| found.pool).collect(),
    }
}

/// A file of another version may mean something else by the same keys.
pub(super) fn check_version(root: &Section<'_>) {
    if let Some(version) = root.integer("version", 0..=u32::MAX)
        && version.value != VERSION
    {
        root.fault(
            "version",
            format!("{} is not known to this weir; write version = {VERSION}", version.value),
        );
    }
}

/// A pool's certificate is one beside the listeners'.
fn refuse_alone(root: &Section<'_>, tls: &Place) {
    let message = "is of no use without [http] tls, which listens for TLS and has the certificate for all other \
                   names; add tls = { certificate = \"...\", key = \"...\" } to [http], be it with the same files";
    root.faults().push(tls, message);
}

/// Without these there is nothing to do.
fn require_tables(root: &Section<'_>, found: &interfaces::Found) {
    if root.count("pool") == 0 {
        root.fault("pool", "is missing; add a [[pool]] with a name and a hostname");
    }
    let none = found.complete && found.interfaces.declared.is_empty();
    if none && found.interfaces.mode == DiscoveryMode::Static {
        root.fault(
            "interface",
            "is missing; with discover = \"static\", add an [[interface]] with a name and an address",
        );
    }
}
