//! How many files, and so connections, this process may have open.
//!
//! Linux gives a process 1024 unless told otherwise, for the sake of programs that use select(2), and lets it take
//! as many as the hard limit says. weir's own limits of connections are beyond that: without this, accepting would
//! fail long before they are reached.

use std::io;

/// Raises the limit to what this process may have; says what it is then.
pub(crate) fn raise_limit() -> io::Result<u64> {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: the kernel writes one `rlimit` into ours, which outlives the call.
    if unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) } != 0 {
        return Err(io::Error::last_os_error());
    }
    limit.rlim_cur = limit.rlim_max;
    // SAFETY: the kernel reads one `rlimit` of ours.
    if unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit) } != 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(limit.rlim_cur)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_becomes_what_the_process_may_have() {
        let raised = raise_limit().unwrap();
        let told = std::fs::read_to_string("/proc/self/limits").unwrap();
        let line = told.lines().find(|line| line.starts_with("Max open files")).unwrap();
        let figures: Vec<&str> = line.split_whitespace().skip(3).take(2).collect();
        let raised = raised.to_string();
        assert_eq!(figures, [&raised, &raised]);
    }
}
