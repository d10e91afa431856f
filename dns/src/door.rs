//! The door to hickory-server: its requests become our questions, our answers become its responses.
//!
//! [`Answerer`] is a [`RequestHandler`], so each of hickory's listeners could serve it; UDP and TCP have listeners
//! of our own (see `listener`), which pass bytes through [`decode`] and [`respond`].

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use hickory_proto::op::{Edns as HickoryEdns, Header, HeaderCounts, Metadata, ResponseCode};
use hickory_proto::rr::rdata::NULL;
use hickory_proto::rr::{Name as HickoryName, RData, Record, RecordType};
use hickory_proto::serialize::binary::BinEncoder;
use hickory_server::net::NetError;
use hickory_server::net::runtime::{Time, TokioTime};
use hickory_server::net::xfer::Protocol;
use hickory_server::server::{Request, RequestHandler, ResponseHandler, ResponseInfo};
use hickory_server::zone_handler::{MessageResponse, MessageResponseBuilder};

use crate::answer::Code;
use crate::answerer::Answerer;
use crate::metrics::Transport;
use crate::name::Name;
use crate::query::{Edns, MAX_UDP, Query};
use crate::record::Row;
use crate::wire::{self, HEADER};

/// Decodes a message.
pub(crate) fn decode(message: &[u8], client: SocketAddr, transport: Transport) -> Option<Request> {
    let protocol = match transport {
        Transport::Udp => Protocol::Udp,
        Transport::Tcp => Protocol::Tcp,
    };
    Request::from_bytes(message.to_vec(), client, protocol).ok()
}

/// Answers a decoded message, whose question stands in it as `question`.
pub(crate) async fn respond(answerer: &Answerer, request: &Request, question: &[u8]) -> Option<Vec<u8>> {
    let limit = match transport(request) {
        Transport::Udp => Query::udp_limit(edns(request)),
        Transport::Tcp => u16::MAX,
    };
    let reply = Reply { limit, question: question.into(), bytes: Arc::default() };
    answerer.handle_request::<_, TokioTime>(request, reply.clone()).await;
    reply.bytes.lock().unwrap_or_else(PoisonError::into_inner).take()
}

#[async_trait::async_trait]
impl RequestHandler for Answerer {
    async fn handle_request<R: ResponseHandler, T: Time>(
        &self,
        request: &Request,
        mut response_handle: R,
    ) -> ResponseInfo {
        let mut metadata = Metadata::response_from_request(&request.metadata);
        let mut sections = [Vec::new(), Vec::new(), Vec::new()];
        match query(request) {
            Some((query, spelled)) => {
                let answer = self.answer(&query, request.src().ip(), transport(request));
                metadata.response_code = answer.code.into();
                metadata.authoritative = answer.authoritative;
                let spell =
                    |rows: Vec<Row>| rows.iter().map(|row| record(row, &query.name, &spelled)).collect();
                sections = [answer.answers, answer.authority, answer.additional].map(spell);
            }
            None => {
                self.count_undecodable(transport(request));
                metadata.response_code = ResponseCode::FormErr;
            }
        }
        let edns = request.edns.as_ref().map(ours);
        let mut builder = MessageResponseBuilder::from_message_request(request);
        if let Some(edns) = &edns {
            builder.edns(edns);
        }
        let [answers, authority, additional] = &sections;
        let response = builder.build(metadata, answers, authority, [], additional);
        response_handle.send_response(response).await.unwrap_or_else(|error| {
            tracing::debug!(%error, client = %request.src(), "a DNS answer could not be sent");
            metadata.response_code = ResponseCode::ServFail;
            ResponseInfo::from(Header { metadata, counts: HeaderCounts::default() })
        })
    }
}

/// The question of a request, and its name in the client's spelling.
fn query(request: &Request) -> Option<(Query, HickoryName)> {
    let asked = request.request_info().ok()?.query.original();
    let query = Query {
        opcode: request.metadata.op_code.into(),
        name: Name::from_labels(asked.name().iter())?,
        kind: crate::record::Type(asked.query_type().into()),
        class: asked.query_class().into(),
        edns: edns(request),
    };
    Some((query, asked.name().clone()))
}

