//! What must not be there: the invariants of ARCHITECTURE.md that can be read off manifests and sources.
//!
//! A rule that nobody checks is forgotten at the first night shift. Each test here names the invariant that it holds.

mod source;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use source::{all_sources, text_files};
use toml::{Table, Value};
use weir_tests::weir::workspace;

/// Which of our crates each crate may use: all of them lie on floors below it. Crates of one floor do not know each
/// other.
const FLOORS: &[(&str, &[&str])] = &[
    ("weir-core", &[]),
    ("weir-dns", &["weir-core"]),
    ("weir-edge", &["weir-core"]),
    ("weir-probes", &["weir-core"]),
    ("weir-wowza", &["weir-core"]),
    ("weir-origin", &["weir-core"]),
    ("weir-players", &["weir-core"]),
    (
        "weir",
        &["weir-core", "weir-dns", "weir-edge", "weir-probes", "weir-wowza", "weir-origin", "weir-players"],
    ),
    ("weir-ec2", &["weir-core"]),
    (
        "weir-bench",
        &[
            "weir",
            "weir-core",
            "weir-dns",
            "weir-edge",
            "weir-probes",
            "weir-wowza",
            "weir-origin",
            "weir-players",
        ],
    ),
    (
        "weir-tests",
        &[
            "weir",
            "weir-bench",
            "weir-core",
            "weir-dns",
            "weir-ec2",
            "weir-edge",
            "weir-origin",
            "weir-players",
            "weir-probes",
            "weir-wowza",
        ],
    ),
];

/// All that the heart is made of: a pointer to swap, networks in CIDR notation, error enums.
const HEART: &[&str] = &["arc-swap", "ipnet", "thiserror"];

/// What the heart's sources must not name: sockets, files, threads, clocks, chance, output.
const NOT_IN_THE_HEART: &[&str] = &[
    "Instant::now",
    "SystemTime",
    "TcpListener",
    "TcpStream",
    "ToSocketAddrs",
    "UdpSocket",
    "async fn",
    "eprintln!",
    "println!",
    "rand::",
    "std::env",
    "std::fs",
    "std::io",
    "std::os",
    "std::process",
    "std::thread",
    "thread_local!",
    "unsafe",
];

/// The files (or, with a slash at the end, folders) that may know a foreign word, by the word. All else speaks our
/// own types.
const DOORS: &[(&str, &[&str])] = &[
    ("hickory_proto::", &["dns/src/door.rs", "dns/src/text.rs", "dns/src/text/rdata.rs"]),
    ("hickory_server::", &["dns/src/door.rs"]),
    ("aws_", &[]),
    ("netlink_", &["lb/node/src/counters/", "lb/node/src/discovery/"]),
    (
        // The shapes of the admin API and of the file of orders, and the commands that print JSON. The configuration's
        // file is read without serde.
        "serde",
        &[
            "bench/src/dns.rs",
            "bench/src/http.rs",
            "bench/src/pairs.rs",
            "lb/edge/src/pick.rs",
            "lb/edge/src/sockets/modes.rs",
            "lb/edge/src/steering/manifest.rs",
            "lb/edge/src/steering/tests.rs",
            "lb/node/src/admin/challenge.rs",
            "lb/node/src/admin/directive.rs",
            "lb/node/src/admin/events.rs",
            "lb/node/src/admin/reply.rs",
            "lb/node/src/admin/view.rs",
            "lb/node/src/admin/view/",
            "lb/node/src/client.rs",
            "lb/node/src/commands/challenge.rs",
            "lb/node/src/commands/check.rs",
            "lb/node/src/commands/drain.rs",
            "lb/node/src/commands/status.rs",
            "lb/node/src/commands/status/",
            "lb/node/src/orders.rs",
        ],
    ),
];

/// No file is longer, tests included; nine in ten stay far below.
const LONGEST: usize = 500;

// ------------------------------------------------------------------------------------------------ manifests

/// Floors (ARCHITECTURE.md): a crate uses crates from floors below only, in its tests as well.
#[test]
fn crates_know_only_the_floors_below() {
    let floors: BTreeMap<_, _> = FLOORS.iter().copied().collect();
    for (name, manifest) in members() {
        let below =
            floors.get(name.as_str()).unwrap_or_else(|| panic!("{name} has no floor: give it one here"));
        let ours = dependencies(&manifest).into_iter().filter(|used| floors.contains_key(used.as_str()));
        for used in ours {
            assert!(below.contains(&used.as_str()), "{name} uses {used}, which is not on a floor below it");
        }
    }
}

