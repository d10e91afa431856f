//! What viewers get through a caching resolver: each answer for its time to live, then the next one.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use weir_tests::patience;
use weir_tests::state::State;
use weir_tests::tools::{Need, needs};

use crate::ledger::{Fetch, Ledger};
use crate::scene::{PUBLIC, Scene, index_of};
use crate::unbound::{Answer, Unbound};

const UNBOUND: &[Need] = &[Need::Program("unbound"), Need::Program("dig")];

/// An answer with a time to live of one second is asked for again by then. Unbound counts whole seconds of the wall
/// clock, so it takes up to two; the rest is for a busy machine.
const REFRESHED: Duration = Duration::from_secs(20);

/// So many resolvers ask at a time, each so often after its first time. All of them fit into one row of weir's table.
const RESOLVERS: u8 = 8;
const ROUNDS: usize = 9;

/// The interface that is drained; it has half of all the capacity.
const DRAINED: usize = 2;

#[test]
fn unbound_resolves_pools_interfaces_and_chains_and_learns_what_there_is_not() {
    if !needs(UNBOUND) {
        return;
    }
    let scene = Scene::open("");
    let unbound = Unbound::start(&scene);
    is_two_of_the_pool(&unbound.addresses("live.stream.test").data);
    for (index, public) in PUBLIC.into_iter().enumerate() {
        assert_eq!(unbound.addresses(&format!("eni{index}.live.stream.test")).data, [public]);
    }
    assert_eq!(unbound.addresses("ns1.stream.test").data, ["127.0.0.11"]);
    let chain = unbound.addresses("alias.stream.test").data;
    assert_eq!(chain[..2], ["www.stream.test.", "live.stream.test."]);
    is_two_of_the_pool(&chain[2..]);
    // More than a datagram holds: it goes on by TCP.
    let big = unbound.text(&["+tcp", "big.stream.test", "TXT"]);
    assert!(big.contains("status: NOERROR") && big.contains("ANSWER: 12,"), "{big}");
    let soa = "IN\tSOA\tns1.stream.test. hostmaster.stream.test. ";
    for name in
        ["absent.stream.test", "x.y.absent.stream.test", "x.live.stream.test", "x.eni0.live.stream.test"]
    {
        let text = unbound.text(&[name, "A"]);
        assert!(text.contains("status: NXDOMAIN") && text.contains(soa), "{text}");
    }
    for (name, kind) in [
        ("live.stream.test", "AAAA"),
        ("live.stream.test", "HTTPS"),
        ("eni0.live.stream.test", "AAAA"),
        ("ns1.stream.test", "TYPE65280"),
    ] {
        let text = unbound.text(&[name, kind]);
        assert!(text.contains("status: NOERROR") && text.contains("ANSWER: 0, AUTHORITY: 1"), "{text}");
        assert!(text.contains(soa), "{text}");
    }
    unbound.saw_its_spelling();
    scene.close();
}

#[test]
fn unbound_answers_by_itself_until_the_time_to_live_is_over() {
    if !needs(UNBOUND) {
        return;
    }
    let scene = Scene::open("");
    let unbound = Unbound::start(&scene);
    let asked = || scene.sum("weir_dns_queries_total", "");
    for name in ["live.stream.test", "eni0.live.stream.test", "www.stream.test"] {
        let first = unbound.addresses(name);
        let before = asked();
        let mut left = first.ttl;
        assert!(left <= 30, "the time to live is the pool's: {first:?}");
        // Long enough that a second passes.
        patience::all_through(Duration::from_millis(1100), || {
            let again = unbound.addresses(name);
            assert!(again.ttl <= left, "{name}: {again:?} after {left} s were left");
            assert_eq!(sorted(&again), sorted(&first), "{name}");
            left = again.ttl;
        });
        assert!(left < first.ttl, "{name}: time passes");
        assert_eq!(asked(), before, "{name}: weir was asked although the time to live was not over");
    }
    let denied = || unbound.text(&["absent.stream.test", "A"]);
    assert!(denied().contains("NXDOMAIN"));
    let before = asked();
    assert!(denied().contains("NXDOMAIN"));
    assert_eq!(asked(), before, "a denial is remembered, too");
    // And what is over is asked for again.
    let before = asked();
    let mut refreshes = Refreshes::default();
    patience::wait_for("another answer", REFRESHED, || {
        let fresh = refreshes.see(unbound.addresses("quick.stream.test"));
        (fresh && refreshes.count == 2).then_some(())
    });
    assert!(asked() >= before + 2.0);
    scene.close();
}

