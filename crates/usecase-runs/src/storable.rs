//! Texts that storage takes.

use std::borrow::Cow;

/// A text of a model, a caller or a failure, without U+0000, which PostgreSQL has in no text: one would keep the whole batch of a
/// commit from being written.
#[must_use]
pub fn storable(text: &str) -> Cow<'_, str> {
    if text.contains('\0') {
        Cow::Owned(text.replace('\0', ""))
    } else {
        Cow::Borrowed(text)
    }
}
