//! Does an HTTP request of a workflow: through the guard, so that it reaches only what the operator allows. Any status
//! is an answer; whether it is a failure is the engine's business, and so are retries.

#[cfg(test)]
mod failures;
mod multipart;
mod request;
mod response;
#[cfg(test)]
mod tests;

use std::{error::Error, sync::Arc, time::Duration};

use gatewright_engine::{
    Failure, Fields,
    call::{HttpAnswer, HttpCall},
};
use gatewright_outbound::{
    OutboundError,
    guard::{GuardError, GuardedClient, Limits},
};

use self::{
    request::Prepared,
    response::{Kind, TooLarge},
};
use crate::files::RunFiles;

/// The type of what fails on the way. That of an answer that is too large is `ResponseSizeError`.
const ERROR: &str = "HttpRequestNodeError";

/// What answers may have, and how long requests may take. A node may ask for less, not for more.
#[derive(Debug, Clone)]
pub struct HttpLimits {
    /// Bytes of an answer that is text.
    pub text: usize,
    /// Bytes of an answer that becomes a file.
    pub file: usize,
    /// Seconds to connect.
    pub connect: u32,
    /// Seconds without a byte of the answer.
    pub read: u32,
    /// Seconds to send the request.
    pub write: u32,
}

/// Those of Dify: 1 MiB, 10 MiB, 10 s, 600 s, 600 s.
impl Default for HttpLimits {
    fn default() -> Self {
        Self {
            text: 1024 * 1024,
            file: 10 * 1024 * 1024,
            connect: 10,
            read: 600,
            write: 600,
        }
    }
}

/// Does HTTP requests. Cheap to clone.
#[derive(Debug, Clone)]
pub struct HttpRunner {
    client: GuardedClient,
    limits: Arc<HttpLimits>,
}

impl HttpRunner {
    /// Through this client.
    pub fn new(client: GuardedClient, limits: HttpLimits) -> Self {
        Self {
            client,
            limits: Arc::new(limits),
        }
    }

    /// Asks, and is ready with the whole answer. Files that it sends and gets are the run's.
    ///
    /// # Errors
    /// A [`Failure`]; once there was a request its process data has it as `request`.
    pub async fn run(&self, files: &dyn RunFiles, call: &HttpCall) -> Result<HttpAnswer, Failure> {
        let prepared = request::prepare(call, files).await?;
        let log = prepared.log.clone();
        self.exchange(files, call, prepared)
            .await
            .map_err(|failure| Failure {
                process_data: Fields::new().with("request", log.clone()),
                ..failure
            })
    }

    async fn exchange(
        &self,
        files: &dyn RunFiles,
        call: &HttpCall,
        prepared: Prepared,
    ) -> Result<HttpAnswer, Failure> {
        let limits = self.limits_of(call);
        let reached = self.client.open(prepared.request, &limits).await;
        let reached = reached.map_err(|error| failure(&error))?;
        let (head, mut body) = reached.response.into_parts();
        let announced = response::announced_size(&head.headers);
        let mut bytes = Vec::new();
        let mut kind = response::kind(&head.headers, &[]);
        // What announces itself as something else than text is looked at first.
        while let Some(chunk) = body.chunk().await.map_err(|error| failure(&error.into()))? {
            bytes.extend_from_slice(&chunk);
            kind = response::kind(&head.headers, &bytes);
            self.check(kind, bytes.len().max(announced))?;
        }
        let mut answer = HttpAnswer {
            status: head.status.as_u16(),
            body: String::new(),
            headers: response::headers(&head.headers),
            files: vec![],
            request: prepared.log,
        };
        match kind {
            Kind::Text => answer.body = response::decoded(&head.headers, &bytes),
            Kind::File => {
                let content = response::file(&head.headers, &reached.url, bytes);
                let kept = files.keep(content).await;
                let kept = kept.map_err(|error| Failure::new(ERROR, error.to_string()))?;
                answer.files.push(kept);
            }
        }
        Ok(answer)
    }

    fn check(&self, kind: Kind, size: usize) -> Result<(), TooLarge> {
        let most = match kind {
            Kind::Text => self.limits.text,
            Kind::File => self.limits.file,
        };
        if size <= most {
            return Ok(());
        }
        Err(TooLarge { kind, most, size })
    }

    fn limits_of(&self, call: &HttpCall) -> Limits {
        let [connect, read, write] = call.timeout;
        let at_most = |wanted: u32, most: u32| if wanted == 0 { most } else { wanted.min(most) };
        let seconds = |count: u32| Duration::from_secs(count.into());
        let silence = seconds(at_most(read, self.limits.read));
        let before = seconds(at_most(connect, self.limits.connect))
            + seconds(at_most(write, self.limits.write));
        let head = before + silence;
        Limits {
            head,
            silence,
            total: head + seconds(self.limits.read),
            verify_certificates: call.ssl_verify,
            ..Limits::default()
        }
    }
}

fn failure(error: &GuardError) -> Failure {
    let failure = Failure::new(ERROR, told(error));
    let is_final = matches!(
        error,
        GuardError::Refused(_)
            | GuardError::Scheme(_)
            | GuardError::Outbound(OutboundError::Malformed(_))
    );
    Failure {
        permanent: is_final,
        ..failure
    }
}

/// The error, and what is at the bottom of it: that nobody listens, that a name is none, that a certificate is not trusted.
fn told(error: &GuardError) -> String {
    let mut cause: &dyn Error = error;
    while let Some(below) = cause.source() {
        cause = below;
    }
    let (said, cause) = (error.to_string(), cause.to_string());
    if said == cause {
        said
    } else {
        format!("{said}: {cause}")
    }
}
