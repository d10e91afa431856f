//! What comes back for which bytes.

use std::net::SocketAddr;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::{A, BOTH, ask, framed, listen, read_framed, receive, udp, word};
use crate::Transport;
use crate::kit::{self, question, question_end, with_opt};
use crate::listener::DnsListener;

const SOA: u16 = 6;
const TXT: u16 = 16;
const RD: u16 = 0x0100;
const QR: u16 = 0x8000;
const AA: u16 = 0x0400;
const TC: u16 = 0x0200;
/// A cookie, a subnet, NSID and keepalive.
const OPTIONS: &[u8] = b"\0\x0a\0\x08abcdefgh\0\x08\0\x07\0\x01\x18\0\xc0\0\x02\0\x03\0\0\0\x0b\0\0";

/// The counts of the four sections.
fn counts(message: &[u8]) -> [u16; 4] {
    [4, 6, 8, 10].map(|at| word(message, at))
}

/// The OPT record at the end of an answer: size, extended code, version, flags.
fn opt(message: &[u8]) -> (u16, u8, u8, u16) {
    let found = crate::opt::Opt::find(message).unwrap();
    let opt = &message[message.len() - 11 - found.options.len()..];
    assert_eq!(opt[..3], [0, 0, 41], "{message:x?}");
    (word(opt, 3), opt[5], opt[6], word(opt, 7))
}

#[tokio::test]
async fn every_probe_of_rfc_8906_section_8_is_answered_over_both_transports() {
    let listener = listen("127.0.0.1:0");
    let soa = |flags| question(0x1234, flags, "stream.test", SOA);
    let cookie_nsid_ecs_expire: &[u8] =
        &[0, 3, 0, 0, 0, 10, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8, 0, 8, 0, 4, 0, 1, 0, 0, 0, 9, 0, 0];
    let unknown_option: &[u8] = &[0, 100, 0, 0];
    let header_only = b"\x12\x34\x78\x00\0\0\0\0\0\0\0\0".to_vec();
    // Question, flags of the answer with its code, answers, and what its OPT record says.
    let table = [
        ("8.1.1 SOA", soa(0), QR | AA, 1, None),
        ("8.1.2 unknown type", question(0x1234, 0, "stream.test", 1000), QR | AA, 0, None),
        ("8.1.3.1 CD", soa(0x0010), QR | AA | 0x0010, 1, None),
        ("8.1.3.2 AD", soa(0x0020), QR | AA, 1, None),
        ("8.1.3.3 reserved bit", soa(0x0040), QR | AA, 1, None),
        ("8.1.3.4 RD", soa(RD), QR | AA | RD, 1, None),
        ("8.1.4 unknown opcode", header_only, QR | 0x7800 | 4, 0, None),
        ("8.2.1 EDNS", with_opt(soa(0), 1232, 0, 0, &[]), QR | AA, 1, Some((1232, 0, 0, 0))),
        ("8.2.2 version 1", with_opt(soa(0), 1232, 1, 0, &[]), QR, 0, Some((1232, 1, 0, 0))),
        (
            "8.2.3 unknown option",
            with_opt(soa(0), 1232, 0, 0, unknown_option),
            QR | AA,
            1,
            Some((1232, 0, 0, 0)),
        ),
        ("8.2.4 unknown flag", with_opt(soa(0), 1232, 0, 0x40, &[]), QR | AA, 1, Some((1232, 0, 0, 0))),
        ("8.2.5 version 1, flag", with_opt(soa(0), 1232, 1, 0x40, &[]), QR, 0, Some((1232, 1, 0, 0))),
        (
            "8.2.6 version 1, option",
            with_opt(soa(0), 1232, 1, 0, unknown_option),
            QR,
            0,
            Some((1232, 1, 0, 0)),
        ),
        ("8.2.7 DO", with_opt(soa(0), 1232, 0, 0x8000, &[]), QR | AA, 1, Some((1232, 0, 0, 0x8000))),
        ("8.2.8 version 1, DO", with_opt(soa(0), 1232, 1, 0x8000, &[]), QR, 0, Some((1232, 1, 0, 0x8000))),
        (
            "8.2.9 several options",
            with_opt(soa(0), 4096, 0, 0, cookie_nsid_ecs_expire),
            QR | AA,
            1,
            Some((1232, 0, 0, 0)),
        ),
        ("an opcode with a question", soa(0x2000), QR | 0x2000 | 4, 0, None),
        (
            "an opcode with EDNS",
            with_opt(soa(0x2000), 512, 0, 0, &[]),
            QR | 0x2000 | 4,
            0,
            Some((1232, 0, 0, 0)),
        ),
    ];
    for (what, message, flags, answers, expected_opt) in table {
        for transport in BOTH {
            let answer = ask(listener.address(), transport, &message).await;
            assert_eq!(word(&answer, 0), 0x1234, "{what} {transport:?}: id");
            assert_eq!(word(&answer, 2), flags, "{what} {transport:?}: flags and code");
            let [questions, answered, _, additional] = counts(&answer);
            assert_eq!(questions, word(&message, 4), "{what} {transport:?}: questions");
            assert_eq!(answered, answers, "{what} {transport:?}: answers");
            assert_eq!(additional, u16::from(expected_opt.is_some()), "{what} {transport:?}: OPT");
            assert_eq!(expected_opt.map(|_| opt(&answer)), expected_opt, "{what} {transport:?}: OPT");
        }
    }
}

