//! The collector: where a batch is sent, and with which headers.

use std::time::Duration;

use gatewright_domain::settings::SettingError;
use gatewright_outbound::streaming::StreamingClient;
use http::{HeaderMap, HeaderName, HeaderValue, Request, header};
use url::Url;

/// Of a collector's answer, no more is read.
const MAX_ANSWER_BYTES: usize = 64 << 10;

/// Where spans are sent.
#[derive(Clone)]
pub struct Collector {
    url: String,
    headers: HeaderMap,
    timeout: Duration,
}

impl std::fmt::Debug for Collector {
    /// Headers are secret, and an address may hold a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Collector")
    }
}

impl Collector {
    /// A collector whose address of traces is `/v1/traces` below `endpoint`.
    ///
    /// # Errors
    /// What is no address or no header, without its value.
    pub fn new(
        endpoint: &str,
        headers: &[(String, String)],
        timeout: Duration,
    ) -> Result<Self, SettingError> {
        let url = Url::parse(endpoint).ok();
        let url = url.filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        let mut url = url.ok_or_else(|| SettingError {
            name: "OTEL_EXPORTER_OTLP_ENDPOINT",
            problem: "it is no address that begins with http:// or https://".into(),
            example: "http://127.0.0.1:4318",
        })?;
        let path = format!("{}/v1/traces", url.path().trim_end_matches('/'));
        url.set_path(&path);
        Ok(Self {
            url: url.into(),
            headers: read(headers).ok_or_else(|| SettingError {
                name: "OTEL_EXPORTER_OTLP_HEADERS",
                problem: "a name or a value in it cannot stand in a header".into(),
                example: "authorization=Bearer%20key",
            })?,
            timeout,
        })
    }

    /// Sends one batch.
    ///
    /// # Errors
    /// Why it was not taken, for the log: nothing of what was sent, nor the headers.
    pub(super) async fn send(&self, client: &StreamingClient, body: Vec<u8>) -> Result<(), String> {
        let mut request = Request::post(&self.url);
        if let Some(headers) = request.headers_mut() {
            headers.clone_from(&self.headers);
        }
        let request = request.body(body).map_err(|error| error.to_string())?;
        let answered = async {
            let answer = client.send(request, self.timeout).await;
            let (head, body) = answer.map_err(|error| error.to_string())?.into_parts();
            // Read to its end, so that the connection can be used again.
            drop(body.read(MAX_ANSWER_BYTES).await);
            Ok::<_, String>(head.status)
        };
        match tokio::time::timeout(self.timeout, answered).await {
            Ok(Ok(status)) if status.is_success() => Ok(()),
            Ok(Ok(status)) => Err(format!("it answered {}", status.as_u16())),
            Ok(Err(problem)) => Err(problem),
            Err(_) => Err("it did not answer in time".into()),
        }
    }
}

fn read(headers: &[(String, String)]) -> Option<HeaderMap> {
    let mut read = HeaderMap::new();
    for (name, value) in headers {
        let name: HeaderName = name.parse().ok()?;
        let mut value: HeaderValue = value.parse().ok()?;
        value.set_sensitive(true);
        read.append(name, value);
    }
    let protobuf = HeaderValue::from_static("application/x-protobuf");
    read.insert(header::CONTENT_TYPE, protobuf);
    Some(read)
}
