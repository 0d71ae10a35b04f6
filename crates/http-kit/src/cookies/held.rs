//! What a request holds: read by bytes, so that what one cookie of somebody else's contains loses none
//! of ours; and of several of a name the one that counts.

use actix_web::{HttpRequest, http::header};

/// More of one name are not looked at.
const MAX_ENTRIES: usize = 8;

/// The values under one name, each once, in the order of the request; none of them empty.
#[derive(Debug, Clone, Default)]
pub struct Held(Vec<String>);

/// Two cookies of one name are both real: which of them the person means cannot be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeveralVerify;

impl Held {
    pub(super) fn of(request: &HttpRequest, name: &str) -> Self {
        let mut values: Vec<String> = vec![];
        for (_, value) in all(request).filter(|(known, _)| *known == name) {
            if !value.is_empty() && !values.iter().any(|known| known == value) {
                values.push(value.to_owned());
            }
        }
        values.truncate(MAX_ENTRIES);
        Self(values)
    }

    /// Whether the request holds none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them, for who checks each.
    pub fn into_all(self) -> Vec<String> {
        self.0
    }

    /// The one that counts: the only one, whatever it is worth; of several the one that verifies. When
    /// none does the first stands for all: it is refused for what it is.
    pub fn the_one(
        mut self,
        verifies: impl Fn(&str) -> bool,
    ) -> Result<Option<String>, SeveralVerify> {
        if self.0.len() > 1 {
            let first = self.0[0].clone();
            self.0.retain(|value| verifies(value));
            if self.0.is_empty() {
                self.0.push(first);
            }
        }
        match self.0.len() {
            0 | 1 => Ok(self.0.pop()),
            _ => Err(SeveralVerify),
        }
    }
}

/// Names and values whose names begin so.
pub(super) fn beginning<'a>(
    request: &'a HttpRequest,
    prefix: &'a str,
) -> impl Iterator<Item = (String, String)> + 'a {
    all(request)
        .filter(move |(name, value)| name.starts_with(prefix) && !value.is_empty())
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
}

/// Names and values of all cookies (RFC 6265 §5.4); what is not text is no cookie of ours.
pub(super) fn all(request: &HttpRequest) -> impl Iterator<Item = (&str, &str)> {
    let lines = request.headers().get_all(header::COOKIE);
    let pairs = lines.flat_map(|line| line.as_bytes().split(|byte| *byte == b';'));
    pairs.filter_map(|pair| {
        let at = pair.iter().position(|byte| *byte == b'=')?;
        let (name, value) = (&pair[..at], &pair[at + 1..]);
        let name = std::str::from_utf8(name.trim_ascii()).ok()?;
        let value = std::str::from_utf8(value.trim_ascii()).ok()?;
        Some((name, value))
    })
}

/// How often a request shows a name.
pub(super) fn count(request: &HttpRequest, name: &str) -> usize {
    all(request).filter(|(known, _)| *known == name).count()
}
