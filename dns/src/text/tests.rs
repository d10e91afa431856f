//! Zone text: what is read, and the sentence for each thing that can't be.

use weir_core::Ttl;

use super::{TextFault, TextRecord, read};
use crate::kit::Numbers;
use crate::name::Name;
use crate::record::Type;

fn origin() -> Name {
    Name::from_labels([b"z".as_slice(), b"test"]).unwrap()
}

fn parse(text: &str) -> (Vec<TextRecord>, Vec<TextFault>) {
    read(text, &origin(), Ttl::from_secs(60))
}

/// Records as `line owner ttl type hex`.
fn shown(text: &str) -> Vec<String> {
    let (records, faults) = parse(text);
    assert_eq!(faults, [], "{text}");
    let hex = |data: &[u8]| data.iter().map(|b| format!("{b:02x}")).collect::<String>();
    let show =
        |r: TextRecord| format!("{} {} {} {} {}", r.line, r.owner, r.ttl.as_secs(), r.kind, hex(&r.data));
    records.into_iter().map(show).collect()
}

#[test]
fn owners_times_and_origins_carry_over() {
    let text = "a A 10.0.0.1\n\n  IN 5m A 10.0.0.2 ; five minutes\n$TTL 2h\n\tTXT x\n$ORIGIN sub\nb 7 in a 10.0.0.3\n\
                @ NS c\nd.example. A 10.0.0.4\n";
    assert_eq!(
        shown(text),
        [
            "1 a.z.test 60 A 0a000001",
            "3 a.z.test 300 A 0a000002",
            "5 a.z.test 7200 TXT 0178",
            "7 b.sub.z.test 7 A 0a000003",
            "8 sub.z.test 7200 NS 016303737562017a047465737400",
            "9 d.example 7200 A 0a000004",
        ]
    );
}

#[test]
fn parentheses_span_lines_and_quotes_keep_what_they_hold() {
    let text = "a TXT ( \"x ; y\" ; gone\n (\"(\\\"\\065\") )\nb A 10.0.0.1";
    assert_eq!(shown(text), ["1 a.z.test 60 TXT 0578203b207903282241", "3 b.z.test 60 A 0a000001"]);
}

#[test]
fn types_beyond_the_plain_ones_are_read() {
    assert_eq!(shown("a MX 10 @"), ["1 a.z.test 60 MX 000a017a047465737400"]);
    assert_eq!(shown("_s._tcp SRV 1 2 443 b"), ["1 _s._tcp.z.test 60 SRV 0001000201bb0162017a047465737400"]);
    assert_eq!(shown("a CAA 0 issue \"x\""), ["1 a.z.test 60 TYPE257 0005697373756578"]);
    assert_eq!(shown("a TYPE1000 \\# 3 01 0203"), ["1 a.z.test 60 TYPE1000 010203"]);
    assert_eq!(shown("a TYPE1000 \\# 0"), ["1 a.z.test 60 TYPE1000 "]);
    assert_eq!(shown("a DNAME b"), ["1 a.z.test 60 DNAME 0162017a047465737400"]);
    assert_eq!(shown("a TYPE39 B.z.test."), ["1 a.z.test 60 DNAME 0162017a047465737400"]);
    assert_eq!(shown("a DNAME \\# 3 014200"), ["1 a.z.test 60 DNAME 016200"]);
    assert_eq!(shown("a\\.b\\032c A 10.0.0.1"), ["1 a\\.b\\032c.z.test 60 A 0a000001"]);
}

