//! Operators' orders outlive the process: a file in the state directory, replaced whole and atomically.
//!
//! An end is a time of the wall clock here, since an `Instant` means nothing to the next process. What the file says
//! counts before what the state says: an order is written first, and applied only once it is safe.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use weir_core::{Directive, InterfaceName, Order};

/// The name of the file within the state directory.
const FILE: &str = "directives.json";

/// The orders in force, and the file that holds them.
#[derive(Debug)]
pub struct OrderBook {
    path: PathBuf,
    stored: BTreeMap<String, Stored>,
}

/// An order as the file holds it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    directive: String,
    reason: String,
    /// Seconds since 1970.
    expires_at: Option<u64>,
}

/// Why the orders could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum OrdersError {
    /// The state directory cannot be made.
    #[error(
        "cannot make the state directory {path}; make it writable, or set [node] state_dir to a folder that is"
    )]
    Folder {
        /// Which directory.
        path: PathBuf,
        /// What the kernel said.
        source: io::Error,
    },
    /// The file cannot be read.
    #[error("cannot read the directives in {path}")]
    Read {
        /// Which file.
        path: PathBuf,
        /// What the kernel said.
        source: io::Error,
    },
    /// The file holds something else.
    #[error("{path} does not hold directives; move it away, and the interfaces are automatic again")]
    Malformed {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// The file cannot be written.
    #[error("cannot write the directives to {path}")]
    Write {
        /// Which file.
        path: PathBuf,
        /// What the kernel said.
        source: io::Error,
    },
}

impl OrderBook {
    /// Opens the book of a state directory, which is made if it is missing.
    ///
    /// # Errors
    /// When the directory cannot be made or the file in it cannot be read; a missing file is an empty book.
    pub fn open(state_dir: &Path) -> Result<Self, OrdersError> {
        fs::create_dir_all(state_dir)
            .map_err(|source| OrdersError::Folder { path: state_dir.to_owned(), source })?;
        let path = state_dir.join(FILE);
        let stored = match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .map_err(|source| OrdersError::Malformed { path: path.clone(), source })?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => BTreeMap::new(),
            Err(source) => return Err(OrdersError::Read { path, source }),
        };
        let book = Self { path, stored };
        // Written back at once, so that a folder that cannot be written is found now and not during an event.
        book.write()?;
        Ok(book)
    }

    /// The orders that still hold.
    pub fn orders(&self, now: SystemTime) -> Vec<(InterfaceName, Order)> {
        self.stored.iter().filter_map(|(name, stored)| restore(name, stored, now)).collect()
    }

    /// Writes down an order that ends after `lasts`; `Auto` strikes out the one that was there.
    ///
    /// # Errors
    /// When the file cannot be written; then the book is as it was.
    pub fn set(
        &mut self,
        interface: &InterfaceName,
        new: &NewOrder,
        now: SystemTime,
    ) -> Result<Order, OrdersError> {
        let before = self.stored.clone();
        self.stored.retain(|_, stored| stored.remaining(now) != Some(Duration::ZERO));
        self.stored.remove(interface.as_str());
        let stored = Stored {
            directive: new.directive.to_string(),
            reason: new.reason.clone(),
            expires_at: new.lasts.map(|lasts| seconds_since_1970(now + lasts)),
        };
        if new.directive != Directive::Auto {
            self.stored.insert(interface.to_string(), stored);
        }
        if let Err(error) = self.write() {
            self.stored = before;
            return Err(error);
        }
        let until = new.lasts.map(|lasts| Instant::now() + lasts);
        Ok(Order { directive: new.directive, reason: new.reason.clone(), until })
    }

    /// Writes a new file beside the old one, brings it to the disk, and renames it over the old one.
    fn write(&self) -> Result<(), OrdersError> {
        let fail = |source| OrdersError::Write { path: self.path.clone(), source };
        let text = serde_json::to_vec_pretty(&self.stored).map_err(|error| fail(error.into()))?;
        let beside = self.path.with_extension("json.new");
        let write = || {
            let mut file = File::create(&beside)?;
            file.write_all(&text)?;
            file.sync_all()?;
            fs::rename(&beside, &self.path)?;
            // The rename itself is on the disk only once its folder is.
            self.path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
        };
        write().map_err(fail)
    }
}

/// An order as an operator gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewOrder {
    /// What.
    pub directive: Directive,
    /// Why.
    pub reason: String,
    /// For how long; for good, when absent.
    pub lasts: Option<Duration>,
}

impl Stored {
    fn remaining(&self, now: SystemTime) -> Option<Duration> {
        let end = UNIX_EPOCH + Duration::from_secs(self.expires_at?);
        Some(end.duration_since(now).unwrap_or_default())
    }
}

fn restore(name: &str, stored: &Stored, now: SystemTime) -> Option<(InterfaceName, Order)> {
    let remaining = stored.remaining(now);
    if remaining == Some(Duration::ZERO) {
        return None;
    }
    let order = Order {
        directive: stored.directive.parse().ok()?,
        reason: stored.reason.clone(),
        until: remaining.map(|remaining| Instant::now() + remaining),
    };
    Some((name.parse().ok()?, order))
}

fn seconds_since_1970(at: SystemTime) -> u64 {
    at.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn eni0() -> InterfaceName {
        "eni0".parse().expect("a label")
    }

    fn drain(lasts: Option<Duration>) -> NewOrder {
        NewOrder { directive: Directive::Drain, reason: "kernel update".to_owned(), lasts }
    }

    fn folder(test: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("weir-orders-{test}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        folder
    }

    #[test]
    fn an_order_outlives_the_process() {
        let (folder, now) = (folder("outlives"), SystemTime::now());
        let mut book = OrderBook::open(&folder).expect("opens");
        book.set(&eni0(), &drain(None), now).expect("written");
        let again = OrderBook::open(&folder).expect("opens").orders(now);
        assert_eq!(
            again,
            [(
                eni0(),
                Order { directive: Directive::Drain, reason: "kernel update".to_owned(), until: None }
            )]
        );
        let auto = NewOrder { directive: Directive::Auto, ..drain(None) };
        book.set(&eni0(), &auto, now).expect("written");
        assert!(OrderBook::open(&folder).expect("opens").orders(now).is_empty());
        fs::remove_dir_all(folder).expect("removed");
    }

    #[test]
    fn an_order_that_ended_while_nobody_ran_is_gone() {
        let (folder, now) = (folder("ended"), SystemTime::now());
        let mut book = OrderBook::open(&folder).expect("opens");
        book.set(&eni0(), &drain(Some(Duration::from_secs(60))), now).expect("written");
        let book = OrderBook::open(&folder).expect("opens");
        assert_eq!(book.orders(now + Duration::from_secs(30)).len(), 1);
        assert!(book.orders(now + Duration::from_secs(61)).is_empty());
        fs::remove_dir_all(folder).expect("removed");
    }

    #[test]
    fn a_file_that_holds_something_else_is_refused_and_kept() {
        let folder = folder("malformed");
        fs::create_dir_all(&folder).expect("made");
        fs::write(folder.join(FILE), "not json").expect("written");
        let error = OrderBook::open(&folder).expect_err("it is malformed");
        assert!(matches!(error, OrdersError::Malformed { .. }), "{error}");
        assert_eq!(fs::read_to_string(folder.join(FILE)).expect("still there"), "not json");
        fs::remove_dir_all(folder).expect("removed");
    }
}
