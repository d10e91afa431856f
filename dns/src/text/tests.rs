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
fn names_in_data_are_relative_to_the_origin() {
    let table = [
        ("a CNAME b", "CNAME 0162017a047465737400"),
        ("a DNAME b", "DNAME 0162017a047465737400"),
        ("a NS b", "NS 0162017a047465737400"),
        ("a PTR b", "PTR 0162017a047465737400"),
        ("a MX 1 b", "MX 00010162017a047465737400"),
        ("a MX 1 b.", "MX 0001016200"),
        ("a SRV 1 2 3 b", "SRV 0001000200030162017a047465737400"),
        ("a SRV 1 2 3 @", "SRV 000100020003017a047465737400"),
        (
            "a NAPTR 1 2 s x \"\" b",
            "TYPE35 000100020173017800\
                                        0162017a047465737400",
        ),
        ("a NAPTR 1 2 s x \"\" .", "TYPE35 00010002017301780000"),
        ("a SVCB 0 b", "SVCB 00000162017a047465737400"),
        ("a SVCB 0 @", "SVCB 0000017a047465737400"),
        ("a HTTPS 0 b", "HTTPS 00000162017a047465737400"),
        ("a HTTPS 0 b.", "HTTPS 0000016200"),
        ("a HTTPS 1 .", "HTTPS 000100"),
    ];
    for (text, expected) in table {
        assert_eq!(shown(text), [format!("1 a.z.test 60 {expected}")], "{text}");
    }
}

/// Those of RFC 9460 appendix D.2 among them.
#[test]
fn service_parameters_are_read_in_any_order_and_sorted() {
    let table = [
        ("16 foo.example.org. port=53", "001003666f6f076578616d706c65036f726700 000300020035"),
        ("1 . key667=hello", "000100 029b000568656c6c6f"),
        ("1 . key667=\"hello\\210qoo\"", "000100 029b000968656c6c6fd2716f6f"),
        ("1 . key667=\"a b\\\" (c\"", "000100 029b0007 61206222202863"),
        ("1 . key667", "000100 029b0000"),
        ("1 . key667= key3=\\000\\053", "000100 000300020035 029b0000"),
        (
            "1 . ipv6hint=\"2001:db8::1,2001:db8::53:1\"",
            "000100 0006002020010db800000000000000000000000120010db8000000000000000000530001",
        ),
        (
            "16 . ( ipv4hint=192.0.2.1 alpn=\"h2,h3-19\" mandatory=ipv4hint,alpn )",
            "001000 000000040001 0004 000100090268320568332d3139 00040004c0000201",
        ),
        ("1 . alpn=\"f\\\\\\\\oo\\\\,bar,h2\"", "000100 0001000c08665c6f6f2c626172026832"),
        ("1 . alpn=f\\\\\\092oo\\092,bar,h2", "000100 0001000c08665c6f6f2c626172026832"),
        ("1 . port=\"1\" no-default-alpn alpn=h3", "000100 00010003026833 00020000 000300020001"),
        ("1 . ech=\"AAEC\"", "000100 00050003000102"),
        ("1 . key65534=z mandatory=key65534", "000100 00000002fffe fffe00017a"),
    ];
    for (text, expected) in table {
        let expected = expected.replace(' ', "");
        assert_eq!(shown(&format!("a SVCB {text}")), [format!("1 a.z.test 60 SVCB {expected}")], "{text}");
    }
}

/// Those of RFC 9460 appendix D.3 among them.
#[test]
fn service_parameters_that_clients_would_drop_are_faults() {
    let table = [
        ("1", "SVCB records have at least 2 values; this one has 1"),
        ("one .", "\"one\" is not a priority"),
        ("1 a..b", "\"a..b\" is not a domain name: it has an empty label"),
        ("1 . key123=abc key123=def", "key123 is there twice"),
        ("1 . mandatory", "mandatory: it needs a value"),
        ("1 . alpn=\"\"", "alpn: it needs a value"),
        ("1 . alpn=a,,b", "alpn: each protocol has 1 to 255 bytes"),
        ("1 . port", "port: it needs a value"),
        ("1 . port=65536", "port: \"65536\" is not a port"),
        ("1 . port=1,2", "port: it is one number"),
        ("1 . ipv4hint=192.0.2.1,x", "ipv4hint: \"x\" is not an IPv4 address"),
        ("1 . ipv6hint=192.0.2.1", "ipv6hint: \"192.0.2.1\" is not an IPv6 address"),
        ("1 . ech=\"AA;C\"", "ech: \"AA;C\" is not Base64"),
        ("1 . no-default-alpn=abc alpn=h2", "no-default-alpn: it has no value"),
        ("1 . no-default-alpn", "no-default-alpn needs alpn beside it"),
        ("1 . mandatory=key123", "mandatory: there is no key123"),
        ("1 . mandatory=port alpn=h2", "mandatory: there is no port"),
        ("1 . mandatory=mandatory", "mandatory: it can't list itself"),
        ("1 . mandatory=port,port port=1", "mandatory: a key is there twice"),
        ("1 . alpn=\"h2\"x", "nothing can stand directly behind the value of alpn"),
        ("1 . alpn=h\"2\"", "nothing can stand directly behind the value of alpn"),
        ("1 . key01=a", "key01: \"key01\" is not a key; one that is not known by name is written as key667"),
        (
            "1 . key65535=a",
            "key65535: \"key65535\" is not a key; one that is not known by name is written as key667",
        ),
        ("1 . key667=\\1", "key667: a backslash and a digit need three digits, at most 255"),
    ];
    for (text, expected) in table {
        let (records, faults) = parse(&format!("a SVCB {text}"));
        assert_eq!(records, [], "{text}");
        assert_eq!(faults, [TextFault { line: 1, message: expected.to_owned() }], "{text}");
    }
}

#[test]
fn a_quoted_string_may_begin_directly_behind_a_word() {
    let parted = shown("a TXT v= \"x y\" \"b\" c");
    assert_eq!(shown("a TXT v=\"x y\"\"b\"c"), parted);
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
