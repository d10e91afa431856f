//! AMF0 as far as a player speaks it: a few values written, and the values of a reply read.

/// How deep objects may nest; what is deeper is damaged.
const MAX_DEPTH: usize = 8;

const NUMBER: u8 = 0;
const BOOLEAN: u8 = 1;
const STRING: u8 = 2;
const OBJECT: u8 = 3;
const NULL: u8 = 5;
const UNDEFINED: u8 = 6;
const ECMA_ARRAY: u8 = 8;
const OBJECT_END: u8 = 9;
const STRICT_ARRAY: u8 = 10;
const DATE: u8 = 11;
const LONG_STRING: u8 = 12;

/// Writes a value after another.
pub(super) trait Write {
    fn number(self, value: f64) -> Self;
    fn string(self, value: &str) -> Self;
    fn null(self) -> Self;
    /// An object of strings.
    fn object(self, properties: &[(&str, &str)]) -> Self;
}

impl Write for Vec<u8> {
    fn number(mut self, value: f64) -> Self {
        self.push(NUMBER);
        self.extend(value.to_be_bytes());
        self
    }

    fn string(mut self, value: &str) -> Self {
        self.push(STRING);
        text(&mut self, value);
        self
    }

    fn null(mut self) -> Self {
        self.push(NULL);
        self
    }

    fn object(mut self, properties: &[(&str, &str)]) -> Self {
        self.push(OBJECT);
        for (name, value) in properties {
            text(&mut self, name);
            self = self.string(value);
        }
        self.extend([0, 0, OBJECT_END]);
        self
    }
}

/// A length in two bytes, then the text, which is cut where it would not fit them.
fn text(out: &mut Vec<u8>, value: &str) {
    let length = u16::try_from(value.len()).unwrap_or(u16::MAX);
    out.extend(length.to_be_bytes());
    out.extend(&value.as_bytes()[..length.into()]);
}

/// A value as a player understands it.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value<'a> {
    Number(f64),
    Text(&'a [u8]),
    Object(Vec<(&'a [u8], Value<'a>)>),
    /// Null, and everything that a player does not look at.
    Other,
}

impl<'a> Value<'a> {
    /// The text of a property.
    pub(super) fn text_of(&self, name: &str) -> Option<&'a [u8]> {
        let Self::Object(properties) = self else { return None };
        properties.iter().find_map(|(key, value)| match value {
            Value::Text(text) if *key == name.as_bytes() => Some(*text),
            _ => None,
        })
    }
}

/// Reads the values of a message up to its end or to the first damage.
pub(super) fn read(bytes: &[u8]) -> Vec<Value<'_>> {
    let mut reader = Reader(bytes);
    std::iter::from_fn(|| reader.value(0)).collect()
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    fn text(&mut self) -> Option<&'a [u8]> {
        let length = u16::from_be_bytes(self.array()?);
        self.take(length.into())
    }

    fn value(&mut self, depth: usize) -> Option<Value<'a>> {
        if depth > MAX_DEPTH {
            return None;
        }
        match self.take(1)?[0] {
            NUMBER => Some(Value::Number(f64::from_be_bytes(self.array()?))),
            BOOLEAN => self.take(1).map(|_| Value::Other),
            STRING => self.text().map(Value::Text),
            OBJECT => self.properties(depth),
            NULL | UNDEFINED => Some(Value::Other),
            // The count is a hint; the end marker counts.
            ECMA_ARRAY => {
                self.take(4)?;
                self.properties(depth)
            }
            STRICT_ARRAY => {
                let count = u32::from_be_bytes(self.array()?);
                // Each value takes a byte at least, so a false count ends with the bytes.
                (0..count).try_for_each(|_| self.value(depth + 1).map(drop)).map(|()| Value::Other)
            }
            DATE => self.take(10).map(|_| Value::Other),
            LONG_STRING => {
                let length = u32::from_be_bytes(self.array()?);
                self.take(usize::try_from(length).ok()?).map(Value::Text)
            }
            _ => None,
        }
    }

    fn properties(&mut self, depth: usize) -> Option<Value<'a>> {
        let mut properties = Vec::new();
        loop {
            let name = self.text()?;
            if name.is_empty() && self.0.first() == Some(&OBJECT_END) {
                self.take(1)?;
                return Some(Value::Object(properties));
            }
            properties.push((name, self.value(depth + 1)?));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Vec<u8> {
        let status = [("level", "error"), ("code", "NetStream.Play.StreamNotFound")];
        Vec::new().string("onStatus").number(4.0).null().object(&status)
    }

    #[test]
    fn what_is_written_reads_back() {
        let bytes = sample();
        let values = read(&bytes);
        assert_eq!(values[..3], [Value::Text(b"onStatus"), Value::Number(4.0), Value::Other]);
        assert_eq!(values[3].text_of("level"), Some(&b"error"[..]));
        assert_eq!(values[3].text_of("none"), None);
    }

    #[test]
    fn nesting_has_a_bound() {
        let bytes: Vec<u8> = [OBJECT, 0, 1, b'a'].repeat(10_000);
        assert!(read(&bytes).is_empty());
    }

    #[test]
    fn damaged_values_never_panic() {
        let sample = sample();
        let arrays =
            [&[ECMA_ARRAY, 0, 0, 0, 1][..], &sample[..], &[STRICT_ARRAY, 255, 255, 255, 255]].concat();
        crate::mutate::damage(14, 20_000, &[&sample, &arrays], |bytes| drop(read(bytes)));
    }
}