fn transport(request: &Request) -> Transport {
    if request.protocol() == Protocol::Udp { Transport::Udp } else { Transport::Tcp }
}

fn edns(request: &Request) -> Option<Edns> {
    request.edns.as_ref().map(|edns| Edns { version: edns.version(), size: edns.max_payload() })
}

/// Our OPT record to a client's: our size, version 0, the DO bit copied, no options (RFC 6891 section 6.1).
fn ours(theirs: &HickoryEdns) -> HickoryEdns {
    let mut edns = HickoryEdns::new();
    edns.set_max_payload(MAX_UDP);
    edns.set_version(0);
    edns.flags_mut().dnssec_ok = theirs.flags().dnssec_ok;
    edns
}

/// A row as a record. Names that the question's name ends with are spelled as the client spelled them, so that they
/// can point into the question: a client that varies the case finds all of it again (draft-vixie-dnsext-dns0x20).
fn record(row: &Row, asked: &Name, spelled: &HickoryName) -> Record {
    let owner = if asked.is_within(row.owner.as_wire()) {
        spelled.trim_to(row.owner.label_count())
    } else {
        HickoryName::from_labels(row.owner.labels())
            .expect("a name has labels of 1 to 63 bytes, 255 together")
    };
    let data = RData::Unknown { code: RecordType::from(row.kind.0), rdata: NULL::with(row.data.to_vec()) };
    Record::from_rdata(owner, row.ttl.as_secs(), data)
}

impl From<Code> for ResponseCode {
    fn from(code: Code) -> Self {
        match code {
            Code::NoError => Self::NoError,
            Code::ServFail => Self::ServFail,
            Code::NxDomain => Self::NXDomain,
            Code::NotImp => Self::NotImp,
            Code::Refused => Self::Refused,
            Code::BadVers => Self::BADVERS,
        }
    }
}

/// Takes the response to one request as bytes.
#[derive(Clone)]
struct Reply {
    /// The largest message that may leave.
    limit: u16,
    question: Arc<[u8]>,
    bytes: Arc<Mutex<Option<Vec<u8>>>>,
}

#[async_trait::async_trait]
impl ResponseHandler for Reply {
    async fn send_response<'a>(
        &mut self,
        response: MessageResponse<
            '_,
            'a,
            impl Iterator<Item = &'a Record> + Send + 'a,
            impl Iterator<Item = &'a Record> + Send + 'a,
            impl Iterator<Item = &'a Record> + Send + 'a,
            impl Iterator<Item = &'a Record> + Send + 'a,
        >,
    ) -> Result<ResponseInfo, NetError> {
        let opt = response.edns().map(|edns| wire::opt(edns.max_payload(), u16::from(*edns.flags())));
        let mut bytes = Vec::with_capacity(usize::from(MAX_UDP));
        let mut encoder = BinEncoder::new(&mut bytes);
        encoder.set_max_size(self.limit);
        self.offer_question(&mut encoder)?;
        let info = response.destructive_emit(&mut encoder)?;
        if info.truncation {
            wire::cut(&mut bytes, &self.question, opt);
        }
        *self.bytes.lock().unwrap_or_else(PoisonError::into_inner) = Some(bytes);
        Ok(info)
    }
}

impl Reply {
    /// Lets the encoder point to the names in the question. hickory means to do so and stores the question with its
    /// type and class, which no name ever equals; so the question is written ahead, to be written over.
    fn offer_question(&self, encoder: &mut BinEncoder<'_>) -> Result<(), NetError> {
        encoder.emit_vec(&[0; HEADER])?;
        encoder.emit_vec(&self.question)?;
        // hickory compares names without the root's zero.
        let end = HEADER + wire::name_length(&self.question).map_or(0, |length| length - 1);
        let mut start = HEADER;
        while start < end {
            encoder.store_label_pointer(start, end);
            start += 1 + usize::from(self.question[start - HEADER]);
        }
        encoder.set_offset(0);
        Ok(())
    }
}
