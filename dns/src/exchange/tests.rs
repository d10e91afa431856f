//! What options, cookies and limits do to answers, without sockets.

use std::sync::Arc;

use prometheus::Registry;
use weir_core::Publisher;

use super::*;
use crate::kit::{self, question, with_opt};
use crate::policy::{Chaos, DnsPolicy, LimitMode, LimitPolicy, TcpPolicy, Told};

const CLIENT: &str = "203.0.113.9:4000";
const A: u16 = 1;
const TXT: u16 = 16;

struct World {
    answerer: Arc<Answerer>,
    registry: Registry,
    _publisher: Publisher,
}

fn world(policy: DnsPolicy) -> World {
    let mut publisher = Publisher::new();
    publisher.publish(kit::snapshot([1, 1, 1, 1]));
    let registry = Registry::new();
    let answerer = Answerer::with_policy(kit::zones(), publisher.reader(), policy, &registry).unwrap();
    World { answerer, registry, _publisher: publisher }
}

fn unlimited() -> DnsPolicy {
    DnsPolicy { limits: None, ..DnsPolicy::default() }
}

impl World {
    fn try_ask(&self, message: &[u8], transport: Transport) -> Option<Vec<u8>> {
        let answer = self.answerer.reply(message, CLIENT.parse().unwrap(), transport)?;
        assert!(hickory_proto::op::Message::from_vec(&answer).is_ok(), "{answer:x?}");
        Some(answer)
    }

    fn ask(&self, message: &[u8]) -> Vec<u8> {
        self.try_ask(message, Transport::Udp).unwrap()
    }
}

fn live() -> Vec<u8> {
    question(7, 0, "live.stream.test", A)
}

/// A question of class CHAOS.
fn chaos(name: &str, kind: u16) -> Vec<u8> {
    let mut message = question(1, 0, name, kind);
    message.truncate(message.len() - 2);
    message.extend([0, 3]);
    message
}

fn option(code: u16, data: &[u8]) -> Vec<u8> {
    let mut options = Vec::new();
    opt::push(&mut options, code, data);
    options
}

/// Response code, with its upper part.
fn code(answer: &[u8]) -> u16 {
    let upper = Opt::find(answer).map_or(0, |opt| opt.upper);
    u16::from(upper) << 4 | u16::from(answer[3] & 15)
}

fn records(answer: &[u8]) -> u16 {
    u16::from_be_bytes([answer[6], answer[7]])
}

fn options(answer: &[u8]) -> Vec<u8> {
    Opt::find(answer).unwrap().options.to_vec()
}

#[test]
fn nsid_is_told_when_asked_for_and_set() {
    let asks = with_opt(live(), 1232, 0, 0, &option(3, &[]));
    assert_eq!(options(&world(unlimited()).ask(&asks)), []);
    let told = world(DnsPolicy { nsid: Told::new("edge-1"), ..unlimited() });
    assert_eq!(options(&told.ask(&asks)), option(3, b"edge-1"));
    assert_eq!(options(&told.ask(&with_opt(live(), 1232, 0, 0, &[]))), []);
    assert_eq!(Opt::find(&told.ask(&live())), None);
    assert_eq!((Told::new(""), Told::new(vec![0; 129])), (None, None));
}

#[test]
fn a_subnet_comes_back_with_scope_0_or_is_a_format_error() {
    let world = world(unlimited());
    for data in [[0, 1, 24, 0, 192, 0, 2].as_slice(), &[0, 2, 8, 0, 0x20], &[0, 1, 0, 0]] {
        let answer = world.ask(&with_opt(live(), 1232, 0, 0, &option(8, data)));
        assert_eq!((code(&answer), records(&answer), options(&answer)), (0, 2, option(8, data)));
    }
    for data in [
        [0, 1, 24, 24, 192, 0, 2].as_slice(),
        &[0, 9, 8, 0, 1],
        &[0, 0, 0, 0],
        &[0, 1, 8, 0, 1, 2],
        &[0, 1],
        &[],
    ] {
        let answer = world.ask(&with_opt(live(), 1232, 0, 0, &option(8, data)));
        assert_eq!((code(&answer), records(&answer), options(&answer)), (1, 0, vec![]), "{data:?}");
        // Another version's options may mean anything.
        assert_eq!(code(&world.ask(&with_opt(live(), 1232, 1, 0, &option(8, data)))), 16, "{data:?}");
    }
}

