//! The sources of the workspace, without what cargo made of them.

use std::fs;
use std::path::Path;

use weir_tests::weir::workspace;

/// A source file.
#[derive(Debug)]
pub(crate) struct Source {
    /// Below the workspace, with slashes.
    pub(crate) path: String,
    /// All of it.
    pub(crate) text: String,
}

impl Source {
    /// Whether its code has this word: comments and tests do not count.
    pub(crate) fn names(&self, word: &str) -> bool {
        self.code().any(|line| line.contains(word))
    }

    /// Fails when its code has one of these words.
    pub(crate) fn must_not_name(&self, words: &[&str]) {
        for line in self.code() {
            let named = words.iter().find(|word| line.contains(*word));
            assert_eq!(named, None, "{}: {line}", self.path);
        }
    }

    /// Whether this is the file, or in the folder, of this path.
    pub(crate) fn is_at(&self, path: &str) -> bool {
        self.path == path || (path.ends_with('/') && self.path.starts_with(path))
    }

    /// Lines of code. Tests stand at the end of a file, or in files named for them.
    fn code(&self) -> impl Iterator<Item = &str> {
        let is_test = self.path.ends_with("tests.rs") || self.path.contains("/tests/");
        let end = self.text.find("#[cfg(test)]\nmod tests {").unwrap_or(self.text.len());
        let code = if is_test { "" } else { &self.text[..end] };
        code.lines().filter(|line| !line.trim_start().starts_with("//"))
    }
}

/// All Rust files of the workspace.
pub(crate) fn all_sources() -> Vec<Source> {
    let files = text_files().into_iter().filter(|(path, _)| path.ends_with(".rs"));
    let sources: Vec<_> = files.map(|(path, text)| Source { path, text }).collect();
    assert!(sources.len() > 50, "only {} sources were found", sources.len());
    sources
}

/// All text files of the workspace: paths and contents.
pub(crate) fn text_files() -> Vec<(String, String)> {
    let mut found = Vec::new();
    walk(&workspace(), "", &mut found);
    found.sort();
    found
}

fn walk(folder: &Path, prefix: &str, found: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).expect("the workspace can be listed").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let (path, relative) = (entry.path(), format!("{prefix}{name}"));
        // What cargo, git, fuzzers and a daemon that was tried here leave behind is not ours.
        let skipped = ["target", ".git", "corpus", "artifacts", "weir-state", "node_modules"];
        if skipped.contains(&name.as_str()) {
            continue;
        }
        if path.is_dir() {
            walk(&path, &format!("{relative}/"), found);
        } else if let Ok(text) = fs::read_to_string(&path) {
            // What is no UTF-8 is no text.
            found.push((relative, text));
        }
    }
}
