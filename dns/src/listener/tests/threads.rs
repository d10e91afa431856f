//! The thread of a UDP socket, and the task that it leaves questions to.

use std::sync::Arc;
use std::time::Duration;

use prometheus::{Registry, TextEncoder};
use tokio::time::timeout;

use super::{A, PATIENCE, receive, udp, word};
use crate::kit::{self, question, question_end, with_opt};
use crate::listener::DnsListener;

fn bind(answerer: &Arc<crate::Answerer>) -> DnsListener {
    DnsListener::bind("127.0.0.1:0".parse().unwrap(), Arc::clone(answerer)).unwrap()
}

fn page(registry: &Registry) -> String {
    TextEncoder::new().encode_to_string(&registry.gather()).unwrap()
}

#[tokio::test]
async fn what_the_thread_leaves_is_answered_too_and_all_is_counted() {
    let (answerer, registry, _publisher) = kit::answerer(kit::snapshot([1, 2, 3, 4]));
    let listener = bind(&answerer);
    let socket = udp(listener.address()).await;
    let common = |id| question(id, 0, "live.stream.test", A);
    for id in 0..50 {
        // NSID is for the general path.
        let message = if id % 5 == 0 { with_opt(common(id), 1232, 0, 0, &[0, 3, 0, 0]) } else { common(id) };
        socket.send(&message).await.unwrap();
        assert_eq!(word(&receive(&socket).await, 0), id);
    }
    let expect = |page: &str| {
        for line in [
            "weir_dns_queries_total{kind=\"pool\",transport=\"udp\"} 50\n",
            "weir_dns_slow_path_total 10\n",
            "weir_dns_slow_path_queue_length 0\n",
            "weir_dns_dropped_total{reason=\"queue_full\"} 0\n",
        ] {
            assert!(page.contains(line), "{line}{page}");
        }
        let handed = kit::handed(page);
        assert!(handed.iter().sum::<u32>() == 50 && kit::follow(&handed, &[1, 2, 3, 4]), "{page}");
    };
    // While the thread counts, and when it has ended.
    expect(&page(&registry));
    expect(&page(&registry));
    listener.shutdown(PATIENCE).await;
    expect(&page(&registry));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_answer_is_lost_or_mixed_while_snapshots_and_zones_change() {
    let (answerer, _registry, mut publisher) = kit::answerer(kit::snapshot([1, 0, 0, 0]));
    let listener = bind(&answerer);
    let (stop, mut stopped) = tokio::sync::oneshot::channel::<()>();
    let changes = std::thread::spawn(move || {
        let mut first = kit::snapshot([1, 0, 0, 0]);
        let mut second = kit::snapshot([0, 0, 0, 1]);
        // Each weight has its time to live, so that a mixture shows.
        for (snapshot, seconds) in [(&mut first, 7), (&mut second, 9)] {
            let ttl = weir_core::Ttl::from_secs(seconds);
            let pool = &mut snapshot.pools[0];
            // Nor does it shrink for one that asks so often.
            (pool.ttl, pool.steering.shortest_ttl) = (ttl, ttl);
        }
        let mut changes = 0;
        while stopped.try_recv().is_err_and(|error| error == tokio::sync::oneshot::error::TryRecvError::Empty)
        {
            for snapshot in [&first, &second] {
                publisher.publish(snapshot.clone());
            }
            answerer.replace_zones(kit::zones());
            changes += 2;
        }
        changes
    });
    let socket = udp(listener.address()).await;
    for id in 0..2000 {
        socket.send(&question(id, 0, "live.stream.test", A)).await.unwrap();
        let answer = receive(&socket).await;
        let end = question_end(&answer);
        assert_eq!((word(&answer, 0), answer.len()), (id, end + 16));
        let seen = (answer[end + 9], answer[end + 15]);
        assert!([(5, 11), (7, 11), (9, 14)].contains(&seen), "{seen:?}");
    }
    drop(stop);
    assert!(changes.join().unwrap() > 10);
}

#[tokio::test]
async fn a_listener_that_is_dropped_frees_its_address() {
    let (answerer, ..) = kit::answerer(kit::unprobed());
    let listener = bind(&answerer);
    let address = listener.address();
    drop(listener);
    let again = async {
        loop {
            match DnsListener::bind(address, Arc::clone(&answerer)) {
                Ok(listener) => break listener,
                Err(_) => tokio::task::yield_now().await,
            }
        }
    };
    timeout(PATIENCE, again).await.unwrap().shutdown(PATIENCE).await;
}

#[tokio::test]
async fn an_idle_thread_ends_at_once() {
    let (answerer, ..) = kit::answerer(kit::unprobed());
    let begun = std::time::Instant::now();
    for _ in 0..20 {
        bind(&answerer).shutdown(PATIENCE).await;
    }
    // Threads that had to look at the clock first would take five seconds.
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
}
