//! dnsperf: many questions, and how many of them were lost.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use weir_tests::process::Process;
use weir_tests::tools;
use weir_tests::weir::end_of;

use crate::question::{NXDOMAIN, Question};
use crate::scene::Scene;

/// How long it asks.
const SECONDS: &str = "5";

/// The ways it asks, one for each process: which interface, with what. Windows are small, so that the kernel's buffers
/// hold all that is on the way, and rates are limited, so that weir answers them in any profile on a busy machine.
const WAYS: [(usize, &str); 3] = [(0, "-q 20 -Q 2000"), (1, "-q 20 -Q 2000 -e"), (2, "-q 20 -Q 500 -m tcp")];

/// What it says at its end.
#[derive(Clone, Debug)]
pub(crate) struct Report {
    way: &'static str,
    sent: usize,
    completed: usize,
    lost: usize,
    codes: BTreeMap<String, usize>,
    /// The codes of right answers to what was sent.
    expected: BTreeMap<String, usize>,
    text: String,
}

/// Runs one for each way, side by side, and waits until all have ended.
pub(crate) fn run(scene: &Scene, questions: &[Question]) -> Vec<Report> {
    // What has two right codes is left to the client that looks at answers.
    let certain: Vec<_> = questions.iter().filter(|question| question.code().is_some()).collect();
    let lines: String = certain.iter().map(|one| format!("{} {}\n", one.name, one.kind_name())).collect();
    let file = scene.folder().write("questions", &lines);
    let running = WAYS.map(|(index, way)| start(scene, index, way, &file));
    let codes: Vec<_> = certain.iter().filter_map(|question| question.code()).collect();
    let report = |((_, way), process)| Report::parse(way, &end_of(process).lines.join("\n"), &codes);
    WAYS.into_iter().zip(running).map(report).collect()
}

fn start(scene: &Scene, index: usize, way: &str, questions: &Path) -> Process {
    let dnsperf = tools::find("dnsperf").expect("asked for by the test before");
    let server = scene.server_at(index);
    let mut command = Command::new(dnsperf);
    // One client in one thread asks the questions in the order of the file.
    command.args(["-s", &server.ip().to_string(), "-p", &server.port().to_string()]);
    command.args(["-l", SECONDS, "-t", "2", "-c", "1", "-T", "1", "-d"]).arg(questions);
    Process::start("dnsperf", command.args(way.split(' ')))
}

impl Report {
    fn parse(way: &'static str, text: &str, codes: &[u8]) -> Self {
        let after = |label: &str| {
            let line = text.lines().find_map(|line| line.trim_start().strip_prefix(label));
            line.unwrap_or_else(|| panic!("dnsperf {way} did not say {label:?}:\n{text}")).trim()
        };
        let first = |rest: &str| {
            let word = rest.split_whitespace().next();
            word.and_then(|word| word.parse().ok())
                .unwrap_or_else(|| panic!("dnsperf {way}: no number in {rest:?}"))
        };
        let code =
            |part: &str| part.trim().split_once(' ').map(|(code, rest)| (code.to_owned(), first(rest)));
        let sent = first(after("Queries sent:"));
        Self {
            way,
            sent,
            completed: first(after("Queries completed:")),
            lost: first(after("Queries lost:")),
            codes: after("Response codes:").split(',').filter_map(code).collect(),
            expected: expected(sent, codes),
            text: text.to_owned(),
        }
    }

    /// Fails unless each question was answered, with the code that is right for it.
    pub(crate) fn is_perfect(&self) {
        let Self { way, sent, completed, lost, codes, expected, text } = self;
        assert!(*sent > 100, "dnsperf {way} asked next to nothing:\n{text}");
        assert_eq!((completed, *lost), (sent, 0), "dnsperf {way}:\n{text}");
        assert_eq!(codes, expected, "dnsperf {way}:\n{text}");
        let complaint = text
            .lines()
            .find(|line| ["Warning", "Error", "[Timeout]"].iter().any(|word| line.contains(word)));
        assert_eq!(complaint, None, "dnsperf {way}:\n{text}");
    }
}

/// The codes of so many answers, when the questions with these codes are asked all over again in their order.
fn expected(sent: usize, codes: &[u8]) -> BTreeMap<String, usize> {
    let mut expected = BTreeMap::new();
    for code in codes.iter().cycle().take(sent) {
        let name = if *code == NXDOMAIN { "NXDOMAIN" } else { "NOERROR" };
        *expected.entry(name.to_owned()).or_default() += 1;
    }
    expected
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "dnsperf {}: {} questions, {} lost", self.way, self.sent, self.lost)
    }
}
