//! An HTTP/1.1 response, read from whatever pieces the socket gives (RFC 9112 sections 6 and 7). No I/O here.

use thiserror::Error;

/// The longest head (status line and fields) that is read.
const MAX_HEAD: usize = 8 * 1024;

/// The most fields in a head.
const MAX_FIELDS: usize = 64;

/// The longest line of a chunked body that is not data.
const MAX_LINE: usize = 1024;

/// Why bytes are not a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(crate) enum HttpError {
    #[error("the head cannot be parsed")]
    Head,
    #[error("the head is longer than {MAX_HEAD} bytes")]
    LongHead,
    #[error("the length of the body is unclear")]
    Length,
    #[error("a chunk cannot be parsed")]
    Chunk,
    #[error("bytes after the end of the response")]
    Excess,
    #[error("the connection closed within the response")]
    Cut,
}

/// What a player needs of the head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) status: u16,
    pub(crate) location: Option<String>,
    /// Another request may follow on the connection.
    pub(crate) keep_alive: bool,
}

/// A response that is being read.
#[derive(Debug)]
pub(crate) struct Response {
    stage: Stage,
    head: Option<Head>,
}

/// ```text
/// Head ─┬─► Length ───────────────────────┬─► Complete
///       ├─► Size ─► Data ─► DataEnd ─┐    │
///       │    ▲ └──► Trailer ─────────┼────┤
///       │    └───────────────────────┘    │
///       └─► UntilClose ───────────────────┘
/// ```
#[derive(Debug)]
enum Stage {
    Head(Vec<u8>),
    Length(u64),
    /// A chunk's size line, collected.
    Size(Vec<u8>),
    Data(u64),
    /// The line end after a chunk's data.
    DataEnd(Vec<u8>),
    Trailer(Vec<u8>),
    UntilClose,
    Complete,
}

impl Default for Response {
    fn default() -> Self {
        Self { stage: Stage::Head(Vec::new()), head: None }
    }
}

impl Response {
    pub(crate) fn is_complete(&self) -> bool {
        matches!(self.stage, Stage::Complete)
    }

    /// Some byte of it has come.
    pub(crate) fn has_begun(&self) -> bool {
        !matches!(&self.stage, Stage::Head(seen) if seen.is_empty())
    }

    /// The status, once the head is read.
    pub(crate) fn status(&self) -> Option<u16> {
        self.head.as_ref().map(|head| head.status)
    }

    pub(crate) fn into_head(self) -> Option<Head> {
        self.head
    }

    /// Takes the next bytes and shows the parts of the body to `body`.
    pub(crate) fn feed(&mut self, mut bytes: &[u8], mut body: impl FnMut(&[u8])) -> Result<(), HttpError> {
        while !bytes.is_empty() {
            bytes = match &mut self.stage {
                Stage::Head(seen) => {
                    let rest = head(seen, bytes)?;
                    if let Some((length, rest)) = rest { self.begin(length, rest)? } else { &[] }
                }
                Stage::Length(left) | Stage::Data(left) => {
                    let (part, rest) = split(bytes, *left);
                    *left -= u64::try_from(part.len()).unwrap_or(*left);
                    body(part);
                    rest
                }
                Stage::Size(line) | Stage::DataEnd(line) | Stage::Trailer(line) => collect(line, bytes)?,
                Stage::UntilClose => {
                    body(bytes);
                    &[]
                }
                Stage::Complete => return Err(HttpError::Excess),
            };
            self.advance()?;
        }
        Ok(())
    }

    /// The connection has closed, which ends a body without a length.
    pub(crate) fn closed(&mut self) -> Result<(), HttpError> {
        match self.stage {
            Stage::UntilClose => self.stage = Stage::Complete,
            Stage::Complete => {}
            _ => return Err(HttpError::Cut),
        }
        Ok(())
    }

