//! Zone text (RFC 1035 section 5) read into records, line by line, so that every fault has its line.
//!
//! hickory's reader takes a whole file, stops at the first fault and does not say where. So the text is cut into
//! entries here, owners, times and classes are read here, and hickory reads the data of one record at a time.
//!
//! Refused: `$INCLUDE` and `$GENERATE` (a zone of weir is one text), classes other than IN.

mod entry;
mod rdata;
mod svcb;
mod word;

use hickory_proto::serialize::txt::parse_ttl;
use weir_core::Ttl;

use crate::name::Name;
use crate::record::{Data, Type};
use word::Word;

/// A record of a zone's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TextRecord {
    pub(crate) line: usize,
    pub(crate) owner: Name,
    pub(crate) kind: Type,
    pub(crate) ttl: Ttl,
    pub(crate) data: Data,
}

/// What is wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TextFault {
    pub(crate) line: usize,
    pub(crate) message: String,
}

/// Reads all records, and all faults of those that can't be read.
pub(crate) fn read(text: &str, origin: &Name, default_ttl: Ttl) -> (Vec<TextRecord>, Vec<TextFault>) {
    let mut reader = Reader { origin: origin.clone(), ttl: default_ttl, owner: None };
    let mut records = Vec::new();
    let mut faults = Vec::new();
    for entry in entry::entries(text) {
        let line = entry.line;
        match entry.words.and_then(|words| reader.entry(line, entry.starts_blank, &words)) {
            Ok(record) => records.extend(record),
            Err(message) => faults.push(TextFault { line, message }),
        }
    }
    (records, faults)
}

/// What carries over from entry to entry.
struct Reader {
    origin: Name,
    ttl: Ttl,
    /// The last stated owner; absent before the first, and after one that could not be read.
    owner: Option<Name>,
}

impl Reader {
    fn entry(
        &mut self,
        line: usize,
        starts_blank: bool,
        words: &[Word],
    ) -> Result<Option<TextRecord>, String> {
        let Some(first) = words.first() else { return Ok(None) };
        if !starts_blank && !first.quoted && first.text.starts_with('$') {
            return self.directive(&first.text, &words[1..]).map(|()| None);
        }
        let words = if starts_blank {
            words
        } else {
            // A later blank owner must not fall back to one before a bad one.
            self.owner = None;
            self.owner = Some(first.name(&self.origin)?);
            &words[1..]
        };
        let owner = self.owner.clone().ok_or("it begins with a blank, and no owner was stated before it")?;
        let (ttl, kind, data) = self.head(words)?;
        let data = rdata::read(kind, data, &self.origin)?;
        Ok(Some(TextRecord { line, owner, kind, ttl, data: data.into() }))
    }

    /// Reads `[ttl] [class] type`, in either order, and returns what follows.
    fn head<'w>(&self, words: &'w [Word]) -> Result<(Ttl, Type, &'w [Word]), String> {
        let mut ttl = self.ttl;
        for (place, word) in words.iter().enumerate() {
            let text = word.text.to_ascii_uppercase();
            if text.starts_with(|c: char| c.is_ascii_digit()) {
                ttl = read_ttl(&text)?;
            } else if matches!(text.as_str(), "CH" | "HS" | "ANY" | "NONE") {
                return Err(format!("class {text}: only the class IN is served"));
            } else if text != "IN" {
                return Ok((ttl, rdata::kind(&text)?, &words[place + 1..]));
            }
        }
        Err("it has no record type".to_owned())
    }

    fn directive(&mut self, directive: &str, arguments: &[Word]) -> Result<(), String> {
        match (directive.to_ascii_uppercase().as_str(), arguments) {
            ("$TTL", [ttl]) => self.ttl = read_ttl(&ttl.text)?,
            ("$ORIGIN", [origin]) => self.origin = origin.name(&self.origin)?,
            ("$TTL" | "$ORIGIN", _) => return Err(format!("{directive} needs exactly one value")),
            ("$INCLUDE", _) => {
                return Err("$INCLUDE is not supported; put all records of the zone into one text".to_owned());
            }
            _ => return Err(format!("{directive} is not supported; $TTL and $ORIGIN are")),
        }
        Ok(())
    }
}

/// Reads `300` or `5m`; at most 2^31 - 1 seconds (RFC 2181 section 8).
fn read_ttl(text: &str) -> Result<Ttl, String> {
    let bad = || format!("\"{text}\" is not a time to live; write seconds, or 5m, 2h, 1d");
    let seconds = parse_ttl(text).map_err(|_| bad())?;
    let ttl = Ttl::from_secs(seconds);
    if ttl.as_secs() == seconds { Ok(ttl) } else { Err(bad()) }
}

#[cfg(test)]
mod tests;
