//! Players that are programs: each plays for some seconds, and ends by itself.

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use weir_tests::process::Process;
use weir_tests::scratch::Scratch;
use weir_tests::tools;

use crate::certificate::Certificate;
use crate::viewer::{Player, Scheme, Viewer};

/// So many seconds of the stream.
pub(crate) const SECONDS: &str = "8";

/// `nobody` on Debian.
const NOBODY: u32 = 65534;

/// Starts one. All but VLC and streamlink decode what they get, into nothing.
pub(crate) fn start(viewer: Viewer, folder: &Scratch, certificate: &Certificate) -> Process {
    let address = viewer.address();
    let authority = certificate.authority.display().to_string();
    let program = match viewer.player {
        Player::HlsJs | Player::VideoJs => unreachable!("they play in a page"),
        Player::Ffmpeg => "ffmpeg",
        Player::Mpv => "mpv",
        Player::Vlc => "cvlc",
        Player::Streamlink => "streamlink",
    };
    let mut command = Command::new(tools::find(program).expect("asked for by the test before"));
    command.current_dir(folder.path()).env("HOME", folder.path());
    match viewer.player {
        Player::HlsJs | Player::VideoJs => {}
        Player::Ffmpeg => {
            command.args("-nostdin -hide_banner -nostats -loglevel info".split(' '));
            // It refuses options that it has no use for.
            if viewer.scheme == Scheme::Https {
                command.args(["-tls_verify", "1", "-ca_file", &authority]);
            }
            command.args(["-i", &address, "-t", SECONDS, "-f", "null", "-"]);
        }
        Player::Mpv => {
            command
                .args("--no-config --ytdl=no --no-terminal --vo=null --ao=null --tls-verify=yes".split(' '));
            command.args([&format!("--tls-ca-file={authority}"), &format!("--length={SECONDS}"), &address]);
        }
        Player::Vlc => {
            // It refuses to be root.
            command.uid(NOBODY).gid(NOBODY).env("HOME", "/nonexistent");
            command.args("-v --vout=dummy --aout=dummy --no-audio --play-and-exit".split(' '));
            let trusted = certificate.authority.parent().unwrap_or(Path::new("/")).display();
            command.args([
                &format!("--gnutls-dir-trust={trusted}"),
                &format!("--run-time={SECONDS}"),
                &address,
            ]);
        }
        Player::Streamlink => {
            command.env("REQUESTS_CA_BUNDLE", &authority);
            command.args([
                "--loglevel",
                "debug",
                "--hls-duration",
                SECONDS,
                "--output",
                "/dev/null",
                "--force",
            ]);
            command.args([&format!("hls://{address}"), "best"]);
        }
    }
    Process::start(&viewer.to_string(), &mut command)
}
