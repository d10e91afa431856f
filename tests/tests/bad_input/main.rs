//! Bad bytes against a running daemon, on every socket that it has and from the origin that it probes.
//!
//! Whatever comes, it goes on serving, and no part of it panics. The bytes come from a seeded mutator, so that a failure
//! can be repeated; `WEIR_SEED` sets the seed.

mod noisy;

use std::time::Duration;

use weir_tests::hostile::Hostile;
use weir_tests::http;
use weir_tests::noise::Noise;
use weir_tests::patience;
use weir_tests::ports::INTERFACES;
use weir_tests::reference::{HOSTNAME, PLAYLIST, POOL, Ports, Reference};
use weir_tests::scratch::Scratch;
use weir_tests::tools::alone;
use weir_tests::weir::Weir;

/// The seed, unless the environment names one.
const SEED: u64 = 0x7765_6972;

/// What a daemon with four interfaces may keep in memory after all this, in KiB: several times what it needs.
const MOST_MEMORY: u64 = 64 * 1024;

type Step = fn(&mut Noise, Ports);

#[test]
fn bad_bytes_never_stop_the_service() {
    let _alone = alone();
    let seed = std::env::var("WEIR_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(SEED);
    eprintln!("seed {seed}");
    let ports = Ports::free();
    let origins = hostile_origins(ports, seed);
    let folder = Scratch::new("bad-input");
    let mut weir = Weir::start(&config(ports).write(&folder), ports.admin());
    let mut noise = Noise::new(seed);
    let steps: [(&str, Step); 4] = [
        ("DNS by UDP", noisy::dns_datagrams),
        ("DNS by TCP", noisy::dns_streams),
        ("HTTP on the redirector", |noise, ports| noisy::http(noise, ports.http_at(1))),
        ("HTTP on the admin listener", |noise, ports| noisy::http(noise, ports.admin())),
    ];
    for (name, step) in steps {
        step(&mut noise, ports);
        weir.is_well();
        serves(&weir, ports);
        eprintln!("survived: {name}");
    }
    // Probes go on looking, whatever they saw.
    for origin in &origins {
        let so_far = origin.served();
        patience::wait_for("ten more looks of the probes", Duration::from_secs(30), || {
            (origin.served() >= so_far + 10).then_some(())
        });
    }
    weir.is_well();
    serves(&weir, ports);
    let memory = resident(weir.process().id());
    assert!(memory < MOST_MEMORY, "{memory} KiB are resident");
    eprintln!("{memory} KiB are resident");
    assert_eq!(weir.stop().code(), Some(0));
}

/// Probes that look often, so that they see much.
fn config(ports: Ports) -> Reference {
    Reference::with(ports)
        .replace(r#"interval = "2s""#, r#"interval = "200ms""#)
        .replace(r#"timeout = "1500ms""#, r#"timeout = "150ms""#)
        .replace(r#"interval = "5s""#, r#"interval = "200ms""#)
        .replace(r#"timeout = "4s""#, r#"timeout = "150ms""#)
}

fn hostile_origins(ports: Ports, seed: u64) -> Vec<Hostile> {
    let addresses = INTERFACES.into_iter().flat_map(|address| [(address, ports.hls), (address, ports.rtmp)]);
    addresses.zip(seed..).map(|(address, seed)| Hostile::start(address.into(), seed)).collect()
}

/// Good questions get good answers, on each interface.
fn serves(weir: &Weir, ports: Ports) {
    for index in 0..4 {
        let resolver = weir_tests::dns::Client::new(ports.dns_at(index)).expect("a socket can be had");
        let answer = resolver.ask(HOSTNAME).expect("a good question is answered");
        assert_eq!((answer.code, answer.addresses.len()), (0, 2));
        let answer = http::get(ports.http_at(index), HOSTNAME, PLAYLIST).expect("a good request is answered");
        assert_eq!(answer.status, 302);
    }
    assert_eq!(weir.state().members(POOL).len(), 4);
}

/// Resident memory of a process, in KiB (proc(5), VmRSS).
fn resident(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).expect("it runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("Linux tells");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}
