//! The process that reads one document: its file comes by standard input, the text or the reason goes to standard output.
//!
//! First comes a line of JSON with what to do, then the file. Before the file is looked at, this process gives up files, network, other
//! processes and its rights, as a program of a code node does ([`gatewright_sandbox::confine`]), and is bounded.

use std::{
    env,
    io::{self, BufRead as _, BufWriter, Read as _, Write as _},
    path::PathBuf,
    process::{self, ExitCode},
    thread,
};

use gatewright_sandbox::{Confinement, confine};
use serde::{Deserialize, Serialize};

use crate::{Document, ExtractError, Format, Limits, Source, extract, paper};

/// The first argument of a process that is to read a document.
pub(crate) const READ_DOCUMENT: &str = "read-document";
/// The stack of the thread that reads: what is nested as deeply as [`Limits::depth`] allows needs a part of it.
const STACK_BYTES: usize = 64 << 20;
/// The most that the line with what to do may have.
const MAX_ORDER_BYTES: u64 = 1 << 20;

/// Bytes of the answer that are written at once.
const PIECE_BYTES: usize = 64 * 1024;

/// What to do.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Order {
    pub(crate) name: String,
    pub(crate) media_type: String,
    pub(crate) pdfium: Option<PathBuf>,
    pub(crate) limits: Limits,
    /// Bytes of address space.
    pub(crate) memory_bytes: u64,
    /// Seconds of a processor.
    pub(crate) cpu_seconds: u64,
}

/// What came of it.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Answer {
    /// The text, or why there is none.
    Read(Result<Document, ExtractError>),
    /// Nothing was read: this machine does not isolate the reader, for this reason.
    Unconfined(String),
}

/// Becomes the reader when the command line says so, and does not come back then. Must be the first thing that `main` does.
pub fn take_over_if_asked() {
    if env::args().nth(1).as_deref() == Some(READ_DOCUMENT) {
        process::exit(i32::from(serve().is_err()));
    }
}

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
    let mut input = io::stdin().lock();
    let mut line = Vec::new();
    input
        .by_ref()
        .take(MAX_ORDER_BYTES)
        .read_until(b'\n', &mut line)?;
    let order: Order = serde_json::from_slice(&line)?;
    let most = u64::try_from(order.limits.input_bytes).unwrap_or(u64::MAX);
    let mut bytes = Vec::new();
    input.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    let answer = answer(order, bytes)?;
    // Standard output alone would write a kilobyte at a time.
    let mut output = BufWriter::with_capacity(PIECE_BYTES, io::stdout().lock());
    serde_json::to_writer(&mut output, &answer)?;
    output.flush()
}

fn answer(order: Order, bytes: Vec<u8>) -> io::Result<Answer> {
    let source = source(&order, &bytes);
    // Its library is a file, and there will be none.
    if Format::may_be_paper(source)
        && let Err(error) = paper::preload(order.pdfium.as_deref())
    {
        return Ok(Answer::Read(Err(error)));
    }
    let confined = confine(Confinement {
        memory_bytes: order.memory_bytes,
        cpu_seconds: order.cpu_seconds,
    });
    if let Err(problem) = confined {
        return Ok(Answer::Unconfined(problem));
    }
    let reading = thread::Builder::new()
        .stack_size(STACK_BYTES)
        .spawn(move || {
            let source = self::source(&order, &bytes);
            extract(source, order.pdfium.as_deref(), &order.limits)
        })?;
    let read = reading.join();
    read.map(Answer::Read)
        .map_err(|_| io::Error::other("the reader panicked"))
}

fn source<'a>(order: &'a Order, bytes: &'a [u8]) -> Source<'a> {
    Source {
        name: &order.name,
        media_type: &order.media_type,
        bytes,
    }
}
