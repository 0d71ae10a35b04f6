//! What the parser takes at a time: it reads a list in brackets to its end before it says anything about
//! it, so that the limits on what it says come too late.

use std::{cell::Cell, rc::Rc, str::Chars};

use super::MAX_MARKS;

/// The characters of a text, until between two events too many of them were marks.
pub(super) struct Metered<'a> {
    characters: Chars<'a>,
    meter: Meter,
}

/// How many marks the parser has taken since its last event.
#[derive(Clone, Default)]
pub(super) struct Meter(Rc<Cell<usize>>);

impl Meter {
    /// An event has come.
    pub(super) fn reset(&self) {
        self.0.set(0);
    }

    /// Whether the text ended because of the limit.
    pub(super) fn is_over(&self) -> bool {
        self.0.get() > MAX_MARKS
    }
}

impl<'a> Metered<'a> {
    /// All characters of the text, as long as `meter` allows.
    pub(super) fn new(text: &'a str, meter: Meter) -> Self {
        Self {
            characters: text.chars(),
            meter,
        }
    }
}

impl Iterator for Metered<'_> {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        if self.meter.is_over() {
            return None;
        }
        let next = self.characters.next()?;
        if is_mark(next) {
            self.meter.0.set(self.meter.0.get() + 1);
        }
        Some(next)
    }
}

/// What begins, ends or separates something inside brackets: without one of them nothing new comes.
fn is_mark(c: char) -> bool {
    matches!(
        c,
        ',' | '[' | ']' | '{' | '}' | ':' | '?' | '&' | '*' | '!' | '\n' | '\r'
    )
}
