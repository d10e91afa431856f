//! Every task has a name and an owner; one that ends unasked ends the process, which says which.

use std::future::Future;
use std::time::Duration;

use tokio::task::{Id, JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

/// Named tasks that stop together.
#[derive(Debug, Default)]
pub struct Tasks {
    set: JoinSet<()>,
    names: Vec<(Id, &'static str)>,
    stop: CancellationToken,
}

/// A task that ended though nobody had asked it to.
#[derive(Debug, thiserror::Error)]
#[error("the task \"{name}\" ended unasked{}", if *panicked { ": it panicked" } else { "" })]
pub struct EndedUnasked {
    /// Which task.
    pub name: &'static str,
    /// Whether it panicked.
    pub panicked: bool,
}

impl Tasks {
    /// No tasks yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// What a task watches to know that it is asked to end.
    pub fn stop_token(&self) -> CancellationToken {
        self.stop.child_token()
    }

    /// Starts a task.
    pub fn spawn(&mut self, name: &'static str, task: impl Future<Output = ()> + Send + 'static) {
        let id = self.set.spawn(task).id();
        self.names.push((id, name));
    }

    /// Waits until one of the tasks ends by itself. Never, when there are none.
    pub async fn one_ended(&mut self) -> EndedUnasked {
        match self.set.join_next_with_id().await {
            Some(ended) => {
                let panicked = ended.as_ref().is_err_and(JoinError::is_panic);
                EndedUnasked { name: self.forget(&ended), panicked }
            }
            None => std::future::pending().await,
        }
    }

    /// Asks all to end and waits, at most this long. Returns the names of those that were late and were cut off.
    pub async fn stop(mut self, grace: Duration) -> Vec<&'static str> {
        self.stop.cancel();
        let deadline = tokio::time::Instant::now() + grace;
        while let Ok(Some(ended)) = tokio::time::timeout_at(deadline, self.set.join_next_with_id()).await {
            self.forget(&ended);
        }
        self.set.shutdown().await;
        self.names.into_iter().map(|(_, name)| name).collect()
    }

    fn forget(&mut self, ended: &Result<(Id, ()), JoinError>) -> &'static str {
        let id = match ended {
            Ok((id, ())) => *id,
            Err(error) => error.id(),
        };
        let place = self.names.iter().position(|(known, _)| *known == id);
        place.map_or("unnamed", |place| self.names.swap_remove(place).1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_task_that_ends_unasked_is_named() {
        let mut tasks = Tasks::new();
        tasks.spawn("patient", std::future::pending());
        tasks.spawn("hasty", async {});
        let ended = tasks.one_ended().await;
        assert_eq!(ended.to_string(), "the task \"hasty\" ended unasked");
    }

    #[tokio::test]
    async fn a_task_that_panics_is_named() {
        let mut tasks = Tasks::new();
        tasks.spawn("clumsy", async { panic!("on purpose") });
        assert_eq!(tasks.one_ended().await.to_string(), "the task \"clumsy\" ended unasked: it panicked");
    }

    #[tokio::test(start_paused = true)]
    async fn stopping_tells_who_was_late() {
        let mut tasks = Tasks::new();
        let stop = tasks.stop_token();
        tasks.spawn("obedient", async move { stop.cancelled().await });
        tasks.spawn("stubborn", std::future::pending());
        assert_eq!(tasks.stop(Duration::from_secs(1)).await, ["stubborn"]);
    }
}
