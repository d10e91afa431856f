//! The parts of the run: an origin, an encoder, the daemon, and who asks it.

use std::net::Ipv4Addr;
use std::path::PathBuf;

use weir_tests::dns;
use weir_tests::encoder::Encoder;
use weir_tests::http;
use weir_tests::origin::NginxOrigin;
use weir_tests::reference::{HOSTNAME, PLAYLIST, Ports, Reference};
use weir_tests::scratch::Scratch;
use weir_tests::weir::Weir;

/// Names of the interfaces of the reference configuration.
pub(crate) const NAMES: [&str; 4] = ["eni0", "eni1", "eni2", "eni3"];

/// Everything that runs. Fields are dropped in their order: the daemon before what it looks at.
pub(crate) struct Scene {
    /// The daemon; `None` once it was stopped.
    pub(crate) weir: Option<Weir>,
    /// The encoder, while it runs.
    pub(crate) encoder: Option<Encoder>,
    /// nginx on the four interfaces.
    pub(crate) origin: NginxOrigin,
    /// The configuration in force.
    pub(crate) reference: Reference,
    /// Where things listen.
    pub(crate) ports: Ports,
    /// Where the configuration is.
    pub(crate) config: PathBuf,
    /// The folder of the configuration and of the daemon's own state.
    pub(crate) folder: Scratch,
}

impl Scene {
    /// Starts all parts. The stream plays before the daemon looks at it for the first time.
    pub(crate) fn open() -> Self {
        let ports = Ports::choose();
        let origin = NginxOrigin::start(ports);
        let encoder = Encoder::start(&origin.publish_url());
        origin.wait_until_playable();
        let folder = Scratch::new("main-job");
        let reference = Reference::with(ports);
        let config = reference.write(&folder);
        let weir = Weir::start(&config, ports.admin());
        Self { weir: Some(weir), encoder: Some(encoder), origin, reference, ports, config, folder }
    }

    /// The daemon.
    pub(crate) fn weir(&self) -> &Weir {
        self.weir.as_ref().expect("a step that stops it is the last one, or starts it again")
    }

    /// Fails when the daemon should run and does not, or cried.
    pub(crate) fn is_well(&mut self) {
        if let Some(weir) = &mut self.weir {
            weir.is_well();
        }
    }

    /// A client of the DNS socket of interface `index`.
    pub(crate) fn resolver(&self, index: usize) -> dns::Client {
        dns::Client::new(self.ports.dns_at(index)).expect("a UDP socket can be had")
    }

    /// Where the redirector of interface `index` sends a viewer who asks for the playlist.
    pub(crate) fn redirect(&self, index: usize) -> String {
        let answer =
            http::get(self.ports.http_at(index), HOSTNAME, PLAYLIST).expect("the redirector answers");
        assert_eq!(answer.status, 302, "{answer:?}");
        answer.header("location").expect("a redirect has a Location").to_owned()
    }

    /// The interface that a redirect names.
    pub(crate) fn named_in(&self, location: &str) -> &'static str {
        let hls = self.ports.hls;
        let expected = |name: &&&str| location == format!("http://{name}.{HOSTNAME}:{hls}{PLAYLIST}");
        NAMES.iter().find(expected).unwrap_or_else(|| panic!("a redirect to {location}"))
    }
}

/// What the reference tells viewers of interface `index`.
pub(crate) fn public_address(index: usize) -> Ipv4Addr {
    Ipv4Addr::new(198, 51, 100, 11 + u8::try_from(index).expect("four interfaces"))
}
