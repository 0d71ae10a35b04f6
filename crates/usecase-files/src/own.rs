//! Files of many messages at once: found by two look-ups, and given addresses that are good now. What is stored of a message says only
//! which file it means, so that whose it is is looked at each time.

use std::{collections::HashMap, ops::Range};

use gatewright_auth::file::FileView;
use gatewright_domain::file::{FileName, ToolFile, UploadedFile, media_type_of};
use gatewright_storage_identity::{tool_file, upload_file};
use gatewright_usecase_kit::Ctx;
use uuid::Uuid;

use super::{FileAsker, Files, error::FileError, shown::OPAQUE};

/// Files that one look finds at most.
const MAX_FILES: usize = 2_000;
/// Characters of an id.
const ID_CHARS: usize = 36;

/// Files that are somebody's own, by their ids.
#[derive(Debug, Default)]
pub struct OwnFiles {
    uploads: HashMap<Uuid, UploadedFile>,
    tools: HashMap<Uuid, ToolFile>,
}

/// A file as a list names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedFile {
    /// Its name, with the extension.
    pub filename: String,
    /// Its media type.
    pub mime_type: String,
    /// Bytes that it has; none: nobody knows.
    pub size: Option<u32>,
    /// Where it can be fetched now.
    pub url: String,
}

impl Files {
    /// Those of these files, uploads and files of runs, that are the asker's own. The others are left out.
    ///
    /// # Errors
    /// When PostgreSQL does not answer.
    pub async fn own_files(
        &self,
        asker: FileAsker,
        mut ids: Vec<Uuid>,
    ) -> Result<OwnFiles, FileError> {
        ids.sort_unstable();
        ids.dedup();
        ids.truncate(MAX_FILES);
        if ids.is_empty() {
            return Ok(OwnFiles::default());
        }
        let FileAsker { workspace, owner } = asker;
        let mut conn = self.pool.get().await?;
        let uploads = upload_file::list_own(&mut conn, &ids, workspace, owner).await?;
        let tools = tool_file::list_own(&mut conn, &ids, workspace, owner.id()).await?;
        Ok(OwnFiles {
            uploads: uploads.into_iter().map(|file| (file.id.0, file)).collect(),
            tools: tools.into_iter().map(|file| (file.id.0, file)).collect(),
        })
    }

    /// One of them as a list names it; none when it is not among them.
    ///
    /// # Errors
    /// When there is no randomness.
    pub fn named(
        &self,
        ctx: &Ctx,
        own: &OwnFiles,
        id: Uuid,
    ) -> Result<Option<NamedFile>, FileError> {
        if let Some(file) = own.uploads.get(&id) {
            return Ok(Some(NamedFile {
                filename: file.name.clone(),
                mime_type: file.mime_type.clone().unwrap_or_else(|| OPAQUE.to_owned()),
                size: Some(file.size),
                url: self.address(ctx, FileView::File, file.id)?,
            }));
        }
        let Some(file) = own.tools.get(&id) else {
            return Ok(None);
        };
        Ok(Some(NamedFile {
            filename: file.name.clone(),
            mime_type: file.mime_type.clone(),
            size: Some(file.size),
            url: self.tool_address(ctx, file)?,
        }))
    }

    /// Where one of them can be fetched now, an upload or a file of a run; none when it is not among them.
    pub(crate) fn address_of(
        &self,
        ctx: &Ctx,
        own: &OwnFiles,
        id: Uuid,
        is_tool: bool,
    ) -> Result<Option<String>, FileError> {
        if is_tool {
            let file = own.tools.get(&id);
            return file.map(|file| self.tool_address(ctx, file)).transpose();
        }
        let file = own.uploads.get(&id);
        file.map(|file| self.address(ctx, FileView::File, file.id))
            .transpose()
    }

    /// Ids of the files whose addresses a text has.
    pub fn ids_in<'a>(&'a self, text: &'a str) -> impl Iterator<Item = Uuid> + 'a {
        let base = self.urls.files().unwrap_or_default();
        addresses(text, base).into_iter().map(|found| found.id)
    }

    /// The text with good addresses of those of its files that are among these.
    ///
    /// # Errors
    /// When there is no randomness.
    pub fn renew_text(&self, ctx: &Ctx, own: &OwnFiles, text: &str) -> Result<String, FileError> {
        let base = self.urls.files().unwrap_or_default();
        let (mut renewed, mut done) = (String::with_capacity(text.len()), 0);
        for found in addresses(text, base) {
            let address = match (own.uploads.get(&found.id), own.tools.get(&found.id)) {
                (Some(file), _) if !found.is_tool => self.address(ctx, found.view, file.id)?,
                (_, Some(file)) if found.is_tool => self.tool_address(ctx, file)?,
                _ => continue,
            };
            let address = address.strip_prefix(base).unwrap_or(&address);
            renewed.push_str(&text[done..found.place.start]);
            renewed.push_str(address);
            done = found.place.end;
        }
        renewed.push_str(&text[done..]);
        Ok(renewed)
    }
}

