//! The members of an object as serde asks for them.

use serde::de::{DeserializeSeed, MapAccess, value::BorrowedStrDeserializer};
use serde_json::{Map, Value};

use super::{collect::Progress, problem::Invalid, reader::Reader};

/// The members of an object, one after the other.
pub(super) struct Members<'de> {
    entries: Vec<(&'de str, Option<&'de Value>)>,
    next: usize,
    progress: Option<&'de Progress>,
}

impl<'de> Members<'de> {
    /// In the order of the object.
    pub(super) fn of(object: &'de Map<String, Value>) -> Self {
        let present = |(name, value): (&'de String, &'de Value)| (name.as_str(), Some(value));
        Self {
            entries: object.iter().map(present).collect(),
            next: 0,
            progress: None,
        }
    }

    /// Those that are not declared, then the declared ones in their order. While problems are collected
    /// absent ones are among them: whoever cannot do without says so.
    pub(super) fn declared(
        object: &'de Map<String, Value>,
        fields: &'static [&'static str],
        progress: Option<&'de Progress>,
    ) -> Self {
        let mut members = Self::of(object);
        members.entries.retain(|(name, _)| !fields.contains(name));
        let unknown = members.entries.len();
        let declared = fields.iter().map(|name| (*name, object.get(*name)));
        let shown = declared.filter(|(_, value)| value.is_some() || progress.is_some());
        members.entries.extend(shown);
        if let Some(progress) = progress {
            progress.unknown.set(unknown);
            members.next = progress.next.get();
        }
        members.progress = progress;
        members
    }
}

impl<'de> MapAccess<'de> for Members<'de> {
    type Error = Invalid;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Invalid> {
        let Some((name, _)) = self.entries.get(self.next) else {
            if let Some(progress) = self.progress {
                progress.is_over.set(true);
            }
            return Ok(None);
        };
        self.next += 1;
        if let Some(progress) = self.progress {
            progress.next.set(self.next);
        }
        seed.deserialize(BorrowedStrDeserializer::new(name))
            .map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Invalid> {
        let (_, value) = self.entries[self.next - 1];
        seed.deserialize(Reader::of(value))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.entries.len().saturating_sub(self.next))
    }
}
