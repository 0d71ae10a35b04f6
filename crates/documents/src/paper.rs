//! PDF, by `PDFium`: the engine of Chrome and of Dify, as a library that is loaded when the first PDF comes.

use std::path::Path;

use pdfium_render::prelude::{PdfDocument, Pdfium, PdfiumError, PdfiumInternalError};

use crate::{error::ExtractError, writer::Writer};

const KIND: &str = "PDF";

/// Reads a PDF with the library at a path, or with the one that the system has.
pub(crate) fn read(
    bytes: &[u8],
    library: Option<&Path>,
    writer: &mut Writer<'_>,
) -> Result<(), ExtractError> {
    let pdfium = engine(library)?;
    let document = pdfium.load_pdf_from_byte_slice(bytes, None);
    let document = document.map_err(|error| match error {
        PdfiumError::PdfiumLibraryInternalError(PdfiumInternalError::PasswordError) => {
            ExtractError::Protected {
                kind: KIND.to_owned(),
            }
        }
        error => broken(error),
    })?;
    pages(&document, writer)
}

fn pages(document: &PdfDocument<'_>, writer: &mut Writer<'_>) -> Result<(), ExtractError> {
    let count = document.pages().len();
    if usize::try_from(count).is_ok_and(|count| count > writer.limits.pages) {
        return Err(ExtractError::too_large("pages", writer.limits.pages));
    }
    for place in 0..count {
        let page = document.pages().get(place).map_err(broken)?;
        let text = page.text().map_err(broken)?;
        // Character by character: asked for all of it at once, the library leaves out what stands outside of the page's box.
        let characters = usize::try_from(text.len()).unwrap_or_default();
        writer.has_room(characters)?;
        let mut all = String::with_capacity(characters);
        all.extend(text.chars().iter().filter_map(|c| c.unicode_char()));
        writer.page(None)?;
        writer.text(tidy(&all))?;
    }
    Ok(())
}

/// Lines end as elsewhere; a word that a line's end breaks keeps its hyphen, which the engine marks in its own way.
fn tidy(text: &str) -> String {
    let keep = |c: char| match c {
        '\u{2}' | '\u{FFFE}' => Some('-'),
        '\n' | '\t' => Some(c),
        c if c.is_control() => None,
        c => Some(c),
    };
    text.replace("\r\n", "\n")
        .replace('\r', "\n")
        .chars()
        .filter_map(keep)
        .collect()
}

fn broken(error: PdfiumError) -> ExtractError {
    let problem = match error {
        PdfiumError::PdfiumLibraryInternalError(PdfiumInternalError::FormatError) => {
            "it is no PDF, or it is damaged".to_owned()
        }
        error => error.to_string(),
    };
    ExtractError::broken(KIND, problem)
}

/// Loads the library, so that reading needs no files.
pub(crate) fn preload(library: Option<&Path>) -> Result<(), ExtractError> {
    engine(library).map(drop)
}

fn engine(library: Option<&Path>) -> Result<Pdfium, ExtractError> {
    let bound = match library {
        Some(path) => Pdfium::bind_to_library(path),
        None => Pdfium::bind_to_system_library(),
    };
    match bound {
        Ok(bindings) => Ok(Pdfium::new(bindings)),
        // It has been loaded before: the default is what there is.
        Err(PdfiumError::PdfiumLibraryBindingsAlreadyInitialized) => Ok(Pdfium::default()),
        Err(error) => Err(ExtractError::NoPdfEngine {
            problem: match library {
                Some(path) => format!("{} cannot be loaded ({error})", path.display()),
                None => "the system has no library of the name pdfium".to_owned(),
            },
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::tidy;

    #[test]
    fn text_of_a_page_has_plain_lines_and_hyphens() {
        assert_eq!(
            tidy("one\r\nex\u{2}\r\nample\0\u{FFFE}"),
            "one\nex-\nample-"
        );
    }
}
