//! What the lines of a master so far say.

use super::attributes::{Attribute, attributes};
use super::line::{Edit, Line, Turn};
use super::reference::Reference;
use super::{MAX_LINE_BYTES, MAX_LINES, MAX_URIS, PlaylistFault};

/// Types of renditions that have playlists of their own. Closed captions are within the video of each interface, so
/// that one group of them serves all (RFC 8216 section 4.3.4.1).
const GROUPED: [&str; 3] = ["AUDIO", "VIDEO", "SUBTITLES"];

/// A master that is being read.
#[derive(Debug)]
pub(super) struct Draft<'a> {
    own: &'a [&'a str],
    lines: Vec<Line>,
    variants: usize,
    trick_variants: usize,
    renditions: usize,
    uris: usize,
    /// The line of a variant whose URI is to follow.
    open: Option<usize>,
}

/// Tags whose attributes matter here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tag {
    Variant,
    TrickVariant,
    Rendition,
    /// The origin's own steering.
    Steering,
    /// Data and keys of the session, of which there may be only one each (RFC 8216 sections 4.3.4.4 and 4.3.4.5), and
    /// pictures for a timeline, which some packagers list by a tag that no RFC has.
    Single,
}

impl Tag {
    fn of(name: &str) -> Option<Self> {
        Some(match name {
            "#EXT-X-STREAM-INF" => Self::Variant,
            "#EXT-X-I-FRAME-STREAM-INF" => Self::TrickVariant,
            "#EXT-X-MEDIA" => Self::Rendition,
            "#EXT-X-CONTENT-STEERING" => Self::Steering,
            "#EXT-X-SESSION-DATA" | "#EXT-X-SESSION-KEY" | "#EXT-X-IMAGE-STREAM-INF" => Self::Single,
            _ => return None,
        })
    }

    fn is_variant(self) -> bool {
        matches!(self, Self::Variant | Self::TrickVariant)
    }
}

impl<'a> Draft<'a> {
    /// The header is read.
    pub(super) fn new(own: &'a [&'a str]) -> Self {
        let lines = vec![Line::plain("#EXTM3U")];
        Self { own, lines, variants: 0, trick_variants: 0, renditions: 0, uris: 0, open: None }
    }

    pub(super) fn has_variants(&self) -> bool {
        self.variants > 0
    }

    /// Reads the next line, which is not blank.
    pub(super) fn line(&mut self, at: usize, line: &str) -> Result<(), PlaylistFault> {
        if line.len() > MAX_LINE_BYTES {
            return Err(PlaylistFault::LongLine(at));
        }
        if self.lines.len() >= MAX_LINES {
            return Err(PlaylistFault::TooManyLines);
        }
        let line = if line.starts_with('#') {
            let colon = line.find(':').unwrap_or(line.len());
            match Tag::of(&line[..colon]) {
                Some(tag) => self.tag(tag, at, line, (colon + 1).min(line.len()))?,
                None => Line::plain(line),
            }
        } else {
            self.open = None;
            Line::uri(self.reference(at, line)?)
        };
        self.lines.push(line);
        Ok(())
    }

    /// All lines, of which there is at least one variant.
    pub(super) fn finish(self) -> Result<Vec<Line>, PlaylistFault> {
        match self.open {
            Some(at) => Err(PlaylistFault::NoUri(at)),
            None if self.variants == 0 => Err(PlaylistFault::Empty),
            None => Ok(self.lines),
        }
    }

    fn reference(&mut self, at: usize, uri: &str) -> Result<Reference, PlaylistFault> {
        self.uris += 1;
        if self.uris > MAX_URIS {
            return Err(PlaylistFault::TooManyUris);
        }
        Reference::of(uri, self.own).ok_or(PlaylistFault::Variable(at))
    }

    fn tag(&mut self, tag: Tag, at: usize, line: &str, from: usize) -> Result<Line, PlaylistFault> {
        // Of a comma behind the last attribute, and one of ours behind that, players would make different things.
        let line = line.trim_end_matches(|c: char| c == ',' || c.is_whitespace());
        let attributes = attributes(line, from).filter(|found| !found.is_empty());
        let attributes = attributes.ok_or(PlaylistFault::BadAttributes(at))?;
        if tag == Tag::Variant
            && let Some(open) = self.open.replace(at)
        {
            return Err(PlaylistFault::NoUri(open));
        }
        let turn = turn(tag, &attributes);
        let mut edit = Edit::of(line);
        let (mut named, mut has_pathway, mut has_uri) = (false, false, false);
        for attribute in &attributes {
            match attribute.name {
                // Players read an empty URI as none.
                "URI" | "SERVER-URI" if !attribute.value.is_empty() => {
                    if !attribute.quoted {
                        return Err(PlaylistFault::BadAttributes(at));
                    }
                    edit.uri(attribute, self.reference(at, attribute.value)?);
                    has_uri = true;
                }
                "GROUP-ID" if tag == Tag::Rendition && turn == Turn::EachPathway => edit.group(attribute),
                name if tag.is_variant() && GROUPED.contains(&name) && is_group(attribute) => {
                    edit.group(attribute);
                }
                "PATHWAY-ID" if tag.is_variant() => {
                    edit.pathway(attribute);
                    has_pathway = true;
                }
                "STABLE-VARIANT-ID" | "STABLE-RENDITION-ID" => named = true,
                _ => {}
            }
        }
        if let Some(name) = self.stable_name(tag, has_uri)
            && !named
            && turn == Turn::EachPathway
        {
            edit.steered(name);
        }
        if tag.is_variant() && !has_pathway {
            edit.add_pathway();
        }
        Ok(edit.finish(turn))
    }

    /// The attribute that names what this tag lists, the same in every pathway and every time the master is read. The
    /// URI is no such name: Wowza writes a new session into it each time.
    fn stable_name(&mut self, tag: Tag, has_uri: bool) -> Option<String> {
        let (kind, letter, count) = match tag {
            Tag::Variant => ("VARIANT", 'v', &mut self.variants),
            Tag::TrickVariant => ("VARIANT", 'i', &mut self.trick_variants),
            Tag::Rendition if has_uri => ("RENDITION", 'r', &mut self.renditions),
            Tag::Rendition | Tag::Steering | Tag::Single => return None,
        };
        let place = *count;
        *count += 1;
        Some(format!(",STABLE-{kind}-ID=\"{letter}{place}\""))
    }
}

/// When the line of a tag is written.
fn turn(tag: Tag, attributes: &[Attribute<'_>]) -> Turn {
    let has = |name, accept: &dyn Fn(&Attribute<'_>) -> bool| {
        attributes.iter().any(|attribute| attribute.name == name && accept(attribute))
    };
    match tag {
        Tag::Variant | Tag::TrickVariant => Turn::EachPathway,
        Tag::Rendition
            if has("TYPE", &|kind| GROUPED.contains(&kind.value)) && has("GROUP-ID", &is_group) =>
        {
            Turn::EachPathway
        }
        Tag::Rendition | Tag::Single => Turn::Once,
        Tag::Steering => Turn::Unsteered,
    }
}

/// Whether a value names a group.
fn is_group(attribute: &Attribute<'_>) -> bool {
    !attribute.value.is_empty() && (attribute.quoted || attribute.value != "NONE")
}
