//! The text of documents that people upload. Bytes and a name go in; text with its tables, or a reason, comes out.
//!
//! * [`extract`] reads one file by its [`Format`], within [`Limits`]: nothing in a file makes it expand entities, follow paths, or
//!   unpack, nest or write without bound.
//! * What limits in the code cannot see (a fault in an engine of others, one allocation too many) is contained by [`DocumentReader`]: it
//!   reads each file in a process of its own, which is [`child::run`] in the same program, confined as the programs of code nodes are: no
//!   files, no network, no rights, bounded. A crash or a break-in there fails one document.
//!
//! A [`Document`] keeps pages and tables apart, so that whoever indexes it can take them row by row; [`Document::to_markdown`] is all of
//! it as one text.

mod book;
mod charset;
pub mod child;
mod document;
mod error;
mod format;
mod html;
mod limits;
mod mail;
mod office;
mod package;
mod paper;
mod reader;
mod sheets;
mod writer;
mod xml;

use std::path::Path;

pub use self::{
    charset::{NotText, decode},
    document::{Block, Document, Page, Table},
    error::ExtractError,
    format::Format,
    limits::Limits,
    reader::{DocumentReader, Program, ReadError, ReaderSettings},
};
use crate::writer::Writer;

/// What is read, and with what.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// Its name; the extension decides the format.
    pub name: &'a str,
    /// Its media type, which counts where the name says nothing.
    pub media_type: &'a str,
    /// All of it.
    pub bytes: &'a [u8],
}

/// Reads a file in this process: quick for texts, and to be confined for everything else.
///
/// # Errors
/// Why there is no text.
pub fn extract(
    source: Source<'_>,
    pdfium: Option<&Path>,
    limits: &Limits,
) -> Result<Document, ExtractError> {
    if source.bytes.len() > limits.input_bytes {
        return Err(ExtractError::too_large("bytes", limits.input_bytes));
    }
    let format = Format::of(source)?;
    // Some engines of others panic over damaged files; they share nothing with whoever calls.
    let read = || read_as(format, source, pdfium, limits);
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(read))
        .unwrap_or_else(|_| Err(ExtractError::broken("the file", "it is damaged")))
}

fn read_as(
    format: Format,
    source: Source<'_>,
    pdfium: Option<&Path>,
    limits: &Limits,
) -> Result<Document, ExtractError> {
    let mut writer = Writer::new(limits);
    match format {
        Format::Text => writer.page_of(decode(source.bytes, None)?)?,
        Format::Html => html::read(source.bytes, &mut writer)?,
        Format::Table { delimiter } => {
            sheets::separated::read(source.bytes, delimiter, &mut writer)?;
        }
        Format::Workbook => sheets::workbook::read(source.bytes, &mut writer)?,
        Format::OldWorkbook => sheets::old::read(source.bytes, &mut writer)?,
        Format::Word => office::word(source.bytes, &mut writer)?,
        Format::Slides => office::slides(source.bytes, &mut writer)?,
        Format::Book => book::read(source.bytes, &mut writer)?,
        Format::Mail => mail::read(source.bytes, &mut writer)?,
        Format::Pdf => paper::read(source.bytes, pdfium, &mut writer)?,
    }
    Ok(writer.finish())
}
