use super::*;
use crate::example;

fn text(metrics: &Metrics, snapshot: &Snapshot, now: Instant) -> String {
    String::from_utf8(metrics.text(snapshot, now).expect("encodes")).expect("is text")
}

#[test]
fn all_metrics_can_be_registered_and_have_our_prefix() {
    let metrics = Metrics::new().expect("no name stands twice");
    metrics.reloaded(1.0);
    let text = text(&metrics, &Snapshot::empty(), Instant::now());
    assert!(text.contains("weir_build_info{version=\""), "{text}");
    assert!(text.lines().all(|line| line.starts_with('#') || line.starts_with("weir_")), "{text}");
}

#[test]
fn a_snapshot_is_shown_as_metrics_without_what_is_not_known() {
    let now = Instant::now();
    let metrics = Metrics::new().expect("no name stands twice");
    let text = text(&metrics, &example::snapshot(now), now);
    let ours = |line: &&str| {
        ["weir_interface", "weir_group", "weir_pool", "weir_signal"].iter().any(|p| line.starts_with(p))
    };
    let shown: Vec<&str> = text.lines().filter(ours).collect();
    let expected = r#"
weir_group_capacity_bytes_per_second{group="card1"} 3125000000
weir_group_effective_capacity_bytes_per_second{group="card1"} 2500000000
weir_group_transmit_bytes_per_second{group="card1"} 600000000
weir_interface_band{band="busy",interface="eni2"} 0
weir_interface_band{band="fair",interface="eni2"} 1
weir_interface_band{band="full",interface="eni2"} 0
weir_interface_band{band="light",interface="eni2"} 0
weir_interface_capacity_bytes_per_second{interface="eni2"} 1250000000
weir_interface_delivery_bytes_per_second{interface="eni2"} 1000000
weir_interface_directive{directive="auto",interface="eni2"} 1
weir_interface_effective_capacity_bytes_per_second{interface="eni2"} 750000000
weir_interface_expected_bytes_per_second{interface="eni2"} 562500000
weir_interface_full{interface="eni2"} 0
weir_interface_headroom_bytes_per_second{interface="eni2"} 150000000
weir_interface_receive_bytes_total{interface="eni2"} 40
weir_interface_resent_ratio{interface="eni2"} 0.25
weir_interface_share_ratio{interface="eni2",pool="live"} 1
weir_interface_suspect{interface="eni2"} 0
weir_interface_transmit_bytes_per_second{interface="eni2"} 600000000
weir_interface_transmit_bytes_total{interface="eni2"} 5000
weir_interface_up{interface="eni2",pool="live"} 0
weir_interface_weight{interface="eni2",pool="live"} 10000
weir_pool_failed_open{pool="live"} 1
weir_pool_ttl_seconds{pool="live"} 30
weir_pool_viewer_bytes_per_second{pool="live"} 500000
weir_signal_age_seconds{interface="eni2",signal="connections"} 12
weir_signal_age_seconds{interface="eni2",signal="delivery"} 1
weir_signal_age_seconds{interface="eni2",signal="rate"} 1
weir_signal_stale{interface="eni2",signal="connections"} 1
weir_signal_stale{interface="eni2",signal="delivery"} 0
weir_signal_stale{interface="eni2",signal="rate"} 0
"#;
    assert_eq!(shown.join("\n"), expected.trim());
}

#[test]
fn what_is_gone_is_not_shown_any_more() {
    let now = Instant::now();
    let metrics = Metrics::new().expect("no name stands twice");
    text(&metrics, &example::snapshot(now), now);
    let text = text(&metrics, &Snapshot::empty(), now);
    let left = text
        .lines()
        .find(|line| line.contains("interface=") || line.contains("group=") || line.contains("pool="));
    assert_eq!(left, None);
}

#[test]
fn the_manual_lists_every_metric() {
    let now = Instant::now();
    let metrics = Metrics::new().expect("no name stands twice");
    let text = text(&metrics, &example::snapshot(now), now);
    let manual = include_str!("../../../../docs/manual.md");
    let mut names = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next());
    let missing =
        names.find(|name| !manual.contains(&format!("`{name}`")) && !manual.contains(&format!("`{name}{{")));
    assert_eq!(missing, None);
}