#[test]
fn keepalive_is_answered_over_tcp_only() {
    let tcp = TcpPolicy { idle: std::time::Duration::from_secs(25), ..TcpPolicy::default() };
    let world = world(DnsPolicy { tcp, ..unlimited() });
    let asks = with_opt(live(), 1232, 0, 0, &option(11, &[]));
    let answer = world.try_ask(&asks, Transport::Tcp).unwrap();
    assert_eq!(options(&answer), option(11, &[0, 250]));
    assert_eq!(options(&world.ask(&asks)), []);
    let full = with_opt(live(), 1232, 0, 0, &option(11, &[0, 1]));
    assert_eq!(code(&world.try_ask(&full, Transport::Tcp).unwrap()), 1);
    assert_eq!(code(&world.ask(&full)), 0);
}

#[test]
fn failures_say_why_to_clients_with_edns() {
    let world = world(unlimited());
    let table = [
        (chaos("id.server", TXT), 5, 18, ""),
        (chaos("version.bind", 255), 5, 18, ""),
        (chaos("id.server", A), 5, 21, "class"),
        (chaos("live.stream.test", TXT), 5, 21, "class"),
        (question(1, 0, "live.example", A), 5, 20, ""),
        (question(1, 0, "stream.test", 252), 5, 21, "zone transfer"),
        (question(1, 0x2000, "stream.test", A), 4, 21, "opcode"),
        (question(1, 0, "later.stream.test", A), 2, 0, "pool without interface"),
    ];
    for (message, expected, reason, text) in table {
        let answer = world.ask(&with_opt(message.clone(), 1232, 0, 0, &[]));
        let data = [&[0, reason], text.as_bytes()].concat();
        assert_eq!((code(&answer), options(&answer)), (expected, option(15, &data)));
        let plain = world.ask(&message);
        assert_eq!((code(&plain), Opt::find(&plain)), (expected, None));
    }
    let publisher = Publisher::new();
    let starting =
        Answerer::with_policy(kit::zones(), publisher.reader(), unlimited(), &Registry::new()).unwrap();
    let message = with_opt(live(), 1232, 0, 0, &[]);
    let answer = starting.reply(&message, CLIENT.parse().unwrap(), Transport::Udp).unwrap();
    assert_eq!((code(&answer), options(&answer)), (2, option(15, b"\0\x0estarting")));
}

#[test]
fn options_never_make_an_answer_too_long() {
    let world = world(DnsPolicy { nsid: Told::new(vec![b'n'; 128]), ..unlimited() });
    let all = [
        option(3, &[]),
        option(10, &[1; 8]),
        option(8, &[0, 2, 128, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]),
    ]
    .concat();
    let long = format!("{0}.{0}.{0}.{1}.stream.test", "x".repeat(63), "y".repeat(40));
    for (name, kind) in
        [("live.stream.test", A), ("big.stream.test", TXT), (long.as_str(), A), ("a.example", A)]
    {
        for size in [512, 560, 1232] {
            let answer = world.ask(&with_opt(question(1, 0, name, kind), size, 0, 0x8000, &all));
            assert!(answer.len() <= usize::from(size), "{name} {}", answer.len());
            assert!(options(&answer).starts_with(&option(10, &[1; 8])[2..2]), "{name}");
            assert!(options(&answer).len() >= 28 + 132 + 24, "{name}");
        }
    }
}

#[test]
fn what_cant_be_decoded_is_answered_with_an_opt_record_if_it_has_one() {
    let world = world(DnsPolicy { nsid: Told::new("edge-1"), ..unlimited() });
    let none = b"\x12\x34\0\0\0\0\0\0\0\0\0\0".to_vec();
    let pointing = b"\0\0\0\0\0\x01\0\0\0\0\0\0\xc0\x0c\0\x01\0\x01".to_vec();
    for mut message in [none, pointing] {
        for (opcode, expected) in [(0, 1), (0x28, 4)] {
            message[2] = opcode;
            let answer = world.ask(&with_opt(message.clone(), 512, 0, 0x8000, &option(3, &[])));
            let opt = Opt::find(&answer).unwrap();
            assert_eq!((code(&answer), opt.version, opt.dnssec_ok), (expected, 0, true), "{message:x?}");
            assert_eq!(Opt::find(&world.ask(&message)), None, "{message:x?}");
        }
    }
    assert_eq!(options(&world.ask(&with_opt(vec![0; 12], 512, 0, 0, &option(3, &[])))), option(3, b"edge-1"));
    // Options whose lengths do not add up are no OPT record, nor is one that is cut, or of which there are two.
    let one = with_opt(live(), 1232, 0, 0, &[]);
    let two = with_opt(one.clone(), 1232, 0, 0, &[]);
    let torn = with_opt(live(), 1232, 0, 0, &[0, 3, 0, 9]);
    for message in [&one[..one.len() - 1], &two, &torn] {
        let answer = world.ask(message);
        assert_eq!((code(&answer), Opt::find(&answer)), (1, None), "{message:x?}");
    }
}

