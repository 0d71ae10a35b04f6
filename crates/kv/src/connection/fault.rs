//! What an error says: was the command executed, and is the connection still good?

use redis::{ErrorKind, RedisError, ServerErrorKind};

/// What went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// The server answered, and the answer is an error. The connection is fine.
    Answer,
    /// The server said that somebody else has to do it, or that it cannot yet: not executed.
    Elsewhere,
    /// The same, and this connection will never do: its server is not the master any more.
    Demoted,
    /// The connection broke or did not answer in time. Executed or not, nobody knows.
    Lost,
}

impl Fault {
    pub(super) fn of(error: &RedisError) -> Self {
        use ServerErrorKind::{Ask, ClusterDown, MasterDown, Moved, ReadOnly, TryAgain};
        match error.kind() {
            ErrorKind::Server(Moved | Ask | TryAgain | ClusterDown) => Self::Elsewhere,
            // The last: the cluster's client knows no connection that it could have used.
            ErrorKind::Server(ReadOnly | MasterDown) | ErrorKind::ClusterConnectionNotFound => {
                Self::Demoted
            }
            ErrorKind::Io | ErrorKind::Parse => Self::Lost,
            _ => Self::Answer,
        }
    }

    /// Whether the connection is given up.
    pub(super) fn breaks(self) -> bool {
        matches!(self, Self::Demoted | Self::Lost)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(code: &'static str) -> Fault {
        let value = redis::parse_redis_value(format!("-{code} text\r\n").as_bytes()).unwrap();
        Fault::of(&value.extract_error().unwrap_err())
    }

    #[test]
    fn c2_timeout_breaks_the_connection_and_only_unexecuted_commands_are_retried() {
        let io = |kind: std::io::ErrorKind| Fault::of(&std::io::Error::from(kind).into());
        for kind in [
            std::io::ErrorKind::TimedOut,
            std::io::ErrorKind::BrokenPipe,
            std::io::ErrorKind::ConnectionReset,
            std::io::ErrorKind::UnexpectedEof,
        ] {
            assert_eq!(io(kind), Fault::Lost, "{kind}");
        }
        assert!(Fault::Lost.breaks() && Fault::Demoted.breaks());
        for code in ["CLUSTERDOWN", "TRYAGAIN", "MOVED 1 a:1", "ASK 1 a:1"] {
            assert_eq!(server(code), Fault::Elsewhere, "{code}");
        }
        assert_eq!(server("READONLY"), Fault::Demoted);
        for code in ["ERR", "OOM", "NOPERM", "WRONGTYPE", "NOAUTH", "MISCONF"] {
            assert_eq!(server(code), Fault::Answer, "{code}");
            assert!(!server(code).breaks());
        }
    }
}
