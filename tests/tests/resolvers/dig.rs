//! dig, and what it makes of each kind of answer.

use std::collections::BTreeSet;

use weir_tests::dig;
use weir_tests::tools::{Need, needs};

use crate::connections;
use crate::scene::{PUBLIC, Scene};

const DIG: &[Need] = &[Need::Program("dig")];

#[test]
fn dig_is_told_two_addresses_of_a_pool_and_one_of_an_interface() {
    if !needs(DIG) {
        return;
    }
    let scene = Scene::open("");
    for way in ["+notcp", "+tcp"] {
        let text = dig::text(scene.server(), &[way, "live.stream.test", "A"]);
        holds(&text, &["status: NOERROR", "flags: qr aa rd;", "ANSWER: 2,"]);
        let addresses = dig::short(scene.server(), &[way, "live.stream.test", "A"]);
        let distinct: BTreeSet<_> = addresses.iter().map(String::as_str).collect();
        assert_eq!(distinct.len(), 2, "{way}: {addresses:?}");
        assert!(distinct.iter().all(|address| PUBLIC.contains(address)), "{way}: {addresses:?}");
        for (index, public) in PUBLIC.into_iter().enumerate() {
            let name = format!("eni{index}.live.stream.test");
            assert_eq!(dig::short(scene.server_at(index), &[way, &name, "A"]), [public], "{way} {name}");
        }
        let chain = dig::short(scene.server(), &[way, "alias.stream.test", "A"]);
        assert_eq!(chain[..2], ["www.stream.test.", "live.stream.test."], "{way}");
        assert_eq!(chain.len(), 4, "{way}: {chain:?}");
    }
    scene.close();
}

#[test]
fn dig_is_given_a_cookie_that_is_taken_the_next_time() {
    if !needs(DIG) {
        return;
    }
    let scene = Scene::open("cookies = \"enforce\"");
    let ask = |options: &[&str]| dig::text(scene.server(), &[&["live.stream.test", "A"], options].concat());
    let bad = ask(&["+nobadcookie", "+cookie=0011223344556677"]);
    holds(&bad, &["status: BADCOOKIE", "ANSWER: 0,", "COOKIE: 0011223344556677"]);
    let cookie = bad.split("COOKIE: ").nth(1).and_then(|rest| rest.split(' ').next()).expect("a cookie");
    assert_eq!(cookie.len(), 48, "8 bytes of dig's and 16 of weir's: {cookie}");
    let good = ask(&["+nobadcookie", &format!("+cookie={cookie}")]);
    holds(&good, &["status: NOERROR", "ANSWER: 2,", "(good)"]);
    let forged =
        format!("+cookie={}{:08x}", &cookie[..40], u32::from_str_radix(&cookie[40..], 16).unwrap() ^ 1);
    holds(&ask(&["+nobadcookie", &forged]), &["status: BADCOOKIE", "ANSWER: 0,"]);
    // Left to itself, dig asks again with the cookie that it was given.
    holds(&ask(&["+badcookie"]), &["BADCOOKIE, retrying.", "status: NOERROR", "ANSWER: 2,", "(good)"]);
    // Who has no cookies is answered, and a connection is proof enough.
    holds(&ask(&["+nocookie"]), &["status: NOERROR", "ANSWER: 2,"]);
    holds(&ask(&["+tcp", "+nobadcookie"]), &["status: NOERROR", "ANSWER: 2,", "(good)"]);
    scene.close();
}

#[test]
fn dig_gets_the_options_that_it_asks_for_and_no_others() {
    if !needs(DIG) {
        return;
    }
    let scene = Scene::open("nsid = \"edge-1\"");
    let ask = |options: &[&str]| {
        let text = dig::text(scene.server(), &[&["+nocookie", "live.stream.test", "A"], options].concat());
        holds(&text, &["status: NOERROR", "ANSWER: 2,"]);
        text
    };
    holds(&ask(&["+nsid"]), &["NSID: 65 64 67 65 2d 31 (\"edge-1\")"]);
    holds(&ask(&["+subnet=192.0.2.0/24"]), &["CLIENT-SUBNET: 192.0.2.0/24/0"]);
    holds(&ask(&["+subnet=2001:db8::/32"]), &["CLIENT-SUBNET: 2001:db8::/32/0"]);
    let all = ask(&["+nsid", "+subnet=0.0.0.0/0", "+cookie", "+dnssec"]);
    holds(&all, &["NSID: ", "CLIENT-SUBNET: 0.0.0.0/0/0", "COOKIE: ", "flags: do; udp: 1232"]);
    // A keepalive means nothing over UDP, and what is unknown is passed over.
    for quiet in [&["+ednsopt=65001:abcd"][..], &["+keepalive"], &["+ednsflags=0x40"]] {
        let text = ask(quiet);
        holds(&text, &["; EDNS: version: 0, flags:; udp: 1232\n;; QUESTION"]);
    }
    assert!(!ask(&["+noedns"]).contains("EDNS"), "no OPT in, no OPT out");
    let versions = dig::text(scene.server(), &["+edns=1", "+noednsneg", "live.stream.test", "A"]);
    holds(&versions, &["status: BADVERS", "EDNS: version: 0,", "ANSWER: 0,"]);
    scene.close();
}

