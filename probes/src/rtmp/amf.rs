//! AMF0, the values of RTMP commands (Adobe's "Action Message Format -- AMF 0"), as far as servers use it in answers.

#[cfg(test)]
mod tests;

/// How deep objects may be within objects; a command has two.
const MAX_DEPTH: usize = 8;

/// The most values of one message; a command has some twenty.
const MAX_VALUES: usize = 1_000;

/// One value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Number(f64),
    Bool(bool),
    Text(String),
    /// An object or an ECMA array: the difference is of no use here.
    Object(Vec<(String, Value)>),
    /// A strict array.
    List(Vec<Value>),
    /// Null, undefined, and what has no meaning in a command (dates, references).
    Null,
}

/// Why bytes are not AMF0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum AmfError {
    #[error("AMF0 ends within a value")]
    Cut,
    #[error("AMF0 has no type {0:#04x}")]
    UnknownType(u8),
    #[error("AMF0 is nested more than {MAX_DEPTH} deep")]
    TooDeep,
    #[error("AMF0 has more than {MAX_VALUES} values")]
    TooMany,
}

impl Value {
    /// A member of an object.
    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        match self {
            Self::Object(members) => members.iter().find(|(key, _)| key == name).map(|(_, value)| value),
            _ => None,
        }
    }

    /// The text of a text.
    pub(crate) fn text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// The number of a number.
    pub(crate) fn number(&self) -> Option<f64> {
        if let Self::Number(number) = self { Some(*number) } else { None }
    }
}

/// Reads all values of a message.
pub(crate) fn read_all(bytes: &[u8]) -> Result<Vec<Value>, AmfError> {
    let mut reader = Reader { rest: bytes, values: 0 };
    let mut values = Vec::new();
    while !reader.rest.is_empty() {
        values.push(reader.value(0)?);
    }
    Ok(values)
}

/// Appends a value. Texts are the probe's own and short: what is beyond 65,535 bytes is left out.
pub(crate) fn write(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Number(number) => {
            out.push(0);
            out.extend_from_slice(&number.to_be_bytes());
        }
        Value::Bool(bool) => out.extend_from_slice(&[1, u8::from(*bool)]),
        Value::Text(text) => {
            out.push(2);
            write_text(text, out);
        }
        Value::Object(members) => {
            out.push(3);
            for (name, value) in members {
                write_text(name, out);
                write(value, out);
            }
            out.extend_from_slice(&[0, 0, 9]);
        }
        Value::List(values) => {
            out.push(10);
            out.extend_from_slice(&u32::try_from(values.len()).unwrap_or(u32::MAX).to_be_bytes());
            values.iter().for_each(|value| write(value, out));
        }
        Value::Null => out.push(5),
    }
}

fn write_text(text: &str, out: &mut Vec<u8>) {
    let length = u16::try_from(text.len()).unwrap_or(u16::MAX);
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(&text.as_bytes()[..usize::from(length)]);
}

struct Reader<'a> {
    rest: &'a [u8],
    values: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], AmfError> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or(AmfError::Cut)?;
        self.rest = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], AmfError> {
        let (taken, rest) = self.rest.split_first_chunk().ok_or(AmfError::Cut)?;
        self.rest = rest;
        Ok(*taken)
    }

    fn text(&mut self) -> Result<String, AmfError> {
        let length = u16::from_be_bytes(self.array()?);
        self.text_of(usize::from(length))
    }

    fn text_of(&mut self, length: usize) -> Result<String, AmfError> {
        self.take(length).map(|bytes| String::from_utf8_lossy(bytes).into_owned())
    }

    fn value(&mut self, depth: usize) -> Result<Value, AmfError> {
        self.values += 1;
        if self.values > MAX_VALUES {
            return Err(AmfError::TooMany);
        }
        if depth > MAX_DEPTH {
            return Err(AmfError::TooDeep);
        }
        let [kind] = self.array()?;
        Ok(match kind {
            0 => Value::Number(f64::from_be_bytes(self.array()?)),
            1 => Value::Bool(self.array::<1>()? != [0]),
            2 => Value::Text(self.text()?),
            3 => Value::Object(self.members(depth)?),
            5 | 6 => Value::Null,
            // A reference to an earlier object.
            7 => self.take(2).map(|_| Value::Null)?,
            // An ECMA array: a hint of its size, which nobody trusts, and then an object.
            8 => {
                self.take(4)?;
                Value::Object(self.members(depth)?)
            }
            10 => Value::List(self.list(depth)?),
            // A date: milliseconds and an unused time zone.
            11 => self.take(10).map(|_| Value::Null)?,
            // Long strings, and XML in the same form.
            12 | 15 => {
                let length = u32::from_be_bytes(self.array()?);
                Value::Text(self.text_of(usize::try_from(length).map_err(|_| AmfError::Cut)?)?)
            }
            13 => Value::Null,
            // An object with a class name in front.
            16 => {
                self.text()?;
                Value::Object(self.members(depth)?)
            }
            other => return Err(AmfError::UnknownType(other)),
        })
    }

    /// Members up to the end marker, an empty name followed by 9.
    fn members(&mut self, depth: usize) -> Result<Vec<(String, Value)>, AmfError> {
        let mut members = Vec::new();
        loop {
            if let [0, 0, 9, rest @ ..] = self.rest {
                self.rest = rest;
                return Ok(members);
            }
            let name = self.text()?;
            members.push((name, self.value(depth + 1)?));
        }
    }

    /// The count is foreign: nothing is reserved for it.
    fn list(&mut self, depth: usize) -> Result<Vec<Value>, AmfError> {
        let count = u32::from_be_bytes(self.array()?);
        (0..count).map(|_| self.value(depth + 1)).collect()
    }
}
