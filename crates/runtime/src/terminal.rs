//! What a command says. `println!` panics when nobody listens any more (`settings | head`); a reader that
//! has seen enough is no failure, and must not stop a command half way through what it does.

use std::io::{self, ErrorKind, Write};

/// A line on standard output. When it cannot be written for another reason than that nobody reads it (a
/// full disk), the process ends with 2: what it says would be cut off without a word.
pub fn line(text: &str) {
    if let Err(error) = write(io::stdout().lock(), text) {
        complaint(&format!("standard output cannot be written: {error}"));
        std::process::exit(2);
    }
}

/// A line on standard error.
pub fn complaint(text: &str) {
    // There is no third place to say so.
    let _nobody_listens = write(io::stderr().lock(), text);
}

fn write(mut to: impl Write, text: &str) -> io::Result<()> {
    match writeln!(to, "{text}").and_then(|()| to.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        outcome => outcome,
    }
}

/// `println!` for command lines: see [`line`].
#[macro_export]
macro_rules! say {
    ($($text:tt)*) => { $crate::terminal::line(&format!($($text)*)) };
}

/// `eprintln!` for command lines: see [`complaint`].
#[macro_export]
macro_rules! complain {
    ($($text:tt)*) => { $crate::terminal::complaint(&format!($($text)*)) };
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Failing(ErrorKind);

    impl Write for Failing {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn terminal_write_to_a_closed_pipe_is_ok_and_to_a_full_disk_an_error() {
        assert!(write(Failing(ErrorKind::BrokenPipe), "x").is_ok());
        assert!(write(Failing(ErrorKind::StorageFull), "x").is_err());
    }
}
