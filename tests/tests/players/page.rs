//! The page in which hls.js and video.js play, of an origin that is neither the edge's nor an interface's.

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

use weir_tests::origin::Nginx;
use weir_tests::scratch::Scratch;
use weir_tests::tools;

use crate::certificate::Certificate;
use crate::request::{FORMAT, Request};
use crate::viewer::{Scheme, Viewer};

/// The players, where npm puts them.
pub(crate) const HLS_JS: &str = "hls.js/dist/hls.min.js";
pub(crate) const VIDEO_JS: &str = "video.js/dist/video.min.js";

/// Where the page is served.
pub(crate) const ADDRESS: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 10);
pub(crate) const HOSTNAME: &str = "page.stream.test";

const HTML: &str = include_str!("page.html");

/// The server of the page; it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Page {
    _nginx: Nginx,
    log: PathBuf,
}

/// What a player in the page said of itself at one moment.
#[derive(Clone, Debug)]
pub(crate) struct Sight {
    /// When, in seconds since 1970.
    pub(crate) at: f64,
    /// When, in seconds of the page's own clock.
    pub(crate) clock: f64,
    /// Seconds of the stream, as the player counts them.
    pub(crate) time: f64,
    /// How often it had to wait for data.
    pub(crate) waits: u32,
    /// All kinds of errors so far.
    pub(crate) errors: String,
}

impl Page {
    /// Starts its server.
    pub(crate) fn start(folder: &Scratch, certificate: &Certificate) -> Self {
        let log = folder.path().join("page.log");
        let html = folder.write("page.html", HTML);
        let config = config(&html, &log, certificate);
        Self { _nginx: Nginx::start(folder, "page", &config, (ADDRESS, 80).into()), log }
    }

    /// The address of the page in which these play. `more` is said to the page, too.
    pub(crate) fn address(scheme: Scheme, viewers: &[Viewer], more: &str) -> String {
        let watch = |viewer: &Viewer| format!("watch={viewer},{},{}", viewer.player.word(), viewer.address());
        let watched: Vec<_> = viewers.iter().map(watch).collect();
        format!("{}://{HOSTNAME}/watch?{}{more}", scheme.word(), watched.join("&"))
    }

    /// All that a player has said so far, in the order in which it said it.
    pub(crate) fn sights(&self, viewer: Viewer) -> Vec<Sight> {
        let name = viewer.to_string();
        let lines = Request::read(&self.log);
        let mut sights: Vec<_> = lines.iter().filter(|line| line.viewer() == name).map(Sight::of).collect();
        sights.sort_by(|one, other| one.clock.total_cmp(&other.clock));
        sights
    }
}

impl Sight {
    fn of(request: &Request) -> Self {
        let query = request.path.split_once('?').map_or("", |(_, query)| query);
        let value = |key: &str| {
            let pair =
                query.split('&').find_map(|pair| pair.split_once('=').filter(|(known, _)| *known == key));
            pair.map(|(_, value)| value.to_owned()).unwrap_or_default()
        };
        let number = |text: String| text.parse().unwrap_or_default();
        Self {
            at: request.at,
            clock: number(value("clock")),
            time: number(value("time")),
            waits: value("waits").parse().unwrap_or_default(),
            errors: value("errors"),
        }
    }
}

fn config(html: &Path, log: &Path, certificate: &Certificate) -> String {
    let packages = tools::npm_folder();
    let file = |package: &str| packages.join(package).display().to_string();
    format!(
        "http {{
  log_format seen '{FORMAT}';
  access_log off;
  types {{ text/html html; text/javascript js; }}
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  ssl_certificate {}; ssl_certificate_key {};
  server {{
    listen {ADDRESS}:80;
    listen {ADDRESS}:443 ssl;
    location = /watch {{ alias {}; default_type text/html; }}
    location = /hls.min.js {{ alias {}; }}
    location = /video.min.js {{ alias {}; }}
    location /seen/ {{ access_log {} seen; return 204; }}
  }}
}}
",
        certificate.certificate.display(),
        certificate.key.display(),
        html.display(),
        file(HLS_JS),
        file(VIDEO_JS),
        log.display(),
    )
}
