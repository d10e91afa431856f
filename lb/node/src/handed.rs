//! What was handed out to viewers, told to the control task once a second: the law counts it before any counter can
//! show it.
//!
//! Redirects are told as counters, so that nothing is lost or counted twice; answers as what they brought since.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use tokio::time::MissedTickBehavior;
use weir_core::Event;
use weir_dns::{Answerer, PoolBrought};
use weir_edge::Edge;

/// How often it is told.
const PERIOD: Duration = Duration::from_secs(1);

/// Tells it until nobody listens.
pub(crate) async fn tell(answerer: Arc<Answerer>, edge: Arc<Edge>, events: mpsc::Sender<Event>) {
    let mut ticks = tokio::time::interval(PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let brought = answerer.brought(Instant::now()).into_iter().map(by_answers);
        let reserved = edge.reserved().into_iter().map(|(interface, sent)| Event::Reserved(interface, sent));
        let downloaded =
            edge.downloaded().into_iter().map(|(interface, rate)| Event::Downloaded(interface, rate));
        for event in brought.chain(reserved).chain(downloaded) {
            if events.send(event).await.is_err() {
                return;
            }
        }
    }
}

fn by_answers(brought: PoolBrought) -> Event {
    let PoolBrought { pool, to, viewers_per_second } = brought;
    Event::Brought { pool, to, viewers_per_second }
}
