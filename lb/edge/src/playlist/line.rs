//! A line of a master, in pieces: what every viewer gets, and what depends on the interface.

use super::attributes::Attribute;
use super::base::Base;
use super::reference::Reference;

/// A line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    turn: Turn,
    pieces: Vec<Piece>,
}

/// When a line is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// Once, whether steered or not; its URI is on the first interface.
    Once,
    /// Once per pathway, if steered.
    EachPathway,
    /// Not at all, if steered.
    Unsteered,
}

/// Part of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Uri(Reference),
    /// Text that is replaced when steered.
    Unsteered(String),
    /// Text that is there only when steered.
    Steered(String),
    /// The name of the pathway, when steered.
    Pathway,
}

/// Where a line's URIs are to point, and by which pathway if steered.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spot<'a> {
    pub(super) root: &'a str,
    pub(super) base: &'a Base,
    pub(super) pathway: Option<&'a str>,
}

impl Line {
    /// A line that is the same for everybody.
    pub(super) fn plain(text: &str) -> Self {
        Self { turn: Turn::Once, pieces: vec![Piece::Text(text.to_owned())] }
    }

    /// The tag of a variant that has neither a URI of its own nor a group.
    pub(super) fn variant(text: &str, name: &str) -> Self {
        let mut edit = Edit::of(text);
        edit.name_pathway(name);
        edit.finish(Turn::EachPathway)
    }

    /// The line of a variant's URI.
    pub(super) fn uri(reference: Reference) -> Self {
        Self { turn: Turn::EachPathway, pieces: vec![Piece::Uri(reference)] }
    }

    pub(super) fn turn(&self) -> Turn {
        self.turn
    }

    /// Appends the line.
    pub(super) fn write(&self, text: &mut String, spot: &Spot<'_>) {
        for piece in &self.pieces {
            match (piece, spot.pathway) {
                (Piece::Text(part), _) | (Piece::Unsteered(part), None) | (Piece::Steered(part), Some(_)) => {
                    text.push_str(part);
                }
                (Piece::Uri(reference), _) => reference.write(text, spot.root, spot.base),
                (Piece::Pathway, Some(id)) => text.push_str(id),
                (Piece::Unsteered(_), Some(_)) | (Piece::Steered(_) | Piece::Pathway, None) => {}
            }
        }
        text.push('\n');
    }

    /// How many bytes the line has at most.
    pub(super) fn room(&self, spot: &Spot<'_>) -> usize {
        let pieces = self.pieces.iter().map(|piece| match piece {
            Piece::Text(part) | Piece::Unsteered(part) | Piece::Steered(part) => part.len(),
            Piece::Uri(reference) => reference.room(spot.root, spot.base),
            Piece::Pathway => spot.pathway.map_or(0, str::len),
        });
        1 + pieces.sum::<usize>()
    }
}

/// A line that is being taken to pieces, from its start to its end.
#[derive(Debug)]
pub(super) struct Edit<'a> {
    line: &'a str,
    /// What of the line is in the pieces.
    done: usize,
    pieces: Vec<Piece>,
}

impl<'a> Edit<'a> {
    pub(super) fn of(line: &'a str) -> Self {
        Self { line, done: 0, pieces: Vec::new() }
    }

    /// A quoted value is a URI.
    pub(super) fn uri(&mut self, attribute: &Attribute<'_>, reference: Reference) {
        self.text_up_to(attribute.range.start);
        self.pieces.push(Piece::Uri(reference));
        self.done = attribute.range.end;
    }

    /// A value is the name of a group: there is one of that name per pathway.
    pub(super) fn group(&mut self, attribute: &Attribute<'_>) {
        self.text_up_to(attribute.range.end);
        self.pieces.extend([Piece::Steered("@".to_owned()), Piece::Pathway]);
    }

    /// A quoted value is the name of the origin's own pathway: ours replaces it.
    pub(super) fn pathway(&mut self, attribute: &Attribute<'_>) {
        self.text_up_to(attribute.range.start);
        self.pieces.extend([Piece::Unsteered(attribute.value.to_owned()), Piece::Pathway]);
        self.done = attribute.range.end;
    }

    /// Text behind the line's end, if steered.
    pub(super) fn steered(&mut self, text: String) {
        self.text_up_to(self.line.len());
        self.pieces.push(Piece::Steered(text));
    }

    /// The pathway's name behind the line's end, if steered.
    pub(super) fn add_pathway(&mut self) {
        self.steered(",PATHWAY-ID=\"".to_owned());
        self.pieces.extend([Piece::Pathway, Piece::Steered("\"".to_owned())]);
    }

    /// Both names of a variant behind the line's end, if steered.
    fn name_pathway(&mut self, name: &str) {
        self.steered(format!(",STABLE-VARIANT-ID=\"{name}\""));
        self.add_pathway();
    }

    pub(super) fn finish(mut self, turn: Turn) -> Line {
        self.text_up_to(self.line.len());
        Line { turn, pieces: self.pieces }
    }

    fn text_up_to(&mut self, end: usize) {
        if self.done < end {
            self.pieces.push(Piece::Text(self.line[self.done..end].to_owned()));
            self.done = end;
        }
    }
}
