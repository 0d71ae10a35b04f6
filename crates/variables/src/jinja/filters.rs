//! Filters whose arguments or results differ from minijinja's own: `tojson`, `truncate`.

use minijinja::{
    Error, ErrorKind, Value,
    value::{Kwargs, Rest},
};

use super::{
    convert::{MAX_BYTES, string},
    print,
};
use crate::{
    python::{JsonStyle, write_json},
    text::BoundedText,
};

/// `tojson(indent=None)`: sorted keys, ASCII, and safe within HTML.
pub(super) fn tojson(
    value: &Value,
    indent: Option<usize>,
    kwargs: Kwargs,
) -> Result<String, Error> {
    let indent = match indent {
        Some(indent) => Some(indent),
        None => kwargs.get::<Option<usize>>("indent")?,
    };
    kwargs.assert_all_used()?;
    let style = JsonStyle {
        indent: indent.map(|indent| indent.min(32)),
        ascii: true,
        sort_keys: true,
    };
    let json = print::to_json(value, 0, &mut MAX_BYTES.clone())?;
    let mut out = BoundedText::new(MAX_BYTES);
    let written = write_json(&mut out, &json, style);
    let text = out
        .finish(written)
        .map_err(|error| Error::new(ErrorKind::BadSerialization, error.to_string()))?;
    Ok(text
        .replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026")
        .replace('\'', "\\u0027"))
}

/// `truncate(length=255, killwords=False, end='...', leeway=5)`: lengths are characters.
pub(super) fn truncate(value: &Value, args: Rest<Value>, kwargs: Kwargs) -> Result<String, Error> {
    let text = string(value)?;
    let argument = |index: usize, name: &str| -> Result<Option<Value>, Error> {
        let named = kwargs.get::<Option<Value>>(name)?;
        Ok(args.get(index).cloned().or(named))
    };
    let number = |value: Option<Value>, default: usize| match value {
        Some(value) => usize::try_from(value),
        None => Ok(default),
    };
    let length = number(argument(0, "length")?, 255)?;
    let kill_words = argument(1, "killwords")?.is_some_and(|value| value.is_true());
    let end = match argument(2, "end")? {
        Some(end) => string(&end)?,
        None => "...".to_owned(),
    };
    let leeway = number(argument(3, "leeway")?, 5)?;
    kwargs.assert_all_used()?;
    let end_length = end.chars().count();
    if length < end_length {
        return Err(Error::new(
            ErrorKind::InvalidOperation,
            format!("expected length >= {end_length}, got {length}"),
        ));
    }
    if text.chars().count() <= length.saturating_add(leeway) {
        return Ok(text);
    }
    let cut: String = text.chars().take(length - end_length).collect();
    let kept = if kill_words {
        &cut
    } else {
        cut.rsplit_once(' ').map_or(&*cut, |(kept, _)| kept)
    };
    Ok(format!("{kept}{end}"))
}