/// Resolvers that ask each time that an answer is over get, all together, what the weights say, in the viewers that
/// their answers are believed to bring: see [`Ledger::check`]. Each has an address of its own, as resolvers have.
#[test]
fn many_resolvers_together_follow_the_weights() {
    if !needs(UNBOUND) {
        return;
    }
    let scene = Scene::open("");
    let shares = scene.shares("single");
    let start = |number| (u64::from(number), Unbound::start_at(&scene, Ipv4Addr::new(127, 0, 1, number)));
    let resolvers: Vec<_> = (1..=RESOLVERS).map(start).collect();
    // Unbound asks again when the second of the wall clock changes. Weir takes a mean once in each second since the first
    // question: that shall be at another time.
    patience::wait_for("the last part of a second", REFRESHED, || {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970");
        (600..800).contains(&now.subsec_millis()).then_some(())
    });
    let (mut ledger, mut before) = (Ledger::default(), scene.handed("single"));
    patience::wait_for("all answers to be over many times", REFRESHED * 3, || {
        let mut open = false;
        for &(resolver, ref unbound) in &resolvers {
            if ledger.count(resolver) > ROUNDS {
                continue;
            }
            open = true;
            let asked = Instant::now();
            let answer = unbound.addresses("single.stream.test");
            let span = (asked, Instant::now());
            let [address] = answer.data.as_slice() else { panic!("answer_count is 1: {answer:?}") };
            let handed = scene.handed("single");
            let grown = [0, 1, 2, 3].map(|index| handed[index] - before[index]);
            before = handed;
            // What was not handed out just now was remembered.
            if grown != [0.0; 4] {
                let interface = index_of(address);
                assert_eq!((grown[interface], grown.iter().sum()), (1.0, 1.0), "one answer for one question");
                ledger.note(Fetch { resolver, span, interface });
            }
        }
        (!open).then_some(())
    });
    assert_eq!(scene.shares("single"), shares, "nothing changed meanwhile");
    assert_eq!(scene.sum("weir_dns_resolvers", "pool=\"single\""), f64::from(RESOLVERS), "each is known");
    ledger.check(shares);
    scene.close();
}

#[test]
fn a_drained_interface_is_gone_from_the_cache_when_the_time_to_live_is_over() {
    if !needs(UNBOUND) {
        return;
    }
    let scene = Scene::open("");
    let unbound = Unbound::start(&scene);
    let ask = || unbound.addresses("quick.stream.test");
    let names_it = |answer: &Answer| answer.data.iter().any(|address| address == PUBLIC[DRAINED]);
    patience::wait_for("an answer that names it", REFRESHED, || names_it(&ask()).then_some(()));
    let eni = format!("eni{DRAINED}");
    scene.weir.direct(&eni, "drain", "kernel update");
    let is_drained = |state: &State| state.member("quick", &eni).is_some_and(|member| member.weight() == 0);
    scene.weir.wait_for("the order to hold", REFRESHED, is_drained);
    // What stands in the cache now is from before, or from after. What is fetched from here on is from after.
    let mut refreshes = Refreshes::default();
    refreshes.see(ask());
    patience::wait_for("five more answers", REFRESHED * 2, || {
        let answer = ask();
        is_two_of_the_pool(&answer.data);
        let named = names_it(&answer);
        refreshes.see(answer.clone());
        assert!(
            !named || refreshes.count == 1,
            "{answer:?} names the drained one, {} answers later",
            refreshes.count
        );
        (refreshes.count == 6).then_some(())
    });
    scene.weir.direct(&eni, "auto", "");
    patience::wait_for("an answer that names it again", REFRESHED, || names_it(&ask()).then_some(()));
    scene.close();
}

/// Tells answers that were fetched from those that were remembered.
#[derive(Clone, Debug, Default)]
struct Refreshes {
    count: usize,
    last: Option<Answer>,
}

impl Refreshes {
    /// Whether this answer was fetched since the last look: it is another one, or has longer to live.
    fn see(&mut self, answer: Answer) -> bool {
        let same = |last: &Answer| sorted(last) == sorted(&answer) && answer.ttl <= last.ttl;
        let fresh = !self.last.as_ref().is_some_and(same);
        self.count += usize::from(fresh);
        self.last = Some(answer);
        fresh
    }
}

/// A cached set is handed out in any order.
fn sorted(answer: &Answer) -> BTreeSet<&str> {
    answer.data.iter().map(String::as_str).collect()
}

fn is_two_of_the_pool(addresses: &[String]) {
    let distinct: BTreeSet<_> = addresses.iter().map(|address| index_of(address)).collect();
    assert_eq!((addresses.len(), distinct.len()), (2, 2), "{addresses:?}");
}
