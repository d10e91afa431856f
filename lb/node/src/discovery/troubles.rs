//! Failures that repeat, logged once.

use std::error::Error;
use std::fmt::Write;

/// Logs a failure when it begins, when its text changes, and when it ends; not each time.
pub(crate) struct Troubles {
    what: &'static str,
    current: Option<String>,
}

impl Troubles {
    /// `what` says what fails and what that means, as a log line.
    pub(crate) fn new(what: &'static str) -> Self {
        Self { what, current: None }
    }

    /// Notes how it went this time, and gives what came of it.
    pub(crate) fn note<T, E: Error>(&mut self, outcome: Result<T, E>) -> Option<T> {
        match outcome {
            Ok(value) => {
                if self.current.take().is_some() {
                    tracing::info!(trouble = self.what, "over");
                }
                Some(value)
            }
            Err(error) => {
                let text = chain(&error);
                if self.current.as_ref() != Some(&text) {
                    tracing::warn!(error = text, "{}", self.what);
                    self.current = Some(text);
                }
                None
            }
        }
    }
}

/// An error and its causes in one line.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let _ = write!(text, ": {inner}");
        cause = inner.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_told_with_its_causes() {
        let cause = std::io::Error::from_raw_os_error(2);
        let error = crate::discovery::netlink::NetlinkError::Open(cause);
        assert!(chain(&error).starts_with("cannot open a netlink socket: No such file"), "{}", chain(&error));
    }

    #[test]
    fn a_failure_is_remembered_until_it_is_over() {
        let mut troubles = Troubles::new("test");
        let failure = || Err::<(), _>(std::io::Error::other("broken"));
        assert!(troubles.note(failure()).is_none() && troubles.current.is_some());
        assert!(troubles.note(Ok::<_, std::io::Error>(1)).is_some() && troubles.current.is_none());
    }
}
