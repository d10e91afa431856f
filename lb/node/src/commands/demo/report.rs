//! A line every ten seconds that says how the viewers fare.

use std::sync::Arc;
use std::time::Duration;

use weir_core::BytesPerSec;
use weir_players::{Players, Stats};

/// How often it is said.
const EVERY: Duration = Duration::from_secs(10);

/// Prints for ever.
pub(super) async fn every_ten_seconds(players: Arc<Players>) {
    let mut before = players.stats();
    loop {
        tokio::time::sleep(EVERY).await;
        let now = players.stats();
        println!("demo: {}", line(&before, &now));
        before = now;
    }
}

fn line(before: &Stats, now: &Stats) -> String {
    let mut parts = Vec::new();
    for (address, tally) in &now.addresses {
        let received = before.addresses.get(address).map_or(0, |tally| tally.received_bytes);
        let rate = BytesPerSec::new(tally.received_bytes.saturating_sub(received) / EVERY.as_secs());
        parts.push(format!("{address} {} viewers {rate}", tally.viewers));
    }
    let (stalls, errors) = (now.total.stalls - before.total.stalls, now.total.errors - before.total.errors);
    format!("{}; {stalls} stalls, {errors} errors", parts.join(", "))
}
