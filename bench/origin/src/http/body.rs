//! A response body of two pieces that are never copied.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Frame, SizeHint};

/// Up to two pieces, sent one after the other.
#[derive(Clone, Debug, Default)]
pub(crate) struct Body {
    first: Bytes,
    second: Bytes,
}

impl Body {
    /// Two pieces, either of which may be empty.
    pub(crate) fn of(first: Bytes, second: Bytes) -> Self {
        Self { first, second }
    }

    /// Bytes in both.
    pub(crate) fn len(&self) -> usize {
        self.first.len() + self.second.len()
    }

    /// From byte `first` to byte `last`, both included and within the body.
    pub(crate) fn part(&self, first: usize, last: usize) -> Self {
        let cut = self.first.len();
        let end = last.saturating_add(1).min(self.len());
        let start = first.min(end);
        Self {
            first: self.first.slice(start.min(cut)..end.min(cut)),
            second: self.second.slice(start.saturating_sub(cut)..end.saturating_sub(cut)),
        }
    }
}

impl hyper::body::Body for Body {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let this = &mut *self;
        if this.first.is_empty() {
            std::mem::swap(&mut this.first, &mut this.second);
        }
        let piece = std::mem::take(&mut this.first);
        Poll::Ready(Some(piece).filter(|piece| !piece.is_empty()).map(|piece| Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.len() == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.len() as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_those_of_the_joined_pieces() {
        let body = Body::of(Bytes::from_static(b"abc"), Bytes::from_static(b"defg"));
        for first in 0..7 {
            for last in first..7 {
                let part = body.part(first, last);
                assert_eq!([part.first, part.second].concat(), b"abcdefg"[first..=last]);
            }
        }
    }
}