#[tokio::test]
async fn what_can_not_be_decoded_is_a_format_error_that_echoes_what_it_can() {
    let listener = listen("127.0.0.1:0");
    let good = question(7, RD, "LIVE.stream.test", A);
    let patched = |at: usize, byte: u8| {
        let mut message = good.clone();
        message[at] = byte;
        message
    };
    let two_opts = with_opt(with_opt(good.clone(), 1232, 0, 0, &[]), 1232, 0, 0, &[]);
    let torn_option = with_opt(good.clone(), 1232, 0, 0, &[0, 100, 0, 9, 1]);
    let table = [
        ("no question", good[..12].iter().copied().chain([]).collect::<Vec<_>>(), false),
        ("QDCOUNT 0", patched(5, 0), false),
        ("QDCOUNT 2", patched(5, 2), false),
        ("QDCOUNT 65281", patched(4, 255), false),
        ("a name that points", patched(12, 0xc0), false),
        ("a torn name", good[..20].to_vec(), false),
        ("a torn question", good[..good.len() - 1].to_vec(), false),
        ("ARCOUNT too high", patched(11, 1), true),
        ("ANCOUNT too high", patched(7, 1), true),
        ("two OPT records", two_opts, true),
        ("a torn option", torn_option, true),
    ];
    for (what, message, echoed) in table {
        for transport in BOTH {
            let answer = ask(listener.address(), transport, &message).await;
            assert_eq!(&answer[..4], &[0, 7, 0x81, 1], "{what} {transport:?}");
            assert_eq!(counts(&answer), [u16::from(echoed), 0, 0, 0], "{what} {transport:?}");
            let expected = if echoed { &good[12..] } else { &[] };
            assert_eq!(&answer[12..], expected, "{what} {transport:?}");
        }
    }
}

#[tokio::test]
async fn the_question_comes_back_as_spelled_and_owners_point_into_it() {
    let listener = listen("127.0.0.1:0");
    for transport in BOTH {
        let message = question(1, 0, "lIvE.StReAm.tEsT", A);
        let answer = ask(listener.address(), transport, &message).await;
        let end = question_end(&answer);
        assert_eq!(answer[12..end], message[12..]);
        assert_eq!(counts(&answer), [1, 2, 0, 0]);
        // Pointer to the question, A, IN, 5 seconds, 4 bytes: twice, and nothing else.
        for record in answer[end..].chunks(16) {
            assert_eq!(record[..12], [0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 5, 0, 4]);
            assert_eq!(record[12..15], [198, 51, 100]);
        }
        // The SOA of a negative answer points to the end of the question's name.
        let message = question(1, 0, "NoNe.ns1.StReAm.tEsT", A);
        let answer = ask(listener.address(), transport, &message).await;
        let end = question_end(&answer);
        assert_eq!(answer[12..end], message[12..]);
        assert_eq!((word(&answer, 2), counts(&answer)), (QR | AA | 3, [1, 0, 1, 0]));
        assert_eq!(answer[end..end + 4], [0xc0, 12 + 9, 0, 6]);
    }
}

