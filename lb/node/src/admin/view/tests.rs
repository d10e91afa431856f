use serde_json::json;

use super::*;
use crate::example;

#[test]
fn the_state_tells_what_stands_behind_the_weights() {
    let now = Instant::now();
    let snapshot = example::snapshot(now);
    let node = "edge-1".parse().expect("a label");
    let shown = serde_json::to_value(state(&node, &snapshot, now)).expect("it is JSON");
    assert_eq!(
        shown["interfaces"],
        json!([{
            "name": "eni2", "node": "edge-1", "address": "10.0.3.10", "public_address": "198.51.100.13",
            "device": null, "group": "card1",
            "capacity_bytes_per_second": 1_250_000_000, "effective_capacity_bytes_per_second": 750_000_000,
            "rate_bytes_per_second": 600_000_000, "expected_bytes_per_second": 562_500_000,
            "used_ratio": 0.75, "band": "fair", "full": false, "suspect": false,
            "headroom_bytes_per_second": 150_000_000,
            "transmitted_bytes": 5_000, "received_bytes": 40, "connections": null,
            "resent_ratio": 0.25, "delivery_bytes_per_second": 1_000_000,
            "players_bytes_per_second": null,
            "signals": [
                {"signal": "rate", "age_seconds": 1.0, "stale": false},
                {"signal": "connections", "age_seconds": 12.0, "stale": true},
                {"signal": "refusals", "age_seconds": null, "stale": false},
                {"signal": "delivery", "age_seconds": 1.0, "stale": false}
            ],
            "directive": {"directive": "auto", "reason": null, "expires_in_seconds": null},
            "cloud": null
        }])
    );
    assert_eq!(
        shown["groups"],
        json!([{
            "name": "card1",
            "capacity_bytes_per_second": 3_125_000_000_u64, "effective_capacity_bytes_per_second": 2_500_000_000_u64,
            "rate_bytes_per_second": 600_000_000, "headroom_bytes_per_second": 1_900_000_000
        }])
    );
    let pool = &shown["pools"][0];
    assert_eq!(
        (&pool["viewer_bytes_per_second"], &pool["shortest_ttl_seconds"], &pool["ttl_seconds"]),
        (&json!(500_000), &json!(5), &json!(30))
    );
    assert_eq!(pool["http_mode"], "redirect");
    assert_eq!(
        pool["members"][0]["grounds"],
        json!({
            "capacity_bytes_per_second": 750_000_000, "expected_bytes_per_second": 562_500_000,
            "room_bytes_per_second": 187_500_000,
            "limit": {"code": "failed_open", "text": "nothing plays that may be used, so capacity decides"}
        })
    );
}

#[test]
fn use_is_of_what_the_group_leaves_and_unknown_without_a_capacity() {
    let now = Instant::now();
    let mut snapshot = example::snapshot(now);
    let used = |snapshot: &Snapshot| {
        serde_json::to_value(interfaces(snapshot, now)).expect("it is JSON")[0]["used_ratio"].clone()
    };
    snapshot.pools[0].members[0].grounds.capacity = example::megabits(5_000);
    assert_eq!(used(&snapshot), json!(0.9));
    snapshot.pools[0].members[0].grounds.capacity = BytesPerSec::ZERO;
    assert_eq!(used(&snapshot), json!(null), "one that is down can carry nothing");
    snapshot.pools.clear();
    assert_eq!(used(&snapshot), json!(0.75), "in no pool");
    snapshot.interfaces[0].law.effective = None;
    assert_eq!(used(&snapshot), json!(null), "nothing is known");
}
