//! How a bucket is asked: through the client that every call to another server goes through, so that there is one TLS
//! stack, and answers are bounded in time.

use std::{
    pin::{Pin, pin},
    task::{Context, Poll},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use gatewright_outbound::{OutboundError, streaming::StreamingClient};
use http::{Request, Response};
use http_body::{Body as _, Frame};
use object_store::{
    ClientOptions,
    client::{
        HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpRequestBody,
        HttpResponse, HttpResponseBody, HttpService,
    },
};
use tokio::sync::mpsc;

/// A bucket may be silent for this long: before its answer, and between two pieces of it.
const SILENCE: Duration = Duration::from_secs(10);
/// Pieces of an answer that wait for whoever reads it.
const PIECES: usize = 2;

/// Asks a bucket.
#[derive(Debug, Clone)]
pub(crate) struct Through(StreamingClient);

impl Through {
    /// With a client of its own.
    ///
    /// # Errors
    /// When the system's root certificates cannot be used.
    pub(crate) fn new() -> Result<Self, OutboundError> {
        StreamingClient::new().map(Self)
    }
}

impl HttpConnector for Through {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.clone()))
    }
}

#[async_trait]
impl HttpService for Through {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let (head, body) = request.into_parts();
        let request = Request::from_parts(head, whole(body).await);
        let answer = self.0.send(request, SILENCE).await.map_err(failure)?;
        let (head, mut body) = answer.into_parts();
        let (sender, receiver) = mpsc::channel(PIECES);
        tokio::spawn(async move {
            while let Some(piece) = body.chunk().await.transpose() {
                let is_last = piece.is_err();
                // Nobody reads any more: the connection closes with the body.
                if sender.send(piece.map_err(failure)).await.is_err() || is_last {
                    return;
                }
            }
        });
        let body = HttpResponseBody::new(Pieces(receiver));
        Ok(Response::from_parts(head, body))
    }
}

/// What is sent is at most a part of an upload.
async fn whole(body: HttpRequestBody) -> Vec<u8> {
    let mut body = pin!(body);
    let mut all = vec![];
    while let Some(Ok(frame)) = std::future::poll_fn(|cx| body.as_mut().poll_frame(cx)).await {
        if let Ok(piece) = frame.into_data() {
            all.extend_from_slice(&piece);
        }
    }
    all
}

fn failure(error: OutboundError) -> HttpError {
    let kind = match &error {
        OutboundError::Late => HttpErrorKind::Timeout,
        OutboundError::NoAnswer(_) => HttpErrorKind::Connect,
        _ => HttpErrorKind::Unknown,
    };
    HttpError::new(kind, error)
}

/// An answer's pieces as they come.
#[derive(Debug)]
struct Pieces(mpsc::Receiver<Result<Bytes, HttpError>>);

impl http_body::Body for Pieces {
    type Data = Bytes;
    type Error = HttpError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, HttpError>>> {
        let piece = self.0.poll_recv(cx);
        piece.map(|piece| piece.map(|piece| piece.map(Frame::data)))
    }
}
