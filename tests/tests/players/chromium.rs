//! Chromium without a screen, on a page.

use std::process::Command;

use weir_tests::process::Process;
use weir_tests::scratch::Scratch;
use weir_tests::tools;

use crate::certificate::Certificate;

/// What it is told, beside the page. It runs as root in namespaces, where its sandbox cannot be had; a page that
/// nobody looks at is not to be slowed down; and it is to ask nobody for what no page asks for.
const OPTIONS: &str = "--headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run \
    --autoplay-policy=no-user-gesture-required --mute-audio --disable-background-timer-throttling \
    --disable-renderer-backgrounding --disable-backgrounding-occluded-windows --disable-background-networking \
    --disable-component-update --disable-default-apps --disable-extensions --disable-sync";

/// Opens a page. It ends when this is dropped.
pub(crate) fn open(page: &str, folder: &Scratch, name: &str, certificate: &Certificate) -> Process {
    let own = folder.path().join(name);
    let mut command = Command::new(tools::find("chromium").expect("asked for by the test before"));
    command.args(OPTIONS.split_whitespace()).env("HOME", folder.path());
    command.arg(format!("--user-data-dir={}", own.display()));
    // It knows no file with authorities of one's own.
    command.arg(format!("--ignore-certificate-errors-spki-list={}", certificate.key_hash()));
    Process::start(name, command.arg(page))
}
