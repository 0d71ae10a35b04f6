//! What can be wrong with a member of a request. A problem says which member and why, never what was
//! submitted.

use std::fmt::{self, Display};

use serde::{
    Serialize,
    de::{self, Expected, Unexpected},
};
use serde_path_to_error::{Path, Segment};
use utoipa::ToSchema;

/// Characters of a name of the sender's own that a problem repeats.
const MAX_NAME_CHARS: usize = 64;

/// What is wrong with one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldProblem {
    /// `missing`, `string_type`, `int_parsing`, `extra_forbidden`, `value_error`, …
    #[serde(rename = "type")]
    pub kind: String,
    /// The path to the field; empty for the whole object.
    pub loc: Vec<String>,
    /// Text for people.
    pub msg: String,
}

impl FieldProblem {
    /// Of one field; an empty name is the whole object.
    pub fn new(kind: &str, field: &str, msg: impl Display) -> Self {
        let loc = if field.is_empty() {
            vec![]
        } else {
            vec![field.to_owned()]
        };
        Self {
            kind: kind.to_owned(),
            loc,
            msg: msg.to_string(),
        }
    }

    /// The problem as one sentence.
    pub fn sentence(&self) -> String {
        if self.loc.is_empty() {
            return self.msg.clone();
        }
        format!("{}: {}", self.loc.join("."), self.msg)
    }

    pub(super) fn at(path: &Path, invalid: Invalid) -> Self {
        let loc = path.iter().filter_map(segment);
        Self {
            kind: invalid.kind.to_owned(),
            loc: loc.chain(invalid.member.map(str::to_owned)).collect(),
            msg: invalid.msg,
        }
    }
}

fn segment(segment: &Segment) -> Option<String> {
    match segment {
        Segment::Seq { index } => Some(index.to_string()),
        // A name that nobody declared is the sender's: no longer, and nothing that steers a terminal.
        Segment::Map { key: name } | Segment::Enum { variant: name } => Some(
            name.chars()
                .filter(|c| !c.is_control())
                .take(MAX_NAME_CHARS)
                .collect(),
        ),
        Segment::Unknown => None,
    }
}

/// Refuses a value of one's own type for a reason of a given kind. A plain text of a `TryFrom` is a
/// `value_error`; this is for the other kinds.
pub fn refuse<E: de::Error>(kind: &'static str, msg: &str) -> E {
    E::invalid_value(Unexpected::Other(kind), &msg)
}

/// The kinds that [`refuse`] may give: serde tells a value itself by the same way, which must not pass.
const REFUSED: [&str; 7] = [
    "greater_than_equal",
    "less_than_equal",
    "string_too_long",
    "string_type",
    "too_long",
    "too_short",
    "value_error",
];

/// Why a value is not of its type; where it stands is added by [`FieldProblem::at`].
#[derive(Debug)]
pub(super) struct Invalid {
    kind: &'static str,
    msg: String,
    /// The member of the object at hand that is meant, when it was never come to.
    member: Option<&'static str>,
}

impl Invalid {
    pub(super) fn new(kind: &'static str, msg: &str) -> Self {
        Self {
            kind,
            msg: msg.to_owned(),
            member: None,
        }
    }

    pub(super) fn missing() -> Self {
        Self::new("missing", "Field required")
    }

    pub(super) fn is_extra(&self) -> bool {
        self.kind == "extra_forbidden"
    }
}

impl Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.msg)
    }
}

impl std::error::Error for Invalid {}

/// What serde and the newtypes find. None of these repeats what was found, only what was expected.
impl de::Error for Invalid {
    fn custom<T: Display>(msg: T) -> Self {
        Self::new("value_error", &msg.to_string())
    }

    fn invalid_type(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new("type_error", &format!("Input should be {expected}"))
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        let kind = match found {
            Unexpected::Other(said) => REFUSED.into_iter().find(|kind| *kind == said),
            _ => None,
        };
        match kind {
            Some(kind) => Self::new(kind, &expected.to_string()),
            None => Self::new("value_error", &format!("Input should be {expected}")),
        }
    }

    fn invalid_length(_: usize, expected: &dyn Expected) -> Self {
        Self::new("value_error", &format!("Input should be {expected}"))
    }

    fn unknown_variant(_: &str, expected: &'static [&'static str]) -> Self {
        let quoted: Vec<String> = expected.iter().map(|name| format!("'{name}'")).collect();
        let listed = match quoted.split_last() {
            Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
            _ => quoted.concat(),
        };
        Self::new("enum", &format!("Input should be {listed}"))
    }

    fn unknown_field(_: &str, _: &'static [&'static str]) -> Self {
        Self::new("extra_forbidden", "Extra inputs are not permitted")
    }

    fn missing_field(field: &'static str) -> Self {
        Self {
            member: Some(field),
            ..Self::missing()
        }
    }

    fn duplicate_field(field: &'static str) -> Self {
        Self {
            member: Some(field),
            ..Self::new("value_error", "Field given twice")
        }
    }
}
