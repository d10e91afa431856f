use std::time::Duration;

use super::*;

const VICTIM: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(203, 0, 113, 9));

fn policy() -> LimitPolicy {
    LimitPolicy { answers: 100, negatives: 10, errors: 0, ..LimitPolicy::default() }
}

/// How many of `count` answers get each verdict: answer, would limit, truncate, drop.
fn verdicts(limits: &Limits, client: IpAddr, class: Class, now: Instant, count: usize) -> [usize; 4] {
    let mut counts = [0; 4];
    for _ in 0..count {
        counts[limits.check(client, class, now, CookieState::Absent) as usize] += 1;
    }
    counts
}

#[test]
fn a_network_is_answered_its_rate_and_every_second_answer_beyond_is_cut() {
    let now = Instant::now();
    let limits = Limits::new(policy(), now);
    assert_eq!(verdicts(&limits, VICTIM, Class::Answer, now, 300), [100, 0, 100, 100]);
    // Half a second later half of it is there again, for any address of the network.
    let later = now + Duration::from_millis(500);
    let neighbour = "203.0.113.200".parse().unwrap();
    assert_eq!(verdicts(&limits, neighbour, Class::Answer, later, 60), [50, 0, 5, 5]);
    // A day later no more than a second's worth.
    let later = now + Duration::from_secs(86_400);
    assert_eq!(verdicts(&limits, VICTIM, Class::Answer, later, 300)[0], 100);
}

#[test]
fn classes_and_networks_have_limits_of_their_own() {
    let now = Instant::now();
    let limits = Limits::new(policy(), now);
    assert_eq!(verdicts(&limits, VICTIM, Class::Negative, now, 20)[0], 10);
    assert_eq!(verdicts(&limits, VICTIM, Class::Answer, now, 200)[0], 100);
    assert_eq!(verdicts(&limits, VICTIM, Class::Error, now, 1000)[0], 1000);
    for client in ["203.0.112.9", "2001:db8::1", "::ffff:198.51.100.1"] {
        assert_eq!(verdicts(&limits, client.parse().unwrap(), Class::Answer, now, 200)[0], 100, "{client}");
    }
    // One /56 of IPv6 is one network.
    assert_eq!(verdicts(&limits, "2001:db8:0:ff::1".parse().unwrap(), Class::Answer, now, 10)[0], 0);
    assert_eq!(verdicts(&limits, "198.51.100.2".parse().unwrap(), Class::Answer, now, 10)[0], 0);
}

#[test]
fn who_proved_himself_or_is_exempt_is_never_limited() {
    let now = Instant::now();
    let limits = Limits::new(LimitPolicy { answers: 1, ..policy() }, now);
    assert_eq!(verdicts(&limits, VICTIM, Class::Answer, now, 9)[0], 1);
    for _ in 0..100 {
        assert_eq!(limits.check(VICTIM, Class::Answer, now, CookieState::Valid), Verdict::Answer);
        assert_ne!(limits.check(VICTIM, Class::Answer, now, CookieState::Bad), Verdict::Answer);
        assert_ne!(limits.check(VICTIM, Class::Answer, now, CookieState::New), Verdict::Answer);
    }
    for client in ["127.9.9.9", "::1", "::ffff:127.0.0.1"] {
        assert_eq!(verdicts(&limits, client.parse().unwrap(), Class::Answer, now, 9)[0], 9, "{client}");
    }
}

#[test]
fn slip_says_how_many_are_cut_and_a_dry_run_answers_all() {
    let now = Instant::now();
    let with = |slip, mode| {
        let limits = Limits::new(LimitPolicy { answers: 1, slip, mode, ..policy() }, now);
        verdicts(&limits, VICTIM, Class::Answer, now, 101)
    };
    assert_eq!(with(0, LimitMode::Enforce), [1, 0, 0, 100]);
    assert_eq!(with(1, LimitMode::Enforce), [1, 0, 100, 0]);
    assert_eq!(with(5, LimitMode::Enforce), [1, 0, 20, 80]);
    assert_eq!(with(2, LimitMode::DryRun), [1, 100, 0, 0]);
}

#[test]
fn a_flood_of_forged_networks_leaves_nearly_all_others_alone() {
    let now = Instant::now();
    let limits = Limits::new(LimitPolicy { answers: 10, ..policy() }, now);
    // 2,000 networks are over their limit; each of 2,000 others loses its answers only if both of its buckets are
    // taken: (4,000 / 65,536)^2 of them, that is 7 or 8.
    let network = |high: u8, n: u32| {
        IpAddr::from([high, u8::try_from(n >> 8).unwrap(), u8::try_from(n & 255).unwrap(), 1])
    };
    for n in 0..2000 {
        verdicts(&limits, network(10, n), Class::Answer, now, 30);
    }
    let hurt =
        (0..2000).filter(|&n| verdicts(&limits, network(11, n), Class::Answer, now, 1)[0] == 0).count();
    assert!(hurt < 60, "{hurt}");
}

#[test]
fn threads_share_one_limit() {
    let now = Instant::now();
    let limits = Limits::new(LimitPolicy { answers: 1000, ..policy() }, now);
    let answered = std::thread::scope(|scope| {
        let count = || verdicts(&limits, VICTIM, Class::Answer, now, 1000)[0];
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(count)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum::<usize>()
    });
    // Two threads may each charge another of the two buckets last.
    assert!((1000..=1003).contains(&answered), "{answered}");
}
