use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use rcgen::{CertificateParams, KeyPair, date_time_ymd};

use super::*;

const GOOD: &str = include_str!("../../tests/bad-config/good.toml");
const HOST: &str = "live.stream.test";
/// The first day of 2030 and of 2031, in seconds since 1970 (`date -ud 2030-01-01 +%s`).
const OF_2030: f64 = 1_893_456_000.0;
const OF_2031: f64 = 1_924_992_000.0;

/// A folder with certificates, and a keeper of them.
struct Scene {
    folder: PathBuf,
    registry: Registry,
}

impl Scene {
    /// The certificate of the listeners ends in 2030, that of the pool in 2031.
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("weir-certificates-{}-{number}", std::process::id()));
        fs::create_dir_all(&folder).expect("the folder for temporary files is writable");
        let scene = Self { folder, registry: Registry::new() };
        scene.issue("default", 2030);
        scene.issue("pool", 2031);
        scene
    }

    fn issue(&self, name: &str, year: i32) {
        let mut params = CertificateParams::new(vec![HOST.to_owned()]).expect("a name");
        params.not_after = date_time_ymd(year, 1, 1);
        let key = KeyPair::generate().expect("a key");
        self.write(&format!("{name}.pem"), &params.self_signed(&key).expect("a certificate").pem());
        self.write(&format!("{name}.key"), &key.serialize_pem());
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.folder.join(name), text).expect("a writable folder");
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.folder.join(name)).expect("a text")
    }

    /// A configuration with these pairs for `[http]` and for the pool.
    fn config(&self, http: Option<&str>, pool: Option<&str>) -> Arc<Config> {
        let pair = |name: &str| format!("tls = {{ certificate = \"{name}.pem\", key = \"{name}.key\" }}\n");
        let port = "port = 8080\n";
        let origin = "origin = { scheme = \"http\", port = 1935 }\n";
        let text = GOOD
            .replace(port, &format!("{port}{}", http.map(pair).unwrap_or_default()))
            .replace(origin, &format!("{origin}{}", pool.map(pair).unwrap_or_default()));
        Arc::new(Config::parse(&text, &self.folder, "weir.toml").expect("it has no fault"))
    }

    fn open(&self, config: &Arc<Config>) -> (Keeper, watch::Receiver<Equipped>) {
        Keeper::open(config, &self.registry).expect("good certificates")
    }

    /// The value of a metric of one series, if it has any.
    fn metric(&self, name: &str) -> Option<f64> {
        let families = self.registry.gather();
        let metric = families.iter().find(|family| family.name() == name)?.get_metric().first()?;
        Some(metric.get_gauge().get_value())
    }

    fn ends(&self) -> Option<f64> {
        self.metric("weir_certificate_expiry_timestamp_seconds")
    }

    fn failed(&self) -> Option<f64> {
        self.metric("weir_certificates_failed")
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

#[test]
fn a_pool_is_shown_its_own_certificate_or_the_listeners() {
    let scene = Scene::new();
    let config = scene.config(Some("default"), None);
    let (mut keeper, equipped) = scene.open(&config);
    assert_eq!((scene.ends(), scene.failed()), (Some(OF_2030), Some(0.0)));
    assert!(equipped.borrow().tls.is_some());
    keeper.look(&scene.config(Some("default"), Some("pool")));
    assert_eq!(scene.ends(), Some(OF_2031));
    keeper.look(&config);
    assert_eq!(scene.ends(), Some(OF_2030));
}

#[test]
fn a_pair_that_cannot_be_used_leaves_the_one_before_in_force() {
    let scene = Scene::new();
    let config = scene.config(Some("default"), Some("pool"));
    let (mut keeper, equipped) = scene.open(&config);
    let old_key = scene.text("pool.key");
    scene.issue("pool", 2030);
    let (whole, new_key) = (scene.text("pool.pem"), scene.text("pool.key"));
    scene.write("pool.key", &old_key);
    scene.write("pool.pem", &whole[..whole.len() / 2]);
    for (name, text) in [("pool.pem", &whole), ("default.pem", &"no certificate".to_owned())] {
        keeper.look(&config);
        assert_eq!(scene.ends(), Some(OF_2031), "the one before");
        assert!(scene.failed() > Some(0.0));
        scene.write(name, text);
    }
    keeper.look(&config);
    assert_eq!((scene.ends(), scene.failed()), (Some(OF_2031), Some(2.0)), "both pairs are wrong");
    assert!(equipped.borrow().tls.is_some());
    scene.write("pool.key", &new_key);
    keeper.look(&config);
    assert_eq!((scene.ends(), scene.failed()), (Some(OF_2030), Some(1.0)));
    scene.issue("default", 2031);
    keeper.look(&config);
    assert_eq!(scene.failed(), Some(0.0));
}

#[test]
fn other_files_that_cannot_be_used_leave_the_pair_of_the_files_before() {
    let scene = Scene::new();
    let (mut keeper, equipped) = scene.open(&scene.config(Some("default"), None));
    scene.write("bad.pem", "");
    scene.write("bad.key", "");
    let bad = scene.config(Some("bad"), None);
    keeper.look(&bad);
    assert_eq!((scene.ends(), scene.failed()), (Some(OF_2030), Some(1.0)));
    assert!(Arc::ptr_eq(&equipped.borrow().config, &bad), "the rest of the configuration is in force");
    scene.issue("bad", 2031);
    keeper.look(&bad);
    assert_eq!((scene.ends(), scene.failed()), (Some(OF_2031), Some(0.0)));
}

#[test]
fn listeners_hear_of_a_configuration_with_its_tls_and_not_of_renewals() {
    let scene = Scene::new();
    let without = scene.config(None, None);
    let (mut keeper, mut equipped) = scene.open(&without);
    assert!(equipped.borrow().tls.is_none() && scene.ends().is_none());
    let with = scene.config(Some("default"), None);
    keeper.look(&with);
    assert!(equipped.has_changed().expect("the keeper lives"));
    assert!(equipped.borrow_and_update().tls.is_some());
    scene.issue("default", 2031);
    keeper.look(&with);
    assert_eq!(scene.ends(), Some(OF_2031));
    assert!(!equipped.has_changed().expect("the keeper lives"), "new connections see it by themselves");
    keeper.look(&without);
    assert!(equipped.borrow_and_update().tls.is_none() && scene.ends().is_none());
}

#[test]
fn a_start_without_a_good_pair_says_whose_it_is() {
    let scene = Scene::new();
    scene.write("pool.key", &scene.text("default.key"));
    let config = scene.config(Some("default"), Some("pool"));
    let error = Keeper::open(&config, &scene.registry).map(|_| ()).expect_err("no pair");
    let text = Chain(&error).to_string();
    assert!(text.starts_with("cannot use the certificate of the pool of live.stream.test: "), "{text}");
}

#[tokio::test(start_paused = true)]
async fn files_are_looked_at_every_few_seconds_and_at_each_reload() {
    let scene = Scene::new();
    let config = scene.config(Some("default"), None);
    let (keeper, _equipped) = scene.open(&config);
    let (reload, followed) = watch::channel(Arc::clone(&config));
    let stop = CancellationToken::new();
    let task = tokio::spawn(keeper.follow(followed, stop.clone()));
    let begun = tokio::time::Instant::now();
    scene.issue("default", 2031);
    // The clock stands still, but for waits: each of these costs no time.
    while scene.ends() != Some(OF_2031) {
        assert!(begun.elapsed() < 2 * LOOK, "nobody looks");
        tokio::time::advance(Duration::from_millis(100)).await;
    }
    assert!(begun.elapsed() >= LOOK, "once in a while");
    scene.issue("default", 2030);
    let begun = tokio::time::Instant::now();
    reload.send_replace(config);
    while scene.ends() != Some(OF_2030) {
        tokio::task::yield_now().await;
    }
    assert!(begun.elapsed() < LOOK, "at once");
    stop.cancel();
    task.await.expect("no panic");
}

/// Whoever changes the port or the origin of good.toml changes these tests, too.
#[test]
fn the_scene_configures_what_it_says() {
    let scene = Scene::new();
    let config = scene.config(Some("default"), Some("pool"));
    assert_eq!(wanted(&config).len(), 2);
    let files = &config.pools()[0].tls.as_ref().expect("it is configured").files;
    assert_eq!(files.key.file_name(), Some(Path::new("pool.key").as_os_str()));
}
