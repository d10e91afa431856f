//! What the daemon refuses, with one clear line and exit code 1.

use std::fs;
use std::net::UdpSocket;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use weir_tests::ports::INTERFACES;
use weir_tests::process::Process;
use weir_tests::reference::{self, Ports, Reference};
use weir_tests::scratch::Scratch;
use weir_tests::tools::{self, Need, alone, needs};
use weir_tests::weir::{Finished, end_of, program, run_to_end};

#[test]
fn the_reference_configuration_has_no_fault() {
    let folder = Scratch::new("check");
    let path = reference::path().display().to_string();
    let finished = run_to_end(folder.path(), &["check", "--config", &path]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
}

#[test]
fn a_check_names_all_faults_of_a_file_and_ends_with_1() {
    let folder = Scratch::new("check-bad");
    let text = Reference::with(Ports::free())
        .replace("answer_count = 2", "answer_count = 0")
        .replace("[admin]", "[admin]\ncolour = \"red\"")
        .replace("capacity = \"25 Gbit/s\"", "capacity = \"25 apples\"");
    let path = text.write(&folder).display().to_string();
    let finished = run_to_end(folder.path(), &["check", "--config", &path]);
    assert_eq!(finished.code, Some(1), "{finished:?}");
    for part in ["answer_count", "colour", "25 apples"] {
        assert!(says(&finished, part), "{part}: {finished:?}");
    }
    let ran = run_to_end(folder.path(), &["run", "--config", &path]);
    assert_eq!(ran.code, Some(1), "weir run refuses it as well: {ran:?}");
}

#[test]
fn a_port_in_use_is_said_in_one_line_and_ends_it_with_1() {
    let _alone = alone();
    let folder = Scratch::new("in-use");
    let ports = Ports::free();
    let path = Reference::with(ports).write(&folder).display().to_string();
    let _taken = UdpSocket::bind((INTERFACES[1], ports.dns)).expect("it was free just now");
    let finished = run_to_end(folder.path(), &["run", "--config", &path]);
    let address = format!("{}:{}", INTERFACES[1], ports.dns);
    ends_with_one_line_about(&finished, &address);
}

#[test]
fn an_address_that_the_machine_does_not_have_is_said_in_one_line_and_ends_it_with_1() {
    let _alone = alone();
    let folder = Scratch::new("not-here");
    let path = Reference::with(Ports::free())
        .replace(r#"address = "127.0.0.13""#, r#"address = "192.0.2.13""#)
        .write(&folder)
        .display()
        .to_string();
    let finished = run_to_end(folder.path(), &["run", "--config", &path]);
    ends_with_one_line_about(&finished, "192.0.2.13");
}

/// In a network namespace of its own, where nobody has opened ports below 1024 to everybody, and as nobody.
#[test]
fn a_missing_permission_for_port_53_is_said_in_one_line_and_ends_it_with_1() {
    let _alone = alone();
    if !needs(&[Need::Root, Need::Program("unshare"), Need::Program("setpriv"), Need::Program("ip")]) {
        return;
    }
    let folder = Scratch::new("permission");
    let ports = Ports::free();
    let text = Reference::with(ports).replace(&format!("port = {}", ports.dns), "port = 53");
    let path = text.write(&folder);
    // A home that nobody may write to, and a program that nobody may reach, would be other faults.
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).expect("it is ours");
    let weir = folder.path().join("weir");
    fs::copy(program(), &weir).expect("the program can be copied");
    let script = "ip link set lo up && exec setpriv --reuid 65534 --regid 65534 --clear-groups \
                  --bounding-set=-all --inh-caps=-all \"$0\" run --config \"$1\"";
    let mut command = Command::new(tools::find("unshare").expect("asked for before"));
    command.args(["--net", "sh", "-c", script]).arg(weir).arg(path).current_dir(folder.path());
    let finished = end_of(Process::start("weir as nobody", &mut command));
    ends_with_one_line_about(&finished, ":53");
    assert!(says(&finished, "CAP_NET_BIND_SERVICE"), "{finished:?}");
}

#[test]
fn a_missing_file_and_bad_usage_have_codes_of_their_own() {
    let folder = Scratch::new("usage");
    let missing = run_to_end(folder.path(), &["run", "--config", "absent.toml"]);
    assert_eq!(missing.code, Some(1), "{missing:?}");
    assert!(says(&missing, "absent.toml"), "{missing:?}");
    let usage = run_to_end(folder.path(), &["run", "--colour", "red"]);
    assert_eq!(usage.code, Some(2), "{usage:?}");
}

/// The program's own words begin with its name; what it logs before has a time in front.
fn ends_with_one_line_about(finished: &Finished, address: &str) {
    assert_eq!(finished.code, Some(1), "{finished:?}");
    let own: Vec<_> = finished.lines.iter().filter(|line| line.starts_with("weir: ")).collect();
    assert!(own.len() == 1 && finished.lines.last() == Some(own[0]), "{finished:?}");
    assert!(own[0].contains(address) && own[0].contains(';'), "it says what and what to do: {own:?}");
    assert!(!says(finished, "panicked"), "{finished:?}");
}

fn says(finished: &Finished, part: &str) -> bool {
    finished.lines.iter().any(|line| line.contains(part))
}
