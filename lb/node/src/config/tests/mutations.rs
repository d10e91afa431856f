//! Texts that nobody wrote: whatever is done to a good file, the reader neither panics nor believes half of it.

use std::path::Path;

use proptest::prelude::*;

use super::super::{Config, LoadError};

const REFERENCE: &str = include_str!("../../../weir.toml");

/// What mutations put in place of something else: the words of the file's own grammar.
const SPICE: [&str; 16] = [
    "",
    "\"",
    "\"\"\"",
    "[",
    "]",
    "[[",
    "= ",
    "{",
    "}",
    "-1",
    "99999999999999999999",
    "\n",
    "\u{0}",
    "ö",
    "'",
    ",",
];

/// A small generator (xorshift64*, Vigna 2016), so that a seed in a failure brings the text back.
struct Draws(u64);

impl Draws {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let draw = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 32;
        usize::try_from(draw).expect("32 bits") % bound.max(1)
    }
}

fn mutated(seed: u64) -> String {
    let mut draws = Draws(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let mut lines: Vec<String> = REFERENCE.lines().map(str::to_owned).collect();
    for _ in 0..=draws.below(4) {
        let (at, other) = (draws.below(lines.len()), draws.below(lines.len()));
        match draws.below(5) {
            0 => lines.swap(at, other),
            1 => lines[at].clear(),
            2 => lines[at] = lines[other].clone(),
            3 => {
                let (key, value) = (lines[at].split('=').next(), lines[other].split_once('='));
                let swapped = key.zip(value).map(|(key, (_, value))| format!("{key}={value}"));
                lines[at] = swapped.unwrap_or_default();
            }
            _ => {
                let cut = draws.below(lines[at].len() + 1);
                let cut = (0..=cut).rev().find(|&cut| lines[at].is_char_boundary(cut)).unwrap_or(0);
                let spice = SPICE[draws.below(SPICE.len())];
                lines[at].insert_str(cut, spice);
            }
        }
    }
    lines.join("\n")
}

/// What was believed can be used: the conversions that follow must not panic either.
fn use_it(text: &str) {
    match Config::parse(text, Path::new("/nonexistent"), "weir.toml") {
        Ok(config) => {
            assert_eq!(config.settings().pools.len(), config.pools().len());
            assert!(config.pools().iter().all(|pool| pool.pool.ttl.min() <= pool.pool.ttl.max()));
            assert!(config.needs_restart(&config).is_empty());
            let _ = (config.zones(1), config.discovery());
        }
        Err(faults) => {
            assert!(!faults.is_empty(), "what is not believed has a fault");
            let last = text.lines().count().max(1);
            for fault in &faults {
                assert!(!fault.to_string().is_empty() && (1..=last + 1).contains(&fault.line), "{fault}");
            }
        }
    }
}

#[test]
fn no_mutation_of_the_reference_file_panics_the_reader() {
    let mut believed = 0;
    for seed in 0..6_000 {
        let text = mutated(seed);
        let outcome = std::panic::catch_unwind(|| use_it(&text));
        assert!(outcome.is_ok(), "seed {seed}:\n{text}");
        believed += usize::from(Config::parse(&text, Path::new(""), "weir.toml").is_ok());
    }
    assert!(believed > 100, "mutations are so coarse that only {believed} of them are still configurations");
}

#[test]
fn no_cut_of_the_reference_file_panics_the_reader() {
    let ends = (0..REFERENCE.len()).filter(|&end| REFERENCE.is_char_boundary(end));
    ends.for_each(|end| use_it(&REFERENCE[..end]));
}

proptest! {
    #[test]
    fn no_text_at_all_panics_the_reader(text in "\\PC{0,200}") {
        use_it(&text);
    }

    #[test]
    fn no_value_of_a_known_key_panics_the_reader(table in 0..super::super::TABLES.len(), key in 0_usize..10, value in "[ -~]{0,30}") {
        let table = &super::super::TABLES[table];
        let key = table.keys[key % table.keys.len()];
        let header = table.header.strip_prefix("the top").map_or(table.header, |_| "");
        use_it(&format!("{header}\n{key} = {value}\n"));
        use_it(&format!("{header}\n{key} = {value:?}\n"));
        use_it(&format!("{header}\n{key} = [{value:?}, 1]\n"));
    }
}

#[test]
fn a_file_that_cannot_be_read_brings_advice() {
    let load = |path: &str| Config::load(Path::new(path)).expect_err("it is no configuration").to_string();
    assert_eq!(
        load("/nonexistent/weir.toml"),
        "cannot read /nonexistent/weir.toml; give the path of an existing file with --config"
    );
    assert_eq!(load("/"), "cannot read /; give the path of the file, not of its folder");
    assert_eq!(load("/dev/zero"), "cannot read /dev/zero; a configuration has at most 4 MiB");
    let missing = Config::load(Path::new("/nonexistent/weir.toml"));
    assert!(matches!(missing, Err(LoadError::Read { .. })));
}
