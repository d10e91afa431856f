//! A machine of one's own: a network where the well-known ports are free, and where names are weir's to answer.

use std::io;
use std::process::Command;
use std::thread;

use weir_tests::ports::INTERFACES;
use weir_tests::scratch::Scratch;
use weir_tests::{tools, weir};

/// Runs something on a thread that has namespaces of its own, which all that it starts shares. They go with the last of
/// their processes.
pub(crate) fn secluded<T: Send>(run: impl FnOnce() -> T + Send) -> T {
    // Built where the network is, if it has to be.
    weir::program();
    let folder = Scratch::new("seclusion");
    thread::scope(|scope| {
        let inside = scope.spawn(|| {
            seclude(&folder).unwrap_or_else(|error| panic!("namespaces of one's own: {error}"));
            run()
        });
        inside.join().unwrap_or_else(|cause| std::panic::resume_unwind(cause))
    })
}

fn seclude(folder: &Scratch) -> io::Result<()> {
    let servers: String = INTERFACES.iter().map(|address| format!("nameserver {address}\n")).collect();
    // A resolver that is asked for what it does not know must not wait long for the next one.
    let resolvers = folder.write("resolv.conf", &format!("{servers}options timeout:2 attempts:2\n"));
    let hosts = folder.write("hosts", "127.0.0.1 localhost\n");
    // SAFETY: unshare takes plain numbers. It changes this thread alone, which was made for it.
    if unsafe { libc::unshare(libc::CLONE_NEWNET | libc::CLONE_NEWNS) } != 0 {
        return Err(io::Error::last_os_error());
    }
    run("ip", &["link", "set", "lo", "up"])?;
    // What is mounted here must not be seen outside.
    run("mount", &["--make-rprivate", "/"])?;
    for (file, over) in [(resolvers, "/etc/resolv.conf"), (hosts, "/etc/hosts")] {
        run("mount", &["--bind", &file.to_string_lossy(), over])?;
    }
    Ok(())
}

fn run(program: &str, arguments: &[&str]) -> io::Result<()> {
    let output = Command::new(tools::find(program).unwrap_or_default()).args(arguments).output()?;
    if output.status.success() {
        return Ok(());
    }
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(io::Error::other(format!("{program} {arguments:?}: {words}")))
}
