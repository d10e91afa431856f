//! A child process with its words kept, which never outlives its owner.

use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::patience;

/// So many of its last lines are shown when a test fails.
const SHOWN: usize = 150;

/// A running program, at the head of a process group of its own.
#[derive(Debug)]
pub struct Process {
    name: String,
    child: Child,
    lines: Arc<Mutex<Vec<String>>>,
    readers: Vec<JoinHandle<()>>,
}

/// What can be told to a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// Read the configuration again.
    Hangup,
    /// End in order.
    Terminate,
    /// End at once.
    Kill,
    /// As if from the keyboard.
    Interrupt,
}

impl Process {
    /// Starts a program. What it prints is kept; when the test fails, the end of it is shown under `name`.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn start(name: &str, command: &mut Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
        // SAFETY: prctl is async-signal-safe and takes plain numbers here. It makes the kernel kill the child when
        // the thread that started it ends, even if that happens by a kill that runs no destructors.
        unsafe {
            command.pre_exec(|| {
                libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
                Ok(())
            });
        }
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{name} does not start: {error}"));
        let lines = Arc::new(Mutex::new(Vec::new()));
        let readers = [keep_lines(child.stdout.take(), &lines), keep_lines(child.stderr.take(), &lines)];
        Self { name: name.to_owned(), child, lines, readers: readers.into_iter().flatten().collect() }
    }

    /// Its number.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// All that it has printed so far, on both outputs.
    pub fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// All that it has printed, once nobody can print more.
    pub fn complete_lines(&self) -> Option<Vec<String>> {
        self.readers.iter().all(JoinHandle::is_finished).then(|| self.lines())
    }

    /// Waits for a line, and returns it. Gives up early when the program ends without it.
    ///
    /// # Panics
    /// When the line does not come in time.
    pub fn wait_for_line(&mut self, deadline: Duration, wanted: impl Fn(&str) -> bool) -> String {
        let what = format!("a line of {}", self.name);
        patience::wait_for(&what, deadline, || {
            let ended = self.complete_lines().is_some();
            let found = self.lines().into_iter().find(|line| wanted(line));
            assert!(found.is_some() || !ended, "{} ended, and {what} never came", self.name);
            found
        })
    }

    /// Tells it something.
    pub fn signal(&self, signal: Signal) {
        let number = match signal {
            Signal::Hangup => libc::SIGHUP,
            Signal::Terminate => libc::SIGTERM,
            Signal::Kill => libc::SIGKILL,
            Signal::Interrupt => libc::SIGINT,
        };
        send(self.pid(), number);
    }

    /// How it ended, if it did.
    ///
    /// # Panics
    /// When the kernel does not know it, which cannot be as long as we own it.
    pub fn exited(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("our own child can be waited for")
    }

    /// Waits until it ends.
    ///
    /// # Panics
    /// When it does not in time.
    pub fn wait_for_end(&mut self, deadline: Duration) -> ExitStatus {
        let what = format!("the end of {}", self.name);
        patience::wait_for(&what, deadline, || self.exited())
    }

    /// Kills it and all that it started.
    pub fn kill(&mut self) {
        send(-self.pid(), libc::SIGKILL);
        // It is dead or dying; nothing is left to do about an error.
        let _ = self.child.wait();
    }

    fn pid(&self) -> i32 {
        i32::try_from(self.child.id()).expect("process numbers on Linux are below 2^22")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
        if thread::panicking() {
            let lines = self.lines();
            let first = lines.len().saturating_sub(SHOWN);
            eprintln!("---- {} said ({} lines) ----", self.name, lines.len());
            lines[first..].iter().for_each(|line| eprintln!("{line}"));
        }
    }
}

fn keep_lines(
    output: Option<impl Read + Send + 'static>,
    lines: &Arc<Mutex<Vec<String>>>,
) -> Option<JoinHandle<()>> {
    let output = output?;
    let lines = Arc::clone(lines);
    Some(thread::spawn(move || {
        let mut reader = BufReader::new(output);
        let mut line = Vec::new();
        while reader.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
            let text = String::from_utf8_lossy(&line).trim_end().to_owned();
            lines.lock().unwrap_or_else(PoisonError::into_inner).push(text);
            line.clear();
        }
    }))
}

fn send(pid: i32, signal: i32) {
    // SAFETY: kill takes plain numbers. The process is our child and has not been waited for, or its group is
    // empty: no foreign process can have its number.
    unsafe { libc::kill(pid, signal) };
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOON: Duration = Duration::from_secs(10);

    fn shell(script: &str) -> Process {
        Process::start("shell", Command::new("sh").args(["-c", script]))
    }

    #[test]
    fn lines_of_both_outputs_are_kept() {
        let mut process = shell("echo out; echo err >&2; exec sleep 60");
        process.wait_for_line(SOON, |line| line == "out");
        process.wait_for_line(SOON, |line| line == "err");
    }

    #[test]
    fn a_signal_ends_a_process_and_its_end_is_seen() {
        let mut process = shell("echo ready; exec sleep 60");
        process.wait_for_line(SOON, |line| line == "ready");
        process.signal(Signal::Terminate);
        assert!(!process.wait_for_end(SOON).success());
    }

    #[test]
    fn what_a_process_started_dies_with_it() {
        let mut process = shell("sleep 60 & echo $!; wait");
        let number = process.wait_for_line(SOON, |line| !line.is_empty());
        drop(process);
        // A killed process of another parent may remain as a zombie for a moment: state Z is dead, too.
        patience::wait_for("the end of the grandchild", SOON, || {
            let stat = std::fs::read_to_string(format!("/proc/{number}/stat"));
            stat.map_or(true, |stat| stat.contains(") Z ")).then_some(())
        });
    }
}
