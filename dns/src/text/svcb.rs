//! The data of SVCB and HTTPS records (RFC 9460 section 2.1).
//!
//! Not read by hickory: it takes every target for absolute, leaves the escapes in values, and wants parameters in the
//! order that they have on the wire.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use super::rdata;
use super::word::{Word, unescaped};
use crate::name::Name;
use crate::record::Type;

/// The keys that have names, by their numbers (RFC 9460 section 14.3.2).
const KEYS: [&str; 7] = ["mandatory", "alpn", "no-default-alpn", "port", "ipv4hint", "ech", "ipv6hint"];

const MANDATORY: u16 = 0;
const ALPN: u16 = 1;
const NO_DEFAULT_ALPN: u16 = 2;
/// Reserved as the one that nobody has.
const INVALID: u16 = 65535;

/// Values in wire form by keys, which sorts them as the wire wants them.
type Parameters = BTreeMap<u16, Vec<u8>>;

/// Reads priority, target and parameters.
pub(super) fn read(kind: Type, words: &[Word], origin: &Name) -> Result<Vec<u8>, String> {
    let [priority, target, words @ ..] = words else {
        return Err(format!("{kind} records have at least 2 values; this one has {}", words.len()));
    };
    let priority: u16 =
        priority.text.parse().map_err(|_| format!("\"{}\" is not a priority", priority.text))?;
    let parameters = parameters(words)?;
    judge(&parameters)?;
    let mut data = [&priority.to_be_bytes(), target.name(origin)?.as_wire()].concat();
    for (key, value) in parameters {
        let length = u16::try_from(value.len()).map_err(|_| "a value is longer than 65,535 bytes")?;
        data.extend([key.to_be_bytes(), length.to_be_bytes()].concat());
        data.extend(value);
    }
    Ok(data)
}

fn parameters(words: &[Word]) -> Result<Parameters, String> {
    let mut parameters = BTreeMap::new();
    let mut words = words.iter().peekable();
    while let Some(word) = words.next() {
        let (name, text) = match word.text.split_once('=') {
            Some((name, "")) if !word.quoted => {
                let quoted = words.next_if(|next| next.quoted && next.joined);
                (name, quoted.map_or("", |next| &next.text))
            }
            Some(both) => both,
            None => (word.text.as_str(), ""),
        };
        if words.peek().is_some_and(|next| next.joined) {
            return Err(format!("nothing can stand directly behind the value of {name}"));
        }
        let (key, value) = parameter(name, text).map_err(|why| format!("{name}: {why}"))?;
        if parameters.insert(key, value).is_some() {
            return Err(format!("{name} is there twice"));
        }
    }
    Ok(parameters)
}

/// One parameter in wire form; the value of a key that is given by its number is the wire's.
fn parameter(name: &str, text: &str) -> Result<(u16, Vec<u8>), String> {
    let key = key(name)?;
    let value = if KEYS.contains(&name) { value(key, text)? } else { bytes(text)? };
    Ok((key, value))
}

/// The number of a key: by its name, or `key667`.
fn key(name: &str) -> Result<u16, String> {
    let named = (0..).zip(KEYS).find(|(_, of)| *of == name).map(|(number, _)| number);
    let numbered = || {
        let digits = name.strip_prefix("key").filter(|digits| !digits.starts_with('0') || *digits == "0")?;
        // `parse` takes a plus sign.
        let number = digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())??;
        (number != INVALID).then_some(number)
    };
    named
        .or_else(numbered)
        .ok_or_else(|| format!("\"{name}\" is not a key; one that is not known by name is written as key667"))
}

/// The value of a key that has a name. Numbers, addresses and names of keys have no escapes (RFC 9460 sections 7, 8).
fn value(key: u16, text: &str) -> Result<Vec<u8>, String> {
    match KEYS[usize::from(key)] {
        "no-default-alpn" if text.is_empty() => Ok(Vec::new()),
        "no-default-alpn" => Err("it has no value".to_owned()),
        _ if text.is_empty() => Err("it needs a value".to_owned()),
        "mandatory" => {
            let mut keys = text.split(',').map(self::key).collect::<Result<Vec<u16>, _>>()?;
            keys.sort_unstable();
            Ok(keys.into_iter().flat_map(u16::to_be_bytes).collect())
        }
        "alpn" => {
            let items = list(&bytes(text)?);
            let long = |item: &Vec<u8>| {
                let length = u8::try_from(item.len()).ok().filter(|&length| length > 0);
                length.map(|length| [&[length], item.as_slice()].concat())
            };
            let items: Option<Vec<Vec<u8>>> = items.iter().map(long).collect();
            items.map(|items| items.concat()).ok_or("each protocol has 1 to 255 bytes".to_owned())
        }
        "port" if !text.contains(',') => numbers(text, "a port", u16::to_be_bytes),
        "port" => Err("it is one number".to_owned()),
        "ipv4hint" => numbers(text, "an IPv4 address", |address: Ipv4Addr| address.octets()),
        "ipv6hint" => numbers(text, "an IPv6 address", |address: Ipv6Addr| address.octets()),
        // ech; it holds a list of its own.
        _ => rdata::base64(text).ok_or_else(|| format!("\"{text}\" is not Base64")),
    }
}

/// Numbers or addresses between commas, in bytes.
fn numbers<T: FromStr, const LENGTH: usize>(
    text: &str,
    what: &str,
    to_bytes: fn(T) -> [u8; LENGTH],
) -> Result<Vec<u8>, String> {
    let read = |item: &str| item.parse().map(to_bytes).map_err(|_| format!("\"{item}\" is not {what}"));
    Ok(text.split(',').map(read).collect::<Result<Vec<_>, _>>()?.concat())
}

fn bytes(text: &str) -> Result<Vec<u8>, String> {
    Ok(unescaped(text)?.into_iter().map(|(byte, _)| byte).collect())
}

/// What stands between commas. A backslash keeps the byte behind it from being one; these escapes are beneath those of
/// zone text, which are gone here (RFC 9460 appendix A.1).
fn list(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut items = vec![Vec::new()];
    let mut bytes = bytes.iter();
    while let Some(&byte) = bytes.next() {
        match (byte, items.last_mut()) {
            (b'\\', Some(item)) => item.extend(bytes.next()),
            (b',', _) | (_, None) => items.push(Vec::new()),
            (_, Some(item)) => item.push(byte),
        }
    }
    items
}

/// Clients drop what contradicts itself (RFC 9460 sections 2.4.3, 7.1.1 and 8).
fn judge(parameters: &Parameters) -> Result<(), String> {
    if parameters.contains_key(&NO_DEFAULT_ALPN) && !parameters.contains_key(&ALPN) {
        return Err("no-default-alpn needs alpn beside it".to_owned());
    }
    let mandatory = parameters.get(&MANDATORY).map_or(&[][..], |list| list);
    let keys: Vec<u16> = mandatory.chunks_exact(2).map(|two| u16::from_be_bytes([two[0], two[1]])).collect();
    if keys.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err("mandatory: a key is there twice".to_owned());
    }
    match keys.iter().find(|key| **key == MANDATORY || !parameters.contains_key(key)) {
        Some(&MANDATORY) => Err("mandatory: it can't list itself".to_owned()),
        Some(key) => {
            let name = KEYS.get(usize::from(*key)).map_or_else(|| format!("key{key}"), ToString::to_string);
            Err(format!("mandatory: there is no {name}"))
        }
        None => Ok(()),
    }
}
