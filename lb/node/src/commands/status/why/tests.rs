use super::*;

/// The state of one interface that is well, in one pool.
fn state() -> Value {
    json!({
        "interfaces": [{
            "name": "eni2", "group": "card1", "suspect": false, "band": "light",
            "capacity_bytes_per_second": 1_250_000_000, "effective_capacity_bytes_per_second": 1_250_000_000,
            "directive": {"directive": "auto", "reason": null, "expires_in_seconds": null},
            "signals": [
                {"signal": "rate", "age_seconds": 0.6, "stale": false},
                {"signal": "refusals", "age_seconds": null, "stale": false}
            ]
        }],
        "pools": [{
            "name": "live",
            "reason": {"code": "headroom", "text": "by what each healthy interface can still carry", "failed_open": false},
            "members": [{
                "interface": "eni2", "address": "10.0.3.10", "verdict": "up", "weight": 4_130, "share": 0.413,
                "grounds": {
                    "capacity_bytes_per_second": 1_250_000_000, "expected_bytes_per_second": 775_000_000,
                    "room_bytes_per_second": 475_000_000,
                    "limit": {
                        "code": "room", "text": "as much as it has room for, so that all come to the same level"
                    }
                },
                "probes": [{"probe": "tcp tcp://{address}:1935", "verdict": "up", "failure": null}]
            }]
        }]
    })
}

/// What is said after a change to the interface, to its pool, and to its place there.
fn said(change: impl Fn(&mut Value, &mut Value)) -> String {
    let mut state = state();
    let mut pool = state["pools"][0].take();
    change(&mut state["interfaces"][0], &mut pool);
    state["pools"][0] = pool;
    sentences(&about(&state, "eni2").expect("it is there"))
}

fn limited(member: &mut Value, code: &str, text: &str) {
    member["grounds"]["limit"] = json!({"code": code, "text": text});
}

fn gets_none(pool: &mut Value) -> &mut Value {
    let member = &mut pool["members"][0];
    (member["weight"], member["share"]) = (json!(0), json!(0.0));
    member
}

#[test]
fn one_that_is_well_is_explained_in_one_sentence() {
    let expected = "eni2 gets 41.3 % of live: it can carry 10 Gbit/s, is expected to carry 6.2 Gbit/s (62 %, light) and has \
                    room for 3.8 Gbit/s; as much as it has room for, so that all come to the same level.\n";
    assert_eq!(said(|_, _| {}), expected);
}

#[test]
fn a_group_that_leaves_less_is_named() {
    let said = said(|_, pool| {
        let grounds = &mut pool["members"][0]["grounds"];
        grounds["capacity_bytes_per_second"] = json!(875_000_000);
        grounds["room_bytes_per_second"] = json!(100_000_000);
    });
    let expected = "it can carry 7 Gbit/s within its group card1, is expected to carry 6.2 Gbit/s (89 %, light) and has room \
                    for 800 Mbit/s;";
    assert!(said.contains(expected), "{said}");
}

#[test]
fn a_capacity_that_was_learned_is_told_beside_the_one_that_is_configured() {
    let told = |configured: Value, effective: Value| {
        let said = said(|interface, _| {
            interface["capacity_bytes_per_second"] = configured.clone();
            interface["effective_capacity_bytes_per_second"] = effective.clone();
        });
        said.lines().nth(1).unwrap_or_default().to_owned()
    };
    let ten = || json!(1_250_000_000);
    assert_eq!(
        told(ten(), json!(762_500_000)),
        "10 Gbit/s are configured, but it was full at less, and 6.1 Gbit/s are believed now."
    );
    assert_eq!(
        told(ten(), json!(1_500_000_000)),
        "10 Gbit/s are configured, but it carried more while another was full, and 12 Gbit/s are believed now."
    );
    assert_eq!(
        told(json!(null), ten()),
        "Nobody has said what it can carry, but it was full once, and 10 Gbit/s are believed now."
    );
    assert_eq!(told(json!(null), json!(null)), "Nobody has said what it can carry, and it was never full.");
    assert_eq!(told(ten(), json!(1_245_000_000)), "", "too little to be worth a word");
}

#[test]
fn one_without_a_known_capacity_is_assumed_to_carry_something() {
    let said = said(|interface, pool| {
        interface["capacity_bytes_per_second"] = json!(null);
        interface["effective_capacity_bytes_per_second"] = json!(null);
        interface["band"] = json!(null);
        pool["members"][0]["grounds"]["expected_bytes_per_second"] = json!(0);
    });
    assert!(
        said.contains("it is assumed to carry 10 Gbit/s, is expected to carry nothing and has room"),
        "{said}"
    );
}

#[test]
fn one_that_is_full_has_no_room() {
    let said = said(|interface, pool| {
        interface["band"] = json!("full");
        let member = gets_none(pool);
        member["grounds"]["expected_bytes_per_second"] = json!(1_300_000_000);
        member["grounds"]["room_bytes_per_second"] = json!(0);
        limited(member, "full", "it carries all that it can, while another has room");
    });
    let expected = "eni2 gets none of live: it can carry 10 Gbit/s, is expected to carry 10.4 Gbit/s (104 %, full) and has no \
                    room; it carries all that it can, while another has room.\n";
    assert_eq!(said, expected);
}