#[tokio::test]
async fn an_answer_too_large_for_a_datagram_is_cut_and_whole_over_tcp() {
    let listener = listen("127.0.0.1:0");
    for name in ["big.stream.test", "x.wide.stream.test"] {
        for (message, additional) in [
            (question(3, 0, name, TXT), 0),
            (with_opt(question(3, 0, name, TXT), 512, 0, 0x8000, &[]), 1),
            (with_opt(question(3, 0, name, TXT), 4096, 0, 0x8000, &[]), 1),
        ] {
            let cut = ask(listener.address(), Transport::Udp, &message).await;
            assert_eq!(word(&cut, 2) & TC, TC);
            assert_eq!(counts(&cut), [1, 0, 0, additional]);
            assert_eq!(question_end(&cut) + usize::from(additional) * 11, cut.len());
            if additional == 1 {
                assert_eq!(opt(&cut), (1232, 0, 0, 0x8000));
            }
            let whole = ask(listener.address(), Transport::Tcp, &message).await;
            assert_eq!(word(&whole, 2) & TC, 0);
            let [_, answers, authority, _] = counts(&whole);
            assert!(answers + authority >= 40, "{name}");
        }
    }
}

#[tokio::test]
async fn an_answer_fits_what_the_client_states() {
    let listener = listen("127.0.0.1:0");
    let names = ["live", "www", "sub", "missing", "_acme.live"].map(|name| format!("{name}.stream.test"));
    for name in names {
        for size in [0, 511, 512, 600, 1232, 65_535] {
            let message = with_opt(question(3, 0, &name, A), size, 0, 0, &[]);
            let answer = ask(listener.address(), Transport::Udp, &message).await;
            assert!(answer.len() <= usize::from(size.clamp(512, 1232)));
            assert_eq!((word(&answer, 2) & TC, opt(&answer)), (0, (1232, 0, 0, 0)), "{name} {size}");
        }
    }
}

#[tokio::test]
async fn answers_and_scraps_are_never_answered() {
    let listener = listen("127.0.0.1:0");
    let silent = [question(8, QR, "live.stream.test", A), b"\0\x08\0\0\0\x01".to_vec(), vec![]];
    let good = question(9, 0, "live.stream.test", A);
    let socket = udp(listener.address()).await;
    let mut stream = TcpStream::connect(listener.address()).await.unwrap();
    for message in &silent {
        socket.send(message).await.unwrap();
        stream.write_all(&framed(message)).await.unwrap();
    }
    socket.send(&good).await.unwrap();
    stream.write_all(&framed(&good)).await.unwrap();
    // Each socket is answered in order: the first answer is to the last question.
    assert_eq!(word(&receive(&socket).await, 0), 9);
    assert_eq!(word(&read_framed(&mut stream).await, 0), 9);
}