/// Invariant 1: the heart's manifest has no runtime, no serde, no logger, no clock.
#[test]
fn the_heart_depends_on_almost_nothing() {
    let manifests: BTreeMap<_, _> = members().into_iter().collect();
    let heart = &manifests["weir-core"];
    let used: Vec<_> = table(heart, "dependencies").into_iter().flatten().map(|(name, _)| name).collect();
    assert!(used.iter().all(|name| HEART.contains(&name.as_str())), "{used:?}");
    let tests: Vec<_> =
        table(heart, "dev-dependencies").into_iter().flatten().map(|(name, _)| name).collect();
    // For tests and for benches.
    assert!(tests.iter().all(|name| ["criterion", "proptest"].contains(&name.as_str())), "{tests:?}");
    assert!(table(heart, "build-dependencies").is_none());
}

/// Whoever only balances compiles and trusts no AWS SDK; nor a second TLS stack, nor hickory under its former name.
#[test]
fn what_cargo_builds_by_default_reaches_no_aws_sdk() {
    let lock = read_toml(&workspace().join("Cargo.lock"));
    let packages: Vec<&Table> =
        lock["package"].as_array().into_iter().flatten().filter_map(Value::as_table).collect();
    let name = |package: &Table| package["name"].as_str().unwrap_or_default().to_owned();
    let uses: BTreeMap<String, Vec<String>> =
        packages.iter().map(|package| (name(package), uses(package))).collect();
    let root = read_toml(&workspace().join("Cargo.toml"));
    let default = root["workspace"]["default-members"].as_array().expect("the workspace has default members");
    let mut wanted: Vec<String> = default.iter().filter_map(Value::as_str).map(name_at).collect();
    let mut reached = BTreeSet::new();
    while let Some(next) = wanted.pop() {
        if reached.insert(next.clone()) {
            wanted.extend(uses.get(&next).into_iter().flatten().cloned());
        }
    }
    assert!(reached.contains("weir-core") && reached.len() > 20, "the walk went nowhere: {reached:?}");
    let bad =
        |name: &&String| name.starts_with("aws-") || name.starts_with("trust-dns") || *name == "openssl-sys";
    assert_eq!(reached.iter().find(bad), None);
}

/// One sentence for each dependency: why this one.
#[test]
fn each_dependency_says_why() {
    let root = fs::read_to_string(workspace().join("Cargo.toml")).expect("the workspace has a manifest");
    let section = root.split("[workspace.dependencies]").nth(1).expect("the manifest lists dependencies");
    let section = section.split("\n[").next().unwrap_or_default();
    let mut reason = String::new();
    for line in section.lines() {
        if let Some(comment) = line.strip_prefix("# ") {
            reason = comment.to_owned();
        } else if let Some((name, value)) = line.split_once(" = ") {
            let ours = value.contains("path = ");
            assert!(ours || explains(&reason, name), "Cargo.toml: {name} has no comment that says why");
        }
    }
    for (path, text) in manifests() {
        let lines: Vec<&str> = text.lines().collect();
        for (number, line) in
            lines.iter().enumerate().filter(|(_, line)| line.contains("version = ") || bare(line))
        {
            let above = number.checked_sub(1).map_or("", |above| lines[above]);
            assert!(above.starts_with("# "), "{path}: {line} has no comment that says why");
        }
    }
}

// ------------------------------------------------------------------------------------------------ sources

/// Invariant 1: `Instant` and a draw are arguments.
#[test]
fn the_heart_reads_no_clock_and_touches_nothing() {
    for source in all_sources().iter().filter(|source| source.path.starts_with("lb/core/src/")) {
        source.must_not_name(NOT_IN_THE_HEART);
    }
}

/// Invariant 6: foreign words stop at the door.
#[test]
fn foreign_words_stop_at_the_door() {
    let mut strangers = Vec::new();
    for source in all_sources().iter().filter(|source| !source.path.starts_with("tests/")) {
        for (word, doors) in DOORS {
            if source.names(word) && !doors.iter().any(|door| source.is_at(door)) {
                strangers.push(format!("{} names {word}", source.path));
            }
        }
    }
    assert!(strangers.is_empty(), "{strangers:#?}");
    let gone = DOORS.iter().flat_map(|(_, doors)| *doors).filter(|door| !workspace().join(door).exists());
    assert_eq!(gone.collect::<Vec<_>>(), Vec::<&&str>::new(), "doors that are not there any more");
}

