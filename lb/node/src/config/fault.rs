//! Faults of a configuration, and where they are.

use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;

/// One thing that is wrong in a configuration file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The name of the file.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The key, as a dotted path with indexes from 0 (`pool[0].ttl.min`); empty if the file as a whole is meant.
    pub key: String,
    /// What is wrong and what would be right.
    pub message: String,
}

/// Where something stands: in the configuration file, or in one that it names.
#[derive(Clone, Debug)]
pub(super) struct Place {
    /// The name of the file.
    pub(super) file: Rc<str>,
    /// The line, from 1.
    pub(super) line: usize,
    /// The dotted path.
    pub(super) key: String,
}

/// A value and where it stands.
#[derive(Clone, Debug)]
pub(super) struct At<T> {
    /// Where.
    pub(super) place: Place,
    /// What.
    pub(super) value: T,
}

/// Collects faults. Readers of sections share it, hence the cell: they live within one call of one thread.
pub(super) struct Faults {
    file: Rc<str>,
    list: RefCell<Vec<Fault>>,
}

impl Fault {
    /// A fault at a place.
    pub(super) fn new(place: &Place, message: String) -> Self {
        Self { file: place.file.as_ref().to_owned(), line: place.line, key: place.key.clone(), message }
    }
}

/// `weir.toml:42: pool[0].ttl.min: 40s is longer than max = 30s; make min at most max`
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: ", self.file, self.line)?;
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        f.write_str(&self.message)
    }
}

impl Place {
    /// The file as a whole.
    pub(super) fn whole(file: &Rc<str>) -> Self {
        Self { file: Rc::clone(file), line: 1, key: String::new() }
    }

    /// What somebody who reads at another place is told of this one.
    pub(super) fn seen_from(&self, other: &Self) -> String {
        let here = format!("{}, line {}", self.key, self.line);
        if self.file == other.file { here } else { format!("{here} of {}", self.file) }
    }
}

impl<T> At<T> {
    /// Another value at the same place.
    pub(super) fn map<U>(self, change: impl FnOnce(T) -> U) -> At<U> {
        At { place: self.place, value: change(self.value) }
    }
}

impl Faults {
    /// No fault yet, of the file of this name.
    pub(super) fn new(file: &str) -> Self {
        Self { file: file.into(), list: RefCell::default() }
    }

    /// The name of the file.
    pub(super) fn file(&self) -> &Rc<str> {
        &self.file
    }

    /// Whether none was noted yet.
    pub(super) fn is_empty(&self) -> bool {
        self.list.borrow().is_empty()
    }

    /// Notes a fault at a place, maybe of another file.
    pub(super) fn push(&self, place: &Place, message: impl Into<String>) {
        self.add(Fault::new(place, message.into()));
    }

    /// Notes a fault.
    pub(super) fn add(&self, fault: Fault) {
        self.list.borrow_mut().push(fault);
    }

    /// All faults, those of the file itself first, then file by file, each by line; those of one line in the order in
    /// which they were found.
    pub(super) fn into_sorted(self) -> Vec<Fault> {
        let mut list = self.list.into_inner();
        list.sort_by(|a, b| {
            let is_other = |fault: &Fault| fault.file != *self.file;
            (is_other(a), &a.file, a.line).cmp(&(is_other(b), &b.file, b.line))
        });
        list
    }
}
