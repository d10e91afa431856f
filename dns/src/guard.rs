//! What stands before both paths: the policy at work, the cookies, and the limits.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use arc_swap::{ArcSwap, Guard as Loaded};
use prometheus::{IntCounter, IntCounterVec, Opts, Registry};

use crate::cookies::{CookieState, Cookies, Secrets};
use crate::limits::{Class, Limits, Verdict};
use crate::policy::DnsPolicy;

/// The policy at work. Any thread may ask it; nothing in it takes a lock.
#[derive(Debug)]
pub(crate) struct Guard {
    active: ArcSwap<Active>,
    cookies: Cookies,
    limited: Limited,
}

/// One policy, and the limits that follow from it.
#[derive(Debug)]
pub(crate) struct Active {
    pub(crate) policy: DnsPolicy,
    limits: Option<Arc<Limits>>,
}

/// What was over a limit, by what became of it.
#[derive(Debug)]
struct Limited {
    dry_run: IntCounter,
    truncate: IntCounter,
    drop: IntCounter,
}

impl Guard {
    pub(crate) fn new(policy: DnsPolicy, registry: &Registry) -> Result<Self, prometheus::Error> {
        let limited = IntCounterVec::new(
            Opts::new(
                "weir_dns_limited_total",
                "DNS answers over UDP beyond their network's limit, by what became of them.",
            ),
            &["action"],
        )?;
        registry.register(Box::new(limited.clone()))?;
        let counter = |action| limited.get_metric_with_label_values(&[action]);
        let limited =
            Limited { dry_run: counter("dry_run")?, truncate: counter("truncate")?, drop: counter("drop")? };
        let active = ArcSwap::from_pointee(Active::new(policy, None));
        Ok(Self { active, cookies: Cookies::new(Secrets::random()), limited })
    }

    /// Follows another policy from now on. Limits that stay the same keep what they have counted.
    pub(crate) fn replace(&self, policy: DnsPolicy) {
        let before = self.active.load_full();
        self.active.store(Arc::new(Active::new(policy, Some(&before))));
    }

    /// The policy of now; to be looked up once per question, or per batch of them.
    pub(crate) fn active(&self) -> Loaded<Arc<Active>> {
        self.active.load()
    }

    pub(crate) fn cookies(&self) -> &Cookies {
        &self.cookies
    }

    /// Judges an answer over UDP, and counts it if it is over a limit.
    pub(crate) fn check(
        &self,
        active: &Active,
        (client, class): (IpAddr, Class),
        now: Instant,
        cookie: CookieState,
    ) -> Verdict {
        let Some(limits) = &active.limits else { return Verdict::Answer };
        let verdict = limits.check(client, class, now, cookie);
        match verdict {
            Verdict::Answer => {}
            Verdict::WouldLimit => self.limited.dry_run.inc(),
            Verdict::Truncate => self.limited.truncate.inc(),
            Verdict::Drop => self.limited.drop.inc(),
        }
        verdict
    }
}

impl Active {
    fn new(policy: DnsPolicy, before: Option<&Self>) -> Self {
        let kept = before.filter(|before| before.policy.limits == policy.limits);
        let limits = match kept {
            Some(before) => before.limits.clone(),
            None => policy.limits.clone().map(|limits| Arc::new(Limits::new(limits, Instant::now()))),
        };
        Self { policy, limits }
    }
}