#[test]
fn an_unknown_version_is_said_before_what_else_is_wrong() {
    let world = world(unlimited());
    let none = b"\x12\x34\0\0\0\0\0\0\0\0\0\0".to_vec();
    let mut beside = live();
    // An address of three bytes.
    beside.extend(b"\0\0\x01\0\x01\0\0\0\0\0\x03abc");
    beside[11] += 1;
    for (message, version, expected) in [(&none, 0, 1), (&none, 1, 16), (&beside, 0, 1), (&beside, 255, 16)] {
        let answer = world.ask(&with_opt(message.clone(), 1232, version, 0, &[]));
        let opt = Opt::find(&answer).unwrap();
        assert_eq!((code(&answer), opt.version, opt.options), (expected, 0, [].as_slice()), "{message:x?}");
    }
    let mut update = none.clone();
    update[2] = 0x28;
    assert_eq!(code(&world.ask(&with_opt(update, 1232, 1, 0, &[]))), 4);
    let two = with_opt(with_opt(none, 1232, 1, 0, &[]), 1232, 0, 0, &[]);
    assert_eq!((code(&world.ask(&two)), world.ask(&two).len()), (1, 12));
    let page = prometheus::TextEncoder::new().encode_to_string(&world.registry.gather()).unwrap();
    let counted = |kind: &str, count: u32| {
        page.lines().any(|line| line.contains(&format!("\"{kind}\"")) && line.ends_with(&format!(" {count}")))
    };
    assert!(counted("badvers", 2) && counted("notimp", 1), "{page}");
}

/// The cookie of an answer.
fn cookie(answer: &[u8]) -> Vec<u8> {
    let options = options(answer);
    assert_eq!(options[..4], [0, 10, 0, 24]);
    options[4..28].to_vec()
}

#[test]
fn a_cookie_is_given_kept_and_asked_for_alone() {
    let world = world(unlimited());
    let with = |message, data: &[u8]| with_opt(message, 1232, 0, 0, &option(10, data));
    let first = world.ask(&with(live(), &[9; 8]));
    let whole = cookie(&first);
    assert_eq!((code(&first), records(&first), &whole[..8]), (0, 2, [9; 8].as_slice()));
    assert_eq!(cookie(&world.ask(&with(live(), &whole))), whole);
    // A wrong one is replaced and the question answered, as nothing is enforced.
    let wrong = [&[8; 8], &whole[8..]].concat();
    let answer = world.ask(&with(live(), &wrong));
    assert_eq!((code(&answer), records(&answer)), (0, 2));
    assert_ne!(cookie(&answer)[8..], whole[8..]);
    // Lengths.
    for length in [0, 7, 9, 15, 41] {
        assert_eq!(code(&world.ask(&with(live(), &vec![1; length]))), 1, "{length}");
    }
    // Without a question.
    let mut none = b"\x12\x34\0\0\0\0\0\0\0\0\0\0".to_vec();
    for (data, expected) in [([9; 8].as_slice(), 0), (&whole, 0), (&wrong, 23)] {
        let answer = world.ask(&with(none.clone(), data));
        assert_eq!(
            (code(&answer), &answer[..2], &answer[4..12]),
            (expected, [0x12, 0x34].as_slice(), [0, 0, 0, 0, 0, 0, 0, 1].as_slice())
        );
        assert_eq!(cookie(&answer)[..8], data[..8]);
    }
    none[2] = 0x20;
    assert_eq!(code(&world.ask(&with(none.clone(), &[9; 8]))), 4);
    none[2] = 0;
    assert_eq!(code(&world.ask(&with_opt(none, 1232, 0, 0, &[]))), 1);
}

#[test]
fn cookies_may_be_off_or_enforced() {
    let with = |data: &[u8]| with_opt(live(), 1232, 0, 0, &option(10, data));
    let off = world(DnsPolicy { cookies: CookiePolicy::Off, ..unlimited() });
    assert_eq!(options(&off.ask(&with(&[9; 8]))), []);
    let strict = world(DnsPolicy { cookies: CookiePolicy::Enforce, ..unlimited() });
    let refused = strict.ask(&with(&[9; 8]));
    assert_eq!((code(&refused), records(&refused)), (23, 0));
    let answer = strict.ask(&with(&cookie(&refused)));
    assert_eq!((code(&answer), records(&answer)), (0, 2));
    assert_eq!(code(&strict.ask(&live())), 0);
    assert_eq!(code(&strict.try_ask(&with(&[9; 8]), Transport::Tcp).unwrap()), 0);
    // Other secrets take the cookie no more.
    strict.answerer.cookies().replace(crate::Secrets::random());
    assert_eq!(code(&strict.ask(&with(&cookie(&refused)))), 23);
}

