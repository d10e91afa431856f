//! Breaks one interface each minute, and heals it: so that there is something to see.

use std::sync::Arc;
use std::time::Duration;

use weir_origin::{Fault, Origin};

/// Between the end of one fault and the start of the next.
const QUIET: Duration = Duration::from_secs(35);
/// How long a fault lasts.
const BROKEN: Duration = Duration::from_secs(25);
/// What happens, in turn, and in words.
const FAULTS: [(Fault, &str); 4] = [
    (Fault::Refuse, "nothing listens there any more"),
    (Fault::Frozen, "its encoder stops, while its server goes on answering 200"),
    (Fault::Silent, "it accepts connections and says nothing"),
    (Fault::MissingSegments, "it lists segments that it does not have"),
];

/// Breaks and heals for ever; does nothing for ever when it is to be calm.
pub(super) async fn every_minute(origin: Arc<Origin>, calm: bool) {
    if calm {
        return std::future::pending().await;
    }
    let interfaces = origin.addresses().len();
    for (round, (fault, words)) in FAULTS.into_iter().cycle().enumerate() {
        tokio::time::sleep(QUIET).await;
        let interface = round % interfaces;
        println!("demo: eni{interface} breaks: {words}");
        if let Err(error) = origin.set_fault(interface, fault).await {
            println!("demo: eni{interface} could not be broken: {error}");
        }
        tokio::time::sleep(BROKEN).await;
        println!("demo: eni{interface} heals");
        if let Err(error) = origin.clear_fault(interface).await {
            println!("demo: eni{interface} could not be healed: {error}");
        }
    }
}