    /// The head is read: what follows it?
    fn begin<'a>(&mut self, read: (Head, Framing), rest: &'a [u8]) -> Result<&'a [u8], HttpError> {
        let (head, framing) = read;
        self.stage = match (head.status, framing) {
            // An interim response; the real one follows.
            (100..200, _) => {
                self.stage = Stage::Head(Vec::new());
                return Ok(rest);
            }
            (204 | 304, _) => Stage::Complete,
            (_, Framing::Length(length)) => Stage::Length(length),
            (_, Framing::Chunked) => Stage::Size(Vec::new()),
            (_, Framing::UntilClose) => Stage::UntilClose,
        };
        self.head = Some(head);
        Ok(rest)
    }

    /// Goes to the next stage when the current one has all that it needs.
    fn advance(&mut self) -> Result<(), HttpError> {
        let next = match &self.stage {
            Stage::Length(0) => Stage::Complete,
            Stage::Data(0) => Stage::DataEnd(Vec::new()),
            Stage::Size(line) if ended(line) => match size(line)? {
                0 => Stage::Trailer(Vec::new()),
                length => Stage::Data(length),
            },
            Stage::DataEnd(line) if ended(line) => match line.as_slice() {
                b"\r\n" => Stage::Size(Vec::new()),
                _ => return Err(HttpError::Chunk),
            },
            Stage::Trailer(line) if ended(line) => match line.as_slice() {
                b"\r\n" | b"\n" => Stage::Complete,
                _ => Stage::Trailer(Vec::new()),
            },
            _ => return Ok(()),
        };
        self.stage = next;
        Ok(())
    }
}

/// How the end of a body is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Framing {
    Length(u64),
    Chunked,
    UntilClose,
}

/// A head, how its body ends, and the bytes after it.
type Whole<'a> = ((Head, Framing), &'a [u8]);

/// Adds bytes to the head; when it is whole, gives it and the bytes after it.
fn head<'a>(seen: &mut Vec<u8>, bytes: &'a [u8]) -> Result<Option<Whole<'a>>, HttpError> {
    let before = seen.len();
    seen.extend_from_slice(&bytes[..bytes.len().min(MAX_HEAD + 1 - before.min(MAX_HEAD))]);
    let mut fields = [httparse::EMPTY_HEADER; MAX_FIELDS];
    let mut parsed = httparse::Response::new(&mut fields);
    match parsed.parse(seen).map_err(|_| HttpError::Head)? {
        httparse::Status::Complete(length) => {
            // The head was not whole before, so it ends within the new bytes.
            let rest = bytes.get(length.saturating_sub(before)..).ok_or(HttpError::Head)?;
            Ok(Some((judge(&parsed)?, rest)))
        }
        httparse::Status::Partial if seen.len() > MAX_HEAD => Err(HttpError::LongHead),
        httparse::Status::Partial => Ok(None),
    }
}

fn judge(parsed: &httparse::Response<'_, '_>) -> Result<(Head, Framing), HttpError> {
    let status = parsed.code.ok_or(HttpError::Head)?;
    let field = |name: &str| {
        let found = parsed.headers.iter().find(|field| field.name.eq_ignore_ascii_case(name))?;
        std::str::from_utf8(found.value).ok().map(str::trim)
    };
    let framing = match (field("transfer-encoding"), field("content-length")) {
        (Some(coding), _) if coding.eq_ignore_ascii_case("chunked") => Framing::Chunked,
        (Some(_), _) => return Err(HttpError::Length),
        (None, Some(length)) => Framing::Length(length.parse().map_err(|_| HttpError::Length)?),
        (None, None) => Framing::UntilClose,
    };
    let asks_close = field("connection").is_some_and(|value| value.eq_ignore_ascii_case("close"));
    let keep_alive = parsed.version == Some(1) && !asks_close && framing != Framing::UntilClose;
    Ok((Head { status, location: field("location").map(str::to_owned), keep_alive }, framing))
}

/// Cuts off the part that belongs to a body with so many bytes left.
fn split(bytes: &[u8], left: u64) -> (&[u8], &[u8]) {
    let left = usize::try_from(left).unwrap_or(usize::MAX);
    bytes.split_at(bytes.len().min(left))
}

/// Adds bytes up to the end of the line; gives the bytes after it.
fn collect<'a>(line: &mut Vec<u8>, bytes: &'a [u8]) -> Result<&'a [u8], HttpError> {
    let length = bytes.iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |end| end + 1);
    if line.len() + length > MAX_LINE {
        return Err(HttpError::Chunk);
    }
    line.extend_from_slice(&bytes[..length]);
    Ok(&bytes[length..])
}

fn ended(line: &[u8]) -> bool {
    line.ends_with(b"\n")
}

/// The hexadecimal size that a chunk begins with; extensions after it are skipped.
fn size(line: &[u8]) -> Result<u64, HttpError> {
    let text = std::str::from_utf8(line).map_err(|_| HttpError::Chunk)?;
    let digits = text.split(';').next().unwrap_or_default().trim_end();
    // `from_str_radix` would take a sign.
    if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(HttpError::Chunk);
    }
    u64::from_str_radix(digits, 16).map_err(|_| HttpError::Chunk)
}

#[cfg(test)]
mod tests;