#[test]
fn each_fault_has_its_line_and_its_sentence() {
    let table = [
        ("a A 10.0.0", "\"10.0.0\" is not an IPv4 address"),
        ("a AAAA 10.0.0.1", "\"10.0.0.1\" is not an IPv6 address"),
        ("a A 10.0.0.1 10.0.0.2", "A records have exactly one value; this one has 2"),
        ("a CNAME", "CNAME records have exactly one value; this one has 0"),
        ("a DNAME b c", "DNAME records have exactly one value; this one has 2"),
        ("a DNAME \\# 2 0161", "its data is not one whole domain name"),
        ("a DNAME \\# 4 01610001", "its data is not one whole domain name"),
        ("a TXT", "TXT records have at least one string"),
        ("a MX 10", "MX records have exactly 2 values; this one has 1"),
        ("a MX ten b", "not data of type MX: error parsing number: invalid digit found in string"),
        ("a", "it has no record type"),
        ("a 60 IN", "it has no record type"),
        ("a B 1", "\"B\" is not a record type; one that is not known by name is written as TYPE29 \\# ..."),
        ("a DS 1 2 3 4", "data of this type is written as TYPE43 \\# length hex"),
        ("a TYPE1000 1", "data of this type is written as TYPE1000 \\# length hex"),
        ("a TYPE1000 \\# 2 01", "\\# is followed by the number of bytes and as many pairs of hex digits"),
        ("a ANY 1", "class ANY: only the class IN is served"),
        ("a CH A 10.0.0.1", "class CH: only the class IN is served"),
        ("a AXFR 1", "a zone can't hold AXFR records"),
        ("a 3000000000 A 10.0.0.1", "\"3000000000\" is not a time to live; write seconds, or 5m, 2h, 1d"),
        ("a 5X A 10.0.0.1", "\"5X\" is not a time to live; write seconds, or 5m, 2h, 1d"),
        ("  A 10.0.0.1", "it begins with a blank, and no owner was stated before it"),
        ("a..b A 10.0.0.1", "\"a..b\" is not a domain name: it has an empty label"),
        (
            "bücher A 10.0.0.1",
            "\"bücher\" is not a domain name: letters beyond ASCII are written in their xn-- form",
        ),
        (
            "a\\25 A 10.0.0.1",
            "\"a\\25\" is not a domain name: a backslash and a digit need three digits, at most 255",
        ),
        ("$INCLUDE other", "$INCLUDE is not supported; put all records of the zone into one text"),
        ("$GENERATE 1-2 a A 10.0.0.$", "$GENERATE is not supported; $TTL and $ORIGIN are"),
        ("$TTL", "$TTL needs exactly one value"),
        ("a TXT \"open", "a quotation mark is not closed on its line"),
        ("a TXT )", "a parenthesis is closed that was not opened"),
        ("a TXT ( b", "a parenthesis is never closed"),
    ];
    for (text, expected) in table {
        let (records, faults) = parse(&format!("\n{text}\n"));
        assert_eq!(records, [], "{text}");
        assert_eq!(faults, [TextFault { line: 2, message: expected.to_owned() }], "{text}");
    }
    let long = format!("a TXT {}", "x".repeat(256));
    assert!(parse(&long).1[0].message.starts_with("a string has 256 bytes"));
}

#[test]
fn one_bad_line_hides_no_other() {
    let (records, faults) =
        parse("a A bad\n  A 10.0.0.1\nb..c A 10.0.0.2\n  A 10.0.0.3\nc A 10.0.0.4\nd A worse");
    assert_eq!(records.iter().map(|record| record.line).collect::<Vec<_>>(), [2, 5]);
    // The owner of line 4 is not known, as that of line 3 is not.
    assert_eq!(faults.iter().map(|fault| fault.line).collect::<Vec<_>>(), [1, 3, 4, 6]);
}

#[test]
fn no_text_panics_the_reader() {
    let mut numbers = Numbers(0x5eed);
    let alphabet: Vec<char> = "\n\n  \t();\"\\@$.#*0149azATXNSMH_é\u{0}".chars().collect();
    for _ in 0..3_000 {
        let mut text: Vec<char> = crate::kit::TEXT.chars().collect();
        for _ in 0..=numbers.below(12) {
            let (at, with) = (numbers.below(text.len()), alphabet[numbers.below(alphabet.len())]);
            match numbers.below(3) {
                0 => text[at] = with,
                1 => text.insert(at, with),
                _ => text.truncate(at.max(1)),
            }
        }
        let (records, _) = parse(&text.into_iter().collect::<String>());
        assert!(records.iter().all(|record| record.kind != Type(0)));
    }
}
