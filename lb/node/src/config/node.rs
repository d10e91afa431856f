//! `[node]` and `[admin]`: the machine, and the operators' door.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use weir_core::NodeName;

use super::section::Section;
use super::{text_file, value};

/// A token file is one line; what is larger is another file.
const MAX_TOKEN_BYTES: u64 = 4 << 10;

/// The port of the admin listener unless the file says otherwise.
const ADMIN_PORT: u16 = 9880;

/// The machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Its name; by default the first label of its host name.
    pub name: NodeName,
    /// Where operators' directives are kept.
    pub state_dir: PathBuf,
}

/// The operators' door.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admin {
    /// Where it listens; on loopback if there is no token.
    pub listen: SocketAddr,
    /// What every change must bring, if set.
    pub token: Option<Token>,
}

/// The secret that every change must bring: visible ASCII, at least one character. It is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// Whether somebody has offered this token. Takes as long for a nearly right one as for a wrong one.
    pub fn is(&self, offered: &[u8]) -> bool {
        let ours = self.0.as_bytes();
        let pairs = ours.iter().zip(offered);
        ours.len() == offered.len() && pairs.fold(0, |differing, (a, b)| differing | (a ^ b)) == 0
    }

    fn parse(text: &str) -> Result<Self, &'static str> {
        let bare = text.trim();
        if bare.is_empty() {
            return Err("is empty; write the token into it, for example with: openssl rand -hex 32");
        }
        if !bare.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err("holds more than one word of visible ASCII; write the token alone");
        }
        Ok(Self(bare.to_owned()))
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// Reads `[node]`.
pub(super) fn read_node(section: &Section<'_>, folder: &Path) -> Node {
    let name = section.name("name").map_or_else(host_name, |name| name.value);
    let state_dir =
        section.text("state_dir", "a path such as \"/var/lib/weir\"").map_or("/var/lib/weir", |at| at.value);
    if state_dir.is_empty() {
        section.fault("state_dir", "is empty; write a path such as \"/var/lib/weir\"");
    }
    Node { name, state_dir: folder.join(state_dir) }
}

/// Reads `[admin]`.
pub(super) fn read_admin(section: &Section<'_>, folder: &Path) -> Admin {
    let default = SocketAddr::from((Ipv4Addr::LOCALHOST, ADMIN_PORT));
    let read = |text: &str| value::socket(text, ADMIN_PORT);
    let listen = section.parsed("listen", "an address with a port such as \"127.0.0.1:9880\"", read);
    let listen = listen.map_or(default, |at| at.value);
    if !listen.ip().to_canonical().is_loopback() && !section.has("token_file") {
        let advice = "is not a loopback address; set admin.token_file, or listen on";
        section.fault("listen", format!("{listen} {advice} \"127.0.0.1:{}\"", listen.port()));
    }
    Admin { listen, token: read_token(section, folder) }
}

fn read_token(section: &Section<'_>, folder: &Path) -> Option<Token> {
    let path = folder.join(section.text("token_file", "a path such as \"/etc/weir/token\"")?.value);
    let fault = |message: &str| {
        section.fault("token_file", format!("{} {message}", path.display()));
        None
    };
    let mode = match path.metadata() {
        Ok(facts) => facts.permissions().mode(),
        Err(error) => {
            return fault(&format!("cannot be read ({error}); write the token into it and chmod 600 it"));
        }
    };
    if mode & 0o006 != 0 {
        return fault(&format!("is open to others (mode {:03o}); chmod 600 it", mode & 0o777));
    }
    match text_file::read(&path, MAX_TOKEN_BYTES) {
        Ok(text) => Token::parse(&text).map_or_else(fault, Some),
        Err(error) => fault(&format!("cannot be read ({error}); let the user who runs weir read it")),
    }
}

/// The machine's host name, made into a label: its first one, with hyphens for what a label may not hold.
fn host_name() -> NodeName {
    let mut buffer = [0_u8; 256];
    // SAFETY: the pointer and the length describe `buffer`, which outlives the call.
    let result = unsafe { libc::gethostname(buffer.as_mut_ptr().cast(), buffer.len()) };
    let length =
        if result == 0 { buffer.iter().position(|&byte| byte == 0).unwrap_or(buffer.len()) } else { 0 };
    label(&String::from_utf8_lossy(&buffer[..length]))
}

fn label(host: &str) -> NodeName {
    let first = host.split('.').next().unwrap_or_default();
    let allowed = |letter: char| if letter.is_ascii_alphanumeric() { letter } else { '-' };
    let label: String = first.chars().map(allowed).take(63).collect();
    let label = label.trim_matches('-');
    let label = if label.is_empty() { "node" } else { label };
    label.parse().expect("at most 63 letters, digits and inner hyphens, and not empty")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_name_becomes_a_label() {
        for (host, expected) in [
            ("ip-10-0-1-10.ec2.internal", "ip-10-0-1-10"),
            ("Edge_1", "edge-1"),
            ("-", "node"),
            ("", "node"),
            ("ö.example", "node"),
        ] {
            assert_eq!(label(host).as_str(), expected, "{host}");
        }
        assert_eq!(label(&"a".repeat(200)).as_str().len(), 63);
        assert!(!host_name().as_str().is_empty());
    }

    #[test]
    fn a_token_is_compared_whole_and_never_printed() {
        let token = Token::parse("  geheim \n").expect("valid");
        assert!(token.is(b"geheim"));
        assert!(!token.is(b"geheiM") && !token.is(b"geheim ") && !token.is(b""));
        assert!(!format!("{token:?}").contains("geheim"));
        assert!(Token::parse(" \n").is_err() && Token::parse("a b").is_err() && Token::parse("ä").is_err());
    }
}
