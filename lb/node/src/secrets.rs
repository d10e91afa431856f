//! The secrets of DNS cookies, which nodes share by a file.
//!
//! The file is looked at every few seconds, as it is replaced while everything runs. Without it, or while it can't be
//! read, the secrets of before stay good; at the start these are random ones of this process.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use weir_dns::{Answerer, SecretFile};

use crate::config::Config;
use crate::failure::Chain;

/// How often the file is looked at.
const LOOK: Duration = Duration::from_secs(5);

/// Keeps the answerer's secrets like the file that the configuration names, until asked to stop.
pub async fn follow(
    mut config: watch::Receiver<Arc<Config>>,
    answerer: Arc<Answerer>,
    stop: CancellationToken,
) {
    let mut shared = None;
    loop {
        let path = config.borrow_and_update().dns().cookie_file.clone();
        shared = Shared::follow(shared, path);
        if let Some(shared) = &mut shared {
            shared.look(&answerer);
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(LOOK) => {}
            Ok(()) = config.changed() => {}
        }
    }
}

/// One file.
struct Shared {
    path: PathBuf,
    file: SecretFile,
    /// The fault that was told last, so that each is told once.
    told: Option<String>,
}

impl Shared {
    /// The same file again, or another one.
    fn follow(before: Option<Self>, path: Option<PathBuf>) -> Option<Self> {
        let path = path?;
        let same = before.filter(|before| before.path == path);
        Some(same.unwrap_or_else(|| Self { file: SecretFile::new(path.clone()), path, told: None }))
    }

    fn look(&mut self, answerer: &Answerer) {
        match self.file.read_if_changed() {
            Ok(Some(secrets)) => {
                answerer.cookies().replace(secrets);
                self.told = None;
                tracing::info!(file = %self.path.display(), "cookie_secrets_read");
            }
            Ok(None) => {}
            Err(fault) => {
                let text = Chain(&fault).to_string();
                if self.told.as_ref() != Some(&text) {
                    tracing::warn!(fault = text, "cookie_secrets_kept");
                    self.told = Some(text);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use weir_core::Publisher;
    use weir_dns::{Transport, Zones};

    use super::*;

    /// A question for a cookie alone.
    const ASKS: &[u8] = b"\0\x01\0\0\0\0\0\0\0\0\0\x01\0\0\x29\x04\xd0\0\0\0\0\0\x0c\0\x0a\0\x08abcdefgh";

    async fn cookie(answerer: &Answerer) -> Vec<u8> {
        let client = SocketAddr::from(([127, 0, 0, 1], 4000));
        let answer = answerer.respond(ASKS, client, Transport::Udp).await.expect("an answer");
        answer[answer.len() - 8..].to_vec()
    }

    #[tokio::test]
    async fn two_nodes_of_one_file_make_the_same_cookies() {
        let folder = std::env::temp_dir().join(format!("weir-secrets-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let path = folder.join("cookies");
        let node = || {
            let registry = prometheus::Registry::new();
            Answerer::new(Zones::default(), Publisher::new().reader(), &registry).expect("an answerer")
        };
        let nodes = [node(), node()];
        let mut files = [(); 2].map(|()| Shared::follow(None, Some(path.clone())).expect("a path"));
        files[0].look(&nodes[0]);
        assert!(files[0].told.is_some());
        std::fs::write(&path, "e5e973e5a6b2a43f48e7dc849e37bfcf\n").expect("a file");
        for (file, node) in files.iter_mut().zip(&nodes) {
            file.look(node);
            assert_eq!(file.told, None);
        }
        // The second may change between two cookies, but not between all of them.
        let mut same = false;
        for _ in 0..3 {
            same |= cookie(&nodes[0]).await == cookie(&nodes[1]).await;
        }
        assert!(same);
        std::fs::remove_dir_all(&folder).expect("our folder");
    }
}
