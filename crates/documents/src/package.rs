//! Archives that are documents: their parts by name, their relations, and no more of them than allowed.

use std::{
    collections::HashMap,
    io::{Cursor, Read as _},
};

use zip::{ZipArchive, result::ZipError};

use crate::{
    charset::decode,
    error::ExtractError,
    format::Format,
    writer::Writer,
    xml::{self, Token},
};

/// An archive in memory.
pub(crate) struct Package<'a> {
    kind: &'static str,
    archive: ZipArchive<Cursor<&'a [u8]>>,
    /// Bytes that may still be unpacked.
    left: u64,
    limit: u64,
}

/// What a part refers to.
#[derive(Debug, Default)]
pub(crate) struct Relation {
    /// The last segment of its type: `slide`, `officeDocument`, `hyperlink`.
    pub(crate) kind: String,
    /// The name of a part, or a URL.
    pub(crate) target: String,
}

impl<'a> Package<'a> {
    pub(crate) fn open(
        kind: &'static str,
        bytes: &'a [u8],
        writer: &Writer<'_>,
    ) -> Result<Self, ExtractError> {
        // A document of Office with a password is no archive any more.
        if bytes.starts_with(b"\xD0\xCF\x11\xE0") {
            let kind = kind.to_owned();
            return Err(ExtractError::Protected { kind });
        }
        let archive = ZipArchive::new(Cursor::new(bytes));
        let archive = archive.map_err(|error| ExtractError::broken(kind, error))?;
        if archive.len() > writer.limits.parts {
            return Err(ExtractError::too_large("parts", writer.limits.parts));
        }
        let limit = writer.limits.unpacked_bytes;
        Ok(Self {
            kind,
            archive,
            left: limit,
            limit,
        })
    }

    /// A part that must be there, as text.
    pub(crate) fn part(&mut self, name: &str) -> Result<String, ExtractError> {
        let part = self.optional_part(name)?;
        part.ok_or_else(|| ExtractError::broken(self.kind, format!("{name} is missing")))
    }

    /// A part as text; none where there is none of this name.
    pub(crate) fn optional_part(&mut self, name: &str) -> Result<Option<String>, ExtractError> {
        let broken = |error: &dyn ToString| ExtractError::broken(self.kind, error.to_string());
        let entry = match self.archive.by_name(name) {
            Ok(entry) => entry,
            Err(ZipError::FileNotFound) => return Ok(None),
            Err(error) => return Err(broken(&error)),
        };
        let mut bytes = Vec::new();
        let mut bounded = entry.take(self.left.saturating_add(1));
        let read = bounded
            .read_to_end(&mut bytes)
            .map_err(|error| broken(&error))?;
        self.left = u64::try_from(read)
            .ok()
            .and_then(|read| self.left.checked_sub(read))
            .ok_or_else(|| ExtractError::too_large("unpacked bytes", self.limit))?;
        let text = decode(&bytes, None).map_err(|error| broken(&error))?;
        Ok(Some(text))
    }

    /// Unpacks everything to nowhere: whoever reads the archive by other means stays within the limit after this.
    pub(crate) fn weigh(&mut self) -> Result<(), ExtractError> {
        for place in 0..self.archive.len() {
            let entry = self.archive.by_index(place);
            let entry = entry.map_err(|error| ExtractError::broken(self.kind, error))?;
            let mut bounded = entry.take(self.left.saturating_add(1));
            let read = std::io::copy(&mut bounded, &mut std::io::sink());
            let read = read.map_err(|error| ExtractError::broken(self.kind, error))?;
            let left = self.left.checked_sub(read);
            self.left =
                left.ok_or_else(|| ExtractError::too_large("unpacked bytes", self.limit))?;
        }
        Ok(())
    }

    /// What a part refers to, by id; `""` is the package itself.
    pub(crate) fn relations(
        &mut self,
        part: &str,
        writer: &mut Writer<'_>,
    ) -> Result<HashMap<String, Relation>, ExtractError> {
        let (folder, file) = part.rsplit_once('/').unwrap_or(("", part));
        let name = join(folder, &format!("_rels/{file}.rels"));
        let mut relations = HashMap::new();
        let Some(text) = self.optional_part(&name)? else {
            return Ok(relations);
        };
        xml::read(self.kind, &text, writer, |_, token| {
            let Token::Open(element) = token else {
                return Ok(());
            };
            let id = element.attribute("Id");
            if let (Some(id), Some(target)) = (id, element.attribute("Target")) {
                let kind = element.attribute("Type").unwrap_or_default();
                let kind = kind.rsplit('/').next().unwrap_or_default().to_owned();
                let outside = element.attribute("TargetMode").as_deref() == Some("External");
                let target = if outside {
                    target
                } else {
                    join(folder, &target)
                };
                relations.insert(id, Relation { kind, target });
            }
            Ok(())
        })?;
        Ok(relations)
    }

    /// The part that is the document.
    pub(crate) fn main_part(&mut self, writer: &mut Writer<'_>) -> Result<String, ExtractError> {
        let relations = self.relations("", writer)?;
        let main = relations
            .into_values()
            .find(|relation| relation.kind == "officeDocument");
        main.map(|relation| relation.target)
            .ok_or_else(|| ExtractError::broken(self.kind, "it names no document"))
    }
}

/// The name of a part as another one in a folder writes it.
pub(crate) fn join(folder: &str, name: &str) -> String {
    let mut segments: Vec<&str> = if name.starts_with('/') {
        Vec::new()
    } else {
        folder.split('/').collect()
    };
    for segment in name.split('/') {
        match segment {
            ".." => drop(segments.pop()),
            segment => segments.push(segment),
        }
    }
    segments.retain(|segment| !matches!(*segment, "" | "."));
    segments.join("/")
}

/// What an archive is, by the names of its parts.
pub(crate) fn format(bytes: &[u8]) -> Option<Format> {
    let archive = ZipArchive::new(Cursor::new(bytes)).ok()?;
    let has = |name: &str| archive.index_for_name(name).is_some();
    [
        ("word/document.xml", Format::Word),
        ("xl/workbook.xml", Format::Workbook),
        ("ppt/presentation.xml", Format::Slides),
        ("META-INF/container.xml", Format::Book),
    ]
    .into_iter()
    .find_map(|(name, format)| has(name).then_some(format))
}

#[cfg(test)]
mod tests {
    use super::join;

    #[test]
    fn name_of_a_part_stays_within_the_package() {
        for (folder, name, joined) in [
            ("ppt", "slides/slide1.xml", "ppt/slides/slide1.xml"),
            ("ppt/slides", "../media/a.png", "ppt/media/a.png"),
            ("word", "/word/document.xml", "word/document.xml"),
            ("", "../../etc/passwd", "etc/passwd"),
            ("a", "./b//c", "a/b/c"),
        ] {
            assert_eq!(join(folder, name), joined);
        }
    }
}
