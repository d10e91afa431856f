use std::time::Instant;

use super::*;
use crate::example;

fn two(change: impl Fn(&mut InterfaceLaw)) -> (Snapshot, Snapshot) {
    let before = example::snapshot(Instant::now());
    let mut after = before.clone();
    change(&mut after.interfaces[0].law);
    (before, after)
}

#[test]
fn what_stays_as_it_is_is_no_change() {
    let (before, after) = two(|law| law.expected = example::megabits(4_600));
    assert_eq!(between(&before, &after), []);
}

#[test]
fn one_that_becomes_suspect_is_told_once_and_once_more_when_it_is_trusted_again() {
    let (calm, suspect) = two(|law| law.is_suspect = true);
    assert_eq!(between(&calm, &suspect), [Change::Suspect(&suspect.interfaces[0])]);
    assert_eq!(between(&suspect, &suspect), []);
    assert_eq!(between(&suspect, &calm), [Change::Suspect(&calm.interfaces[0])]);
}

#[test]
fn a_signal_that_stops_is_told_once_and_once_more_when_it_is_back() {
    let (seen, stale) = two(|law| law.signals[0].is_stale = true);
    assert_eq!(between(&seen, &stale), [Change::Signal("eni2", &stale.interfaces[0].law.signals[0])]);
    assert_eq!(between(&stale, &seen), [Change::Signal("eni2", &seen.interfaces[0].law.signals[0])]);
}

#[test]
fn an_interface_that_appears_is_told_with_what_is_wrong_of_it() {
    let after = example::snapshot(Instant::now());
    let view = &after.interfaces[0];
    let pool = &after.pools[0];
    let told = [
        Change::Appeared(&view.interface),
        Change::Signal("eni2", &view.law.signals[1]),
        Change::Verdict(pool, &pool.members[0]),
        Change::Reason(pool),
    ];
    assert_eq!(between(&Snapshot::empty(), &after), told);
}
