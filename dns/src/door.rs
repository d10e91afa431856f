//! The door to hickory-server: its requests become our questions, our answers become its responses.
//!
//! [`Answerer`] is a [`RequestHandler`], so each of hickory's listeners could serve it; UDP and TCP have listeners
//! of our own (see `listener`), which pass bytes through [`decode`] and [`respond`].

use std::net::SocketAddr;

use hickory_proto::op::{Edns as HickoryEdns, Header, HeaderCounts, Metadata, ResponseCode};
use hickory_proto::rr::rdata::NULL;
use hickory_proto::rr::{Name as HickoryName, RData, Record, RecordType};
use hickory_proto::serialize::binary::BinEncoder;
use hickory_server::net::NetError;
use hickory_server::net::runtime::Time;
use hickory_server::net::xfer::Protocol;
use hickory_server::server::{Request, RequestHandler, ResponseHandler, ResponseInfo};
use hickory_server::zone_handler::MessageResponseBuilder;

use crate::answer::{Code, Kind};
use crate::answerer::Answerer;
use crate::extended::Extended;
use crate::metrics::Transport;
use crate::name::Name;
use crate::opt;
use crate::options;
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

/// Answers a decoded message, whose question stands in it as `question`; `options` go into our OPT record, if there
/// is to be one, and there they have the place that records then lack.
pub(crate) fn respond(
    answerer: &Answerer,
    request: &Request,
    question: &[u8],
    options: &[u8],
) -> Option<Vec<u8>> {
    let limit = match transport(request) {
        Transport::Udp => Query::udp_limit(edns(request)),
        Transport::Tcp => u16::MAX,
    };
    let made = Made::new(answerer, request);
    let bytes = made.encode(request, question, options, limit);
    bytes.inspect_err(|error| tracing::debug!(%error, "a DNS answer could not be encoded")).ok()
}

/// An answer in hickory's words.
struct Made {
    metadata: Metadata,
    sections: [Vec<Record>; 3],
    edns: Option<HickoryEdns>,
    extended: Option<Extended>,
}

impl Made {
    fn new(answerer: &Answerer, request: &Request) -> Self {
        let mut metadata = Metadata::response_from_request(&request.metadata);
        let edns = request.edns.as_ref().map(ours);
        let Some((query, spelled)) = query(request) else {
            answerer.count(transport(request), Kind::FormErr);
            metadata.response_code = ResponseCode::FormErr;
            return Self { metadata, sections: Default::default(), edns, extended: None };
        };
        let answer = answerer.answer(&query, request.src().ip(), transport(request));
        metadata.response_code = answer.code.into();
        metadata.authoritative = answer.authoritative;
        let spell = |rows: Vec<Row>| rows.iter().map(|row| record(row, &query, &spelled)).collect();
        let sections = [answer.answers, answer.authority, answer.additional].map(spell);
        Self { metadata, sections, edns, extended: answer.extended }
    }

    /// As bytes, `limit` of them at most. An extended error is the first to be left out.
    fn encode(
        &self,
        request: &Request,
        question: &[u8],
        options: &[u8],
        limit: u16,
    ) -> Result<Vec<u8>, NetError> {
        let mut options = if self.edns.is_some() { options.to_vec() } else { Vec::new() };
        let mut builder = MessageResponseBuilder::from_message_request(request);
        if let Some(edns) = &self.edns {
            builder.edns(edns);
        }
        let [answers, authority, additional] = &self.sections;
        let response = builder.build(self.metadata, answers, authority, [], additional);
        let mut bytes = Vec::with_capacity(usize::from(MAX_UDP));
        let mut encoder = BinEncoder::new(&mut bytes);
        encoder.set_max_size(limit.saturating_sub(u16::try_from(options.len()).unwrap_or(u16::MAX)));
        offer_question(&mut encoder, question)?;
        let info = response.destructive_emit(&mut encoder)?;
        if info.truncation {
            wire::cut(&mut bytes, question);
            if let Some(edns) = &self.edns {
                opt::add(&mut bytes, edns.flags().dnssec_ok, self.metadata.response_code.high());
            }
        }
        if self.edns.is_some() {
            self.excuse(&mut options, usize::from(limit).saturating_sub(bytes.len()));
            opt::fill(&mut bytes, &options);
        }
        Ok(bytes)
    }

