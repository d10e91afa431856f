//! One nginx in the foreground, in a folder of its own.

use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::process::Command;
use std::time::Duration;

use crate::patience;
use crate::process::Process;
use crate::scratch::Scratch;
use crate::tools;

/// Where Debian puts the module of libnginx-mod-rtmp.
pub const RTMP_MODULE: &str = "/usr/lib/nginx/modules/ngx_rtmp_module.so";

/// It listens by then.
const SOON: Duration = Duration::from_secs(10);

/// A running nginx; it ends when this is dropped.
#[derive(Debug)]
pub struct Nginx {
    _process: Process,
}

impl Nginx {
    /// Starts one with this configuration, `hls/` in it being a fresh folder, and waits until it listens.
    ///
    /// # Panics
    /// When it does not.
    pub fn start(scratch: &Scratch, name: &str, config: &str, listens: SocketAddr) -> Self {
        let folder = scratch.path().join(name);
        // What an earlier one of this name left behind must not be served.
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(folder.join("hls")).expect("the temporary folder can be written");
        let path = folder.join("nginx.conf");
        fs::write(&path, whole(config)).expect("the temporary folder can be written");
        let nginx = tools::find("nginx").expect("asked for by the test before");
        let mut command = Command::new(nginx);
        command.args(["-e", "stderr", "-p"]).arg(&folder).arg("-c").arg(&path).current_dir(&folder);
        let mut process = Process::start(&format!("nginx {name}"), &mut command);
        patience::wait_for(&format!("nginx {name} on {listens}"), SOON, || {
            let ended = process.exited();
            assert!(ended.is_none(), "nginx {name} ended: {ended:?}");
            TcpStream::connect(listens).ok()
        });
        Self { _process: process }
    }
}

/// The part that all have in common. One process without a master, so that a stream's players and its publisher meet,
/// and so that nothing is left over when it is killed. It runs in its folder: relative paths are relative to that.
fn whole(config: &str) -> String {
    format!(
        "load_module {RTMP_MODULE};
daemon off;
master_process off;
pid nginx.pid;
error_log stderr crit;
events {{ worker_connections 256; }}
{config}"
    )
}
