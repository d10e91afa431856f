//! How many TCP connections were made to a port, as the kernel remembers them.

use std::fs;
use std::time::Duration;

use weir_tests::patience;

/// Both ends have closed by then.
const CLOSED: Duration = Duration::from_secs(5);

/// Fails unless exactly one connection was made to the port, and is over.
///
/// The end that closes first stays behind in the state TIME_WAIT for a minute, so each connection leaves exactly one
/// entry. Ports of a test are its own.
pub(crate) fn was_one(port: u16) {
    patience::wait_for("one connection that is over", CLOSED, || {
        let over = over(port);
        assert!(over < 2, "{over} connections were made");
        (over == 1).then_some(())
    });
}

fn over(port: u16) -> usize {
    let text = fs::read_to_string("/proc/thread-self/net/tcp").expect("Linux lists its sockets");
    let suffix = format!(":{port:04X}");
    let counts = |line: &&str| {
        let fields: Vec<_> = line.split_whitespace().collect();
        // Local address, remote address, state; TIME_WAIT is 06 in net/tcp_states.h.
        fields.len() > 3 && fields[3] == "06" && fields[1..3].iter().any(|end| end.ends_with(&suffix))
    };
    text.lines().skip(1).filter(counts).count()
}
