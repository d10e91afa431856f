//! The daemon, as an operator runs it.

mod program;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::time::Duration;

use crate::http::{self, Response};
use crate::patience;
use crate::process::{Process, Signal};
use crate::state::State;

pub use program::{Finished, end_of, program, run_to_end};

/// It must be ready by then: ten seconds after the start it is ready whatever the probes do, and a machine that
/// builds something else beside may be slow.
const READY: Duration = Duration::from_secs(20);

/// After SIGTERM it may finish what is in flight.
const GRACE: Duration = Duration::from_secs(20);

/// A running daemon.
#[derive(Debug)]
pub struct Weir {
    process: Process,
    admin: SocketAddr,
}

impl Weir {
    /// Starts `weir run` with this file, in the folder of the file, and waits until it is ready.
    ///
    /// # Panics
    /// When it is not ready in time.
    pub fn start(config: &Path, admin: SocketAddr) -> Self {
        let mut weir = Self::spawn(config, admin);
        let what = format!("/readyz of weir on {admin}");
        patience::wait_for(&what, READY, || {
            let ended = weir.process.exited();
            assert!(ended.is_none(), "weir run ended: {ended:?}");
            let answer = http::get(admin, "localhost", "/readyz").ok()?;
            (answer.status == 200).then_some(())
        });
        weir
    }

    /// Starts it and waits for nothing.
    pub fn spawn(config: &Path, admin: SocketAddr) -> Self {
        let folder = config.parent().unwrap_or(Path::new("."));
        let mut command = Command::new(program());
        command.args(["run", "--config"]).arg(config).current_dir(folder);
        Self { process: Process::start("weir", &mut command), admin }
    }

    /// Its process.
    pub fn process(&mut self) -> &mut Process {
        &mut self.process
    }

    /// Where it is administered.
    pub fn admin(&self) -> SocketAddr {
        self.admin
    }

    /// What it says of itself now.
    ///
    /// # Panics
    /// When it does not answer, or not with 200.
    pub fn state(&self) -> State {
        State::parse(&self.get("/api/v1/state").body)
    }

    /// Waits until its state satisfies a condition, and returns that state.
    ///
    /// # Panics
    /// When the deadline passes first: it shows the last state.
    pub fn wait_for(&self, what: &str, deadline: Duration, wanted: impl Fn(&State) -> bool) -> State {
        let mut last = None;
        let start = std::time::Instant::now();
        let found = || {
            let state = self.state();
            let fits = wanted(&state);
            if start.elapsed() + Duration::from_millis(200) > deadline && !fits && last.is_none() {
                eprintln!("the last state before the deadline for {what:?}:\n{:#}", state.value());
                last = Some(());
            }
            fits.then_some(state)
        };
        patience::wait_for(what, deadline, found)
    }

    /// Its metrics, as text.
    ///
    /// # Panics
    /// When it does not answer, or not with 200.
    pub fn metrics(&self) -> String {
        self.get("/metrics").body
    }

    /// The value of one time series, given as it stands in the text: `weir_snapshot_generation`, or
    /// `weir_interface_up{interface="eni0",pool="live"}`.
    pub fn metric(&self, series: &str) -> Option<f64> {
        let text = self.metrics();
        let line = text.lines().find(|line| line.strip_prefix(series).is_some_and(|r| r.starts_with(' ')))?;
        line.rsplit(' ').next()?.parse().ok()
    }

    /// Orders a directive.
    ///
    /// # Panics
    /// When it is refused.
    pub fn direct(&self, interface: &str, directive: &str, reason: &str) {
        let body = format!(r#"{{"directive":"{directive}","reason":"{reason}","expires_in":"30m"}}"#);
        let path = format!("/api/v1/interfaces/{interface}/directive");
        let answer = http::put_json(self.admin, &path, &body).expect("the admin listener answers");
        assert!((200..300).contains(&answer.status), "{path}: {answer:?}");
    }

    /// Lets it read its file again (SIGHUP).
    pub fn reload(&self) {
        self.process.signal(Signal::Hangup);
    }

    /// Ends it in order (SIGTERM), and returns how it ended.
    pub fn stop(mut self) -> ExitStatus {
        self.process.signal(Signal::Terminate);
        self.process.wait_for_end(GRACE)
    }

    /// Fails when it is not running any more, or when any part of it has panicked.
    ///
    /// # Panics
    /// Then.
    pub fn is_well(&mut self) {
        let ended = self.process.exited();
        assert!(ended.is_none(), "weir ended by itself: {ended:?}");
        let cry = self.process.lines().into_iter().find(|line| line.contains("panicked"));
        assert_eq!(cry, None, "a part of weir panicked");
    }

    fn get(&self, path: &str) -> Response {
        let answer = http::get(self.admin, "localhost", path).expect("the admin listener answers");
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        answer
    }
}

/// A folder of the workspace.
///
/// # Panics
/// Never: the tests are a folder of the workspace.
pub fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ is in the workspace").to_owned()
}
