//! Real players: ffmpeg through the redirect, rtmpdump through the DNS answer.
//!
//! Names that end in `.test` resolve nowhere, and resolvers ask port 53 alone. So each player runs in a mount namespace
//! with an `/etc/hosts` of its own, written from what the daemon answers to dig: real names, on the way of a viewer.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use weir_tests::dig;
use weir_tests::patience;
use weir_tests::process::{Process, Signal};
use weir_tests::reference::{HOSTNAME, PLAYLIST};
use weir_tests::tools;

use crate::scene::{NAMES, Scene};

/// Both play this long.
const SECONDS: u32 = 10;

/// Start, ten seconds, and a slow machine.
const DEADLINE: Duration = Duration::from_secs(40);

pub(crate) fn real_players_play(scene: &mut Scene) {
    let hosts = scene.folder.write("hosts", &hosts(scene));
    let folder = scene.folder.path();
    let mut hls = ffmpeg(scene, folder, &hosts);
    let mut rtmp = rtmpdump(scene, folder, &hosts);
    let counted = scene.weir().wait_for("the viewers on the interfaces", DEADLINE, |state| {
        let connections = |name: &&str| state.interface(name)["connections"].as_u64().unwrap_or_default();
        NAMES.iter().map(connections).sum::<u64>() > 0
            && NAMES.iter().any(|name| state.rate(name).is_some_and(|rate| rate > 0.0))
    });
    assert_eq!(counted.value()["interfaces"].as_array().map(Vec::len), Some(4));
    assert!(hls.wait_for_end(DEADLINE).success(), "ffmpeg plays through the redirect");
    // rtmpdump has no end of its own for live streams: it is told to stop as soon as it has enough.
    let recorded = folder.join("rtmp.flv");
    patience::wait_for("ten seconds of RTMP", DEADLINE, || {
        assert_eq!(rtmp.exited(), None, "rtmpdump goes on playing");
        (duration(&recorded) >= f64::from(SECONDS)).then_some(())
    });
    rtmp.signal(Signal::Interrupt);
    rtmp.wait_for_end(DEADLINE);
    for (file, least) in [("hls.mkv", 100_000), ("rtmp.flv", 100_000)] {
        let size = folder.join(file).metadata().map_or(0, |facts| facts.len());
        assert!(size > least, "{file} holds {SECONDS} s of picture and sound: {size} bytes");
        let played = duration(&folder.join(file));
        assert!(played > f64::from(SECONDS) - 1.5, "{file} lasts {played} s");
    }
}

/// The first address of an answer for the pool, and each interface's own name.
fn hosts(scene: &Scene) -> String {
    let server = scene.ports.dns_at(0);
    let own = NAMES.map(|name| format!("{name}.{HOSTNAME}"));
    let names = own.into_iter().chain([HOSTNAME.to_owned()]);
    let line = |name: String| format!("{} {name}\n", dig::addresses(server, &name)[0]);
    std::iter::once("127.0.0.1 localhost\n".to_owned()).chain(names.map(line)).collect()
}

fn ffmpeg(scene: &Scene, folder: &Path, hosts: &Path) -> Process {
    let url = format!("http://{HOSTNAME}:{}{PLAYLIST}", scene.ports.http);
    let seconds = SECONDS.to_string();
    let mut command = inside(hosts, "ffmpeg");
    command.args("-nostdin -hide_banner -loglevel info -y".split(' '));
    command.args(["-i", &url, "-t", &seconds, "-c", "copy", "hls.mkv"]).current_dir(folder);
    Process::start("ffmpeg, the viewer", &mut command)
}

fn rtmpdump(scene: &Scene, folder: &Path, hosts: &Path) -> Process {
    let url = format!("rtmp://{HOSTNAME}:{}/live/demo", scene.ports.rtmp);
    let mut command = inside(hosts, "rtmpdump");
    command.args(["-q", "-r", &url, "--live", "-o", "rtmp.flv"]).current_dir(folder);
    Process::start("rtmpdump, the viewer", &mut command)
}

/// A program that sees this file as `/etc/hosts`. Who is not root becomes it in a user namespace of its own.
fn inside(hosts: &Path, program: &str) -> Command {
    let mut command = Command::new(tools::find("unshare").expect("asked for before"));
    command.args(["--mount", "--map-root-user", "sh", "-c"]);
    command.arg("mount --bind \"$0\" /etc/hosts && exec \"$@\"").arg(hosts);
    command.arg(tools::find(program).expect("asked for before"));
    command
}

/// The length of a recording in seconds, as ffprobe finds it; zero while there is none.
fn duration(file: &Path) -> f64 {
    let output = Command::new(tools::find("ffprobe").expect("comes with ffmpeg"))
        .args("-v error -show_entries packet=pts_time -of csv=p=0".split(' '))
        .arg(file)
        .output()
        .expect("ffprobe starts");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let times: Vec<f64> = text.lines().filter_map(|line| line.trim_end_matches(',').parse().ok()).collect();
    let span = |times: &[f64]| {
        Some(times.iter().copied().reduce(f64::max)? - times.iter().copied().reduce(f64::min)?)
    };
    span(&times).unwrap_or_default()
}
