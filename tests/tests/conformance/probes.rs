//! The probes of RFC 8906 section 8, and what each is answered.
//!
//! All of them are answered; nothing that is not understood comes back: no flag, no option, no version. Section 8.3,
//! servers without EDNS, is not about us.

use weir_tests::dig;

use crate::dug;
use crate::servers::Ours;

/// A question by dig, and the answer as [`dug::line`] puts it.
struct Probe {
    /// Where it is in the RFC, and what it is about.
    what: &'static str,
    arguments: &'static str,
    answer: &'static str,
}

const fn probe(what: &'static str, arguments: &'static str, answer: &'static str) -> Probe {
    Probe { what, arguments, answer }
}

/// Answered in full, without EDNS and with it.
const PLAIN: &str = "QUERY NOERROR; qr aa; 1 question, 1 answer, 0 authority; no OPT";
const EDNS: &str = "QUERY NOERROR; qr aa; 1 question, 1 answer, 0 authority; OPT 0";
const SIGNED: &str = "QUERY NOERROR; qr aa; 1 question, 1 answer, 0 authority; OPT 0, do";
/// An unknown version of EDNS: our version, and nothing else.
const BADVERS: &str = "QUERY BADVERS; qr; 1 question, 0 answer, 0 authority; OPT 0";
const BADVERS_SIGNED: &str = "QUERY BADVERS; qr; 1 question, 0 answer, 0 authority; OPT 0, do";

