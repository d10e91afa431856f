//! CPU time of a process group, from the kernel's scheduler.

use std::fs;
use std::path::Path;
use std::time::Duration;

/// CPU time that all threads of all processes of a group have used so far, user and system together.
///
/// `/proc/PID/task/TID/schedstat` begins with nanoseconds on a CPU (Documentation/scheduler/sched-stats.rst); a
/// tick-based `stat` would round a run of some seconds by percents. Threads that ended are not counted: servers
/// here keep theirs.
pub(crate) fn of_group(leader: u32) -> anyhow::Result<Duration> {
    let mut nanoseconds = 0;
    for process in folders(Path::new("/proc"))? {
        if group_of(&process) == Some(leader) {
            // A process may end while it is looked at.
            let threads = folders(&process.join("task")).unwrap_or_default();
            nanoseconds += threads.iter().filter_map(|thread| on_cpu(thread)).sum::<u64>();
        }
    }
    anyhow::ensure!(nanoseconds > 0, "no process of the group {leader} is left");
    Ok(Duration::from_nanos(nanoseconds))
}

fn folders(path: &Path) -> std::io::Result<Vec<std::path::PathBuf>> {
    let numbered =
        |entry: &fs::DirEntry| entry.file_name().to_string_lossy().bytes().all(|b| b.is_ascii_digit());
    Ok(fs::read_dir(path)?.flatten().filter(numbered).map(|entry| entry.path()).collect())
}

/// The process group of a process: the third field behind the name, which stands in parentheses (proc(5)).
fn group_of(process: &Path) -> Option<u32> {
    let stat = fs::read_to_string(process.join("stat")).ok()?;
    let (_, fields) = stat.rsplit_once(')')?;
    fields.split_whitespace().nth(2)?.parse().ok()
}

fn on_cpu(thread: &Path) -> Option<u64> {
    fs::read_to_string(thread.join("schedstat")).ok()?.split_whitespace().next()?.parse().ok()
}
