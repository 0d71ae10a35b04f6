//! Documents as people and attackers send them.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a test that cannot go on must fail"
)]

mod child;
mod hostile;
mod random;
mod samples;

use std::{
    fs,
    path::{Path, PathBuf},
};

use gatewright_documents::{Document, ExtractError, Limits, Source, extract};

/// Names `PDFium`'s library for tests; `cargo xtask test` sets it.
const PDFIUM_VARIABLE: &str = "GATEWRIGHT_TEST_PDFIUM";

/// Documents of each kind, as programs of others wrote them.
const SAMPLES: &[&str] = &[
    "book.xlsx",
    "old.xls",
    "report.docx",
    "deck.pptx",
    "reportlab.pdf",
    "chromium.pdf",
    "book.epub",
    "mail.eml",
    "page.html",
    "table.csv",
    "utf16.txt",
];

fn pdfium() -> PathBuf {
    let path = std::env::var(PDFIUM_VARIABLE);
    path.unwrap_or_else(|_| panic!("{PDFIUM_VARIABLE} is not set: run `cargo xtask test`"))
        .into()
}

/// A document that some program wrote.
fn sample(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/samples");
    fs::read(folder.join(name)).unwrap()
}

fn read(name: &str, bytes: &[u8], limits: &Limits) -> Result<Document, ExtractError> {
    let source = Source {
        name,
        media_type: "",
        bytes,
    };
    let library = (Path::new(name).extension() == Some("pdf".as_ref())).then(pdfium);
    extract(source, library.as_deref(), limits)
}

/// The reason why a document is refused.
fn refusal(name: &str, bytes: &[u8], limits: &Limits) -> String {
    match read(name, bytes, limits) {
        Ok(document) => panic!("{name} was read: {document:?}"),
        Err(error) => error.to_string(),
    }
}
