//! nginx with its RTMP module: one process per interface, and one that takes the encoder's stream and pushes it to them.
//!
//! ```text
//!  ffmpeg ─► ingest 127.0.0.10 ─┬─► 127.0.0.11 ─► RTMP players, HLS files ─► HTTP
//!                               ├─► 127.0.0.12     ...
//!                               └─► ...
//! ```
//!
//! One of them can go and come back while the others stay as they are. The ingest tries again each half second.

mod nginx;

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use crate::http;
use crate::patience;
use crate::ports::INTERFACES;
use crate::reference::{PLAYLIST, Ports};
use crate::scratch::Scratch;

pub use nginx::{Nginx, RTMP_MODULE};

/// Where the encoder sends its stream.
const INGEST: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 10);

/// From the start of the encoder until the first segments are written, on a busy machine.
const PLAYABLE: Duration = Duration::from_secs(30);

/// The origin: it listens on each of the four interfaces.
#[derive(Debug)]
pub struct NginxOrigin {
    ports: Ports,
    scratch: Scratch,
    _ingest: Nginx,
    listeners: [Option<Nginx>; 4],
}

impl NginxOrigin {
    /// Starts all five processes.
    ///
    /// # Panics
    /// When one does not start.
    pub fn start(ports: Ports) -> Self {
        let scratch = Scratch::new("origin");
        let ingest = Nginx::start(&scratch, "ingest", &ingest_config(ports), (INGEST, ports.rtmp).into());
        let mut origin = Self { ports, scratch, _ingest: ingest, listeners: [const { None }; 4] };
        (0..4).for_each(|index| origin.bring_back(index));
        origin
    }

    /// Where the encoder sends its stream.
    pub fn publish_url(&self) -> String {
        format!("rtmp://{INGEST}:{}/live/demo", self.ports.rtmp)
    }

    /// The listener of an interface goes: nothing listens there, and its connections break.
    pub fn take_away(&mut self, index: usize) {
        self.listeners[index] = None;
    }

    /// The listener of an interface comes back. Like an origin that was restarted, it begins its HLS anew.
    pub fn bring_back(&mut self, index: usize) {
        let address = INTERFACES[index];
        let name = format!("listener-{index}");
        let config = listener_config(address, self.ports);
        let rtmp = SocketAddr::from((address, self.ports.rtmp));
        self.listeners[index] = Some(Nginx::start(&self.scratch, &name, &config, rtmp));
    }

    /// Waits until each interface has a playlist with two segments.
    ///
    /// # Panics
    /// When it does not.
    pub fn wait_until_playable(&self) {
        for address in INTERFACES {
            let server = SocketAddr::from((address, self.ports.hls));
            patience::wait_for(&format!("two segments on {server}"), PLAYABLE, || {
                let answer = http::get(server, "localhost", PLAYLIST).ok()?;
                (answer.status == 200 && answer.body.matches("#EXTINF").count() >= 2).then_some(())
            });
        }
    }

    /// The status of the playlist on an interface.
    pub fn playlist_status(&self, index: usize) -> Option<u16> {
        let server = SocketAddr::from((INTERFACES[index], self.ports.hls));
        http::get(server, "localhost", PLAYLIST).ok().map(|answer| answer.status)
    }
}

fn ingest_config(ports: Ports) -> String {
    let rtmp = ports.rtmp;
    let pushes: String =
        INTERFACES.iter().map(|address| format!("      push rtmp://{address}:{rtmp}/live;\n")).collect();
    format!(
        "rtmp {{ server {{
    listen {INGEST}:{rtmp};
    application live {{
      live on;
      push_reconnect 500ms;
{pushes}    }}
}} }}
"
    )
}

/// RTMP and HTTP on one address. The paths are those of the reference configuration. `hls_cleanup off` leaves the
/// playlist where it is when the encoder stops: the server goes on answering 200, as Wowza does.
fn listener_config(address: Ipv4Addr, ports: Ports) -> String {
    let Ports { rtmp, hls, .. } = ports;
    format!(
        "rtmp {{ server {{
    listen {address}:{rtmp};
    application live {{
      live on;
      hls on;
      hls_path hls;
      hls_nested on;
      hls_fragment 1s;
      hls_playlist_length 8s;
      hls_cleanup off;
    }}
}} }}
http {{
  access_log off;
  types {{ application/vnd.apple.mpegurl m3u8; video/mp2t ts; }}
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  server {{
    listen {address}:{hls};
    add_header Cache-Control no-cache;
    location ~ ^/live/_definst_/(?<stream>[a-z]+)/playlist\\.m3u8$ {{ alias hls/$stream/index.m3u8; }}
    location /live/_definst_/ {{ alias hls/; }}
  }}
}}
"
    )
}
