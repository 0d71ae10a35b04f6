//! The names of the queues, as operators of Dify know them (console.md §10.6).

use std::str::FromStr;

/// A queue, named as operators of Dify know it (`-q`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum QueueName {
    /// Mails that are to be sent.
    Mail,
    /// Deleting what has outlived its use.
    Retention,
}

impl QueueName {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Mail, Self::Retention];

    /// The name as it stands in the database and in options.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mail => "mail",
            Self::Retention => "retention",
        }
    }
}

/// There is no such queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownQueue(String);

impl std::fmt::Display for UnknownQueue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let known = QueueName::ALL.map(QueueName::as_str).join(", ");
        write!(f, "there is no queue `{}`; there are: {known}", self.0)
    }
}

impl std::error::Error for UnknownQueue {}

impl FromStr for QueueName {
    type Err = UnknownQueue;

    fn from_str(text: &str) -> Result<Self, UnknownQueue> {
        Self::ALL
            .into_iter()
            .find(|queue| queue.as_str() == text)
            .ok_or_else(|| UnknownQueue(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_queue_error_names_the_existing_queues() {
        assert_eq!("mail".parse(), Ok(QueueName::Mail));
        assert!(
            "mial"
                .parse::<QueueName>()
                .unwrap_err()
                .to_string()
                .contains("mail, retention")
        );
    }
}