fn limited(mode: LimitMode) -> DnsPolicy {
    let limits =
        LimitPolicy { answers: 10, negatives: 10, errors: 10, slip: 2, mode, ..LimitPolicy::default() };
    DnsPolicy { limits: Some(limits), ..DnsPolicy::default() }
}

fn counted(world: &World, action: &str) -> u32 {
    let page = prometheus::TextEncoder::new().encode_to_string(&world.registry.gather()).unwrap();
    let line = format!("weir_dns_limited_total{{action=\"{action}\"}} ");
    page.lines().find_map(|text| text.strip_prefix(&line)?.parse().ok()).unwrap()
}

#[test]
fn answers_over_the_limit_are_cut_or_dropped_and_counted() {
    let world = world(limited(LimitMode::Enforce));
    let message = with_opt(live(), 1232, 0, 0x8000, &option(10, &[9; 8]));
    let answers: Vec<Option<Vec<u8>>> = (0..30).map(|_| world.try_ask(&message, Transport::Udp)).collect();
    assert!(answers[..10].iter().all(|answer| answer.as_ref().is_some_and(|answer| records(answer) == 2)));
    for answer in answers[10..].iter().flatten() {
        assert_eq!((answer[2] & 2, records(answer), cookie(answer).len()), (2, 0, 24));
        assert!(Opt::find(answer).unwrap().dnssec_ok);
    }
    assert_eq!(answers.iter().flatten().count(), 20);
    assert_eq!(["truncate", "drop", "dry_run"].map(|action| counted(&world, action)), [10, 10, 0]);
    // TCP, a valid cookie, and another network are answered.
    assert!(world.try_ask(&message, Transport::Tcp).is_some_and(|answer| records(&answer) == 2));
    let proven = option(10, &cookie(answers[0].as_ref().unwrap()));
    assert_eq!(records(&world.ask(&with_opt(live(), 1232, 0, 0, &proven))), 2);
    let other = "198.51.100.1:4000".parse().unwrap();
    assert!(world.answerer.reply(&live(), other, Transport::Udp).is_some());
    // The same limits again keep their count; others begin anew.
    world.answerer.replace_policy(limited(LimitMode::Enforce));
    assert!(world.try_ask(&live(), Transport::Udp).is_none_or(|answer| answer[2] & 2 == 2));
    world.answerer.replace_policy(limited(LimitMode::DryRun));
    assert!((0..30).all(|_| records(&world.ask(&live())) == 2));
    assert!(counted(&world, "dry_run") >= 18);
}

#[test]
fn what_has_no_question_to_ask_again_is_never_cut() {
    let world = world(limited(LimitMode::Enforce));
    let torn = b"\x12\x34\0\0\0\0\0\0\0\0\0\0";
    let answers = (0..30).filter_map(|_| world.try_ask(torn, Transport::Udp));
    assert!(answers.map(|answer| assert_eq!(code(&answer), 1)).count() <= 11);
}

#[test]
fn chaos_names_are_refused_unless_set() {
    let ask = |world: &World, name: &str| world.ask(&chaos(name, TXT));
    let closed = world(unlimited());
    let told = Chaos { id: Told::new("edge-1"), version: Told::new("weir") };
    let open = world(DnsPolicy { chaos: told, ..unlimited() });
    for (name, told) in [
        ("id.server", b"\x06edge-1".as_slice()),
        ("Hostname.Bind", b"\x06edge-1"),
        ("version.bind", b"\x04weir"),
        ("version.server", b"\x04weir"),
    ] {
        assert_eq!(code(&ask(&closed, name)), 5, "{name}");
        let answer = ask(&open, name);
        let end = kit::question_end(&answer);
        let head = [0xc0, 12, 0, 16, 0, 3, 0, 0, 0, 0, 0, u8::try_from(told.len()).unwrap()];
        assert_eq!(answer[end..], [&head, told].concat(), "{name}");
    }
    assert_eq!(code(&ask(&open, "live.stream.test")), 5);
}

#[test]
fn a_class_follows_from_the_response_code() {
    let world = world(unlimited());
    let class = |name: &str, kind| Class::of(&world.ask(&question(1, 0, name, kind)));
    assert_eq!(class("live.stream.test", A), Class::Answer);
    assert_eq!(class("live.stream.test", 65), Class::Answer);
    assert_eq!(class("none.ns1.stream.test", A), Class::Negative);
    assert_eq!(class("live.example", A), Class::Error);
}
