//! The manual's page knows every key that the reader knows.

use std::fs;
use std::path::Path;

use super::super::TABLES;

#[test]
fn the_manual_lists_every_table_and_every_key() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/configuration.md");
    let page = fs::read_to_string(path).expect("the manual's page");
    for table in TABLES {
        let heading = if table.path.is_empty() {
            "\n## The top of the file\n".to_owned()
        } else {
            format!("\n## `{}`\n", table.header)
        };
        let (_, section) = page.split_once(&heading).unwrap_or_else(|| panic!("no heading {heading}"));
        let section = section.split("\n## ").next().unwrap_or_default();
        for key in table.keys {
            assert!(section.contains(&format!("| `{key}` |")), "{} has no row for `{key}`", table.header);
        }
        let rows = section.lines().filter(|line| line.starts_with("| `")).count();
        assert_eq!(rows, table.keys.len(), "{} has rows for keys that nobody reads", table.header);
    }
}