const PROBES: [Probe; 29] = [
    probe("8.1.1 the zone is configured", "+noedns +noad +norec SOA", PLAIN),
    probe(
        "8.1.2 an unknown type",
        "+noedns +noad +norec TYPE1000",
        "QUERY NOERROR; qr aa; 1 question, 0 answer, 1 authority; no OPT",
    ),
    probe(
        "8.1.3.1 CD",
        "+noedns +noad +norec +cd SOA",
        "QUERY NOERROR; qr aa cd; 1 question, 1 answer, 0 authority; no OPT",
    ),
    probe("8.1.3.2 AD", "+noedns +norec +ad SOA", PLAIN),
    probe("8.1.3.3 the reserved bit", "+noedns +noad +norec +zflag SOA", PLAIN),
    probe(
        "8.1.3.4 recursion",
        "+noedns +noad +rec SOA",
        "QUERY NOERROR; qr aa rd; 1 question, 1 answer, 0 authority; no OPT",
    ),
    probe(
        "8.1.4 an unknown opcode",
        "+noedns +noad +norec +opcode=15 +header-only SOA",
        "RESERVED15 NOTIMP; qr; 0 question, 0 answer, 0 authority; no OPT",
    ),
    probe("8.1.5 TCP", "+noedns +noad +norec +tcp SOA", PLAIN),
    probe("8.2.1 EDNS", "+nocookie +edns=0 +noad +norec SOA", EDNS),
    probe("8.2.2 EDNS version 1", "+nocookie +edns=1 +noednsneg +noad +norec SOA", BADVERS),
    probe("8.2.3 an unknown option", "+nocookie +edns=0 +noad +norec +ednsopt=100 SOA", EDNS),
    probe("8.2.4 an unknown flag", "+nocookie +edns=0 +noad +norec +ednsflags=0x40 SOA", EDNS),
    probe(
        "8.2.5 EDNS version 1 with an unknown flag",
        "+nocookie +edns=1 +noednsneg +noad +norec +ednsflags=0x40 SOA",
        BADVERS,
    ),
    probe(
        "8.2.6 EDNS version 1 with an unknown option",
        "+nocookie +edns=1 +noednsneg +noad +norec +ednsopt=100 SOA",
        BADVERS,
    ),
    probe(
        "8.2.7 truncation with EDNS, of a large set, as there are no DNSKEY records",
        "+nocookie +edns=0 +noad +norec +dnssec +bufsize=512 +ignore big TXT",
        "QUERY NOERROR; qr aa tc; 1 question, 0 answer, 0 authority; OPT 0, do",
    ),
    probe("8.2.8 DO", "+nocookie +edns=0 +noad +norec +dnssec SOA", SIGNED),
    probe(
        "8.2.9 EDNS version 1 with DO",
        "+nocookie +edns=1 +noednsneg +noad +norec +dnssec SOA",
        BADVERS_SIGNED,
    ),
    probe(
        "8.2.10 defined options together",
        "+edns=0 +noad +norec +cookie +nsid +expire +subnet=0.0.0.0/0 SOA",
        "QUERY NOERROR; qr aa; 1 question, 1 answer, 0 authority; OPT 0, CLIENT-SUBNET COOKIE NSID",
    ),
    // Beyond the RFC's own: the same things in other company.
    probe(
        "unknown type and flags",
        "+noedns +ad +cd +rec +zflag TYPE1000",
        "QUERY NOERROR; qr aa rd cd; 1 question, 0 answer, 1 authority; no OPT",
    ),
    probe(
        "an unknown opcode with a question and EDNS",
        "+nocookie +edns=0 +noad +norec +opcode=15 SOA",
        "RESERVED15 NOTIMP; qr; 1 question, 0 answer, 0 authority; OPT 0, EDE",
    ),
    probe(
        "an unknown opcode over TCP",
        "+noedns +noad +norec +opcode=15 +header-only +tcp SOA",
        "RESERVED15 NOTIMP; qr; 0 question, 0 answer, 0 authority; no OPT",
    ),
    probe(
        "all unknown at once",
        "+nocookie +edns=0 +ad +rec +cd +zflag +dnssec +ednsflags=0xffff +ednsopt=100:00 +ednsopt=65001:0102 SOA",
        "QUERY NOERROR; qr aa rd cd; 1 question, 1 answer, 0 authority; OPT 0, do",
    ),
    probe(
        "all unknown at once in EDNS version 1",
        "+nocookie +edns=1 +noednsneg +noad +norec +zflag +dnssec +ednsflags=0xffff +ednsopt=100:00 SOA",
        BADVERS_SIGNED,
    ),
    probe("the last version of EDNS", "+nocookie +edns=255 +noednsneg +noad +norec SOA", BADVERS),
    probe("EDNS version 1 over TCP", "+nocookie +edns=1 +noednsneg +noad +norec +tcp SOA", BADVERS),
    probe(
        "defined options in EDNS version 1",
        "+edns=1 +noednsneg +noad +norec +cookie +nsid +expire +subnet=0.0.0.0/0 SOA",
        BADVERS,
    ),
    probe(
        "defined options over TCP",
        "+edns=0 +noad +norec +tcp +cookie +nsid +expire +subnet=192.0.2.0/24 +keepalive +padding=128 SOA",
        "QUERY NOERROR; qr aa; 1 question, 1 answer, 0 authority; OPT 0, CLIENT-SUBNET COOKIE NSID TCP KEEPALIVE",
    ),
    probe("a small size is the smallest", "+nocookie +edns=0 +noad +norec +bufsize=100 SOA", EDNS),
    probe(
        "truncation without EDNS",
        "+noedns +noad +norec +ignore big TXT",
        "QUERY NOERROR; qr aa tc; 1 question, 0 answer, 0 authority; no OPT",
    ),
];

/// Asks them all.
pub(crate) fn ask(ours: &mut Ours) {
    let mut wrong = Vec::new();
    for Probe { what, arguments, answer } in &PROBES {
        let words: Vec<&str> = arguments.split(' ').collect();
        let (options, tail): (Vec<&str>, Vec<&str>) =
            words.into_iter().partition(|word| word.starts_with('+'));
        let (kind, label) = tail.split_last().expect("a probe has a type");
        let name = label.iter().chain(&["stream.test"]).copied().collect::<Vec<_>>().join(".");
        let text = dig::text(ours.address, &[&options[..], &[&name, kind]].concat());
        let line = dug::line(&text);
        if line != *answer {
            wrong.push(format!("{what}: dig {arguments}\n  expected {answer}\n  got      {line}"));
        }
    }
    ours.weir.is_well();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
