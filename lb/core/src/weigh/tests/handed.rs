//! What was handed out, and what players say, before any counter shows it.

use super::*;

#[test]
fn a_redirect_counts_in_the_expected_load_at_once_and_only_once() {
    let mut world = World::new().all_pass();
    world.send(30, [Some(1); 4]);
    let expected = |world: &World| weigh(&world.state, world.now).interfaces[0].law.expected.get();
    let before = expected(&world);
    let once = Reservations { made: 1_000_000, given_up: 0 };
    world.apply(Event::Reserved(name(0), once));
    world.apply(Event::Reserved(name(0), once));
    assert_eq!(expected(&world), before + 1_000_000);
    assert_eq!(weigh(&world.state, world.now).interfaces[0].law.reserved, once);
}

#[test]
fn what_players_measure_is_known_for_a_minute() {
    let mut world = World::new().all_pass();
    let seen = |world: &World| weigh(&world.state, world.now).interfaces[0].law.players;
    assert_eq!(seen(&world), None);
    world.apply(Event::Downloaded(name(0), BytesPerSec::new(500_000)));
    world.apply(Event::Downloaded("eni9".parse().expect("a label"), BytesPerSec::new(1)));
    assert_eq!(seen(&world), Some(BytesPerSec::new(500_000)));
    world.now += Duration::from_secs(61);
    assert_eq!(seen(&world), None);
}

#[test]
fn a_viewer_who_was_moved_away_counts_no_longer_and_only_once() {
    let mut world = World::new().all_pass();
    world.send(30, [Some(5); 4]);
    let expected = |world: &World| weigh(&world.state, world.now).interfaces[0].law.expected.get();
    let before = expected(&world);
    let moved = Reservations { made: 0, given_up: 1_000_000 };
    world.apply(Event::Reserved(name(0), moved));
    world.apply(Event::Reserved(name(0), moved));
    assert_eq!(expected(&world), before - 1_000_000);
}

#[test]
fn what_answers_brought_counts_before_the_counters_show_it() {
    let mut world = World::new().all_pass();
    world.send(60, [Some(5), Some(5), Some(12), Some(2)]);
    let expected = |world: &World| weigh(&world.state, world.now).interfaces[3].law.expected.as_f64();
    let before = expected(&world);
    for _ in 0..5 {
        let to = vec![(name(3), Arrivals { viewers: 20.0, recovered: 0.0, saved: 0.0 })];
        let pool = "live".parse().expect("a label");
        world.apply(Event::Brought { pool, to, viewers_per_second: 10.0 });
        world.send(1, [Some(5), Some(5), Some(12), Some(2)]);
    }
    assert!(expected(&world) > before * 1.1, "{before} {}", expected(&world));
}
