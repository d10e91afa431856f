//! `weir demo`: the first thing that anybody sees.

use std::net::SocketAddr;
use std::process::Command;
use std::time::Duration;

use weir_tests::http;
use weir_tests::patience;
use weir_tests::process::Process;
use weir_tests::scratch::Scratch;
use weir_tests::state::State;
use weir_tests::tools::{alone, needs};
use weir_tests::weir::{program, run_to_end};

const SOON: Duration = Duration::from_secs(15);

/// The demo runs so long, and ends by itself.
const LASTS: &str = "20s";

const NAMES: [&str; 4] = ["eni0", "eni1", "eni2", "eni3"];

#[test]
fn the_demo_shows_what_it_promises_and_ends_by_itself() {
    let _alone = alone();
    // Nothing but the program itself.
    assert!(needs(&[]));
    let folder = Scratch::new("demo");
    let mut command = Command::new(program());
    command.args(["demo", "--calm", "--viewers", "200", "--for", LASTS]).current_dir(folder.path());
    let mut demo = Process::start("weir demo", &mut command);

    let drain = demo.wait_for_line(SOON, |line| line.trim_start().starts_with("weir drain "));
    let lines = demo.lines();
    let tried = |program: &str| lines.iter().filter(|line| line.trim_start().starts_with(program)).count();
    assert!(tried("dig ") >= 1 && tried("curl ") >= 1 && tried("weir drain ") == 1, "{lines:#?}");
    let words: Vec<_> = drain.split_whitespace().skip(1).collect();
    let admin = words.iter().skip_while(|word| **word != "--admin").nth(1).copied();
    let admin: SocketAddr = admin.unwrap_or("127.0.0.1:9880").parse().expect("an address and a port");

    let state = || State::parse(&http::get(admin, "localhost", "/api/v1/state").expect("it answers").body);
    patience::wait_for("traffic on all four interfaces", SOON, || {
        let moves = |name: &&str| state().rate(name).is_some_and(|rate| rate > 0.0);
        NAMES.iter().all(moves).then_some(())
    });
    // The command that it prints, without the remark behind it.
    let end =
        words.iter().position(|word| word.parse::<SocketAddr>().is_ok()).expect("--admin was found") + 1;
    let drained = run_to_end(folder.path(), &words[..end]);
    assert_eq!(drained.code, Some(0), "{drained:?}");
    let name = words[1];
    patience::wait_for("no weight on the drained interface", Duration::from_secs(2), || {
        let state = state();
        let pool = state.value()["pools"][0]["name"].as_str()?.to_owned();
        (state.member(&pool, name)?.weight() == 0).then_some(())
    });
    let status = run_to_end(folder.path(), &["status", "--admin", &admin.to_string()]);
    assert_eq!(status.code, Some(0), "{status:?}");
    assert!(NAMES.iter().all(|name| status.lines.iter().any(|line| line.contains(name))), "{status:?}");

    let ended = demo.wait_for_end(Duration::from_secs(40));
    assert_eq!(ended.code(), Some(0), "{ended:?}");
    assert!(!demo.lines().iter().any(|line| line.contains("panicked")));
}
