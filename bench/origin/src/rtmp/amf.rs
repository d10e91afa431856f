//! AMF0, the values of RTMP commands ("Action Message Format -- AMF 0", 2007).
//!
//! Bounds: values nest at most `MAX_DEPTH` deep and are at most `MAX_VALUES` per message, so that a short message cannot
//! ask for much memory or stack.

use bytes::{Buf, BufMut, BytesMut};
use thiserror::Error;

/// How deep values may nest; `connect` needs two levels.
pub(crate) const MAX_DEPTH: usize = 8;
/// How many values one message may hold; `connect` has some twenty.
pub(crate) const MAX_VALUES: usize = 512;

/// A value. Types that no player sends in a command (dates, references, XML) are refused.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Number(f64),
    Boolean(bool),
    Text(String),
    /// An object, or an ECMA array, which is written differently and means the same.
    Object(Vec<(String, Value)>),
    List(Vec<Value>),
    Null,
}

/// Why bytes are no AMF0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum AmfError {
    #[error("the value ends early")]
    Short,
    #[error("a value of type {0:#04x}")]
    Unknown(u8),
    #[error("values nested deeper than {MAX_DEPTH}")]
    TooDeep,
    #[error("more than {MAX_VALUES} values")]
    TooMany,
}

impl Value {
    /// The text, if it is one.
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The number, if it is one.
    pub(crate) fn number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// A field of an object.
    pub(crate) fn field(&self, name: &str) -> Option<&Value> {
        match self {
            Self::Object(fields) => fields.iter().find(|(key, _)| key == name).map(|(_, value)| value),
            _ => None,
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

/// An object of these fields.
pub(crate) fn object<const N: usize>(fields: [(&str, Value); N]) -> Value {
    Value::Object(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

/// Reads every value of a message.
pub(crate) fn read(mut bytes: &[u8]) -> Result<Vec<Value>, AmfError> {
    let mut left = MAX_VALUES;
    let mut values = Vec::new();
    while !bytes.is_empty() {
        values.push(value(&mut bytes, 0, &mut left)?);
    }
    Ok(values)
}

/// Appends values.
pub(crate) fn write(out: &mut BytesMut, values: &[Value]) {
    for value in values {
        match value {
            Value::Number(number) => {
                out.put_u8(0);
                out.put_f64(*number);
            }
            Value::Boolean(truth) => out.put_slice(&[1, u8::from(*truth)]),
            Value::Text(text) => {
                out.put_u8(2);
                write_name(out, text);
            }
            Value::Object(fields) => {
                out.put_u8(3);
                for (name, value) in fields {
                    write_name(out, name);
                    write(out, std::slice::from_ref(value));
                }
                out.put_slice(&[0, 0, 9]);
            }
            Value::List(values) => {
                out.put_u8(10);
                out.put_u32(u32::try_from(values.len()).unwrap_or(u32::MAX));
                write(out, values);
            }
            Value::Null => out.put_u8(5),
        }
    }
}

fn value(bytes: &mut &[u8], depth: usize, left: &mut usize) -> Result<Value, AmfError> {
    if depth == MAX_DEPTH {
        return Err(AmfError::TooDeep);
    }
    *left = left.checked_sub(1).ok_or(AmfError::TooMany)?;
    match byte(bytes)? {
        0 => bytes.try_get_f64().map(Value::Number).map_err(|_| AmfError::Short),
        1 => Ok(Value::Boolean(byte(bytes)? != 0)),
        2 => name(bytes).map(Value::Text),
        3 => fields(bytes, depth, left),
        5 | 6 => Ok(Value::Null),
        8 => {
            // The count of an ECMA array is a hint that writers get wrong; the end mark counts.
            length32(bytes)?;
            fields(bytes, depth, left)
        }
        10 => {
            let count = length32(bytes)?;
            if count > *left {
                return Err(AmfError::TooMany);
            }
            (0..count).map(|_| value(bytes, depth + 1, left)).collect::<Result<_, _>>().map(Value::List)
        }
        12 => {
            let length = length32(bytes)?;
            text(bytes, length).map(Value::Text)
        }
        other => Err(AmfError::Unknown(other)),
    }
}

fn fields(bytes: &mut &[u8], depth: usize, left: &mut usize) -> Result<Value, AmfError> {
    let mut fields = Vec::new();
    loop {
        if let Some(rest) = bytes.strip_prefix(&[0, 0, 9]) {
            *bytes = rest;
            return Ok(Value::Object(fields));
        }
        let name = name(bytes)?;
        fields.push((name, value(bytes, depth + 1, left)?));
    }
}

fn byte(bytes: &mut &[u8]) -> Result<u8, AmfError> {
    bytes.try_get_u8().map_err(|_| AmfError::Short)
}

fn length32(bytes: &mut &[u8]) -> Result<usize, AmfError> {
    let length = bytes.try_get_u32().map_err(|_| AmfError::Short)?;
    usize::try_from(length).map_err(|_| AmfError::Short)
}

fn name(bytes: &mut &[u8]) -> Result<String, AmfError> {
    let length = bytes.try_get_u16().map_err(|_| AmfError::Short)?;
    text(bytes, usize::from(length))
}

/// Text of other encodings is read with replacement characters: it will not match any name.
fn text(bytes: &mut &[u8], length: usize) -> Result<String, AmfError> {
    let (text, rest) = bytes.split_at_checked(length).ok_or(AmfError::Short)?;
    *bytes = rest;
    Ok(String::from_utf8_lossy(text).into_owned())
}

/// Writes what fits 16 bits of length. All we write is our own and short, but for names echoed to the peer, which came
/// with such a length; replacement characters may have made them longer. Cut at a byte: the peer sent no text anyway.
fn write_name(out: &mut BytesMut, text: &str) {
    let text = &text.as_bytes()[..text.len().min(usize::from(u16::MAX))];
    out.put_u16(u16::try_from(text.len()).unwrap_or(u16::MAX));
    out.put_slice(text);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Vec<Value> {
        vec![
            "connect".into(),
            1.0.into(),
            object([
                ("app", "live".into()),
                ("fpad", Value::Boolean(false)),
                ("deep", object([("list", Value::List(vec![Value::Null, 2.5.into()]))])),
            ]),
        ]
    }

    #[test]
    fn what_is_written_is_read() {
        let mut out = BytesMut::new();
        write(&mut out, &sample());
        assert_eq!(read(&out), Ok(sample()));
        for end in 0..out.len() {
            if let Ok(values) = read(&out[..end]) {
                assert_eq!(values, sample()[..values.len()]);
            }
        }
    }

    #[test]
    fn arrays_by_name_and_long_text_are_read() {
        let array = [8, 0, 0, 0, 99, 0, 1, b'a', 5, 0, 0, 9];
        assert_eq!(read(&array), Ok(vec![object([("a", Value::Null)])]));
        assert_eq!(read(&[12, 0, 0, 0, 1, b'x']), Ok(vec!["x".into()]));
    }

    #[test]
    fn each_bound_is_an_error() {
        assert_eq!(read(&[10, 0, 0, 0, 1].repeat(20)), Err(AmfError::TooDeep));
        assert_eq!(read(&[5].repeat(513)), Err(AmfError::TooMany));
        assert_eq!(read(&[10, 255, 255, 255, 255]), Err(AmfError::TooMany));
        assert_eq!(read(&[2, 0, 9, b'x']), Err(AmfError::Short));
        assert_eq!(read(&[11]), Err(AmfError::Unknown(11)));
    }
}
