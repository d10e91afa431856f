//! The machine and its origin: four limited devices, and an nginx on the address of each.

use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use weir_tests::namespace::edge_address;
use weir_tests::patience;
use weir_tests::process::Process;
use weir_tests::scratch::Scratch;
use weir_tests::tools;

/// What each device lets through, in Mbit/s.
pub(crate) const LIMITS: [f64; 4] = [100.0, 100.0, 250.0, 50.0];

/// The origin's port.
pub(crate) const PORT: u16 = 8080;

/// What viewers download: longer than any of them stays. Nothing is written to it, so that it takes no room.
pub(crate) const FILE: &str = "endless";
const FILE_BYTES: u64 = 1 << 30;

/// What the probe fetches.
pub(crate) const HEALTH: &str = "health";

/// It listens by then.
const SOON: Duration = Duration::from_secs(10);

/// One nginx for each address: one of them can stand still while the others go on.
#[derive(Debug)]
pub(crate) struct Origin {
    processes: Vec<Process>,
    _scratch: Scratch,
}

impl Origin {
    /// In the namespace of this thread, which has to live as long.
    pub(crate) fn start() -> Self {
        let scratch = Scratch::new("even-load-origin");
        let files = scratch.path().join("files");
        fs::create_dir_all(&files).expect("the temporary folder can be written");
        let endless = File::create(files.join(FILE)).expect("the temporary folder can be written");
        endless.set_len(FILE_BYTES).expect("a file may have holes");
        scratch.write(&format!("files/{HEALTH}"), "well\n");
        let processes = (0..LIMITS.len()).map(|index| start(&scratch, edge_address(index))).collect();
        Self { processes, _scratch: scratch }
    }

    /// It stands still: the kernel still accepts connections for it, and nobody is answered.
    pub(crate) fn freeze(&self, index: usize) {
        tell(&self.processes[index], libc::SIGSTOP);
    }

    /// It goes on.
    pub(crate) fn thaw(&self, index: usize) {
        tell(&self.processes[index], libc::SIGCONT);
    }
}

/// The name of the interface of a device in the configuration.
pub(crate) fn name(index: usize) -> String {
    format!("eni{index}")
}

fn tell(process: &Process, signal: i32) {
    let id = i32::try_from(process.id()).expect("process numbers on Linux are below 2^22");
    // SAFETY: kill takes plain numbers, and the process is our child, which has not been waited for.
    let result = unsafe { libc::kill(id, signal) };
    assert_eq!(result, 0, "the process is there");
}

fn start(scratch: &Scratch, address: Ipv4Addr) -> Process {
    let folder = scratch.path().join(address.to_string());
    fs::create_dir_all(&folder).expect("the temporary folder can be written");
    let path = folder.join("nginx.conf");
    let files = scratch.path().join("files");
    fs::write(&path, config(address, &files)).expect("the temporary folder can be written");
    let mut command = Command::new(tools::find("nginx").expect("asked for by the test before"));
    command.args(["-e", "stderr", "-p"]).arg(&folder).arg("-c").arg(&path).current_dir(&folder);
    let mut process = Process::start(&format!("nginx on {address}"), &mut command);
    patience::wait_for(&format!("nginx on {address}"), SOON, || {
        let ended = process.exited();
        assert!(ended.is_none(), "nginx on {address} ended: {ended:?}");
        TcpStream::connect(SocketAddr::from((address, PORT))).ok()
    });
    process
}

/// The kernel holds little of what is on its way to a viewer, so that one who is cut notices soon. Viewers read for
/// minutes at a pace that looks slow: no timeout may end that.
fn config(address: Ipv4Addr, files: &Path) -> String {
    let files = files.display();
    format!(
        "daemon off;
master_process off;
pid nginx.pid;
error_log stderr crit;
worker_rlimit_nofile 8192;
events {{ worker_connections 4096; }}
http {{
  access_log off;
  sendfile on;
  sendfile_max_chunk 64k;
  send_timeout 1h;
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  server {{
    listen {address}:{PORT} sndbuf=16k backlog=4096;
    root {files};
  }}
}}
"
    )
}
