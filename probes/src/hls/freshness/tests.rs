use super::*;

const TARGET: Duration = Duration::from_secs(4);

fn list(newest: u64) -> Media {
    Media { target: TARGET, newest, newest_uri: None, encrypted: false, ended: false }
}

fn stale(age: Duration) -> Failure {
    Failure::Stale { sequence: 7, age, target: TARGET }
}

#[test]
fn no_growth_warns_at_two_target_durations_and_fails_at_three() {
    let (mut fresh, begin) = (Freshness::default(), Instant::now());
    let tick = Duration::from_millis(1);
    let mut at = |age: Duration| fresh.judge(&list(7), begin + age);
    assert_eq!(at(Duration::ZERO), Judgement::Grown);
    assert_eq!(at(TARGET * 2 - tick), Judgement::Same);
    assert_eq!(at(TARGET * 2), Judgement::Late(stale(TARGET * 2)));
    assert_eq!(at(TARGET * 3 - tick), Judgement::Late(stale(TARGET * 3 - tick)));
    assert_eq!(at(TARGET * 3), Judgement::Dead(stale(TARGET * 3)));
}

#[test]
fn growth_starts_the_clock_anew() {
    let (mut fresh, begin) = (Freshness::default(), Instant::now());
    fresh.judge(&list(7), begin);
    assert_eq!(fresh.judge(&list(8), begin + TARGET * 5), Judgement::Grown);
    assert_eq!(fresh.judge(&list(8), begin + TARGET * 6), Judgement::Same);
}

#[test]
fn a_sequence_that_falls_fails_once_and_then_the_new_numbering_counts() {
    let (mut fresh, begin) = (Freshness::default(), Instant::now());
    fresh.judge(&list(417), begin);
    let fell = Failure::SequenceFell { from: 417, to: 2 };
    assert_eq!(fresh.judge(&list(2), begin + TARGET), Judgement::Dead(fell));
    assert_eq!(fresh.judge(&list(2), begin + TARGET * 2), Judgement::Same);
    assert_eq!(fresh.judge(&list(3), begin + TARGET * 2), Judgement::Grown);
}

#[test]
fn an_ended_list_is_dead_even_while_it_grows() {
    let (mut fresh, begin) = (Freshness::default(), Instant::now());
    let ended = Media { ended: true, ..list(9) };
    assert_eq!(fresh.judge(&ended, begin), Judgement::Dead(Failure::Ended { sequence: 9 }));
    assert_eq!(fresh.judge(&list(10), begin + TARGET), Judgement::Grown);
}
