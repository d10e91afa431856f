//! The control task: the only one that changes the state, and the only one that publishes.
//!
//! Events that wait are taken in together before the state is weighed once, so that a burst of reports costs one
//! snapshot; an event that changes answers is published at once, everything else with the next tick.

use std::time::{Duration, Instant};

use tokio::sync::{mpsc, watch};
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;
use weir_core::{Effect, Event, Publisher, Reader, Snapshot, State, weigh};

use crate::changes;

/// Events that may wait for the control task; a full queue holds the sender up, and loses nothing.
const QUEUE: usize = 4096;
/// How often time is an event.
const TICK: Duration = Duration::from_secs(1);
/// At most so many waiting events are taken in before the state is weighed.
const BATCH: usize = 256;

/// The control task before it runs.
#[derive(Debug)]
pub struct Control {
    state: State,
    publisher: Publisher,
    last: Snapshot,
    log: changes::Log,
    events: mpsc::Receiver<Event>,
    generation: watch::Sender<u64>,
}

/// What the others hold of the control task.
#[derive(Clone, Debug)]
pub struct ControlHandle {
    /// Facts go in here.
    pub events: mpsc::Sender<Event>,
    /// Snapshots come out here.
    pub reader: Reader,
    /// Changes with every published snapshot.
    pub generation: watch::Receiver<u64>,
}

impl Control {
    /// A control task that knows nothing, and its handle.
    pub fn new() -> (Self, ControlHandle) {
        let (events_in, events) = mpsc::channel(QUEUE);
        let (generation, generation_out) = watch::channel(0);
        let publisher = Publisher::new();
        let handle =
            ControlHandle { events: events_in, reader: publisher.reader(), generation: generation_out };
        let log = changes::Log::default();
        let control =
            Self { state: State::new(), publisher, last: Snapshot::empty(), log, events, generation };
        (control, handle)
    }

    /// Applies events and publishes, until it is asked to stop.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut ticks = tokio::time::interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let event = tokio::select! {
                () = stop.cancelled() => return,
                event = self.events.recv() => match event {
                    Some(event) => event,
                    None => return,
                },
                _ = ticks.tick() => Event::Tick,
            };
            if self.take_in(event) == Effect::Publish {
                self.publish();
            }
        }
    }

    /// Applies an event and those that wait behind it.
    fn take_in(&mut self, first: Event) -> Effect {
        let mut effect = self.state.apply(first, Instant::now());
        for _ in 0..BATCH {
            let Ok(event) = self.events.try_recv() else { break };
            if self.state.apply(event, Instant::now()) == Effect::Publish {
                effect = Effect::Publish;
            }
        }
        effect
    }

    fn publish(&mut self) {
        let now = Instant::now();
        let snapshot = weigh(&self.state, now);
        if snapshot.says_the_same(&self.last) {
            return;
        }
        self.log.tell(&self.last, &snapshot, now);
        self.last = snapshot.clone();
        let generation = self.publisher.publish(snapshot);
        self.generation.send_replace(generation);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use weir_core::{NodeInventory, Settings};

    #[tokio::test]
    async fn an_event_that_changes_answers_is_published_without_waiting_for_a_tick() {
        let (control, mut handle) = Control::new();
        let stop = CancellationToken::new();
        let task = tokio::spawn(control.run(stop.clone()));
        handle.events.send(Event::Configured(Settings::default())).await.expect("it listens");
        let interface = weir_core::Interface {
            name: "eni0".parse().expect("a label"),
            node: "edge-1".parse().expect("a label"),
            address: "127.0.0.11".parse().expect("an address"),
            public_address: "127.0.0.11".parse().expect("an address"),
            device: None,
            capacity: None,
            group: "edge-1".parse().expect("a label"),
            cloud: None,
        };
        let inventory = NodeInventory {
            node: "edge-1".parse().expect("a label"),
            interfaces: vec![interface],
            left_out: Vec::new(),
        };
        handle.events.send(Event::Inventory(inventory)).await.expect("it listens");
        let published = handle.generation.wait_for(|&generation| generation > 0);
        tokio::time::timeout(Duration::from_secs(5), published).await.expect("published").expect("it runs");
        assert_eq!(handle.reader.load().interfaces.len(), 1);
        stop.cancel();
        task.await.expect("it ends when asked");
    }
}
