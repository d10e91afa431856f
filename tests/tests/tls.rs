//! TLS as a viewer's own client sees it: curl, by HTTP/2 and HTTP/1.1, with the certificates of two pools.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use rcgen::{CertificateParams, KeyPair};
use weir_tests::patience;
use weir_tests::ports::{self, INTERFACES};
use weir_tests::reference::{HOSTNAME, Ports, Reference};
use weir_tests::scratch::Scratch;
use weir_tests::tools::{Need, alone, needs};
use weir_tests::weir::{Weir, run_to_end};

/// A second pool, which has no certificate of its own.
const OTHER: &str = "other.stream.test";

/// Files are looked at every five seconds.
const NOTICED: Duration = Duration::from_secs(20);

/// A daemon that speaks TLS.
struct Scene {
    weir: Weir,
    folder: Scratch,
    ports: Ports,
    /// Of its TLS.
    https: u16,
    /// Of its origin's TLS.
    origin: u16,
}

impl Scene {
    fn open() -> Self {
        let (ports, https, origin) = (Ports::free(), ports::free(), ports::free());
        let folder = Scratch::new("tls");
        issue(folder.path(), "default", &["stream.test", OTHER, &format!("*.{OTHER}")]);
        issue(folder.path(), "live", &[HOSTNAME, &format!("*.{HOSTNAME}")]);
        let http = format!("port = {}", ports.http);
        let pair = |name: &str| format!("certificate = \"{name}.pem\", key = \"{name}.key\"");
        let listen =
            format!("{http}\ntls = {{ {}, port = {https} }}\nredirect_to_https = true", pair("default"));
        let plain = format!("origin = {{ scheme = \"http\", port = {} }}", ports.hls);
        let both = format!("origin = {{ scheme = \"http\", port = {}, https_port = {origin} }}", ports.hls);
        let other = format!(
            "[[pool]]\nname = \"other\"\nhostname = \"{OTHER}\"\n{both}\n\n[[pool]]\nname = \"live\""
        );
        let config = Reference::with(ports)
            .replace(&http, &listen)
            .replace(&plain, &format!("{both}\ntls = {{ {} }}", pair("live")))
            .replace("[[pool]]\nname = \"live\"", &other)
            .write(&folder);
        let weir = Weir::start(&config, ports.admin());
        Self { weir, folder, ports, https, origin }
    }

    /// What curl tells of one URL: the version of HTTP, the status, and where it is sent; or the code that it ends with.
    fn curl(&self, trusted: &str, version: &str, url: &str) -> Result<String, i32> {
        let authority = self.folder.path().join(format!("{trusted}.pem"));
        let mut command = Command::new("curl");
        command.args(["--silent", "--output", "/dev/null", "--max-time", "10", version]);
        command.args(["--write-out", "%{http_version} %{http_code} %{redirect_url}"]);
        for host in [HOSTNAME, OTHER, "unknown.test"] {
            for port in [self.ports.http, self.https] {
                command.arg("--resolve").arg(format!("{host}:{port}:{}", INTERFACES[0]));
            }
        }
        let output = command.arg("--cacert").arg(authority).arg(url).output().expect("curl starts");
        let said = String::from_utf8(output.stdout).expect("text");
        if output.status.success() { Ok(said) } else { Err(output.status.code().unwrap_or(-1)) }
    }

    /// Whether this is a redirect by this version to an interface of the pool, over TLS.
    fn is_sent_on(&self, said: &str, version: &str, host: &str) -> bool {
        (0..4).any(|number| {
            said == format!("{version} 302 https://eni{number}.{host}:{}/live/a.m3u8?b=1", self.origin)
        })
    }
}

/// Another certificate in the files of this name.
fn issue(folder: &Path, name: &str, hosts: &[&str]) {
    let hosts: Vec<String> = hosts.iter().map(|&host| host.to_owned()).collect();
    let params = CertificateParams::new(hosts).expect("names");
    let key = KeyPair::generate().expect("a key");
    let pem = params.self_signed(&key).expect("a certificate").pem();
    fs::write(folder.join(format!("{name}.pem")), pem).expect("a writable folder");
    fs::write(folder.join(format!("{name}.key")), key.serialize_pem()).expect("a writable folder");
}

#[test]
fn curl_is_sent_on_over_tls_and_sees_a_renewed_certificate() {
    let _alone = alone();
    if !needs(&[Need::Program("curl")]) {
        return;
    }
    let mut scene = Scene::open();
    let (https, http) = (scene.https, scene.ports.http);
    for (option, version) in [("--http2", "2"), ("--http1.1", "1.1")] {
        for (host, trusted) in [(HOSTNAME, "live"), (OTHER, "default")] {
            let url = format!("https://{host}:{https}/live/a.m3u8?b=1");
            let said = scene.curl(trusted, option, &url).expect("it is trusted");
            assert!(scene.is_sent_on(&said, version, host), "{said}");
        }
        let said = scene.curl("live", option, &format!("http://{HOSTNAME}:{http}/live/a.m3u8?b=1"));
        assert_eq!(said, Ok(format!("1.1 302 https://{HOSTNAME}:{https}/live/a.m3u8?b=1")));
        let said = scene.curl("live", option, &format!("http://unknown.test:{http}/"));
        assert_eq!(said, Ok("1.1 404 ".to_owned()));
    }
    // 60: the certificate is not trusted. Each name is shown its own, and no other.
    let url = format!("https://{HOSTNAME}:{https}/live/a.m3u8?b=1");
    assert_eq!(scene.curl("default", "--http2", &url), Err(60));

    // The old one is kept beside, so that it can be seen that it is not shown any more.
    let folder = scene.folder.path().to_owned();
    fs::copy(folder.join("live.pem"), folder.join("old.pem")).expect("a writable folder");
    issue(&folder, "live", &[HOSTNAME, &format!("*.{HOSTNAME}")]);
    patience::wait_for("the renewed certificate, without a signal", NOTICED, || {
        scene.curl("live", "--http2", &url).ok()
    });
    assert_eq!(scene.curl("old", "--http2", &url), Err(60));
    fs::write(folder.join("live.key"), "half a k").expect("a writable folder");
    patience::wait_for("the metric of a pair that is wrong", NOTICED, || {
        (scene.weir.metric("weir_certificates_failed") == Some(1.0)).then_some(())
    });
    assert!(scene.curl("live", "--http2", &url).is_ok(), "the one before stays in force");
    scene.weir.is_well();
}

#[test]
fn a_check_warns_of_what_tired_operators_overlook() {
    let folder = Scratch::new("tls-check");
    issue(folder.path(), "a", &[HOSTNAME]);
    let ports = Ports::free();
    let http = format!("port = {}", ports.http);
    let tls =
        format!("{http}\ntls = {{ certificate = \"a.pem\", key = \"a.key\", port = {} }}", ports::free());
    let path = Reference::with(ports).replace(&http, &tls).write(&folder).display().to_string();
    let finished = run_to_end(folder.path(), &["check", "--config", &path]);
    assert_eq!(finished.code, Some(0), "a warning is no fault: {finished:?}");
    let said = format!("{finished:?}");
    for part in ["2 warnings", "is not for eni0.live.stream.test", "mixed content"] {
        assert!(said.contains(part), "{part}: {said}");
    }
}
