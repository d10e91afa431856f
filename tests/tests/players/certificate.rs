//! An authority of the test's own, and a certificate of it for all names.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use weir_tests::scratch::Scratch;
use weir_tests::tools;

/// The files, PEM.
#[derive(Debug)]
pub(crate) struct Certificate {
    /// The authority: what viewers trust. It is alone in its folder, as one of them takes folders alone.
    pub(crate) authority: PathBuf,
    /// The certificate that servers show.
    pub(crate) certificate: PathBuf,
    /// Its private key.
    pub(crate) key: PathBuf,
}

const EC: &str = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2";

impl Certificate {
    /// Makes one for these names in a folder.
    pub(crate) fn make(folder: &Scratch, names: &[String]) -> Self {
        let path = |name: &str| folder.path().join(name);
        let trusted = path("trusted");
        fs::create_dir_all(&trusted).expect("the temporary folder can be written");
        let (authority, authority_key) = (trusted.join("authority.pem"), path("authority-key.pem"));
        let (certificate, key) = (path("certificate.pem"), path("key.pem"));
        openssl(
            &format!("req -x509 {EC} -subj /CN=weir-tests"),
            &[("-keyout", &authority_key), ("-out", &authority)],
        );
        let names: Vec<_> = names.iter().map(|name| format!("DNS:{name}")).collect();
        let names = names.join(",");
        openssl(
            &format!(
                "req -x509 {EC} -subj /CN=stream.test -addext subjectAltName={names} \
                 -addext basicConstraints=critical,CA:FALSE"
            ),
            &[("-CA", &authority), ("-CAkey", &authority_key), ("-keyout", &key), ("-out", &certificate)],
        );
        Self { authority, certificate, key }
    }

    /// The hash of its public key, as Chromium wants it: SHA-256 of the key's DER, in base64.
    pub(crate) fn key_hash(&self) -> String {
        let script = "openssl x509 -pubkey -noout -in \"$0\" | openssl pkey -pubin -outform der \
                      | openssl dgst -sha256 -binary | openssl base64";
        let output =
            Command::new("sh").args(["-c", script]).arg(&self.certificate).output().expect("sh starts");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }
}

fn openssl(words: &str, files: &[(&str, &Path)]) {
    let mut command = Command::new(tools::find("openssl").expect("asked for by the test before"));
    command.args(words.split_whitespace());
    for (option, file) in files {
        command.arg(option).arg(file);
    }
    let output = command.output().expect("openssl starts");
    assert!(output.status.success(), "openssl {words}: {}", String::from_utf8_lossy(&output.stderr));
}
