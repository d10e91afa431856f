//! One run: a crowd beside a script of phases, and what was measured.

use std::sync::Arc;
use std::thread;

use weir_tests::namespace::{Link, Side};
use weir_tests::patience;
use weir_tests::weir::Weir;

use crate::books::{Books, Records};
use crate::crowd::{self, Plan, Reins};
use crate::form::{self, Event, Form, Phase};
use crate::gauge::{Gauge, Moment};
use crate::source::{Kind, POOL, Source};
use crate::world::{LIMITS, Origin, name};

/// How often a line is printed, in seconds.
const TOLD_EVERY: f64 = 10.0;

/// What came out.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) kind: Kind,
    pub(crate) moments: Vec<Moment>,
    pub(crate) stretches: Vec<Stretch>,
    pub(crate) records: Records,
    /// When it was first known that an interface is dead.
    pub(crate) detected: Option<f64>,
    /// When it was picked again after its return.
    pub(crate) believed: Option<f64>,
}

/// A phase as it was, in seconds since the start.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stretch {
    pub(crate) phase: Phase,
    pub(crate) from: f64,
    pub(crate) to: f64,
}

/// Ends the crowd, also when the script fails.
struct Stop<'a>(&'a Reins);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.stop();
    }
}

/// Runs it on the edge, in the namespace of this thread.
pub(crate) fn run(link: &Link, origin: &Origin, form: &Form, (kind, phases): &(Kind, Vec<Phase>)) -> Run {
    let source = Source::start(*kind, form);
    let books = Arc::new(Books::new());
    let reins = Reins::new(phases.first().map_or(0.0, |phase| phase.load));
    let plan =
        Plan { seed: form.seed, stay: form.stay, ramp: form.ramp, servers: Arc::clone(&source.servers) };
    let script = thread::scope(|scope| {
        scope.spawn(|| link.within(Side::Viewers, || crowd::run(&plan, &reins, &books)));
        let _stop = Stop(&reins);
        let mut script = Script::new(link, origin, &source, &books);
        phases.iter().for_each(|phase| script.play(phase, &reins));
        script
    });
    let Script { gauge, stretches, detected, believed, .. } = script;
    let moments = gauge.moments();
    // The next one begins with everything as it was.
    LIMITS.iter().enumerate().for_each(|(index, limit)| {
        origin.thaw(index);
        link.limit(index, &format!("{limit:.0}mbit"), form::QUEUE);
    });
    source.stop();
    Run { kind: *kind, moments, stretches, records: books.records(), detected, believed }
}

struct Script<'a> {
    link: &'a Link,
    origin: &'a Origin,
    source: &'a Source,
    books: &'a Books,
    gauge: Gauge,
    stretches: Vec<Stretch>,
    detected: Option<f64>,
    believed: Option<f64>,
}

impl<'a> Script<'a> {
    fn new(link: &'a Link, origin: &'a Origin, source: &'a Source, books: &'a Books) -> Self {
        let (gauge, stretches) = (Gauge::new(), Vec::new());
        Self { link, origin, source, books, gauge, stretches, detected: None, believed: None }
    }

    fn play(&mut self, phase: &Phase, reins: &Reins) {
        reins.aim_at(phase.load);
        let from = self.books.now();
        self.happen(phase.event);
        let mut told = from;
        patience::all_through(phase.lasts, || {
            self.gauge.look();
            self.watch(phase.event);
            if self.books.now() > told + TOLD_EVERY {
                told += TOLD_EVERY;
                self.tell(phase);
            }
        });
        let to = self.books.now();
        self.stretches.push(Stretch { phase: *phase, from, to });
    }

    /// A line for those who watch the run.
    fn tell(&self, phase: &Phase) {
        let moment = self.gauge.moments().last().copied();
        let each = moment.map_or([0.0; 4], |moment| moment.each).map(|one| format!("{one:.2}")).join(" ");
        let now = self.books.now();
        let watched = self.books.last_watched();
        let state = self.source.weir().map(Weir::state);
        let shares = state.map_or_else(String::new, |state| {
            let shares: Vec<_> =
                state.members(POOL).into_iter().map(|member| format!("{:.3}", member.share())).collect();
            format!(", shares {}, ttl {}", shares.join(" "), state.pool(POOL)["ttl_seconds"])
        });
        let (viewers, short) = (watched.viewers, watched.short);
        eprintln!(
            "{now:4.0} s {:10} utilisation {each}, {viewers} viewers, {short} short{shares}",
            phase.name
        );
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Nothing => {}
            Event::Throttle(index) => self.limit(index, LIMITS[index] / 2.0),
            Event::Restore(index) => self.limit(index, LIMITS[index]),
            Event::Die(index) => {
                self.origin.freeze(index);
                self.gauge.limited(index, 0.0);
            }
            Event::Return(index) => {
                self.origin.thaw(index);
                self.gauge.limited(index, LIMITS[index]);
            }
        }
    }

    fn limit(&mut self, index: usize, limit: f64) {
        self.link.limit(index, &format!("{limit:.0}mbit"), form::QUEUE);
        self.gauge.limited(index, limit);
    }

    /// Looks whether weir knows of a death, by its probes or by the rate that is gone, or believes in a return.
    fn watch(&mut self, event: Event) {
        let Some(weir) = self.source.weir() else { return };
        if let (Event::Die(index), None) = (event, self.detected) {
            let (state, name) = (weir.state(), name(index));
            let down = state.member(POOL, &name).is_some_and(|member| member.verdict() == "down");
            let known = down || state.interface(&name)["suspect"] == true;
            self.detected = known.then(|| self.books.now());
        }
        if let (Event::Return(index), None) = (event, self.believed) {
            let state = weir.state();
            let picked = state.member(POOL, &name(index)).is_some_and(|member| member.weight() > 0);
            self.believed = picked.then(|| self.books.now());
        }
    }
}
