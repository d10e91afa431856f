//! A playlist that is fetched before its request is answered.

use hyper::StatusCode;
use weir_core::{Mode, PoolName, PoolView};

use crate::answer::{World, overflow, redirect};
use crate::desk::Choice;
use crate::playlist::{Master, Pathway, Place, Playlist};
use crate::reply::Reply;
use crate::steering::poll;
use crate::target::Target;
use crate::viewer::Viewer;

/// What is to be fetched, and for whom.
#[derive(Clone, Debug)]
pub struct Errand {
    pub(crate) pool: PoolName,
    /// Path and query, byte for byte.
    pub(crate) path: String,
    pub(crate) viewer: Viewer,
}

impl Errand {
    /// What the viewer is answered, now that the playlist is there.
    pub(crate) fn finish(&self, playlist: &Playlist, world: World<'_>) -> Reply {
        let Some(pool) = world.snapshot.pool(&self.pool) else {
            // It has just gone.
            return Reply::Gateway(StatusCode::SERVICE_UNAVAILABLE);
        };
        if pool.http.mode == Mode::Redirect {
            return redirect(pool, &self.path, self.viewer, world);
        }
        let first = match world.desk.choose(world.snapshot, pool, self.viewer) {
            Choice::Member(member) => member,
            Choice::Overflow(base) => return overflow(base, &self.path),
            Choice::Nobody => return Reply::Unavailable,
        };
        let media;
        let master = match playlist {
            Playlist::Master(master) => master,
            Playlist::Media => {
                media = self.master_of_media(pool);
                &media
            }
        };
        let target = |member| Target { pool, member, client: self.viewer.client, form: world.desk.form() };
        if pool.http.mode == Mode::Rewrite {
            let place = Place { root: &target(first).root(), path: &self.path };
            return Reply::Master(master.rewritten(&place));
        }
        let (order, viewer) = world.desk.pathways((world.snapshot, pool), self.viewer, first);
        let roots: Vec<String> = order.iter().map(|&member| target(member).root()).collect();
        let both = order.iter().zip(&roots);
        let pathways: Vec<_> =
            both.map(|(member, root)| Pathway { id: member.name.as_str(), root }).collect();
        let server = poll::uri(viewer, pathways.iter().map(|pathway| pathway.id));
        Reply::Master(master.steered(&pathways, &self.path, &server))
    }

    /// The playlist in a master of its own. Players choose by the rate among several; here it only has to be there.
    fn master_of_media(&self, pool: &PoolView) -> Master {
        Master::of_media(&self.path, pool.steering.viewer.get().saturating_mul(8).max(1))
    }
}
