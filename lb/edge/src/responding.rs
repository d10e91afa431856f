//! A response that is there, or that comes.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body_util::Full;
use hyper::Response;

/// A response that is there at once, which most are, or one that waits for a fetch. Only the latter costs an allocation.
pub(crate) enum Responding {
    Now(Option<Response<Full<Bytes>>>),
    Later(Pin<Box<dyn Future<Output = Response<Full<Bytes>>> + Send>>),
}

impl Responding {
    pub(crate) fn now(response: Response<Full<Bytes>>) -> Self {
        Self::Now(Some(response))
    }

    pub(crate) fn later(response: impl Future<Output = Response<Full<Bytes>>> + Send + 'static) -> Self {
        Self::Later(Box::pin(response))
    }
}

impl Future for Responding {
    type Output = Result<Response<Full<Bytes>>, Infallible>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.get_mut() {
            Self::Now(response) => Poll::Ready(Ok(response.take().expect("it is polled to its end once"))),
            Self::Later(response) => response.as_mut().poll(cx).map(Ok),
        }
    }
}
