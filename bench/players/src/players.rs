//! The crowd as its owner sees it.

use std::sync::Arc;

use tokio::task::JoinSet;

use crate::config::{PlayersConfig, StartError};
use crate::stats::Stats;
use crate::viewer::{self, Place, World};

/// A running crowd. Dropping it ends every viewer.
#[derive(Debug)]
#[must_use = "dropping a crowd ends it"]
pub struct Players {
    world: Arc<World>,
    viewers: JoinSet<()>,
}

impl Players {
    /// Starts the crowd on the current tokio runtime: one task per viewer, nothing else.
    ///
    /// # Errors
    /// [`StartError`] names the first entry that nobody could play.
    pub fn start(config: PlayersConfig) -> Result<Self, StartError> {
        config.check()?;
        let world = Arc::new(World::new(config));
        let mut viewers = JoinSet::new();
        for place in Place::all(&world.config) {
            viewers.spawn(viewer::run(Arc::clone(&world), place));
        }
        Ok(Self { world, viewers })
    }

    /// What the crowd has seen up to now.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.world.books.stats()
    }

    /// Ends every viewer and returns when the last task is gone.
    pub async fn stop(mut self) -> Stats {
        self.viewers.shutdown().await;
        self.stats()
    }
}
