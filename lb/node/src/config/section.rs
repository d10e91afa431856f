//! Reads typed values out of one table of the file; notes a fault for what is not as it should be, and goes on.

use std::ops::RangeInclusive;
use std::rc::Rc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::fault::{At, Faults, Place};
use super::shape::{self, Table};

/// The text of a file, its name, where its lines begin, and where faults go.
pub(super) struct Source<'a> {
    file: Rc<str>,
    text: &'a str,
    newlines: Vec<usize>,
    faults: &'a Faults,
}

/// One table of the file, which may be absent.
pub(super) struct Section<'a> {
    source: &'a Source<'a>,
    table: &'static Table,
    place: Place,
    values: Option<&'a DeTable<'a>>,
}

impl<'a> Source<'a> {
    /// The text of the file of this name, and the collector of its faults.
    pub(super) fn new(file: Rc<str>, text: &'a str, faults: &'a Faults) -> Self {
        Self { file, text, newlines: text.match_indices('\n').map(|(at, _)| at).collect(), faults }
    }

    /// The line, from 1, of a byte.
    pub(super) fn line(&self, offset: usize) -> usize {
        self.newlines.partition_point(|&newline| newline < offset) + 1
    }

    /// The faults of the file.
    pub(super) fn faults(&self) -> &'a Faults {
        self.faults
    }

    /// The text.
    pub(super) fn text(&self) -> &'a str {
        self.text
    }

    /// The file as a whole.
    pub(super) fn whole(&self) -> Place {
        Place::whole(&self.file)
    }

    fn place(&self, line: usize, key: String) -> Place {
        Place { file: Rc::clone(&self.file), line, key }
    }
}

// ── Tables ───────────────────────────────────────────────────────────────────────────────────────────────────────

impl<'a> Section<'a> {
    /// The top of a file of this shape.
    pub(super) fn root(source: &'a Source<'a>, table: &'static Table, values: &'a DeTable<'a>) -> Self {
        let section = Self { source, table, place: source.whole(), values: Some(values) };
        section.refuse_unknown();
        section
    }

    /// A table within this one, empty if it is absent.
    pub(super) fn section(&self, key: &str) -> Self {
        let found = self.value(key).and_then(|found| match found.value.get_ref() {
            DeValue::Table(values) => Some((found.place, values)),
            other => {
                self.wrong(&found.place, other, &format!("a table, {}", self.child(key).header));
                None
            }
        });
        let (place, values) = found.map_or_else(
            || (self.source.place(self.place.line, self.path(key)), None),
            |(place, values)| (place, Some(values)),
        );
        self.open(key, place, values)
    }

    /// The tables of an array within this one.
    pub(super) fn sections(&self, key: &str) -> Vec<Self> {
        let Some(found) = self.value(key) else { return Vec::new() };
        let header = self.child(key).header;
        let Some(array) = found.value.get_ref().as_array() else {
            self.wrong(&found.place, found.value.get_ref(), &format!("{header} for each"));
            return Vec::new();
        };
        let mut sections = Vec::new();
        for (index, element) in array.iter().enumerate() {
            let place = self.element(key, index, element);
            match element.get_ref() {
                DeValue::Table(values) => sections.push(self.open(key, place, Some(values))),
                other => self.wrong(&place, other, &format!("a table, {header}")),
            }
        }
        sections
    }

    fn open(&self, key: &str, place: Place, values: Option<&'a DeTable<'a>>) -> Self {
        let section = Self { source: self.source, table: self.child(key), place, values };
        section.refuse_unknown();
        section
    }

    fn child(&self, key: &str) -> &'static Table {
        match self.table.path {
            "" => shape::table(key),
            path => shape::table(&format!("{path}.{key}")),
        }
    }

    fn refuse_unknown(&self) {
        for key in self.values.into_iter().flat_map(|values| values.keys()) {
            let name = key.get_ref().as_ref();
            if !self.table.keys.contains(&name) {
                let place = self.source.place(self.source.line(key.span().start), self.path(name));
                self.source.faults.push(&place, self.table.refuse(name));
            }
        }
    }
}

// ── Places and faults ────────────────────────────────────────────────────────────────────────────────────────────

impl<'a> Section<'a> {
    /// Where a key stands; the table's line if it is absent.
    pub(super) fn place_of(&self, key: &str) -> Place {
        let line = self.entry(key).map_or(self.place.line, |(name, _)| self.source.line(name.span().start));
        self.source.place(line, self.path(key))
    }

    /// Where the table itself stands.
    pub(super) fn place(&self) -> &Place {
        &self.place
    }

    /// Whether the file has the key.
    pub(super) fn has(&self, key: &str) -> bool {
        self.entry(key).is_some()
    }

    /// Notes a fault of a key.
    pub(super) fn fault(&self, key: &str, message: impl Into<String>) {
        self.source.faults.push(&self.place_of(key), message);
    }

    /// Notes that a key must not be absent, unless it is there (and was read, or found wrong, by somebody else).
    pub(super) fn require(&self, key: &str, advice: &str) {
        if !self.has(key) {
            self.fault(key, format!("is missing; {advice}"));
        }
    }

    /// How many elements the list of this key has; what is no list counts as one.
    pub(super) fn count(&self, key: &str) -> usize {
        self.entry(key).map_or(0, |(_, value)| value.get_ref().as_array().map_or(1, |list| list.len()))
    }

    /// Whether the file has the key, and a list without elements behind it.
    pub(super) fn is_empty_list(&self, key: &str) -> bool {
        self.has(key) && self.count(key) == 0
    }

