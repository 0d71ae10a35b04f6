//! Values of templates as Python prints them.

use std::fmt::{self, Write};

use minijinja::{
    AutoEscape, Error, ErrorKind, Output, State, Value, escape_formatter, value::ValueKind,
};

use super::{
    convert,
    meter::{List, Members, Meter},
};
use crate::python;

/// How deep a value may be nested to be printed.
const MAX_DEPTH: usize = 200;

/// What `{{ value }}` writes.
pub(super) fn format(out: &mut Output, state: &mut State, value: &Value) -> Result<(), Error> {
    match state.auto_escape() {
        AutoEscape::None => write_str(out, value)?,
        AutoEscape::Html => write_str(out, &convert::escape(value)?)?,
        _ => escape_formatter(out, state, value)?,
    }
    Ok(())
}

/// `str(value)`.
pub(super) fn write_str<W: Write + ?Sized>(out: &mut W, value: &Value) -> fmt::Result {
    match value.as_str() {
        Some(text) => out.write_str(text),
        None if value.is_undefined() => Ok(()),
        None => write_repr(out, value, 0),
    }
}

/// `repr(value)`; an error past [`MAX_DEPTH`].
pub(super) fn write_repr<W: Write + ?Sized>(
    out: &mut W,
    value: &Value,
    depth: usize,
) -> fmt::Result {
    if depth > MAX_DEPTH {
        return Err(fmt::Error);
    }
    if let Some(list) = value.downcast_object_ref::<List>() {
        return write_list(out, &list.items, list.is_tuple, depth);
    }
    if let Some(object) = value.downcast_object_ref::<Members>() {
        return write_pairs(out, &object.pairs, depth);
    }
    match value.kind() {
        ValueKind::Undefined => out.write_str("Undefined"),
        ValueKind::None => out.write_str("None"),
        ValueKind::Bool => out.write_str(if value.is_true() { "True" } else { "False" }),
        ValueKind::Number if !value.is_integer() => match f64::try_from(value.clone()) {
            Ok(float) => python::write_float(out, float),
            Err(_) => write!(out, "{value}"),
        },
        ValueKind::String => python::write_repr_of_text(out, value.as_str().unwrap_or_default()),
        ValueKind::Seq | ValueKind::Iterable => write_items(out, value, depth),
        ValueKind::Map => write_members(out, value, depth),
        _ => write!(out, "{value}"),
    }
}

/// Lists of minijinja's own: results of filters.
fn write_items<W: Write + ?Sized>(out: &mut W, list: &Value, depth: usize) -> fmt::Result {
    let items = list.try_iter().map_err(|_| fmt::Error)?;
    write_all(out, items, list.is_tuple(), depth)
}

pub(super) fn write_list<W: Write + ?Sized>(
    out: &mut W,
    items: &[Value],
    is_tuple: bool,
    depth: usize,
) -> fmt::Result {
    write_all(out, items.iter().cloned(), is_tuple, depth)
}

fn write_all<W: Write + ?Sized>(
    out: &mut W,
    items: impl Iterator<Item = Value>,
    is_tuple: bool,
    depth: usize,
) -> fmt::Result {
    let mut count = 0;
    out.write_str(if is_tuple { "(" } else { "[" })?;
    for item in items {
        if count > 0 {
            out.write_str(", ")?;
        }
        count += 1;
        write_repr(out, &item, depth + 1)?;
    }
    if is_tuple && count == 1 {
        out.write_str(",")?;
    }
    out.write_str(if is_tuple { ")" } else { "]" })
}

/// Objects of minijinja's own: results of filters, namespaces.
fn write_members<W: Write + ?Sized>(out: &mut W, map: &Value, depth: usize) -> fmt::Result {
    let mut pairs = Vec::new();
    for key in map.try_iter().map_err(|_| fmt::Error)? {
        let member = map.get_item(&key).map_err(|_| fmt::Error)?;
        pairs.push((key, member));
    }
    write_pairs(out, &pairs, depth)
}

pub(super) fn write_pairs<W: Write + ?Sized>(
    out: &mut W,
    pairs: &[(Value, Value)],
    depth: usize,
) -> fmt::Result {
    out.write_str("{")?;
    for (index, (key, value)) in pairs.iter().enumerate() {
        if index > 0 {
            out.write_str(", ")?;
        }
        write_repr(out, key, depth + 1)?;
        out.write_str(": ")?;
        write_repr(out, value, depth + 1)?;
    }
    out.write_str("}")
}

/// A writer that takes from a meter and refuses when it is used up.
pub(super) struct Metered<'a, 'b> {
    out: &'a mut fmt::Formatter<'b>,
    meter: &'a Meter,
}

impl<'a, 'b> Metered<'a, 'b> {
    pub(super) fn new(out: &'a mut fmt::Formatter<'b>, meter: &'a Meter) -> Self {
        Self { out, meter }
    }
}

impl Write for Metered<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.meter.take(text.len() as u64) {
            self.out.write_str(text)
        } else {
            Err(fmt::Error)
        }
    }
}

/// The value as JSON, for `tojson`. `budget` is how many values it may have.
pub(super) fn to_json(
    value: &Value,
    depth: usize,
    budget: &mut usize,
) -> Result<serde_json::Value, Error> {
    let refuse = |what: &str| Error::new(ErrorKind::BadSerialization, what.to_owned());
    *budget = budget
        .checked_sub(1)
        .ok_or_else(|| refuse("the value is too large"))?;
    if depth > MAX_DEPTH {
        return Err(refuse("the value is nested too deep"));
    }
    match value.kind() {
        ValueKind::Seq | ValueKind::Iterable => value
            .try_iter()?
            .map(|item| to_json(&item, depth + 1, budget))
            .collect(),
        ValueKind::Map => {
            let mut members = serde_json::Map::new();
            for key in value.try_iter()? {
                let member = to_json(&value.get_item(&key)?, depth + 1, budget)?;
                let mut name = String::new();
                write_str(&mut name, &key)?;
                members.insert(name, member);
            }
            Ok(members.into())
        }
        ValueKind::Undefined => Err(refuse("an undefined value is no JSON")),
        _ => serde_json::to_value(value).map_err(|error| refuse(&error.to_string())),
    }
}
