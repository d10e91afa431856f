//! `weir demo`: the real daemon on four loopback interfaces, with a synthetic stream and simulated viewers.
//!
//! Nothing here is a mock of the daemon: the origin listens on real sockets, the viewers resolve by real DNS queries
//! and follow real redirects. All of 127.0.0.0/8 is local on Linux, so it needs no set-up and no root.

mod breaking;
mod place;
mod report;

use std::future::Future;
use std::net::Ipv4Addr;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use weir_origin::{Origin, OriginConfig};
use weir_players::{Audience, Entry, NamesConfig, Players, PlayersConfig};

use self::place::Place;
use super::Done;
use crate::cli::{DemoArgs, LogFormat};
use crate::config::Config;
use crate::daemon::Daemon;
use crate::logging;

/// What each viewer watches, in bits per second: small, so that hundreds of them fit a small machine.
const STREAM: u64 = 400_000;
/// What the interfaces can carry together, in viewers for each one that is there.
const ROOM: u64 = 5;
/// Resolvers that the viewers share.
const RESOLVERS: usize = 20;

/// Runs until Ctrl-C, or as long as it was told to.
pub(crate) fn run(args: &DemoArgs) -> Done {
    logging::start(LogFormat::Text);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let folder = std::env::temp_dir().join(format!("weir-demo-{}", std::process::id()));
        std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let done = show(args, &folder).await;
        // The folder holds nothing but the directives of this demo.
        let _ = std::fs::remove_dir_all(&folder);
        done.map(|()| ExitCode::SUCCESS)
    })
}

async fn show(args: &DemoArgs, folder: &Path) -> anyhow::Result<()> {
    let place = Place::find()?;
    let stop = stop(args.lasts)?;
    let origin = OriginConfig { listen: place.origins(), bits_per_second: STREAM, ..OriginConfig::default() };
    let origin = Arc::new(Origin::start(origin).context("cannot start the origin of the demo")?);
    let text = place.config(u64::from(args.viewers) * STREAM * ROOM / 2, STREAM);
    let config = Config::parse(&text, folder, "demo").map_err(|faults| {
        let faults: Vec<_> = faults.iter().map(ToString::to_string).collect();
        anyhow::anyhow!("the demo's own configuration has faults:\n{}", faults.join("\n"))
    })?;
    let daemon = Daemon::start(config, None).await?;
    let players = Arc::new(Players::start(crowd(&place, args))?);
    println!("{}", place.what_to_try(daemon.admin_address()));
    let reporting = report::every_ten_seconds(Arc::clone(&players));
    let breaking = breaking::every_minute(Arc::clone(&origin), args.calm);
    let end = async {
        tokio::select! {
            () = stop => {}
            () = reporting => {}
            () = breaking => {}
        }
    };
    daemon.run_until(end).await?;
    // Dropped, both cut what they have: nobody is left to be served.
    drop((players, origin));
    Ok(())
}

/// Resolves when the time is over or a signal comes.
fn stop(lasts: Option<Duration>) -> anyhow::Result<impl Future<Output = ()>> {
    let signal = Daemon::stop_signal()?;
    Ok(async move {
        let over = async {
            match lasts {
                Some(lasts) => tokio::time::sleep(lasts).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = signal => {}
            () = over => {}
        }
    })
}

/// Half of the viewers follow redirects, a third resolve and play HLS, the rest resolve and play RTMP.
fn crowd(place: &Place, args: &DemoArgs) -> PlayersConfig {
    let viewers = usize::from(args.viewers);
    let (redirected, rtmp) = (viewers / 2, viewers / 6);
    let entries = [
        (redirected, Entry::Redirect { url: place.url("http", place.http), edges: place.edges() }),
        (viewers - redirected - rtmp, Entry::Dns { url: place.url("http", place.origin) }),
        (rtmp, Entry::Dns { url: place.url("rtmp", place.origin) }),
    ];
    PlayersConfig {
        audiences: entries.into_iter().map(|(viewers, entry)| Audience { viewers, entry }).collect(),
        names: NamesConfig {
            servers: place.dns_servers(),
            resolvers: RESOLVERS,
            source: Some(Ipv4Addr::new(127, 0, 1, 1)),
            ..NamesConfig::default()
        },
        mean_session: Duration::from_secs(60),
        ..PlayersConfig::default()
    }
}