#[test]
fn dig_keeps_one_connection_for_many_questions() {
    if !needs(DIG) {
        return;
    }
    let scene = Scene::open("");
    let names = [
        "live.stream.test",
        "ns1.stream.test",
        "absent.stream.test",
        "alias.stream.test",
        "live.stream.test",
    ];
    let text = dig::text(scene.server(), &[&["+tcp", "+keepopen", "+keepalive"][..], &names].concat());
    assert_eq!(text.matches("status: NOERROR").count(), 4, "{text}");
    assert_eq!(text.matches("status: NXDOMAIN").count(), 1, "{text}");
    assert_eq!(text.matches("TCP KEEPALIVE: 10.0 secs").count(), 5, "{text}");
    connections::was_one(scene.server().port());
    let by_number = dig::text(scene.server(), &["+tcp", "+ednsopt=11", "live.stream.test"]);
    holds(&by_number, &["TCP KEEPALIVE: 10.0 secs"]);
    scene.close();
}

#[test]
fn dig_is_denied_what_there_is_not_and_told_why() {
    if !needs(DIG) {
        return;
    }
    let scene = Scene::open("");
    let ask = |words: &[&str]| dig::text(scene.server(), words);
    let soa = "stream.test.\t\t30\tIN\tSOA\tns1.stream.test. hostmaster.stream.test. ";
    for kind in ["AAAA", "HTTPS", "SVCB", "MX", "TYPE65280"] {
        for name in ["live.stream.test", "eni0.live.stream.test", "ns1.stream.test"] {
            let text = ask(&[name, kind]);
            holds(&text, &["status: NOERROR", "flags: qr aa rd;", "ANSWER: 0, AUTHORITY: 1,", soa]);
        }
    }
    for name in [
        "absent.stream.test",
        "eni4.live.stream.test",
        "x.absent.live.stream.test",
        "x.eni0.live.stream.test",
    ] {
        let text = ask(&[name, "A"]);
        holds(&text, &["status: NXDOMAIN", "flags: qr aa rd;", "ANSWER: 0, AUTHORITY: 1,", soa]);
    }
    for way in ["+notcp", "+tcp"] {
        let any = ask(&[way, "live.stream.test", "ANY"]);
        holds(&any, &["status: NOERROR", "ANSWER: 1,", "HINFO\t\"RFC8482\" \"\""]);
    }
    holds(&ask(&["CH", "TXT", "id.server"]), &["status: REFUSED", "EDE: 18 (Prohibited)"]);
    holds(&ask(&["CH", "TXT", "version.bind"]), &["status: REFUSED", "EDE: 18 (Prohibited)"]);
    holds(&ask(&["CH", "TXT", "stream.test"]), &["status: REFUSED", "EDE: 21 (Not Supported): (class)"]);
    for foreign in ["example.com", "stream.tests", "test", "."] {
        let text = ask(&[foreign, "A"]);
        holds(&text, &["status: REFUSED", "flags: qr rd;", "EDE: 20 (Not Authoritative)"]);
    }
    assert!(!ask(&["+noedns", "example.com", "A"]).contains("EDE"), "no OPT in, no OPT out");
    scene.close();
}

#[test]
fn dig_goes_on_by_tcp_when_an_answer_is_cut() {
    if !needs(DIG) {
        return;
    }
    let scene = Scene::open("");
    for size in ["+bufsize=512", "+bufsize=1232", "+bufsize=65535", "+noedns"] {
        let cut = dig::text(scene.server(), &[size, "+ignore", "big.stream.test", "TXT"]);
        holds(&cut, &["status: NOERROR", "flags: qr aa tc rd;", "ANSWER: 0,"]);
        let whole = dig::text(scene.server(), &[size, "big.stream.test", "TXT"]);
        holds(&whole, &["Truncated, retrying in TCP mode.", "flags: qr aa rd;", "ANSWER: 12,", "(TCP)"]);
    }
    scene.close();
}

/// All of these are there.
fn holds(text: &str, pieces: &[&str]) {
    for piece in pieces {
        assert!(text.contains(piece), "there is no {piece:?} in:\n{text}");
    }
}
