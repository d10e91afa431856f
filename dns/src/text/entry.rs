//! Zone text cut into entries: lines, joined where parentheses say so.

use super::word::Word;

/// An entry of zone text.
#[derive(Debug)]
pub(super) struct Entry {
    /// The line on which it begins, counted from one.
    pub(super) line: usize,
    /// It begins with a blank, so that its owner is that of the entry before.
    pub(super) starts_blank: bool,
    /// Its words, or why it can't be cut into words.
    pub(super) words: Result<Vec<Word>, String>,
}

/// An entry that is being cut.
#[derive(Default)]
struct Cutter {
    words: Vec<Word>,
    /// How many parentheses are open.
    depth: usize,
}

/// Cuts a text into entries, leaving out empty lines and comments.
pub(super) fn entries(text: &str) -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut open: Option<(usize, bool, Cutter)> = None;
    for (line, text) in (1..).zip(text.lines()) {
        let (begun, starts_blank, mut cutter) =
            open.take().unwrap_or_else(|| (line, text.starts_with(char::is_whitespace), Cutter::default()));
        match cutter.cut(text) {
            Ok(()) if cutter.depth > 0 => open = Some((begun, starts_blank, cutter)),
            Ok(()) => entries.push(Entry { line: begun, starts_blank, words: Ok(cutter.words) }),
            Err(message) => entries.push(Entry { line: begun, starts_blank, words: Err(message) }),
        }
    }
    if let Some((line, starts_blank, _)) = open {
        entries.push(Entry { line, starts_blank, words: Err("a parenthesis is never closed".to_owned()) });
    }
    entries.retain(|entry| !matches!(&entry.words, Ok(words) if words.is_empty()));
    entries
}

impl Cutter {
    /// Takes one line.
    fn cut(&mut self, line: &str) -> Result<(), String> {
        let mut chars = line.chars().peekable();
        let mut joined = false;
        while let Some(c) = chars.next() {
            match c {
                ';' => break,
                '(' => {
                    self.depth += 1;
                    joined = false;
                }
                ')' => {
                    let closed = self.depth.checked_sub(1);
                    self.depth = closed.ok_or("a parenthesis is closed that was not opened")?;
                    joined = false;
                }
                '"' => {
                    let mut text = String::new();
                    loop {
                        match chars.next().ok_or("a quotation mark is not closed on its line")? {
                            '"' => break,
                            '\\' => {
                                text.push('\\');
                                text.extend(chars.next());
                            }
                            other => text.push(other),
                        }
                    }
                    self.words.push(Word { text, quoted: true, joined });
                    joined = true;
                }
                c if c.is_whitespace() => joined = false,
                c => {
                    let mut text = String::from(c);
                    if c == '\\' {
                        text.extend(chars.next());
                    }
                    while let Some(c) = chars.next_if(|&c| !c.is_whitespace() && !"();\"".contains(c)) {
                        text.push(c);
                        if c == '\\' {
                            text.extend(chars.next());
                        }
                    }
                    self.words.push(Word { text, quoted: false, joined });
                    joined = true;
                }
            }
        }
        Ok(())
    }
}