impl NamedFile {
    /// A file elsewhere, by its address alone.
    pub fn elsewhere(url: &str) -> Self {
        let path = url.split(['?', '#']).next().unwrap_or_default();
        let name = path.rsplit('/').next().unwrap_or_default();
        let name = FileName::parse(name).unwrap_or_default();
        let mime_type = media_type_of(name.extension()).unwrap_or(OPAQUE);
        Self {
            filename: name.as_str().to_owned(),
            mime_type: mime_type.to_owned(),
            size: None,
            url: url.to_owned(),
        }
    }
}

/// An address of a file of ours in a text.
#[derive(Debug, PartialEq, Eq)]
struct Found {
    /// From the slash of the path to the end of the query.
    place: Range<usize>,
    id: Uuid,
    is_tool: bool,
    view: FileView,
}

/// Signed addresses below `base`, and relative ones. An address of another server is left alone: what is signed anew would open the
/// file to whoever runs it.
fn addresses(text: &str, base: &str) -> Vec<Found> {
    let mut found = vec![];
    for (start, path) in text.match_indices("/files/") {
        let before = text[..start].strip_suffix(base).unwrap_or(&text[..start]);
        let last = before.chars().next_back();
        let is_ours = last.is_none_or(|last| last.is_whitespace() || "(\"'[<".contains(last));
        let rest = &text[start + path.len()..];
        let read = is_ours.then(|| read(rest)).flatten();
        found.extend(read.map(|(id, is_tool, view, length)| Found {
            place: start..start + path.len() + length,
            id,
            is_tool,
            view,
        }));
    }
    found
}

/// What stands behind `/files/`, and its length.
fn read(text: &str) -> Option<(Uuid, bool, FileView, usize)> {
    let (is_tool, rest) = match text.strip_prefix("tools/") {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let id: Uuid = rest.get(..ID_CHARS)?.parse().ok()?;
    let rest = &rest[ID_CHARS..];
    let (view, rest) = if is_tool {
        let extension = rest.trim_start_matches(|c: char| c == '.' || c.is_ascii_alphanumeric());
        (FileView::File, extension)
    } else {
        let views = [FileView::File, FileView::Image];
        views.into_iter().find_map(|view| {
            let rest = rest.strip_prefix('/')?.strip_prefix(view.as_str())?;
            Some((view, rest))
        })?
    };
    let query = rest.strip_prefix("?timestamp=")?;
    let is_query = |c: char| c.is_ascii_alphanumeric() || "=&%_-".contains(c);
    let behind = query.trim_start_matches(is_query);
    Some((id, is_tool, view, text.len() - behind.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "e2036c09-9dae-4519-a85b-72476166cb63";

    #[test]
    fn addresses_of_files_of_ours_are_found_in_a_text_and_no_others() {
        let base = "https://files.example";
        let signed = "timestamp=1&nonce=a&sign=b%3D";
        for (text, expected) in [
            (
                format!("![x]({base}/files/{ID}/file-preview?{signed}) and"),
                Some(false),
            ),
            (
                format!("![x](/files/{ID}/image-preview?{signed})"),
                Some(false),
            ),
            (format!("{base}/files/tools/{ID}.png?{signed}"), Some(true)),
            (
                format!("https://evil.example/files/{ID}/file-preview?{signed}"),
                None,
            ),
            (
                format!("https://evil.example?u={base}/files/{ID}/file-preview?{signed}"),
                None,
            ),
            (format!("{base}/files/{ID}/file-preview"), None),
            (format!("{base}/files/none/file-preview?{signed}"), None),
            (format!("{base}/files/{ID}/other?{signed}"), None),
        ] {
            let found = addresses(&text, base);
            let told = found
                .first()
                .map(|one| (one.is_tool, &text[one.place.clone()]));
            assert_eq!(told.map(|(is_tool, _)| is_tool), expected, "{text}");
            if let Some((_, address)) = told {
                assert!(
                    address.starts_with("/files/") && address.ends_with("b%3D"),
                    "{address}"
                );
            }
        }
    }

    #[test]
    fn file_elsewhere_is_named_by_its_address() {
        let named = NamedFile::elsewhere("https://x.example/a/b.png?c=d");
        assert_eq!(
            (named.filename.as_str(), named.mime_type.as_str()),
            ("b.png", "image/png")
        );
        assert_eq!(named.size, None);
    }
}
