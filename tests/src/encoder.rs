//! ffmpeg as the encoder: a test pattern with sound, live.

use std::process::Command;

use crate::process::Process;
use crate::tools;

/// A running encoder; it stops when this is dropped.
#[derive(Debug)]
pub struct Encoder {
    _process: Process,
}

impl Encoder {
    /// Publishes to this RTMP address: a key frame each second, so that segments of one second can be cut.
    ///
    /// # Panics
    /// When it can't be started.
    pub fn start(url: &str) -> Self {
        let ffmpeg = tools::find("ffmpeg").expect("asked for by the test before");
        let mut command = Command::new(ffmpeg);
        command.args("-nostdin -hide_banner -loglevel warning -re".split(' '));
        command.args(["-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25"]);
        command.args(["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=44100"]);
        command.args("-c:v libx264 -preset veryfast -tune zerolatency -pix_fmt yuv420p -g 25".split(' '));
        command.args("-b:v 400k -c:a aac -b:a 64k -f flv".split(' '));
        Self { _process: Process::start("encoder", command.arg(url)) }
    }
}
