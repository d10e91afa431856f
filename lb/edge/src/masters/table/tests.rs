//! The table alone, at moments of the test's choice.

use std::time::Duration;

use super::*;

const LIMITS: FetchLimits = FetchLimits { fetches: 64, masters: 8, kept_bytes: 1000, ..FetchLimits::DEFAULT };

fn key(pool: &str, path: &str) -> Key {
    Key { pool: pool.parse().expect("a label"), path: path.into() }
}

fn begin(table: &mut Table, key: &Key, now: Instant) -> Takeoff {
    match table.seek(key, now) {
        Found::Begin(takeoff) => takeoff,
        other => panic!("{key:?}: {other:?}"),
    }
}

/// A fetch that brought this many bytes at this moment.
fn land(table: &mut Table, key: &Key, bytes: usize, now: Instant) {
    let takeoff = begin(table, key, now);
    let landed = Landed { fetch: Ok(Arc::new(Playlist::Media)), until: now + LIMITS.kept };
    drop(takeoff.sender.send(Some(landed)));
    table.ended(key, takeoff.number, bytes, now);
}

/// What holds at any time.
fn check(table: &Table) {
    assert!(table.entries.len() <= LIMITS.masters && table.bytes <= LIMITS.kept_bytes, "{table:?}");
    assert_eq!(table.entries.len(), table.order.len());
    assert_eq!(table.bytes, table.entries.values().map(|entry| entry.bytes).sum::<usize>());
    assert!(table.order.iter().all(|(number, key)| table.entries[key].number == *number));
}

#[test]
fn a_pool_that_hangs_leaves_room_for_others() {
    let mut table = Table::new(FetchLimits { masters: 1000, ..LIMITS });
    let now = Instant::now();
    let mut flights = Vec::new();
    for (pool, most) in [("a", 32), ("b", 16), ("c", 8), ("d", 4)] {
        let begun = (0..64).filter(|n| match table.seek(&key(pool, &format!("/{n}")), now) {
            Found::Begin(takeoff) => {
                flights.push(takeoff);
                true
            }
            Found::Busy => false,
            other => panic!("{other:?}"),
        });
        assert_eq!(begun.count(), most, "{pool}");
    }
}

#[test]
fn places_to_fetch_come_back_however_a_fetch_ends() {
    let mut table = Table::new(LIMITS);
    let now = Instant::now();
    for n in 0..1000 {
        let key = key("a", &format!("/{n}"));
        let takeoff = begin(&mut table, &key, now);
        drop(takeoff.sender); // As if its task had been aborted.
        table.ended(&key, takeoff.number, 0, now);
        check(&table);
    }
    assert!(table.flying.is_empty());
}

#[test]
fn nobody_waits_for_a_fetch_whose_task_is_gone() {
    let mut table = Table::new(LIMITS);
    let (key, now) = (key("a", "/"), Instant::now());
    let takeoff = begin(&mut table, &key, now);
    assert!(matches!(table.seek(&key, now), Found::Flying(_)));
    drop(takeoff.sender);
    table.ended(&key, takeoff.number, 0, now);
    begin(&mut table, &key, now);
}

#[test]
fn what_is_kept_is_bounded_in_number_and_bytes() {
    let mut table = Table::new(LIMITS);
    let now = Instant::now();
    for n in 0..1000 {
        land(&mut table, &key("a", &format!("/{n}")), (n * 37) % 400, now);
        check(&table);
        assert!(matches!(table.seek(&key("a", &format!("/{n}")), now), Found::Kept(_)), "the newest stays");
    }
}

#[test]
fn what_is_past_leaves_with_the_next_fetch() {
    let mut table = Table::new(LIMITS);
    let now = Instant::now();
    for n in 0..8 {
        land(&mut table, &key("a", &format!("/{n}")), 10, now);
    }
    land(&mut table, &key("a", "/new"), 10, now + Duration::from_secs(1));
    assert_eq!(table.entries.len(), 1);
    check(&table);
}

#[test]
fn an_older_fetch_that_ends_late_changes_nothing_of_a_newer_one() {
    let mut table = Table::new(LIMITS);
    let now = Instant::now();
    let slow = key("a", "/slow");
    let first = begin(&mut table, &slow, now);
    for n in 0..8 {
        land(&mut table, &key("a", &format!("/{n}")), 10, now); // The slow one leaves as the oldest.
    }
    let second = begin(&mut table, &slow, now);
    let before = table.bytes;
    table.ended(&slow, first.number, 500, now);
    assert_eq!(table.bytes, before);
    check(&table);
    assert!(matches!(table.seek(&slow, now), Found::Flying(_)));
    table.ended(&slow, second.number, 10, now);
    check(&table);
    assert!(table.flying.is_empty());
}
