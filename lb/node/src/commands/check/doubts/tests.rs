use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use rcgen::{CertificateParams, KeyPair, date_time_ymd};

use super::*;

const GOOD: &str = include_str!("../../../../tests/bad-config/good.toml");

/// The first of May of 2030 (`date -ud 2030-05-01 +%s`).
const TODAY: u64 = 1_903_824_000;

struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("weir-doubts-{}-{number}", std::process::id()));
        fs::create_dir_all(&path).expect("the folder for temporary files is writable");
        Self(path)
    }

    /// A certificate for these names until a day of 2030.
    fn issue(&self, name: &str, hosts: &[&str], (month, day): (u8, u8)) {
        let hosts: Vec<String> = hosts.iter().map(|&host| host.to_owned()).collect();
        let mut params = CertificateParams::new(hosts).expect("names");
        params.not_before = date_time_ymd(2030, 1, 2);
        params.not_after = date_time_ymd(2030, month, day);
        let key = KeyPair::generate().expect("a key");
        let pem = params.self_signed(&key).expect("a certificate").pem();
        fs::write(self.0.join(format!("{name}.pem")), pem).expect("writable");
        fs::write(self.0.join(format!("{name}.key")), key.serialize_pem()).expect("writable");
    }

    /// What is found today, as lines, with `http` after the port and `pool` after the origin.
    fn found(&self, http: &str, pool: &str, mode: &str) -> (Vec<String>, Vec<String>) {
        self.found_at(TODAY, http, pool, mode)
    }

    fn found_at(&self, now: u64, http: &str, pool: &str, mode: &str) -> (Vec<String>, Vec<String>) {
        let (port, origin) = ("port = 8080\n", "origin = { scheme = \"http\", port = 1935 }\n");
        let text = GOOD
            .replace(port, &format!("{port}{http}\n"))
            .replace(origin, &format!("{pool}\n"))
            .replace("discover = \"static\"", &format!("discover = \"{mode}\""));
        let config =
            Config::parse(&text, &self.0, "weir.toml").unwrap_or_else(|faults| panic!("{faults:#?}"));
        let doubts = doubts(&config, "weir.toml", UNIX_EPOCH + Duration::from_secs(now));
        let folder = self.0.display().to_string();
        let shown = |faults: Vec<Fault>| {
            faults.iter().map(|fault| fault.to_string().replace(&folder, "<folder>")).collect()
        };
        (shown(doubts.faults), shown(doubts.warnings))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

const HTTP: &str = "tls = { certificate = \"a.pem\", key = \"a.key\" }";
const BOTH: &str = "origin = { scheme = \"http\", port = 1935, https_port = 8443 }";
const ALL: [&str; 2] = ["live.stream.test", "*.live.stream.test"];

#[test]
fn what_is_as_it_should_be_is_not_mentioned() {
    let folder = Folder::new();
    let none: (Vec<String>, Vec<String>) = Default::default();
    assert_eq!(folder.found("", "origin = { scheme = \"http\", port = 1935 }", "static"), none, "no TLS");
    folder.issue("a", &ALL, (6, 1));
    assert_eq!(folder.found(HTTP, BOTH, "static"), none);
    assert_eq!(folder.found(HTTP, BOTH, "system"), none);
    folder.issue("a", &["live.stream.test", "eni0.live.stream.test", "eni1.live.stream.test"], (6, 1));
    assert_eq!(folder.found(HTTP, BOTH, "static"), none);
}

#[test]
fn a_certificate_that_ends_soon_or_has_ended_is_mentioned() {
    let folder = Folder::new();
    let day = 24 * 3600;
    folder.issue("a", &ALL, (5, 15));
    let at = |now| folder.found_at(now, HTTP, BOTH, "static").1;
    let says = |what: &str| vec![format!("weir.toml:46: http.tls: the certificate in <folder>/a.pem {what}")];
    assert_eq!(at(TODAY), Vec::<String>::new(), "fourteen days are enough");
    assert_eq!(at(TODAY + 1), says("expires in 13 days; renew it"));
    assert_eq!(at(TODAY + 14 * day - 3600), says("expires in 1 h; renew it"));
    assert_eq!(at(TODAY + 15 * day + 60), says("expired 1 day ago; renew it"));
    assert_eq!(at(TODAY - 120 * day), says("is good from in 1 day on only; is the clock right?"));
}

#[test]
fn names_that_a_certificate_is_not_for_are_mentioned() {
    let folder = Folder::new();
    folder.issue("a", &["live.stream.test"], (12, 1));
    let says = |line: u8, key: &str, path: &str, names: &str| {
        let advice = "have it issued for live.stream.test and *.live.stream.test";
        let refused = "and browsers refuse it there";
        vec![format!(
            "weir.toml:{line}: {key}: the certificate in <folder>/{path} is not for {names}, {refused}; {advice}"
        )]
    };
    let interfaces = "eni0.live.stream.test, eni1.live.stream.test";
    assert_eq!(folder.found(HTTP, BOTH, "static").1, says(46, "http.tls", "a.pem", interfaces));
    let found = format!("{interfaces}, *.live.stream.test");
    assert_eq!(folder.found(HTTP, BOTH, "system").1, says(46, "http.tls", "a.pem", &found));

    folder.issue("b", &["other.test"], (12, 1));
    let pool = format!("{BOTH}\ntls = {{ certificate = \"b.pem\", key = \"b.key\" }}");
    let all = format!("live.stream.test, {interfaces}");
    assert_eq!(folder.found(HTTP, &pool, "static").1, says(56, "pool[0].tls", "b.pem", &all));
    folder.issue("b", &ALL, (12, 1));
    assert_eq!(folder.found(HTTP, &pool, "static").1, Vec::<String>::new(), "the pool's own is what counts");
}

#[test]
fn a_pair_that_cannot_be_used_is_a_fault() {
    let folder = Folder::new();
    folder.issue("a", &ALL, (12, 1));
    folder.issue("b", &ALL, (12, 1));
    fs::copy(folder.0.join("b.key"), folder.0.join("a.key")).expect("writable");
    let (faults, warnings) = folder.found(HTTP, BOTH, "static");
    assert_eq!((faults.len(), warnings.len()), (1, 0), "{faults:?} {warnings:?}");
    let begins =
        "weir.toml:46: http.tls: the certificate in <folder>/a.pem and the key in <folder>/a.key cannot";
    assert!(
        faults[0].starts_with(begins) && faults[0].ends_with("; weir does not start with it"),
        "{faults:?}"
    );
}

#[test]
fn an_origin_without_https_is_mentioned_where_there_is_tls() {
    let folder = Folder::new();
    folder.issue("a", &ALL, (12, 1));
    let plain = "origin = { scheme = \"http\", port = 1935 }";
    let (_, warnings) = folder.found(HTTP, plain, "static");
    let begins = "weir.toml:50: pool[0].origin: viewers who come over TLS are sent to plain HTTP";
    assert!(warnings.len() == 1 && warnings[0].starts_with(begins), "{warnings:?}");
    let secure = "origin = { scheme = \"https\", port = 8443 }";
    assert_eq!(folder.found(HTTP, secure, "static").1, Vec::<String>::new());
}
