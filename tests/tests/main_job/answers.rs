//! What viewers are told while all is well.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::time::Duration;

use weir_tests::dig;
use weir_tests::dns::Type;
use weir_tests::http;
use weir_tests::reference::{HOSTNAME, PLAYLIST, POOL};
use weir_tests::state::Member;

use crate::scene::{NAMES, Scene, public_address};
use crate::tally::Tally;

/// Batches of a window, and the questions of a batch, spread over the four sockets.
const BATCHES: usize = 30;
const BATCH: usize = 20;

/// Both probes have passed by then: the first reports decide.
const FIRST_REPORTS: Duration = Duration::from_secs(12);

pub(crate) fn all_probes_pass(scene: &mut Scene) {
    let weir = scene.weir();
    let state = weir.wait_for("all four interfaces up", FIRST_REPORTS, |state| state.count(POOL, "up") == 4);
    assert!(!state.failed_open(POOL), "{:#}", state.pool(POOL));
    for name in NAMES {
        let series = format!("weir_interface_up{{interface=\"{name}\",pool=\"{POOL}\"}}");
        assert_eq!(weir.metric(&series), Some(1.0), "{series}");
    }
    assert_eq!(weir.metric("weir_config_last_reload_successful"), Some(1.0));
}

pub(crate) fn dig_gets_public_addresses(scene: &mut Scene) {
    let public: BTreeSet<_> = (0..4).map(public_address).collect();
    let mut first = BTreeSet::new();
    for round in 0..12 {
        let addresses = dig::addresses(scene.ports.dns_at(round % 4), HOSTNAME);
        assert_eq!(addresses.len(), 2, "answer_count is 2: {addresses:?}");
        assert_ne!(addresses[0], addresses[1]);
        assert!(addresses.iter().all(|address| public.contains(address)), "{addresses:?}");
        first.insert(addresses[0]);
    }
    // Twelve answers hold each interface's share within one: a tenth is due once, give or take one, the others surely.
    assert!(first.len() >= 3, "first records of twelve answers: {first:?}");
    let server = scene.ports.dns_at(0);
    assert_eq!(dig::addresses(server, "eni2.live.stream.test"), [public_address(2)]);
    assert_eq!(dig::short(server, &["ns1.stream.test", "A"]), ["127.0.0.11"]);
    assert_eq!(dig::short(server, &["stream.test", "TXT"]), ["\"v=spf1 -all\""]);
    assert_eq!(dig::short(server, &["www.stream.test", "A"])[0], "live.stream.test.");
    assert_eq!(dig::short(server, &["+tcp", HOSTNAME, "A"]).len(), 2);
    assert!(dig::text(server, &["absent.stream.test", "A"]).contains("status: NXDOMAIN"));
    assert!(dig::text(server, &[HOSTNAME, "AAAA"]).contains("ANSWER: 0"));
    assert!(dig::text(server, &["example.com", "A"]).contains("status: REFUSED"));
}

pub(crate) fn first_records_follow_the_weights(scene: &mut Scene) {
    let resolvers = [0, 1, 2, 3].map(|index| scene.resolver(index));
    let mut tally: Tally<Ipv4Addr> = Tally::new();
    for _ in 0..BATCHES {
        let before = scene.weir().state().shares(POOL);
        let ask = |n: usize| {
            let answer = resolvers[n % 4].ask(HOSTNAME).expect("each question is answered");
            assert_eq!((answer.code, answer.authoritative, answer.addresses.len()), (0, true, 2));
            assert!(answer.ttl.is_some_and(|ttl| (5..=30).contains(&ttl)), "{answer:?}");
            answer.addresses[0]
        };
        let picked: Vec<_> = (0..BATCH).map(ask).collect();
        let after = scene.weir().state().shares(POOL);
        tally.batch(&before, &picked, &after);
    }
    tally.is_exact();
    assert!((0..4).all(|index| tally.count(&public_address(index)) > 0), "{tally:?}");
    // 10, 10, 25 and 5 Gbit/s stand in the file, and a test pattern is nothing against them.
    assert!(tally.count(&public_address(2)) > 4 * tally.count(&public_address(3)), "{tally:?}");
    let none = resolvers[0].ask_for(HOSTNAME, Type::Aaaa).expect("each question is answered");
    assert_eq!((none.code, none.addresses.len()), (0, 0));
}

pub(crate) fn redirects_follow_the_weights(scene: &mut Scene) {
    let mut tally: Tally<&str> = Tally::new();
    let shares = || -> Vec<_> {
        let state = scene.weir().state();
        NAMES.map(|name| (name, state.member(POOL, name).map_or(0.0, Member::share))).to_vec()
    };
    for _ in 0..10 {
        let before = shares();
        let picked: Vec<_> = (0..BATCH).map(|n| scene.named_in(&scene.redirect(n % 4))).collect();
        tally.batch(&before, &picked, &shares());
    }
    tally.is_exact();
    let server = scene.ports.http_at(0);
    let answer = http::get(server, HOSTNAME, &format!("{PLAYLIST}?token=a%20b")).expect("it answers");
    let location = answer.header("location").unwrap_or_default();
    assert!(location.ends_with("/playlist.m3u8?token=a%20b"), "path and query are kept: {location}");
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    let unknown = http::get(server, "other.test", PLAYLIST).expect("it answers");
    assert_eq!(unknown.status, 404);
}
