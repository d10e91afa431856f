//! `[[zone]]`: a zone that is answered for, and its text.

use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use weir_core::{HostName, Ttl};
use weir_dns::ZoneSpec;

use super::fault::{At, Fault, Place};
use super::section::Section;
use super::{text_file, value};

/// The largest zone file that is read.
const MAX_ZONE_BYTES: u64 = 16 << 20;

/// How long "no such name" is believed unless the file says otherwise.
const DEFAULT_NEGATIVE_TTL: Ttl = Ttl::from_secs(30);

/// How long records are believed that state no time to live.
const DEFAULT_TTL: Ttl = Ttl::from_secs(300);

/// Resolvers keep a negative answer for at most so long (RFC 2308 section 5).
const LONGEST_NEGATIVE_TTL: Duration = value::seconds(3 * 3_600);

/// Where a zone's text stands, so that its lines can be named.
pub(super) enum TextOrigin {
    /// Between these lines of the configuration.
    Inline { key: String, first: usize, last: usize },
    /// In a file of its own.
    File { key: String, path: Rc<str> },
}

/// What was read, with places.
pub(super) struct Found {
    /// The believed part.
    pub(super) zone: ZoneSpec,
    /// Where its name stands.
    pub(super) name: Place,
    /// Where each of its name servers stands.
    pub(super) nameservers: Vec<Place>,
    /// Where its text stands.
    pub(super) text: Option<TextOrigin>,
    /// Whether it has a text that could not be read.
    pub(super) text_is_unknown: bool,
}

impl TextOrigin {
    /// A fault of a line of the text, counted from 1, as a fault of the file that people edit.
    pub(super) fn fault(&self, config: &Rc<str>, line: usize, message: String) -> Fault {
        let (file, line, key) = match self {
            // A text of one line with `\n` in it has more lines than the file.
            Self::Inline { key, first, last } => {
                (config, first.saturating_add(line.saturating_sub(1)).min(*last), key)
            }
            Self::File { key, path } => (path, line, key),
        };
        Fault::new(&Place { file: Rc::clone(file), line, key: key.clone() }, message)
    }

    fn source(&self) -> &str {
        match self {
            Self::Inline { key, .. } => key,
            Self::File { path, .. } => path,
        }
    }
}

/// Reads one `[[zone]]`.
pub(super) fn read(section: &Section<'_>, folder: &Path) -> Option<Found> {
    section.require("name", "write the zone's name, such as \"stream.test\"");
    section.require("nameservers", "write the names of its servers, such as [\"ns1.stream.test\"]");
    section.require("contact", "write who answers for it, such as \"hostmaster.stream.test\"");
    let name = section.host("name");
    let nameservers = read_nameservers(section);
    let contact = section.parsed("contact", "a name such as \"hostmaster.stream.test\"", contact);
    let negative_ttl = section.ttl("negative_ttl", value::seconds(1)..=LONGEST_NEGATIVE_TTL);
    let text = read_text(section, folder);
    let (name, contact) = (name?, contact?);
    let (text, origin) = text.unzip();
    let (places, nameservers) = nameservers.into_iter().map(|At { place, value }| (place, value)).unzip();
    let zone = ZoneSpec {
        origin: name.value,
        nameservers,
        contact: contact.value,
        negative_ttl: negative_ttl.map_or(DEFAULT_NEGATIVE_TTL, |at| at.value),
        default_ttl: DEFAULT_TTL,
        source: origin.as_ref().map_or("", TextOrigin::source).to_owned(),
        text: text.unwrap_or_default(),
    };
    let text_is_unknown = origin.is_none() && (section.has("records") || section.has("file"));
    Some(Found { zone, name: name.place, nameservers: places, text: origin, text_is_unknown })
}

fn read_nameservers(section: &Section<'_>) -> Vec<At<HostName>> {
    let found = section.list("nameservers", "a list such as [\"ns1.stream.test\"]", value::name);
    let Some(names) = found else { return Vec::new() };
    if section.is_empty_list("nameservers") {
        section.fault("nameservers", "is empty; a zone needs at least one, such as \"ns1.stream.test\"");
    }
    names.value
}

/// The form with an `@` is refused, not translated: a dot before it would have to be escaped (RFC 1035 section 8).
fn contact(text: &str) -> Result<HostName, String> {
    let Some((person, domain)) = text.split_once('@') else { return value::name(text) };
    Err(if person.contains('.') {
        format!(
            "\"{text}\" is a mail address with a dot before the @, which a name cannot show; choose another address"
        )
    } else {
        format!("\"{text}\" is a mail address; write it as a name: \"{person}.{domain}\"")
    })
}

fn read_text(section: &Section<'_>, folder: &Path) -> Option<(String, TextOrigin)> {
    let records = section.text("records", "zone text between \"\"\" and \"\"\"");
    let file = section.text("file", "a path such as \"stream.test.zone\"");
    if section.has("records") && section.has("file") {
        section.fault("file", "stands beside records; keep one of the two");
        return None;
    }
    if let Some(records) = records {
        let (first, last) = (section.first_line_of("records"), section.last_line_of("records"));
        let origin = TextOrigin::Inline { key: records.place.key, first, last };
        return Some((records.value.to_owned(), origin));
    }
    let file = file?;
    let path = folder.join(file.value);
    match text_file::read(&path, MAX_ZONE_BYTES) {
        Ok(text) => {
            let origin = TextOrigin::File { key: file.place.key, path: path.display().to_string().into() };
            Some((text, origin))
        }
        Err(error) => {
            let message =
                format!("{} cannot be read ({error}); write the path of a zone file", path.display());
            section.fault("file", message);
            None
        }
    }
}
