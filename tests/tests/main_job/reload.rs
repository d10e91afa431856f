//! SIGHUP: a changed file applies, a bad one changes nothing, and no socket that stays is closed.

use std::fs;
use std::time::Duration;

use weir_tests::dig;
use weir_tests::patience;
use weir_tests::ports::INTERFACES;
use weir_tests::reference::{HOSTNAME, POOL};
use weir_tests::sockets;
use weir_tests::state::State;

use crate::scene::Scene;

/// A file is read and applied by then.
const APPLIED: Duration = Duration::from_secs(5);

pub(crate) fn a_changed_file_applies(scene: &mut Scene) {
    let ports = scene.ports;
    let sockets = || [ports.dns, ports.http, ports.admin].map(sockets::bound_to);
    let before = sockets();
    assert_eq!(before[0].len(), 8, "a UDP and a TCP socket on each interface: {before:?}");
    assert_eq!(before[1].len(), 4, "{before:?}");
    change(scene, r#"ttl = { min = "5s", max = "30s" }"#, r#"ttl = { min = "7s", max = "7s" }"#);
    let resolver = scene.resolver(1);
    // Each question on the way is answered: an error would be a socket that was closed for a moment.
    patience::wait_for("answers with the new TTL", APPLIED, || {
        (resolver.ask(HOSTNAME).expect("each question is answered").ttl == Some(7)).then_some(())
    });
    assert_eq!(sockets(), before, "sockets that stay are not closed");
    let state = scene.weir().state();
    assert_eq!(state.count(POOL, "up"), 4, "verdicts are kept: {:#}", state.pool(POOL));
    assert_eq!(state.pool(POOL)["ttl_seconds"], 7);
}

pub(crate) fn a_bad_file_changes_nothing(scene: &mut Scene) {
    let good = scene.reference.clone();
    let bad = good.text().replace("answer_count = 2", "answer_count = \"two\"\nanswer_cuont = 2");
    let before = facts(&scene.weir().state());
    fs::write(&scene.config, bad).expect("the file can be written");
    scene.weir().reload();
    let metric = || scene.weir().metric("weir_config_last_reload_successful");
    patience::wait_for("the metric that says so", APPLIED, || (metric() == Some(0.0)).then_some(()));
    assert_eq!(facts(&scene.weir().state()), before);
    let answer = scene.resolver(0).ask(HOSTNAME).expect("each question is answered");
    assert_eq!(answer.addresses.len(), 2);
    let lines = scene.weir.as_mut().map(|weir| weir.process().lines()).unwrap_or_default();
    for key in ["answer_count", "answer_cuont"] {
        let named = |line: &&String| line.contains(key);
        assert!(lines.iter().any(|line| named(&line)), "the log names each fault, also {key}");
    }
    good.write(&scene.folder);
    scene.weir().reload();
    let metric = || scene.weir().metric("weir_config_last_reload_successful");
    patience::wait_for("the metric of a good file", APPLIED, || (metric() == Some(1.0)).then_some(()));
}

pub(crate) fn private_clients_are_told_private_addresses(scene: &mut Scene) {
    change(scene, r#"["10.0.0.0/8"]"#, r#"["10.0.0.0/8", "127.0.0.0/8"]"#);
    let resolver = scene.resolver(2);
    patience::wait_for("private addresses", APPLIED, || {
        let answer = resolver.ask(HOSTNAME).expect("each question is answered");
        answer.addresses.iter().all(|address| INTERFACES.contains(address)).then_some(())
    });
    let own = dig::addresses(scene.ports.dns_at(0), "eni3.live.stream.test");
    assert_eq!(own, [INTERFACES[3]]);
}

pub(crate) fn a_changed_inventory_applies(scene: &mut Scene) {
    let before = scene.reference.clone();
    scene.folder.write("inventory.toml", &inventory("3 Gbit/s"));
    change(scene, "capacity = \"5 Gbit/s\"", "");
    change(scene, "[interfaces]", "[interfaces]\ninventory = \"inventory.toml\"");
    wait_for_capacity(scene, 375_000_000);
    scene.folder.write("inventory.toml", &inventory("4 Gbit/s"));
    scene.weir().reload();
    wait_for_capacity(scene, 500_000_000);
    scene.reference = before;
    scene.reference.write(&scene.folder);
    scene.weir().reload();
    wait_for_capacity(scene, 625_000_000);
}

/// What eni3 carries, said in a second file.
fn inventory(capacity: &str) -> String {
    let address = INTERFACES[3];
    format!("[[interface]]\nname = \"eni3\"\naddress = \"{address}\"\ncapacity = \"{capacity}\"\n")
}

fn wait_for_capacity(scene: &Scene, bytes_per_second: u64) {
    patience::wait_for("the capacity of eni3", APPLIED, || {
        let state = scene.weir().state();
        let mut interfaces = state.value()["interfaces"].as_array().into_iter().flatten();
        let eni3 = interfaces.find(|one| one["name"] == "eni3")?;
        (eni3["capacity_bytes_per_second"] == bytes_per_second).then_some(())
    });
}

/// Changes the file, and tells the daemon.
fn change(scene: &mut Scene, old: &str, new: &str) {
    scene.reference = scene.reference.clone().replace(old, new);
    scene.reference.write(&scene.folder);
    scene.weir().reload();
}

/// What a configuration decides, without what the world does meanwhile.
fn facts(state: &State) -> Vec<serde_json::Value> {
    let pool = state.pool(POOL);
    let interfaces = state.value()["interfaces"].as_array().cloned().unwrap_or_default();
    let lasting = interfaces.iter().map(|one| serde_json::json!([one["name"], one["address"], one["group"]]));
    let of_pool = ["hostname", "ttl_seconds", "answer_count"].map(|key| pool[key].clone());
    lasting.chain(of_pool).collect()
}