    /// The faults of the file.
    pub(super) fn faults(&self) -> &'a Faults {
        self.source.faults
    }

    fn path(&self, key: &str) -> String {
        if self.place.key.is_empty() { key.to_owned() } else { format!("{}.{key}", self.place.key) }
    }

    fn element(&self, key: &str, index: usize, element: &Spanned<DeValue<'_>>) -> Place {
        let line = self.source.line(element.span().start);
        self.source.place(line, format!("{}[{index}]", self.path(key)))
    }

    fn entry(&self, key: &str) -> Option<(&'a Spanned<toml::de::DeString<'a>>, &'a Spanned<DeValue<'a>>)> {
        self.values?.get_key_value(key)
    }

    fn wrong(&self, place: &Place, found: &DeValue<'_>, expected: &str) {
        self.source.faults.push(place, format!("found {}; write {expected}", describe(found)));
    }
}

// ── Values ───────────────────────────────────────────────────────────────────────────────────────────────────────

impl<'a> Section<'a> {
    fn value(&self, key: &str) -> Option<At<&'a Spanned<DeValue<'a>>>> {
        let (_, value) = self.entry(key)?;
        Some(At { place: self.place_of(key), value })
    }

    /// A text; `expected` says what it should be, with an example.
    pub(super) fn text(&self, key: &str, expected: &str) -> Option<At<&'a str>> {
        let found = self.value(key)?;
        match found.value.get_ref() {
            DeValue::String(text) => Some(At { place: found.place, value: text.as_ref() }),
            other => {
                self.wrong(&found.place, other, expected);
                None
            }
        }
    }

    /// A text that `read` makes a value of, or says why not.
    pub(super) fn parsed<T>(
        &self,
        key: &str,
        expected: &str,
        read: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<At<T>> {
        self.text(key, expected).and_then(|text| self.believe(text, read))
    }

    /// A list of texts, each made a value of; wrong ones are left out. Absent is `None`.
    pub(super) fn list<T>(
        &self,
        key: &str,
        expected: &str,
        mut read: impl FnMut(&str) -> Result<T, String>,
    ) -> Option<At<Vec<At<T>>>> {
        let found = self.value(key)?;
        let Some(array) = found.value.get_ref().as_array() else {
            self.wrong(&found.place, found.value.get_ref(), expected);
            return None;
        };
        let mut values = Vec::new();
        for (index, element) in array.iter().enumerate() {
            let place = self.element(key, index, element);
            match element.get_ref() {
                DeValue::String(text) => {
                    values.extend(self.believe(At { place, value: text.as_ref() }, &mut read));
                }
                other => self.wrong(&place, other, "a string"),
            }
        }
        Some(At { place: found.place, value: values })
    }

    /// A whole number within bounds.
    pub(super) fn integer(&self, key: &str, bounds: RangeInclusive<u32>) -> Option<At<u32>> {
        let (low, high) = (bounds.start(), bounds.end());
        let expected = format!("a whole number from {low} to {high}");
        let found = self.value(key)?;
        let DeValue::Integer(integer) = found.value.get_ref() else {
            self.wrong(&found.place, found.value.get_ref(), &expected);
            return None;
        };
        let number = u32::from_str_radix(integer.as_str(), integer.radix()).ok();
        match number.filter(|number| bounds.contains(number)) {
            Some(value) => Some(At { place: found.place, value }),
            None => {
                self.source.faults.push(&found.place, format!("{integer} is not {expected}"));
                None
            }
        }
    }

    /// True or false.
    pub(super) fn truth(&self, key: &str) -> Option<At<bool>> {
        let found = self.value(key)?;
        match found.value.get_ref() {
            DeValue::Boolean(value) => Some(At { place: found.place, value: *value }),
            other => {
                self.wrong(&found.place, other, "true or false");
                None
            }
        }
    }

    /// What was found under a key; the default if the key is absent; nothing if it is there and was found wrong. Rules
    /// about two values need both, so that one mistake is one fault.
    pub(super) fn or_default<T>(&self, key: &str, found: Option<At<T>>, default: T) -> Option<T> {
        match found {
            Some(found) => Some(found.value),
            None => (!self.has(key)).then_some(default),
        }
    }

    /// The line of the file on which the first line of a text stands: the next one after `"""` at a line's end.
    pub(super) fn first_line_of(&self, key: &str) -> usize {
        let Some((_, value)) = self.entry(key) else { return self.place.line };
        let raw = self.source.text.get(value.span()).unwrap_or_default();
        let opened = raw.strip_prefix("\"\"\"").or_else(|| raw.strip_prefix("'''"));
        let breaks = opened.is_some_and(|rest| rest.starts_with('\n') || rest.starts_with("\r\n"));
        self.source.line(value.span().start) + usize::from(breaks)
    }

    /// The line of the file on which a value ends.
    pub(super) fn last_line_of(&self, key: &str) -> usize {
        self.entry(key).map_or(self.place.line, |(_, value)| self.source.line(value.span().end))
    }

    fn believe<T>(&self, text: At<&str>, read: impl FnOnce(&str) -> Result<T, String>) -> Option<At<T>> {
        match read(text.value) {
            Ok(value) => Some(At { place: text.place, value }),
            Err(message) => {
                self.source.faults.push(&text.place, message);
                None
            }
        }
    }
}

/// A value as the person who wrote it would call it.
fn describe(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => format!("the string {text:?}"),
        DeValue::Integer(integer) => format!("the number {integer}"),
        DeValue::Float(float) => format!("the number {float}"),
        DeValue::Boolean(truth) => format!("{truth}"),
        DeValue::Datetime(time) => format!("the date or time {time}"),
        DeValue::Array(_) => "a list".to_owned(),
        DeValue::Table(_) => "a table".to_owned(),
    }
}
