//! What can be wrong with a probe in the configuration, each as one sentence for the operator.

use super::ProbeKind;

/// Why a probe is not one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProbeSpecError {
    /// No such type.
    #[error("\"{0}\" is no type of probe; there are tcp, http, hls and rtmp")]
    UnknownKind(String),
    /// The placeholder is missing, so that all interfaces would be looked at in one place.
    #[error("\"{url}\" needs {{address}} in place of the host, such as http://{{address}}:1935/")]
    NoPlaceholder {
        /// As configured.
        url: String,
    },
    /// The placeholder is elsewhere.
    #[error("the host of \"{url}\" must be {{address}} alone")]
    PlaceholderNotHost {
        /// As configured.
        url: String,
    },
    /// It cannot be parsed.
    #[error("\"{url}\" is not a URL")]
    NotUrl {
        /// As configured.
        url: String,
        /// What the parser says.
        source: url::ParseError,
    },
    /// A scheme of another type of probe.
    #[error("the url of a probe of type {kind} begins with {wanted}://, which \"{url}\" does not")]
    Scheme {
        /// As configured.
        url: String,
        /// The type of the probe.
        kind: ProbeKind,
        /// Its scheme.
        wanted: &'static str,
    },
    /// `https` or `rtmps`.
    #[error(
        "\"{url}\" is encrypted, which probes do not support yet; give the plain port of the same server"
    )]
    Encrypted {
        /// As configured.
        url: String,
    },
    /// A user or a password before the host.
    #[error("\"{url}\" must not hold a user or password, which a probe would not send")]
    Credentials {
        /// As configured.
        url: String,
    },
    /// A `tcp` URL without a port, or any with port 0.
    #[error("\"{url}\" needs a port from 1 to 65535 after {{address}}")]
    NoPort {
        /// As configured.
        url: String,
    },
    /// A `tcp` URL with more than a port.
    #[error("\"{url}\" must end after the port, since a tcp probe asks for nothing")]
    TcpPath {
        /// As configured.
        url: String,
    },
    /// An `rtmp` URL without an application and a stream.
    #[error("\"{url}\" needs an application and a stream, such as rtmp://{{address}}:1935/live/demo")]
    NoStream {
        /// As configured.
        url: String,
    },
    /// An option that this type of probe does not have.
    #[error("a probe of type {kind} has no option \"{option}\"")]
    Unfit {
        /// The type of the probe.
        kind: ProbeKind,
        /// The option.
        option: &'static str,
    },
    /// A range that no status is in.
    #[error("{low} to {high} is no range of HTTP statuses, which go from 100 to 599")]
    Status {
        /// The lowest.
        low: u16,
        /// The highest.
        high: u16,
    },
    /// A `Host` that is none.
    #[error("\"{host}\" is no value for the Host header; give a host name, with a port if need be")]
    Host {
        /// As configured.
        host: String,
    },
}