#[tokio::test]
async fn random_and_torn_messages_never_stop_the_answers() {
    let (answerer, ..) = kit::answerer(kit::unprobed());
    let seeds = [
        question(1, RD, "live.stream.test", A),
        question(1, 0, "a.b.wild.stream.test", TXT),
        with_opt(
            question(1, 0, "x.wide.stream.test", 255),
            4096,
            0,
            0x8000,
            &[0, 10, 0, 2, 1, 2, 0, 8, 0, 0],
        ),
        question(1, 0x2800, "stream.test", SOA),
        with_opt(question(1, 0, "live.stream.test", A), 1232, 0, 0, OPTIONS),
        with_opt(b"\0\x01\0\0\0\0\0\0\0\0\0\0".to_vec(), 1232, 0, 0, OPTIONS),
    ];
    let client: SocketAddr = "203.0.113.9:4000".parse().unwrap();
    let listener = DnsListener::bind("127.0.0.1:0".parse().unwrap(), answerer.clone()).unwrap();
    let socket = udp(listener.address()).await;
    for seed in 1..=20_000_u64 {
        let mut numbers = kit::Numbers(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let mut message = seeds[numbers.below(seeds.len())].clone();
        for _ in 0..numbers.below(8) {
            let at = numbers.below(message.len());
            match numbers.below(4) {
                0 => message[at] = numbers.byte(),
                1 => message[at] ^= 1 << numbers.below(8),
                2 => message.insert(at, numbers.byte()),
                _ => message.truncate(at.max(1)),
            }
        }
        for transport in BOTH {
            let response = answerer.respond(&message, client, transport).await;
            let expected = message.len() >= 12 && message[2] & 0x80 == 0;
            assert_eq!(response.is_some(), expected, "seed {seed}");
            if let Some(response) = response {
                assert_eq!(response[..2], message[..2], "seed {seed}");
                assert!(
                    hickory_proto::op::Message::from_vec(&response).is_ok(),
                    "seed {seed}: {response:x?}"
                );
                assert!(transport == Transport::Tcp || response.len() <= 1232, "seed {seed}");
            }
        }
        if seed % 100 == 0 {
            socket.send(&message).await.unwrap();
        }
    }
    // An answer may be pending for each of the messages before it.
    socket.send(&question(0xffff, 0, "live.stream.test", A)).await.unwrap();
    while word(&receive(&socket).await, 0) != 0xffff {}
}

#[tokio::test]
async fn shares_are_exact_over_the_wire_and_counted() {
    let (answerer, registry, mut publisher) = kit::answerer(kit::snapshot([1, 2, 3, 4]));
    let listener = DnsListener::bind("127.0.0.1:0".parse().unwrap(), answerer.clone()).unwrap();
    let socket = udp(listener.address()).await;
    let message = question(9, 0, "www.stream.test", A);
    for _ in 0..100 {
        socket.send(&message).await.unwrap();
        receive(&socket).await;
    }
    ask(listener.address(), Transport::Tcp, &question(9, 0, "missing.stream.test", A)).await;
    let page = || prometheus::TextEncoder::new().encode_to_string(&registry.gather()).unwrap();
    let handed = kit::handed(&page());
    assert!(handed.iter().sum::<u32>() == 100 && kit::follow(&handed, &[1, 2, 3, 4]), "{}", page());
    assert!(page().contains("weir_dns_queries_total{kind=\"pool\",transport=\"udp\"} 100\n"));
    assert!(page().contains("weir_dns_queries_total{kind=\"negative\",transport=\"tcp\"} 1\n"));

    // An interface that is gone takes its counter along.
    let mut smaller = kit::snapshot([1, 1, 1, 1]);
    smaller.pools[0].members.pop();
    publisher.publish(smaller);
    ask(listener.address(), Transport::Udp, &message).await;
    assert!(!page().contains("eni3") && page().contains("eni2"));
}

#[tokio::test]
async fn other_zones_answer_from_the_next_question_on() {
    let (answerer, ..) = kit::answerer(kit::unprobed());
    let client: SocketAddr = "203.0.113.9:4000".parse().unwrap();
    let message = question(9, 0, "ns1.stream.test", A);
    let before = answerer.respond(&message, client, Transport::Udp).await.unwrap();
    let zones = crate::Zones::build(&[kit::spec("ns1 A 127.0.0.99")], &kit::pool_names(), 8).unwrap();
    answerer.replace_zones(zones);
    let after = answerer.respond(&message, client, Transport::Udp).await.unwrap();
    assert_eq!((before.last(), after.last()), (Some(&11), Some(&99)));
}
