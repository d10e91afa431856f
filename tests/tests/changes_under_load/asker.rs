//! A client that loses nothing and believes nothing: a few questions on the way at any time, and a look at each answer.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::io;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::directives::Drains;
use crate::question::{A, Question};
use crate::reply::Reply;

/// So many questions are on the way at a time: far fewer than the kernel's buffers hold.
const WINDOW: usize = 8;

/// A question that is not answered by then is lost.
const LOST: Duration = Duration::from_secs(2);

/// How often the clock is looked at while nothing comes.
const GLANCE: Duration = Duration::from_millis(100);

/// How much was asked, each answer of it right.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asked {
    questions: u32,
    slowest: Duration,
    /// By name and type: what answers looked like.
    faces: BTreeMap<(&'static str, u16), BTreeSet<Face>>,
}

/// The code of an answer, and how many records it had.
pub(crate) type Face = (u8, usize);

/// The client at work.
struct Asker<'a> {
    socket: UdpSocket,
    questions: &'a [Question],
    drains: &'a Drains,
    /// Questions on the way by their numbers: which one, and since when.
    open: HashMap<u16, (&'a Question, Instant)>,
    /// Their numbers in the order of sending, with some that are answered.
    order: VecDeque<u16>,
    asked: Asked,
}

/// Asks one question after the other, all over again, until it is told to end and the last answer has come.
///
/// # Panics
/// When an answer is lost or wrong.
pub(crate) fn ask_until(
    end: &AtomicBool,
    server: SocketAddr,
    questions: &[Question],
    drains: &Drains,
) -> Asked {
    // Connected: a datagram from elsewhere is not seen, and a closed port is an error.
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).expect("a UDP socket can be had");
    socket.connect(server).expect("loopback is there");
    socket.set_read_timeout(Some(GLANCE)).expect("it is not zero");
    let (open, order, asked) = (HashMap::new(), VecDeque::new(), Asked::default());
    let mut asker = Asker { socket, questions, drains, open, order, asked };
    loop {
        let ending = end.load(Ordering::Relaxed);
        while !ending && asker.open.len() < WINDOW {
            asker.send();
        }
        if ending && asker.open.is_empty() {
            return asker.asked;
        }
        asker.receive();
        asker.is_nothing_lost();
    }
}

impl<'a> Asker<'a> {
    fn send(&mut self) {
        let number = self.asked.questions;
        self.asked.questions += 1;
        let places = u32::try_from(self.questions.len()).expect("a handful");
        let question = &self.questions[usize::try_from(number % places).expect("below a handful")];
        let id = u16::try_from(number & 0xffff).expect("16 bits");
        // Taken before it leaves: afterwards, a busy machine may make it much later than the truth.
        let before = self.open.insert(id, (question, Instant::now()));
        assert!(before.is_none(), "numbers come back only after all others");
        self.order.push_back(id);
        let sent = self.socket.send(&question.bytes(id));
        sent.unwrap_or_else(|error| panic!("{question:?} cannot be asked: {error}"));
    }

    fn receive(&mut self) {
        let mut buffer = [0; 4096];
        let bytes = match self.socket.recv(&mut buffer) {
            Ok(length) => &buffer[..length],
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
            Err(error) => panic!("the socket that was asked is not there: {error}"),
        };
        let id = bytes.first_chunk().map(|two| u16::from_be_bytes(*two)).expect("an answer has a number");
        let Some((question, sent)) = self.open.remove(&id) else {
            panic!("answer {id} was not asked for, or comes again")
        };
        self.asked.slowest = self.asked.slowest.max(sent.elapsed());
        let reply =
            Reply::parse(bytes).unwrap_or_else(|| panic!("not an answer to {question:?}: {bytes:02x?}"));
        let faces = self.asked.faces.entry((question.name, question.kind)).or_default();
        faces.insert((reply.code, reply.answers.len()));
        let same = reply.question == question.bytes(id)[12..];
        assert!(same, "the answer to {question:?} has another question: {reply:?}");
        if let Err(fault) = question.check(&reply, sent, self.drains) {
            panic!(
                "{fault}: {reply:?} to {question:?}, question {}, {:.1?} ago",
                self.asked.questions,
                sent.elapsed()
            );
        }
    }

    /// Looks at the oldest question on the way.
    fn is_nothing_lost(&mut self) {
        while let Some(id) = self.order.front() {
            match self.open.get(id) {
                Some((question, sent)) => {
                    assert!(sent.elapsed() < LOST, "no answer to {question:?} in {:.1?}", sent.elapsed());
                    return;
                }
                None => self.order.pop_front(),
            };
        }
    }
}

impl Asked {
    /// The different looks that answers with the addresses of a name had.
    pub(crate) fn faces(&self, name: &str) -> Vec<Face> {
        self.faces.get(&(name, A)).into_iter().flatten().copied().collect()
    }
}

impl std::fmt::Display for Asked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} questions looked at, the slowest took {:.1?}", self.questions, self.slowest)
    }
}
