//! Files elsewhere: looked at and fetched through the guard, which goes where the operator allows (apps.md §3.10).

use std::time::Duration;

use bytes::Bytes;
use gatewright_domain::{
    file::{FileName, FileOwner, UploadedFile, extension_of, media_type_of},
    ids::WorkspaceId,
};
use gatewright_outbound::{
    guard::{Limits, Reached},
    named,
    streaming::Body,
};
use gatewright_usecase_kit::Ctx;
use http::{Method, Request, StatusCode};
use url::Url;

use super::{Files, NewFile, error::FileError};

/// Looking at a file elsewhere takes at most this long, redirects included.
const LOOK: Duration = Duration::from_secs(5);
/// Fetching one takes at most this long.
const FETCH: Duration = Duration::from_mins(2);
/// Another server may be silent for this long.
const SILENCE: Duration = Duration::from_secs(10);
/// Characters of an address that are kept with a file.
const MAX_URL_CHARS: usize = 2048;

/// What is known of a file elsewhere without fetching it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteInfo {
    /// Its name, with an extension if anything tells one.
    pub name: FileName,
    /// Its media type; `application/octet-stream` when nothing tells one.
    pub media_type: String,
    /// Bytes that the other server says it has.
    pub bytes: Option<u64>,
}

impl Files {
    /// Looks at a file elsewhere: by HEAD, and where that is not answered by the head of a GET.
    ///
    /// # Errors
    /// [`FileError::Unreachable`] when nobody answers, or the place may not be asked. An answer of any status is one.
    pub async fn look(&self, url: &str) -> Result<RemoteInfo, FileError> {
        let head = self.ask(Method::HEAD, url, LOOK).await?;
        if head.response.status().is_success() {
            return Ok(info(url, &head, true));
        }
        let got = self.ask(Method::GET, url, LOOK).await?;
        Ok(info(url, &got, false))
    }

    /// Fetches a file from elsewhere and keeps it as an upload of `owner`.
    ///
    /// # Errors
    /// [`FileError::Unreachable`]; [`FileError::Remote`] for another status than 200; what uploads are refused for.
    pub async fn fetch(
        &self,
        ctx: &Ctx,
        url: &str,
        workspace: WorkspaceId,
        owner: FileOwner,
    ) -> Result<UploadedFile, FileError> {
        // Before another server is asked on their behalf.
        self.charge(owner).await?;
        let reached = self.ask(Method::GET, url, FETCH).await?;
        let status = reached.response.status();
        if status != StatusCode::OK {
            let problem = format!("Failed to fetch the file: the server answered {status}");
            return Err(FileError::Remote(problem));
        }
        let info = info(url, &reached, true);
        let most = self.settings.max_bytes(info.name.kind());
        if info.bytes.is_some_and(|bytes| bytes > u64::from(most)) {
            return Err(FileError::TooLarge);
        }
        let new = NewFile {
            owner,
            workspace,
            name: info.name,
            media_type: info.media_type,
            source_url: url.chars().take(MAX_URL_CHARS).collect(),
        };
        self.require_allowed(&new)?;
        let mut upload = self.create(ctx, new).await?;
        let mut body = reached.response.into_body();
        while let Some(piece) = body.chunk().await.map_err(broken)? {
            upload.write(piece).await?;
        }
        self.finish(upload).await
    }

    /// The content of a file elsewhere, of at most `most` bytes.
    pub(super) async fn read_elsewhere(&self, url: &str, most: usize) -> Result<Bytes, FileError> {
        let reached = self.ask(Method::GET, url, FETCH).await?;
        let status = reached.response.status();
        if !status.is_success() {
            let problem = format!("Failed to fetch the file: the server answered {status}");
            return Err(FileError::Remote(problem));
        }
        let body = reached.response.into_body();
        let bytes = body.read(most).await.map_err(broken)?;
        Ok(bytes.into())
    }

    async fn ask(
        &self,
        method: Method,
        url: &str,
        total: Duration,
    ) -> Result<Reached<Body>, FileError> {
        let unreachable = |problem: String| FileError::Unreachable(problem);
        // The type of requests takes ASCII only; addresses that people write may have more.
        let url = Url::parse(url).map_err(|_| unreachable("the address is no URL".into()))?;
        let request = Request::builder().method(method).uri(url.as_str());
        let request = request.body(Bytes::new());
        let request = request.map_err(|_| unreachable("the address is no URL".into()))?;
        let limits = Limits {
            head: SILENCE.min(total),
            silence: SILENCE,
            total,
            ..Limits::default()
        };
        let reached = self.elsewhere.open(request, &limits).await;
        reached.map_err(|error| unreachable(error.to_string()))
    }
}

fn broken(error: impl ToString) -> FileError {
    FileError::Remote(error.to_string())
}

/// What an answer says of the file. `is_trusted`: its media type counts before that of the name; a server that does
/// not answer HEAD for a picture often says JSON about its own error.
fn info(asked: &str, reached: &Reached<Body>, is_trusted: bool) -> RemoteInfo {
    let headers = reached.response.headers();
    let is_success = reached.response.status().is_success();
    let said = Some(named::media_type(headers)).filter(|said| is_success && !said.is_empty());
    let given = named::given_name(headers).filter(|_| is_success);
    let asked = Url::parse(asked).ok();
    let name = given
        .or_else(|| named::name_in_url(asked.as_ref()?))
        .or_else(|| named::name_in_url(&reached.url));
    let name = file_name(name.as_deref().unwrap_or_default(), said.as_deref());
    let by_name = media_type_of(name.extension()).map(str::to_owned);
    let media_type = if is_trusted {
        said.or(by_name)
    } else {
        by_name.or(said)
    };
    RemoteInfo {
        name,
        media_type: media_type.unwrap_or_else(|| "application/octet-stream".to_owned()),
        bytes: named::announced_bytes(headers).filter(|_| is_success),
    }
}

/// A name that can be taken, with the extension of the media type when it has none.
fn file_name(name: &str, media_type: Option<&str>) -> FileName {
    let name = FileName::parse(name).unwrap_or_default();
    match media_type.and_then(extension_of) {
        Some(extension) if name.extension().is_empty() => {
            FileName::parse(&format!("{name}.{extension}")).unwrap_or(name)
        }
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_of_a_file_elsewhere_gets_an_extension_and_is_no_path() {
        for (name, media_type, expected) in [
            ("pic.png", Some("application/json"), "pic.png"),
            ("echo", Some("application/json"), "echo.json"),
            ("echo", None, "echo"),
            ("a/b", Some("image/png"), "file.png"),
            ("\u{202e}", None, "file"),
        ] {
            assert_eq!(file_name(name, media_type).as_str(), expected);
        }
    }
}
