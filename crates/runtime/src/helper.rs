//! What a server's own program is started again as: the child that runs a program, or the reader of one document.

/// Becomes that when the command line says so, and does not come back then. Must be the first thing that `main` of a server does: before
/// threads, runtimes and settings.
pub fn take_over_if_asked() {
    gatewright_sandbox::child::take_over_if_asked();
    gatewright_documents::child::take_over_if_asked();
}
