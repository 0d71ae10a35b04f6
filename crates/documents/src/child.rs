//! The process that reads one document: its file comes by standard input, the text or the reason goes to standard output.
//!
//! First comes a line of JSON with what to do, then the file. Limits are set before the file is looked at.

use std::{
    io::{self, BufRead as _, Read as _, Write as _},
    path::PathBuf,
    process::ExitCode,
    thread,
};

use serde::{Deserialize, Serialize};

use crate::{
    Document, ExtractError, Format, Limits, Source,
    confine::{Confinement, be_the_first_to_go, confine},
    extract, paper,
};

/// The stack of the thread that reads: what is nested as deeply as [`Limits::depth`] allows needs a part of it.
const STACK_BYTES: usize = 64 << 20;
/// The most that the line with what to do may have.
const MAX_ORDER_BYTES: u64 = 1 << 20;

/// What to do.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Order {
    pub(crate) name: String,
    pub(crate) media_type: String,
    pub(crate) pdfium: Option<PathBuf>,
    pub(crate) limits: Limits,
    pub(crate) confinement: Confinement,
}

/// What came of it.
pub(crate) type Answer = Result<Document, ExtractError>;

/// Reads the document that comes by standard input, and ends. To be called first thing in `main`, before there are other threads.
#[must_use]
pub fn run() -> ExitCode {
    match serve() {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever started this process sees that there is no answer.
        Err(_) => ExitCode::FAILURE,
    }
}

fn serve() -> io::Result<()> {
    be_the_first_to_go();
    let mut input = io::stdin().lock();
    let mut line = Vec::new();
    input
        .by_ref()
        .take(MAX_ORDER_BYTES)
        .read_until(b'\n', &mut line)?;
    let order: Order = serde_json::from_slice(&line)?;
    confine(order.confinement)?;
    let most = u64::try_from(order.limits.input_bytes).unwrap_or(u64::MAX);
    let mut bytes = Vec::new();
    input.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    let reading = thread::Builder::new()
        .stack_size(STACK_BYTES)
        .spawn(move || answer(&order, &bytes))?;
    let answer = reading
        .join()
        .map_err(|_| io::Error::other("the reader panicked"))?;
    let mut output = io::stdout().lock();
    serde_json::to_writer(&mut output, &answer)?;
    output.flush()
}

fn answer(order: &Order, bytes: &[u8]) -> Answer {
    let source = Source {
        name: &order.name,
        media_type: &order.media_type,
        bytes,
    };
    let pdfium = order.pdfium.as_deref();
    if Format::of(source)? == Format::Pdf {
        paper::preload(pdfium)?;
    }
    extract(source, pdfium, &order.limits)
}
