//! dnspython, the library that scripts and test suites ask with. Its part is `dnspython.py`, beside this file.

use std::path::Path;
use std::process::Command;

use weir_tests::tools::{Need, needs};
use weir_tests::weir::workspace;

use crate::scene::Scene;

/// Debian's, which has Debian's dnspython; another one in the search path may have none.
const PYTHON: &str = "/usr/bin/python3";

const DNSPYTHON: &[Need] =
    &[Need::File(PYTHON), Need::File("/usr/lib/python3/dist-packages/dns/__init__.py")];

#[test]
fn dnspython_asks_by_udp_and_tcp_and_gets_the_same() {
    run("asks_by_udp_and_tcp");
}

#[test]
fn dnspython_sends_many_questions_ahead_and_finds_each_answer_by_its_number() {
    run("sends_many_ahead");
}

#[test]
fn dnspython_gets_the_options_that_it_asks_for() {
    run("gets_options");
}

#[test]
fn dnspython_goes_on_by_tcp_when_an_answer_is_cut() {
    run("falls_back_to_tcp");
}

#[test]
fn dnspython_finds_its_own_spelling_in_answers() {
    run("finds_its_spelling");
}

#[test]
fn dnspython_reads_why_it_was_refused() {
    run("reads_extended_errors");
}

/// Runs one function of the script against a daemon of its own.
fn run(check: &str) {
    if !needs(DNSPYTHON) {
        return;
    }
    let scene = Scene::open("nsid = \"edge-1\"");
    let script = workspace().join(Path::new("tests/tests/resolvers/dnspython.py"));
    let server = scene.server();
    let output = Command::new(PYTHON)
        // No bytecode beside the source.
        .arg("-B")
        .arg(script)
        .args([&server.ip().to_string(), &server.port().to_string(), check])
        .output()
        .expect("python starts");
    let said =
        [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    assert!(output.status.success() && said.trim_end().ends_with("done"), "{check}: {said}");
    scene.close();
}