#[test]
fn signals_that_stopped_are_told_with_their_age() {
    let said = said(|interface, _| {
        interface["signals"] = json!([
            {"signal": "rate", "age_seconds": 12.3, "stale": true},
            {"signal": "connections", "age_seconds": 300.0, "stale": true},
            {"signal": "refusals", "age_seconds": 7.0, "stale": true},
            {"signal": "delivery", "age_seconds": 1.0, "stale": false}
        ]);
    });
    let expected = "Its rate was last seen 12 s ago. Its connections were last seen 5 min ago. \
                    What its card and its queue refuse was last seen 7 s ago.";
    assert_eq!(said.lines().nth(1), Some(expected));
}

#[test]
fn one_that_is_suspect_is_told_once() {
    let text = "its rate collapsed although nobody was told to leave";
    let named = said(|interface, pool| {
        interface["suspect"] = json!(true);
        limited(gets_none(pool), "suspect", text);
    });
    assert_eq!(named.matches(text).count(), 1, "{named}");
    assert!(named.starts_with("eni2 gets none of live: ") && !named.contains("It is suspect"), "{named}");
    let unnamed = said(|interface, _| interface["suspect"] = json!(true));
    assert!(unnamed.ends_with(&format!("It is suspect: {text}.\n")), "{unnamed}");
}

#[test]
fn an_order_is_told_with_its_reason() {
    let said = said(|interface, pool| {
        interface["directive"] =
            json!({"directive": "drain", "reason": "kernel update", "expires_in_seconds": 59});
        limited(gets_none(pool), "drained", "it is being drained");
    });
    let expected = "eni2 gets none of live: it can carry 10 Gbit/s, is expected to carry 6.2 Gbit/s (62 %, light) and has room \
                    for 3.8 Gbit/s; it is being drained.\nOrdered: drain (kernel update), 59 s left.\n";
    assert_eq!(said, expected);
}

#[test]
fn one_that_is_down_is_told_with_the_words_of_the_failing_probe() {
    let said = said(|_, pool| {
        let member = gets_none(pool);
        member["verdict"] = json!("down");
        member["grounds"]["capacity_bytes_per_second"] = json!(0);
        limited(member, "down", "it does not play");
        member["probes"] = json!([
            {"probe": "tcp tcp://{address}:1935", "verdict": "down", "failure": {"text": "connection refused"}},
            {"probe": "http http://{address}/", "verdict": "up", "failure": null},
            {"probe": "rtmp rtmp://{address}/live", "verdict": "down", "failure": null}
        ]);
    });
    let expected = "eni2 gets none of live: it does not play. Its probe tcp tcp://10.0.3.10:1935 says: connection refused. \
                    Its probe rtmp rtmp://10.0.3.10/live passes again, but not often enough yet.\n";
    assert_eq!(said, expected);
}

#[test]
fn a_pool_that_fails_open_says_so() {
    let said = said(|_, pool| {
        let member = &mut pool["members"][0];
        (member["weight"], member["share"]) = (json!(10_000), json!(1.0));
        member["verdict"] = json!("down");
        member["grounds"]["capacity_bytes_per_second"] = json!(0);
        limited(member, "failed_open", "nothing plays that may be used, so capacity decides");
        member["probes"][0] = json!({
            "probe": "tcp tcp://{address}:1935", "verdict": "down", "failure": {"text": "timed out in connect"}
        });
        pool["reason"] = json!({
            "code": "nothing_healthy", "text": "failed open: no interface plays, all are answered", "failed_open": true
        });
    });
    let expected = "eni2 gets 100.0 % of live: nothing plays that may be used, so capacity decides. Its probe \
                    tcp tcp://10.0.3.10:1935 says: timed out in connect. Of live as a whole: failed open: no interface plays, \
                    all are answered.\n";
    assert_eq!(said, expected);
}

#[test]
fn one_in_several_pools_has_a_line_for_each_and_one_in_none_says_so() {
    let mut state = state();
    let mut second = state["pools"][0].clone();
    second["name"] = json!("second");
    state["pools"].as_array_mut().expect("a list").push(second);
    let both = sentences(&about(&state, "eni2").expect("it is there"));
    assert!(
        both.contains("% of live: ") && both.contains("% of second: ") && both.lines().count() == 2,
        "{both}"
    );
    state["pools"] = json!([]);
    let none = sentences(&about(&state, "eni2").expect("it is there"));
    assert_eq!(none, "eni2 is in no pool, so nobody is sent there.\n");
}

#[test]
fn an_unknown_interface_is_an_error_that_names_those_that_there_are() {
    let refused = |state: &Value, name| about(state, name).expect_err("there is none").to_string();
    let mut state = state();
    let first = json!({"name": "backup"});
    state["interfaces"].as_array_mut().expect("a list").push(first);
    assert_eq!(
        refused(&state, "eni3"),
        "there is no interface \"eni3\"; did you mean \"eni2\"? There are eni2, backup"
    );
    assert_eq!(refused(&state, "wlan"), "there is no interface \"wlan\"; there are eni2, backup");
    assert_eq!(refused(&json!({}), "eni3"), "there is no interface \"eni3\", and no other either");
}

#[test]
fn a_state_that_tells_less_is_no_fault() {
    let bare = json!({"interfaces": [{"name": "eni2"}], "pools": [{"name": "live", "members": [{"interface": "eni2"}]}]});
    assert!(
        sentences(&about(&bare, "eni2").expect("it is there")).starts_with("eni2 gets 0.0 % of live: -.")
    );
}
