//! Writes JSON objects key by key into the bytes that go out: the order of keys is the order of calls.

use serde::Serialize;

/// An object that is being written. [`Object::close`] ends it.
pub(crate) struct Object<'out> {
    out: &'out mut Vec<u8>,
    empty: bool,
}

impl<'out> Object<'out> {
    /// Writes the brace that begins an object.
    pub(crate) fn open(out: &'out mut Vec<u8>) -> Self {
        out.push(b'{');
        Self { out, empty: true }
    }

    /// Writes one member, and the comma before it.
    pub(crate) fn field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> &mut Self {
        put(self.key(key), value);
        self
    }

    /// A member that is an object itself.
    pub(crate) fn object(
        &mut self,
        key: &'static str,
        members: impl FnOnce(&mut Object<'_>),
    ) -> &mut Self {
        let mut inner = Object::open(self.key(key));
        members(&mut inner);
        inner.close();
        self
    }

    /// Writes a key, and gives where its value goes. Keys are ours: they need no escapes.
    pub(crate) fn key(&mut self, key: &'static str) -> &mut Vec<u8> {
        if !self.empty {
            self.out.push(b',');
        }
        self.empty = false;
        self.out.push(b'"');
        self.out.extend_from_slice(key.as_bytes());
        self.out.extend_from_slice(b"\":");
        self.out
    }

    /// Writes the brace that ends the object.
    pub(crate) fn close(self) {
        self.out.push(b'}');
    }
}

/// Writes one value. What cannot be written (none of ours) becomes `null`, so that the line stays JSON.
pub(crate) fn put<T: Serialize + ?Sized>(out: &mut Vec<u8>, value: &T) {
    let start = out.len();
    if serde_json::to_writer(&mut *out, value).is_err() {
        out.truncate(start);
        out.extend_from_slice(b"null");
    }
}
