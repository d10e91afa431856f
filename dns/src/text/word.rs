//! One word of zone text: a name, a number, a string.

use crate::name::Name;

/// A word as written, its escapes still in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) text: String,
    /// It stood in quotation marks, which are taken off.
    pub(super) quoted: bool,
    /// Nothing parts it from the word before.
    pub(super) joined: bool,
}

impl Word {
    /// The word as a domain name: `@` is the origin, and without a dot at its end it is relative to that.
    pub(super) fn name(&self, origin: &Name) -> Result<Name, String> {
        if self.text == "@" {
            return Ok(origin.clone());
        }
        let bad = |why: &str| format!("\"{}\" is not a domain name: {why}", self.text);
        if !self.text.is_ascii() {
            return Err(bad("letters beyond ASCII are written in their xn-- form"));
        }
        if self.text == "." {
            return Ok(Name::from_labels([]).expect("the root is a name"));
        }
        let mut labels = vec![Vec::new()];
        for (byte, escaped) in unescaped(&self.text).map_err(|why| bad(&why))? {
            match labels.last_mut() {
                Some(label) if byte != b'.' || escaped => label.push(byte),
                _ => labels.push(Vec::new()),
            }
        }
        let absolute = labels.last().is_some_and(Vec::is_empty) && labels.pop().is_some();
        if labels.iter().any(Vec::is_empty) {
            return Err(bad("it has an empty label"));
        }
        let tail = origin.labels().filter(|_| !absolute);
        Name::from_labels(labels.iter().map(Vec::as_slice).chain(tail))
            .ok_or_else(|| bad("a label has at most 63 bytes and a name 255"))
    }

    /// The word as a character string of at most 255 bytes behind its length (RFC 1035 section 3.3).
    pub(super) fn character_string(&self) -> Result<Vec<u8>, String> {
        let bytes: Vec<u8> = unescaped(&self.text)?.into_iter().map(|(byte, _)| byte).collect();
        let length = u8::try_from(bytes.len()).map_err(|_| {
            format!(
                "a string has {} bytes; it may have 255, and longer text is written as several strings",
                bytes.len()
            )
        })?;
        Ok([&[length], bytes.as_slice()].concat())
    }
}

/// A word's bytes, and of each whether it was escaped (RFC 1035 section 5.1: `\.` and `\046`).
pub(super) fn unescaped(text: &str) -> Result<Vec<(u8, bool)>, String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            bytes.push((byte, false));
            continue;
        }
        let first = rest.next().ok_or("a backslash has nothing behind it")?;
        if !first.is_ascii_digit() {
            bytes.push((first, true));
            continue;
        }
        let digits = [first, rest.next().unwrap_or(b' '), rest.next().unwrap_or(b' ')];
        let number =
            std::str::from_utf8(&digits).ok().filter(|text| text.bytes().all(|b| b.is_ascii_digit()));
        let number = number.and_then(|text| text.parse().ok());
        bytes.push((number.ok_or("a backslash and a digit need three digits, at most 255")?, true));
    }
    Ok(bytes)
}