/// Style: `foo.rs` beside `foo/`; nothing half done; no test that nobody runs; files that can be read in one go.
#[test]
fn sources_are_whole_and_of_one_shape() {
    let unfinished = [concat!("to", "do!("), concat!("unimpl", "emented!("), concat!("#[ign", "ore")];
    for source in all_sources() {
        assert!(!source.path.ends_with("/mod.rs"), "{}: name it after its folder, beside it", source.path);
        for word in unfinished {
            assert!(!source.text.contains(word), "{} holds {word}", source.path);
        }
        let lines = source.text.lines().count();
        assert!(
            lines <= LONGEST,
            "{} has {lines} lines, more than {LONGEST}: what would a second name make clearer?",
            source.path
        );
    }
}

/// A path of the machine that something was written on works nowhere else.
#[test]
fn no_text_names_a_path_of_a_build_machine() {
    let paths =
        [concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/Us", "ers/"), concat!("/builds", "/")];
    for (path, text) in text_files() {
        for (number, line) in text.lines().enumerate() {
            let named = paths.iter().find(|machine| starts_a_path(line, machine));
            assert_eq!(named, None, "{path}:{}: {line}", number + 1);
        }
    }
}

/// The kit of these tests links nothing that it tests.
#[test]
fn the_kit_links_nothing_of_weir() {
    let manifests: BTreeMap<_, _> = members().into_iter().collect();
    let used = table(&manifests["weir-tests"], "dependencies").into_iter().flatten();
    let ours: Vec<_> = used.map(|(name, _)| name).filter(|name| name.starts_with("weir")).collect();
    assert!(ours.is_empty(), "{ours:?}");
}

// ------------------------------------------------------------------------------------------------ reading

/// All crates of the workspace with their manifests.
fn members() -> Vec<(String, Table)> {
    let parse = |(path, text): (String, String)| {
        let manifest: Table = text.parse().unwrap_or_else(|error| panic!("{path}: {error}"));
        let name = manifest["package"]["name"].as_str().expect("a crate has a name").to_owned();
        (name, manifest)
    };
    manifests().into_iter().map(parse).collect()
}

/// The manifests of the members: their paths and texts.
fn manifests() -> Vec<(String, String)> {
    let root = read_toml(&workspace().join("Cargo.toml"));
    let members = root["workspace"]["members"].as_array().expect("the workspace lists its members");
    let read = |member: &str| {
        let path = format!("{member}/Cargo.toml");
        let text =
            fs::read_to_string(workspace().join(&path)).unwrap_or_else(|error| panic!("{path}: {error}"));
        (path, text)
    };
    members.iter().filter_map(Value::as_str).map(read).collect()
}

fn name_at(member: &str) -> String {
    let manifest = read_toml(&workspace().join(member).join("Cargo.toml"));
    manifest["package"]["name"].as_str().expect("a crate has a name").to_owned()
}

/// Names of the dependencies of all kinds.
fn dependencies(manifest: &Table) -> Vec<String> {
    let kinds = ["dependencies", "dev-dependencies", "build-dependencies"];
    let tables = kinds.into_iter().filter_map(|kind| table(manifest, kind));
    tables.flatten().map(|(name, _)| name.clone()).collect()
}

fn table<'a>(manifest: &'a Table, kind: &str) -> Option<&'a Table> {
    manifest.get(kind).and_then(Value::as_table)
}

/// What a package of the lock file uses. Entries are `name`, or `name version` where there are several.
fn uses(package: &Table) -> Vec<String> {
    let entries = package.get("dependencies").and_then(Value::as_array).into_iter().flatten();
    let names = entries.filter_map(Value::as_str).filter_map(|entry| entry.split(' ').next());
    names.map(str::to_owned).collect()
}

fn read_toml(path: &Path) -> Table {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.parse().unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Whether a comment's head (`tokio: …`, `netlink-*: …`, `serde, toml: …`) is about this dependency.
fn explains(comment: &str, name: &str) -> bool {
    let head = comment.split(':').next().unwrap_or_default();
    head.split([',', ' ', '(']).map(|word| word.trim_end_matches(['*', '-'])).any(|word| {
        let family = name.strip_prefix(word).is_some_and(|rest| rest.starts_with('-'));
        !word.is_empty() && (word == name || family)
    })
}

/// `name = "1"`, a dependency without the workspace's version.
fn bare(line: &str) -> bool {
    line.split_once(" = \"").is_some_and(|(_, rest)| rest.starts_with(|first: char| first.is_ascii_digit()))
}

/// Whether a line holds an absolute path that starts with this one: `/srv/usr/x` does not start with `/usr/`.
fn starts_a_path(line: &str, machine: &str) -> bool {
    let before = |at: usize| line[..at].chars().next_back();
    line.match_indices(machine)
        .any(|(at, _)| before(at).is_none_or(|c| !c.is_ascii_alphanumeric() && !"._-}".contains(c)))
}
