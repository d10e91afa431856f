//! Every rule with a bad file and the exact words: `tests/bad-config/*.txt`.
//!
//! `WEIR_BLESS=1 cargo test` writes the words anew, for somebody to read in the difference.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use super::sandbox::Sandbox;
use crate::config::Config;

const GOOD: &str = include_str!("../../../tests/bad-config/good.toml");

/// One rule: the block of a file between two empty lines.
struct Rule {
    title: String,
    /// The lines of the edit, with their `-` and `+`.
    edit: Vec<String>,
    /// All other lines.
    expected: Vec<String>,
}

#[test]
fn every_bad_file_is_refused_with_its_exact_words() {
    let sandbox = Sandbox::new();
    let mut count = 0;
    for path in texts() {
        let text = fs::read_to_string(&path).expect("a text of the repository");
        let head: String = text.lines().take_while(|line| line.starts_with("##")).fold(String::new(), append);
        let rules = rules(&text);
        let found: Vec<_> = rules.iter().map(|rule| faults(rule, &sandbox)).collect();
        if std::env::var_os("WEIR_BLESS").is_some() {
            let shown = rules.iter().zip(&found).map(|(rule, found)| format!("\n{}", shown(rule, found)));
            fs::write(&path, head + &shown.collect::<String>()).expect("a text of the repository");
        } else {
            for (rule, found) in rules.iter().zip(&found) {
                assert_eq!(rule.expected, *found, "{}: {}", path.display(), rule.title);
            }
        }
        count += rules.len();
    }
    assert!(count > 100, "only {count} rules were found");
}

#[test]
fn the_good_file_is_good() {
    let sandbox = Sandbox::new();
    Config::parse(GOOD, sandbox.path(), "weir.toml").expect("good.toml has no fault");
}

#[test]
fn all_faults_of_a_file_are_reported_at_once_and_by_line() {
    let sandbox = Sandbox::new();
    let bad = GOOD
        .replace("max = 2", "max = 0")
        .replace("capacity = \"10 Gbit/s\"", "capacity = \"fast\"")
        .replace("hostname = ", "hostnam = ")
        .replace("fall = 3", "fall = \"3\"")
        .replace("interval = \"2s\"", "interval = \"2\"");
    let faults = Config::parse(&bad, sandbox.path(), "weir.toml").expect_err("five lines are bad");
    let keys: Vec<&str> = faults.iter().map(|fault| fault.key.as_str()).collect();
    let expected = [
        "interfaces.max",
        "interface[0].capacity",
        "pool[0].hostname",
        "pool[0].hostnam",
        "pool[0].probe[0].interval",
        "pool[0].probe[0].fall",
    ];
    assert_eq!(keys, expected);
    assert!(faults.is_sorted_by_key(|fault| fault.line));
}

fn texts() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bad-config");
    let entries = fs::read_dir(folder).expect("the folder of the bad files");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("readable").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "txt"));
    paths.sort();
    paths
}

fn rules(text: &str) -> Vec<Rule> {
    let blocks = text.split("\n\n").skip(1);
    let owned = |lines: Vec<&str>| lines.into_iter().map(str::to_owned).collect();
    blocks
        .map(|block| {
            let mut lines = block.lines();
            let title = lines.next().and_then(|line| line.strip_prefix("# ")).expect("a title").to_owned();
            let (edit, expected) = lines.partition(|line| line.starts_with(['-', '+']));
            Rule { title, edit: owned(edit), expected: owned(expected) }
        })
        .collect()
}

/// The faults of the good file with a rule's edit; the test's folder is called `<folder>`.
fn faults(rule: &Rule, sandbox: &Sandbox) -> Vec<String> {
    let text = edited(rule);
    let faults = Config::parse(&text, sandbox.path(), "weir.toml").err().unwrap_or_default();
    let folder = sandbox.path().display().to_string();
    faults.iter().map(|fault| fault.to_string().replace(&folder, "<folder>")).collect()
}

fn edited(rule: &Rule) -> String {
    let mut text = GOOD.to_owned();
    let mut lines = rule.edit.as_slice();
    while !lines.is_empty() {
        let (old, rest) = block(lines, '-');
        let (new, rest) = block(rest, '+');
        lines = rest;
        if old.is_empty() {
            text.push('\n');
            text.push_str(&new);
        } else {
            assert_eq!(text.matches(&old).count(), 1, "{}: good.toml has once\n{old}", rule.title);
            text = text.replace(&old, &new);
        }
    }
    text
}

/// The lines in front that begin with a sign, without it, and what follows them.
fn block(lines: &[String], sign: char) -> (String, &[String]) {
    let count = lines.iter().take_while(|line| line.starts_with(sign)).count();
    let (block, rest) = lines.split_at(count);
    (block.iter().map(|line| &line[1..]).fold(String::new(), append), rest)
}

fn shown(rule: &Rule, faults: &[String]) -> String {
    let mut text = format!("# {}\n", rule.title);
    for line in rule.edit.iter().chain(faults) {
        writeln!(text, "{line}").expect("a string takes all");
    }
    text
}

fn append(text: String, line: &str) -> String {
    text + line + "\n"
}