    /// Adds the extended error, if the options are no longer than `room` with it.
    fn excuse(&self, options: &mut Vec<u8>, room: usize) {
        let Some(extended) = self.extended else { return };
        let before = options.len();
        options::push_extended_error(options, extended.code, extended.text);
        if options.len() > room {
            options.truncate(before);
        }
    }
}

/// For listeners of hickory's own. They know no options: cookies, limits and the rest are around [`respond`].
#[async_trait::async_trait]
impl RequestHandler for Answerer {
    async fn handle_request<R: ResponseHandler, T: Time>(
        &self,
        request: &Request,
        mut response_handle: R,
    ) -> ResponseInfo {
        let mut made = Made::new(self, request);
        let mut builder = MessageResponseBuilder::from_message_request(request);
        if let Some(edns) = &made.edns {
            builder.edns(edns);
        }
        let [answers, authority, additional] = &made.sections;
        let response = builder.build(made.metadata, answers, authority, [], additional);
        response_handle.send_response(response).await.unwrap_or_else(|error| {
            tracing::debug!(%error, client = %request.src(), "a DNS answer could not be sent");
            made.metadata.response_code = ResponseCode::ServFail;
            ResponseInfo::from(Header { metadata: made.metadata, counts: HeaderCounts::default() })
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

/// Our OPT record to a client's: our size, version 0, the DO bit copied, no options yet (RFC 6891 section 6.1).
fn ours(theirs: &HickoryEdns) -> HickoryEdns {
    let mut edns = HickoryEdns::new();
    edns.set_max_payload(MAX_UDP);
    edns.set_version(0);
    edns.flags_mut().dnssec_ok = theirs.flags().dnssec_ok;
    edns
}

/// A row as a record. Names that the question's name ends with are spelled as the client spelled them, so that they
/// can point into the question: a client that varies the case finds all of it again (draft-vixie-dnsext-dns0x20).
fn record(row: &Row, asked: &Query, spelled: &HickoryName) -> Record {
    let owner = if asked.name.is_within(row.owner.as_wire()) {
        spelled.trim_to(row.owner.label_count())
    } else {
        HickoryName::from_labels(row.owner.labels())
            .expect("a name has labels of 1 to 63 bytes, 255 together")
    };
    // hickory's `NULL::with` is not for data that is empty.
    let data = if row.data.is_empty() { NULL::new() } else { NULL::with(row.data.to_vec()) };
    let data = RData::Unknown { code: RecordType::from(row.kind.0), rdata: data };
    let mut record = Record::from_rdata(owner, row.ttl.as_secs(), data);
    record.dns_class = asked.class.into();
    record
}

impl From<Code> for ResponseCode {
    fn from(code: Code) -> Self {
        match code {
            Code::NoError => Self::NoError,
            Code::ServFail => Self::ServFail,
            Code::NxDomain => Self::NXDomain,
            Code::YxDomain => Self::YXDomain,
            Code::NotImp => Self::NotImp,
            Code::Refused => Self::Refused,
            Code::BadVers => Self::BADVERS,
        }
    }
}

/// Lets the encoder point to the names in the question. hickory means to do so and stores the question with its
/// type and class, which no name ever equals; so the question is written ahead, to be written over.
fn offer_question(encoder: &mut BinEncoder<'_>, question: &[u8]) -> Result<(), NetError> {
    encoder.emit_vec(&[0; HEADER])?;
    encoder.emit_vec(question)?;
    // hickory compares names without the root's zero.
    let end = HEADER + wire::name_length(question).map_or(0, |length| length - 1);
    let mut start = HEADER;
    while start < end {
        encoder.store_label_pointer(start, end);
        start += 1 + usize::from(question[start - HEADER]);
    }
    encoder.set_offset(0);
    Ok(())
}
