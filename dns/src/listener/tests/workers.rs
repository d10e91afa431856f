//! Several threads on one address.

use std::io::ErrorKind;
use std::num::NonZeroU8;
use std::sync::Arc;

use prometheus::TextEncoder;
use tokio::time::timeout;

use super::{A, PATIENCE, receive, udp, word};
use crate::DnsPolicy;
use crate::kit::{self, question, question_end};
use crate::listener::DnsListener;

fn three() -> DnsPolicy {
    DnsPolicy { workers: NonZeroU8::new(3).unwrap(), limits: None, ..DnsPolicy::default() }
}

/// How many threads of this process answer on an address, by their names, of which the kernel keeps 15 bytes.
fn threads(listener: &DnsListener) -> usize {
    let name: String = format!("dns-{}", listener.address()).chars().take(15).collect();
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let names = tasks.filter_map(|task| std::fs::read_to_string(task.unwrap().path().join("comm")).ok());
    names.filter(|comm| comm.trim_end() == name).count()
}

#[tokio::test]
async fn workers_share_an_address_its_shares_and_its_counts() {
    let (answerer, registry, _publisher) = kit::answerer(kit::snapshot([1, 2, 3, 4]));
    answerer.replace_policy(three());
    // An address of its own, so that the names of its threads are too.
    let listener = DnsListener::bind("127.0.77.1:0".parse().unwrap(), Arc::clone(&answerer)).unwrap();
    // A thread names itself once it runs.
    let all_run = async {
        while threads(&listener) != 3 {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, all_run).await.unwrap();
    let mut firsts = [0; 4];
    for id in 0..200 {
        // The kernel chooses the worker by the client's port.
        let socket = udp(listener.address()).await;
        socket.send(&question(id, 0, "live.stream.test", A)).await.unwrap();
        let answer = receive(&socket).await;
        assert_eq!(word(&answer, 0), id);
        firsts[usize::from(answer[question_end(&answer) + 15]) - 11] += 1;
    }
    assert!(kit::follow(&firsts, &[1, 2, 3, 4]), "{firsts:?}");
    let expect_all = || {
        let page = TextEncoder::new().encode_to_string(&registry.gather()).unwrap();
        let line = "weir_dns_queries_total{kind=\"pool\",transport=\"udp\"} 200\n";
        assert!(page.contains(line), "{page}");
    };
    expect_all();
    listener.shutdown(PATIENCE).await;
    expect_all();
}

#[tokio::test]
async fn workers_share_with_each_other_and_with_nobody_else() {
    let (answerer, ..) = kit::answerer(kit::unprobed());
    answerer.replace_policy(three());
    let first = DnsListener::bind("127.0.0.1:0".parse().unwrap(), Arc::clone(&answerer)).unwrap();
    let second = DnsListener::bind(first.address(), Arc::clone(&answerer)).unwrap_err();
    assert_eq!(second.source.kind(), ErrorKind::AddrInUse);
    first.shutdown(PATIENCE).await;
}
