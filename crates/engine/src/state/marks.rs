//! One mark per node or edge of a level; stored as one letter each.

use serde::{Deserialize, Serialize};

/// How far a node or an edge is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    /// Nobody knows yet.
    Open,
    /// Node: it can run, or runs.
    Active,
    /// Node: it ended. Edge: it is taken.
    Done,
    /// It does not happen.
    Skipped,
}

/// Marks by slot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct Marks(Vec<Mark>);

impl Marks {
    pub(crate) fn open(count: usize) -> Self {
        Self(vec![Mark::Open; count])
    }

    pub(crate) fn get(&self, slot: usize) -> Mark {
        self.0.get(slot).copied().unwrap_or(Mark::Skipped)
    }

    pub(crate) fn set(&mut self, slot: usize, mark: Mark) {
        if let Some(old) = self.0.get_mut(slot) {
            *old = mark;
        }
    }
}

impl From<Marks> for String {
    fn from(marks: Marks) -> Self {
        let character = |mark: &Mark| match mark {
            Mark::Open => '.',
            Mark::Active => 'a',
            Mark::Done => 'd',
            Mark::Skipped => 's',
        };
        marks.0.iter().map(character).collect()
    }
}

impl TryFrom<String> for Marks {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let mark = |character: char| match character {
            '.' => Ok(Mark::Open),
            'a' => Ok(Mark::Active),
            'd' => Ok(Mark::Done),
            's' => Ok(Mark::Skipped),
            other => Err(format!("{other:?} is no mark")),
        };
        text.chars().map(mark).collect::<Result<_, _>>().map(Self)
    }
}
