//! RTMP commands: those that a player sends, and what their answers say (specification 7.2).

use weir_core::{Evidence, Failure};

use super::amf::{self, AmfError, Value};
use super::path::PlayPath;

/// A command as it came: a name, a transaction, and what follows.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Command {
    name: String,
    transaction: f64,
    arguments: Vec<Value>,
}

/// `connect`, with what players send along; servers decide by `app` and `tcUrl`.
pub(crate) fn connect(transaction: f64, path: &PlayPath, host: &str) -> Vec<u8> {
    let text = |text: &str| Value::Text(text.to_owned());
    let facts = [
        ("app", text(&path.app)),
        // The version in front is what servers look for, where they do.
        ("flashVer", text(&format!("LNX 9,0,124,2 {}", crate::USER_AGENT))),
        ("tcUrl", text(&format!("rtmp://{host}/{}", path.app))),
        ("fpad", Value::Bool(false)),
        ("capabilities", Value::Number(15.0)),
        ("audioCodecs", Value::Number(4071.0)),
        ("videoCodecs", Value::Number(252.0)),
        ("videoFunction", Value::Number(1.0)),
    ];
    let facts = facts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    write(&[text("connect"), Value::Number(transaction), Value::Object(facts)])
}

/// `createStream`.
pub(crate) fn create_stream(transaction: f64) -> Vec<u8> {
    write(&[Value::Text("createStream".into()), Value::Number(transaction), Value::Null])
}

/// `play`, live or else recorded (-2), as players ask.
pub(crate) fn play(path: &PlayPath) -> Vec<u8> {
    let stream = Value::Text(path.stream.clone());
    write(&[Value::Text("play".into()), Value::Number(0.0), Value::Null, stream, Value::Number(-2.0)])
}

/// The body of a command message.
pub(crate) fn write(values: &[Value]) -> Vec<u8> {
    let mut body = Vec::new();
    values.iter().for_each(|value| amf::write(value, &mut body));
    body
}

impl Command {
    /// Parses the body of a command message. What begins otherwise than a command does is none.
    pub(crate) fn parse(body: &[u8]) -> Result<Option<Self>, AmfError> {
        let mut values = amf::read_all(body)?.into_iter();
        let (Some(Value::Text(name)), Some(Value::Number(transaction))) = (values.next(), values.next())
        else {
            return Ok(None);
        };
        Ok(Some(Self { name, transaction, arguments: values.collect() }))
    }

    /// Whether this is the good answer to a call.
    pub(crate) fn answers(&self, transaction: f64) -> bool {
        // Transactions are small integers, which floats hold exactly.
        self.name == "_result" && self.transaction == transaction
    }

    /// The code of a status, such as `NetStream.Play.Start`.
    pub(crate) fn status_code(&self) -> Option<&str> {
        self.info("code")
    }

    /// The stream that `createStream` made. A whole number is written without a fraction, so its text is the check.
    pub(crate) fn stream_id(&self) -> Option<u32> {
        self.arguments.iter().find_map(Value::number)?.to_string().parse().ok()
    }

    /// Where a server that balances by itself wants its clients (`ex.code` 302 within a rejection).
    pub(crate) fn redirect(&self) -> Option<&str> {
        let ex = self.arguments.iter().find_map(|argument| argument.get("ex"))?;
        let is_redirect = ex.get("code").and_then(Value::number) == Some(302.0);
        ex.get("redirect").and_then(Value::text).filter(|_| is_redirect)
    }

    /// Why nothing will play, if this says so.
    pub(crate) fn refusal(&self) -> Option<Failure> {
        let code = self.info("code").unwrap_or_default();
        let refused = match self.name.as_str() {
            "_error" | "close" => true,
            "_result" | "onStatus" => self.info("level") == Some("error") || is_bad(code),
            _ => false,
        };
        let code = if code.is_empty() { self.name.as_str() } else { code };
        let description = self.info("description").unwrap_or_default();
        refused.then(|| Failure::Rejected { code: short(code), description: short(description) })
    }

    fn info(&self, name: &str) -> Option<&str> {
        self.arguments.iter().find_map(|argument| argument.get(name)).and_then(Value::text)
    }
}

/// Codes after which nothing plays, some of which come with the level "status".
fn is_bad(code: &str) -> bool {
    matches!(
        code,
        "NetConnection.Connect.Rejected"
            | "NetConnection.Connect.InvalidApp"
            | "NetConnection.Connect.Failed"
            | "NetConnection.Connect.Closed"
            | "NetConnection.Connect.AppShutdown"
            | "NetStream.Failed"
            | "NetStream.Play.Failed"
            | "NetStream.Play.StreamNotFound"
            | "NetStream.Play.UnpublishNotify"
            | "NetStream.Play.Stop"
            | "NetStream.Play.Complete"
    )
}

/// Foreign text on its way to a report.
fn short(text: &str) -> String {
    Evidence::new(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(name: &str, members: &[(&str, Value)]) -> Command {
        let info = members.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        let body = write(&[Value::Text(name.into()), Value::Number(1.0), Value::Null, Value::Object(info)]);
        Command::parse(&body).expect("AMF0").expect("a command")
    }

    fn text(text: &str) -> Value {
        Value::Text(text.into())
    }

    #[test]
    fn an_answer_belongs_to_its_call() {
        let success = command("_result", &[("code", text("NetConnection.Connect.Success"))]);
        assert!(success.answers(1.0) && !success.answers(2.0));
        assert_eq!(success.refusal(), None);
    }

    #[test]
    fn a_refusal_has_the_servers_code_and_words() {
        let refused = command(
            "onStatus",
            &[("code", text("NetStream.Play.StreamNotFound")), ("description", text("no such stream"))],
        );
        let failure = refused.refusal().expect("a refusal");
        assert_eq!(failure.to_string(), "refused with NetStream.Play.StreamNotFound: no such stream");
        assert!(command("onStatus", &[("level", text("error"))]).refusal().is_some());
        assert!(command("onStatus", &[("code", text("NetStream.Play.Start"))]).refusal().is_none());
        assert_eq!(
            command("_error", &[]).refusal().map(|f| f.to_string()),
            Some("refused with _error: ".into())
        );
    }

    #[test]
    fn a_redirect_is_found_within_a_rejection() {
        let ex = |code: f64| {
            Value::Object(vec![
                ("code".into(), Value::Number(code)),
                ("redirect".into(), text("rtmp://b/live")),
            ])
        };
        assert_eq!(command("_error", &[("ex", ex(302.0))]).redirect(), Some("rtmp://b/live"));
        assert_eq!(command("_error", &[("ex", ex(500.0))]).redirect(), None);
        assert_eq!(command("_error", &[]).redirect(), None);
    }

    #[test]
    fn a_stream_is_a_small_integer() {
        let made = |number: f64| {
            let body = write(&[text("_result"), Value::Number(2.0), Value::Null, Value::Number(number)]);
            Command::parse(&body).expect("AMF0").expect("a command").stream_id()
        };
        assert_eq!(made(1.0), Some(1));
        assert_eq!((made(0.5), made(-1.0), made(f64::NAN), made(1e300)), (None, None, None, None));
    }

    #[test]
    fn what_begins_otherwise_is_no_command() {
        assert_eq!(Command::parse(&[]), Ok(None));
        assert_eq!(Command::parse(&[5, 5]), Ok(None));
        assert_eq!(Command::parse(&[0]), Err(AmfError::Cut));
    }
}
