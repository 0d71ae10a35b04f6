//! How a program ended, in the words of Dify's sandbox.

use serde::Serialize;

/// The status of a program that was ended.
const ENDED: i32 = -1;
/// Signals by their numbers, which are the same on every machine that we know.
const SIGSYS: i32 = 31;
const SIGXCPU: i32 = 24;

/// How a program ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// What it printed.
    pub stdout: String,
    /// What it printed as errors.
    pub stderr: String,
    /// Empty when it succeeded; else its status, and behind it what it printed as errors.
    pub error: String,
    /// Its status; -1 when it was ended.
    pub exit_code: i32,
}

/// Why a program has no status of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    /// It ran too long.
    Late,
    /// It printed too much.
    Loud,
    /// By a signal.
    Signal(i32),
}

impl Outcome {
    /// Of a program that came to its end.
    pub(crate) fn of(stdout: Vec<u8>, stderr: Vec<u8>, exit_code: i32) -> Self {
        let (stdout, stderr) = (text(stdout), text(stderr));
        let error = match exit_code {
            0 => String::new(),
            code if stderr.is_empty() => format!("process exited with code {code}"),
            code => format!("process exited with code {code}\n{stderr}"),
        };
        Self {
            stdout,
            stderr,
            error,
            exit_code,
        }
    }

    /// Of a program that was ended. `seconds` is how long it might have run.
    pub(crate) fn ended(stdout: Vec<u8>, stderr: Vec<u8>, why: Ended, seconds: f64) -> Self {
        let (stdout, stderr) = (text(stdout), text(stderr));
        let why = match why {
            // The first line is Dify's.
            Ended::Late | Ended::Signal(SIGXCPU) => {
                format!("timeout\nthe limit is {seconds} seconds")
            }
            Ended::Loud => "too much output".to_owned(),
            Ended::Signal(SIGSYS) => "operation not permitted".to_owned(),
            Ended::Signal(9) => "killed, perhaps for want of memory".to_owned(),
            Ended::Signal(6) => "aborted, perhaps for want of memory".to_owned(),
            Ended::Signal(number) => format!("ended by signal {number}"),
        };
        Self {
            error: format!("process exited with code {ENDED}\n{stderr}error: {why}\n"),
            stdout,
            stderr,
            exit_code: ENDED,
        }
    }
}

fn text(bytes: Vec<u8>) -> String {
    match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_read_as_those_of_difys_sandbox() {
        let of = |error: &str, code| Outcome::of(vec![], error.into(), code).error;
        assert_eq!(of("warned\n", 0), "");
        assert_eq!(of("", 3), "process exited with code 3");
        assert_eq!(of("e\n", 3), "process exited with code 3\ne\n");
        let ended = |why| Outcome::ended(b"so far".into(), vec![], why, 1.5);
        assert_eq!(
            ended(Ended::Signal(SIGSYS)).error,
            "process exited with code -1\nerror: operation not permitted\n"
        );
        let late = ended(Ended::Late);
        assert_eq!(
            (late.error.as_str(), late.stdout.as_str(), late.exit_code),
            (
                "process exited with code -1\nerror: timeout\nthe limit is 1.5 seconds\n",
                "so far",
                -1
            )
        );
    }
}
