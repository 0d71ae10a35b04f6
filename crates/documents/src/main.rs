//! Reads one document from standard input, as `gatewright_documents::child` says.

use std::process::ExitCode;

fn main() -> ExitCode {
    gatewright_documents::child::run()
}
