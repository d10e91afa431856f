//! The data of one record, from its words to its bytes.
//!
//! The types that every zone has are read here, which gives their faults plain words; the rest by hickory, except
//! that any type may be given by its bytes (`\# 4 0a000001`, RFC 3597 section 5).

use std::fmt::Write as _;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use hickory_proto::rr::RecordType;
use hickory_proto::serialize::binary::{BinEncodable, BinEncoder};
use hickory_proto::serialize::txt::Parser;

use super::svcb;
use super::word::Word;
use crate::name::Name;
use crate::record::Type;

/// Types whose data hickory reads, with how many words each has at least and at most.
const READ_BY_HICKORY: [(RecordType, usize, usize); 11] = [
    (RecordType::CAA, 3, 3),
    (RecordType::CERT, 4, usize::MAX),
    (RecordType::CSYNC, 2, usize::MAX),
    (RecordType::HINFO, 2, 2),
    (RecordType::MX, 2, 2),
    (RecordType::NAPTR, 6, 6),
    (RecordType::OPENPGPKEY, 1, usize::MAX),
    (RecordType::SMIMEA, 4, usize::MAX),
    (RecordType::SRV, 4, 4),
    (RecordType::SSHFP, 3, usize::MAX),
    (RecordType::TLSA, 4, usize::MAX),
];

/// Reads a type by its mnemonic or as `TYPE65280`; upper case.
pub(super) fn kind(text: &str) -> Result<Type, String> {
    let kind = match text.strip_prefix("TYPE").map(u16::from_str) {
        Some(Ok(number)) => Type(number),
        // hickory does not know it.
        _ if text == "DNAME" => Type::DNAME,
        _ => RecordType::from_str(text).map(|kind| Type(kind.into())).map_err(|_| {
            format!(
                "\"{text}\" is not a record type; one that is not known by name is written as TYPE29 \\# ..."
            )
        })?,
    };
    if kind.is_meta() {
        return Err(format!("a zone can't hold {text} records"));
    }
    Ok(kind)
}

/// Reads the data of a record of this type.
pub(super) fn read(kind: Type, words: &[Word], origin: &Name) -> Result<Vec<u8>, String> {
    let plain =
        matches!(kind, Type::A | Type::AAAA | Type::CNAME | Type::NS | Type::PTR | Type::SOA | Type::TXT);
    if !plain && words.first().is_some_and(|word| word.text == "\\#" && !word.quoted) {
        let data = generic(&words[1..])?;
        // It is read whenever a name below its owner is asked for.
        return if kind == Type::DNAME { one_name(&data) } else { Ok(data) };
    }
    match kind {
        Type::A => {
            let address = only(kind, words)?;
            let parsed = Ipv4Addr::from_str(address);
            parsed.map(|a| a.octets().to_vec()).map_err(|_| format!("\"{address}\" is not an IPv4 address"))
        }
        Type::AAAA => {
            let address = only(kind, words)?;
            let parsed = Ipv6Addr::from_str(address);
            parsed.map(|a| a.octets().to_vec()).map_err(|_| format!("\"{address}\" is not an IPv6 address"))
        }
        Type::CNAME | Type::DNAME | Type::NS | Type::PTR => {
            only(kind, words)?;
            words[0].name(origin).map(|name| name.as_wire().to_vec())
        }
        Type::TXT if words.is_empty() => Err("TXT records have at least one string".to_owned()),
        Type::TXT => {
            let strings: Result<Vec<_>, _> = words.iter().map(Word::character_string).collect();
            bounded(strings?.concat())
        }
        // Its presence is judged as a fault of its own; what it says does not matter.
        Type::SOA => Ok(Vec::new()),
        Type::SVCB | Type::HTTPS => bounded(svcb::read(kind, words, origin)?),
        other => by_hickory(other, words, origin),
    }
}

/// Reads Base64. hickory does, where it is all of a record's data.
pub(super) fn base64(text: &str) -> Option<Vec<u8>> {
    let word = Word { text: text.to_owned(), quoted: true, joined: false };
    by_hickory(Type(RecordType::OPENPGPKEY.into()), &[word], &Name::from_labels([])?).ok()
}

/// The one word that the data consists of.
fn only(kind: Type, words: &[Word]) -> Result<&str, String> {
    match words {
        [word] => Ok(&word.text),
        _ => Err(format!("{kind} records have exactly one value; this one has {}", words.len())),
    }
}

/// Reads `\# length hex`, the hex digits in any number of words.
fn generic(words: &[Word]) -> Result<Vec<u8>, String> {
    let bad = || "\\# is followed by the number of bytes and as many pairs of hex digits".to_owned();
    let (length, hex) = words.split_first().ok_or_else(bad)?;
    let length: u16 = length.text.parse().map_err(|_| bad())?;
    let digits: Option<Vec<u32>> =
        hex.iter().flat_map(|word| word.text.chars()).map(|c| c.to_digit(16)).collect();
    let digits = digits.filter(|digits| digits.len() == usize::from(length) * 2).ok_or_else(bad)?;
    digits.chunks(2).map(|pair| u8::try_from(pair[0] * 16 + pair[1]).map_err(|_| bad())).collect()
}

/// Data that is one name, in lower case.
fn one_name(data: &[u8]) -> Result<Vec<u8>, String> {
    let name = Name::from_wire(data).ok_or("its data is not one whole domain name")?;
    Ok(name.as_wire().to_vec())
}

fn by_hickory(kind: Type, words: &[Word], origin: &Name) -> Result<Vec<u8>, String> {
    let record_type = RecordType::from(kind.0);
    let Some((_, least, most)) = READ_BY_HICKORY.into_iter().find(|(of, ..)| *of == record_type) else {
        return Err(format!("data of this type is written as TYPE{} \\# length hex", kind.0));
    };
    if !(least..=most).contains(&words.len()) {
        let bound = if least == most { "exactly" } else { "at least" };
        return Err(format!(
            "{record_type} records have {bound} {least} values; this one has {}",
            words.len()
        ));
    }
    let bad = |why: &dyn std::fmt::Display| format!("not data of type {record_type}: {why}");
    let mut line = format!("x 1 IN {record_type}");
    for word in words {
        let written = match word {
            Word { text, quoted: true, .. } => write!(line, " \"{text}\""),
            // hickory takes `@` for an owner only.
            Word { text, .. } if text == "@" => write!(line, " {}", absolute(origin)),
            Word { text, .. } => write!(line, " {text}"),
        };
        written.expect("a String takes every text");
    }
    line.push('\n');
    let origin = hickory_proto::rr::Name::from_labels(origin.labels()).map_err(|error| bad(&error))?;
    let (_, sets) = Parser::new(line, None, Some(origin)).parse().map_err(|error| bad(&error))?;
    let record = sets.values().flat_map(|set| set.records_without_rrsigs()).next();
    let record = record.ok_or_else(|| bad(&"nothing was read"))?;
    let mut bytes = Vec::new();
    record.data.emit(&mut BinEncoder::new(&mut bytes)).map_err(|error| bad(&error))?;
    bounded(bytes)
}

fn absolute(name: &Name) -> String {
    let text = name.to_string();
    if text.ends_with('.') { text } else { text + "." }
}

/// Data has a length of 16 bits on the wire.
fn bounded(data: Vec<u8>) -> Result<Vec<u8>, String> {
    if u16::try_from(data.len()).is_ok() {
        Ok(data)
    } else {
        Err("its data is longer than 65,535 bytes".to_owned())
    }
}
