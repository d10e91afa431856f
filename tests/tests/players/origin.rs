//! The origin: one stream in one folder, and one nginx per interface that serves it.
//!
//! All interfaces serve the same bytes under the same names, as those of one Wowza do. That is what lets a player go
//! from one to another in mid-stream.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use weir_tests::origin::Nginx;
use weir_tests::patience;
use weir_tests::ports::INTERFACES;
use weir_tests::process::Process;
use weir_tests::scratch::Scratch;
use weir_tests::{http, tools};

use crate::certificate::Certificate;
use crate::request::{FORMAT, Request};

/// Its ports, on every interface.
pub(crate) const PORT: u16 = 1935;
pub(crate) const HTTPS_PORT: u16 = 8443;

/// Segments of one second that must be there before anybody plays.
const PLAYABLE: usize = 4;

/// They are there by then, on a busy machine.
const SOON: Duration = Duration::from_secs(30);

/// Encoder and listeners; they end when this is dropped.
#[derive(Debug)]
pub(crate) struct Origin {
    listeners: [Option<Nginx>; 4],
    _encoder: Process,
    folder: Scratch,
}

impl Origin {
    /// Starts all of it, and waits until it plays.
    pub(crate) fn start(certificate: &Certificate) -> Self {
        let folder = Scratch::new("players-origin");
        let encoder = encoder(&folder);
        let listeners = std::array::from_fn(|index| Some(listener(&folder, index, certificate)));
        let origin = Self { listeners, _encoder: encoder, folder };
        let server = SocketAddr::from((INTERFACES[0], PORT));
        patience::wait_for("the first segments", SOON, || {
            let answer = http::get(server, "localhost", "/live/test/demo/chunklist_0.m3u8").ok()?;
            (answer.status == 200 && answer.body.matches("#EXTINF").count() >= PLAYABLE).then_some(())
        });
        origin
    }

    /// The listener of an interface goes: nothing listens there, and its connections break.
    pub(crate) fn take_away(&mut self, index: usize) {
        self.listeners[index] = None;
    }

    /// What all interfaces were asked for, in the order of its answers.
    pub(crate) fn requests(&self) -> Vec<Request> {
        let files = (0..4).map(|index| log(&self.folder, index));
        let mut requests: Vec<_> = files.flat_map(|file| Request::read(&file)).collect();
        requests.sort_by(|one, other| one.at.total_cmp(&other.at));
        requests
    }
}

/// A test pattern with sound, in two qualities with the same segments.
fn encoder(folder: &Scratch) -> Process {
    let mut command = Command::new(tools::find("ffmpeg").expect("asked for by the test before"));
    command.args("-nostdin -hide_banner -loglevel warning -re".split(' '));
    command.args(["-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25"]);
    command.args(["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=44100"]);
    command.args("-map 0:v -map 1:a -map 0:v -map 1:a -s:v:1 160x90 -b:v:0 300k -b:v:1 100k".split(' '));
    command
        .args("-c:v libx264 -preset ultrafast -tune zerolatency -profile:v main -pix_fmt yuv420p".split(' '));
    command.args("-g 25 -keyint_min 25 -sc_threshold 0 -c:a aac -b:a 64k".split(' '));
    command.args("-f hls -hls_time 1 -hls_list_size 8 -hls_delete_threshold 10".split(' '));
    command.args(["-hls_flags", "delete_segments+independent_segments+temp_file"]);
    command.args(["-master_pl_name", "playlist.m3u8", "-var_stream_map", "v:0,a:0 v:1,a:1"]);
    command.args(["-hls_segment_filename", "media_%v_%d.ts", "chunklist_%v.m3u8"]);
    Process::start("encoder", command.current_dir(folder.path()))
}

fn listener(folder: &Scratch, index: usize, certificate: &Certificate) -> Nginx {
    let address = INTERFACES[index];
    let files = folder.path().display();
    let log = log(folder, index).display().to_string();
    let Certificate { certificate, key, .. } = certificate;
    // A playlist that is written twice in a second looks unchanged to nginx: times are whole seconds to it.
    let config = format!(
        "http {{
  log_format seen '{FORMAT}';
  access_log {log} seen;
  types {{ application/vnd.apple.mpegurl m3u8; video/mp2t ts; }}
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  etag off; if_modified_since off;
  ssl_certificate {}; ssl_certificate_key {};
  server {{
    listen {address}:{PORT};
    listen {address}:{HTTPS_PORT} ssl;
    add_header Cache-Control no-cache;
    add_header Access-Control-Allow-Origin *;
    location ~ ^/live/[a-z.-]+/demo/(?<file>[a-z0-9_.]+)$ {{ alias {files}/$file; }}
  }}
}}
",
        certificate.display(),
        key.display(),
    );
    Nginx::start(folder, &format!("listener-{index}"), &config, (address, PORT).into())
}

/// Where the nginx of an interface writes down what it was asked for.
fn log(folder: &Scratch, index: usize) -> PathBuf {
    folder.path().join(format!("requests-{index}.log"))
}
