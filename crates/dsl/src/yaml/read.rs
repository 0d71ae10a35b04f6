//! Events into a value.

use std::{borrow::Cow, collections::HashMap};

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, ScanError, Span, Tag};
use serde_json::Value;

use super::{
    MAX_BYTES, MAX_DEPTH, Position, YamlError,
    build::{Key, Open},
    limits::Cost,
    meter::{Meter, Metered},
    resolve::{self, Kind},
    source::{self, UnfinishedLine},
};
use crate::python;

const CORE: &str = "tag:yaml.org,2002:";

/// The one document of a text as JSON; a text without a document is `null`.
///
/// Where JSON knows less than YAML: dates stay the text that stands in the file (the original fails
/// on them), integers beyond 64 bits become doubles, keys that are no texts become what JSON's
/// writers make of them (`1` → `"1"`, `yes` → `"true"`). Tags other than YAML's own types, cycles,
/// infinities and NUL are refused.
///
/// Takes time and memory in proportion to the text, within the limits of this module.
pub fn read(text: &str) -> Result<Value, YamlError> {
    if text.len() > MAX_BYTES {
        return Err(YamlError::FileTooLarge);
    }
    let text = source::prepare(text)?;
    let mut reader = Reader::new(source::unfinished_line(&text));
    let meter = Meter::default();
    for event in Parser::new_from_iter(Metered::new(&text, meter.clone())) {
        let (event, span) = event.map_err(|error| syntax(&error, &meter))?;
        if meter.is_over() {
            return Err(YamlError::TooLong(at(&span.start)));
        }
        meter.reset();
        reader.take(event, &span)?;
    }
    Ok(reader.root.unwrap_or(Value::Null))
}

fn at(marker: &Marker) -> Position {
    Position {
        line: marker.line(),
        column: marker.col() + 1,
    }
}

fn syntax(error: &ScanError, meter: &Meter) -> YamlError {
    let position = at(error.marker());
    if meter.is_over() {
        return YamlError::TooLong(position);
    }
    // The parser has a limit of its own for `[` and `{`.
    if error.info().contains("recursion limit") {
        YamlError::TooDeep(position)
    } else {
        YamlError::Syntax {
            reason: error.info().to_owned(),
            position,
        }
    }
}

struct Reader {
    open: Vec<Open>,
    anchors: HashMap<usize, (Value, Cost)>,
    root: Option<Value>,
    documents: usize,
    /// What has been made so far, copies for anchors included.
    spent: Cost,
    end: Option<UnfinishedLine>,
}

impl Reader {
    fn new(end: Option<UnfinishedLine>) -> Self {
        Self {
            open: Vec::new(),
            anchors: HashMap::new(),
            root: None,
            documents: 0,
            spent: Cost::default(),
            end,
        }
    }

    fn take(&mut self, event: Event<'_>, span: &Span) -> Result<(), YamlError> {
        let position = at(&span.start);
        match event {
            Event::DocumentStart(_) => {
                self.documents += 1;
                if self.documents > 1 {
                    return Err(YamlError::SecondDocument(position));
                }
                Ok(())
            }
            Event::Scalar(text, style, anchor, tag) => {
                let is_plain = style == ScalarStyle::Plain;
                let scalar = Scalar {
                    text: self.text(text, style, span),
                    is_plain,
                    tag: tag_of(tag.as_deref()),
                    position,
                };
                self.scalar(scalar, anchor)
            }
            Event::Alias(anchor) => self.alias(anchor, position),
            Event::SequenceStart(anchor, tag) => {
                check_collection_tag(tag.as_deref(), "seq", position)?;
                self.start(Open::list(anchor), position)
            }
            Event::MappingStart(anchor, tag) => {
                check_collection_tag(tag.as_deref(), "map", position)?;
                self.start(Open::mapping(anchor), position)
            }
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                Some(open) => {
                    let (anchor, cost) = (open.anchor, open.cost);
                    self.remember(anchor, open.close(), cost, position)
                }
                None => Ok(()),
            },
            Event::StreamStart | Event::StreamEnd | Event::DocumentEnd | Event::Nothing => Ok(()),
        }
    }

    fn start(&mut self, open: Open, position: Position) -> Result<(), YamlError> {
        if self.open.last().is_some_and(Open::wants_key) {
            return Err(YamlError::Key(position));
        }
        if self.open.len() >= MAX_DEPTH {
            return Err(YamlError::TooDeep(position));
        }
        self.spent = self.spent.and(Cost::value(0))?;
        self.open.push(open);
        Ok(())
    }

    /// The text of a scalar as YAML 1.1 has it.
    fn text<'a>(&self, text: Cow<'a, str>, style: ScalarStyle, span: &Span) -> Cow<'a, str> {
        let text = match style {
            ScalarStyle::Literal | ScalarStyle::Folded => {
                source::unfinished_block(text, span.end.index(), self.end)
            }
            _ => text,
        };
        source::restore_separators(text, style)
    }

    fn scalar(&mut self, scalar: Scalar<'_>, anchor: usize) -> Result<(), YamlError> {
        let position = scalar.position;
        if scalar.text.contains('\0') {
            return Err(YamlError::Character { code: 0, position });
        }
        let wants_key = self.open.last().is_some_and(Open::wants_key);
        if wants_key {
            let cost = Cost::key(scalar.text.len());
            self.spent = self.spent.and(cost)?;
            if anchor != 0 {
                self.anchors.insert(anchor, (scalar.value(true)?, cost));
            }
            return self.key(scalar.key()?, cost);
        }
        let cost = Cost::value(scalar.text.len());
        self.spent = self.spent.and(cost)?;
        let value = scalar.value(false)?;
        self.remember(anchor, value, cost, position)
    }

    fn key(&mut self, key: Key, cost: Cost) -> Result<(), YamlError> {
        if let Some(open) = self.open.last_mut() {
            open.cost = open.cost.and(cost)?;
            open.set_key(key);
        }
        Ok(())
    }

    fn alias(&mut self, anchor: usize, position: Position) -> Result<(), YamlError> {
        let Some((value, cost)) = self.anchors.get(&anchor) else {
            return Err(YamlError::Recursive(position));
        };
        let cost = *cost;
        self.spent = self.spent.and(cost)?.and(Cost::value(0))?;
        let value = value.clone();
        if self.open.last().is_some_and(Open::wants_key) {
            let key = key_text(&value).ok_or(YamlError::Key(position))?;
            return self.key(Key::Text(key), cost);
        }
        self.push(value, cost, position)
    }

    /// Keeps a value for its aliases, if it has an anchor, and puts it where it belongs.
    fn remember(
        &mut self,
        anchor: usize,
        value: Value,
        cost: Cost,
        position: Position,
    ) -> Result<(), YamlError> {
        if anchor != 0 {
            self.spent = self.spent.and(cost)?;
            self.anchors.insert(anchor, (value.clone(), cost));
        }
        self.push(value, cost, position)
    }

    fn push(&mut self, value: Value, cost: Cost, position: Position) -> Result<(), YamlError> {
        match self.open.last_mut() {
            Some(open) => open.push(value, cost, position),
            None => {
                self.root = Some(value);
                Ok(())
            }
        }
    }
}

struct Scalar<'a> {
    text: Cow<'a, str>,
    is_plain: bool,
    tag: Option<String>,
    position: Position,
}

impl Scalar<'_> {
    fn kind(&self) -> Kind {
        if self.is_plain {
            resolve::kind(&self.text)
        } else {
            Kind::Text
        }
    }

    fn key(self) -> Result<Key, YamlError> {
        if self.tag.is_none() && self.kind() == Kind::Merge {
            return Ok(Key::Merge);
        }
        let position = self.position;
        key_text(&self.value(true)?)
            .map(Key::Text)
            .ok_or(YamlError::Key(position))
    }

    /// The value; as a key `=` is a text.
    fn value(&self, is_key: bool) -> Result<Value, YamlError> {
        if let Some(tag) = &self.tag {
            return self.tagged(tag);
        }
        let unknown = |name: &str| YamlError::Tag {
            tag: format!("{CORE}{name}"),
            position: self.position,
        };
        match self.kind() {
            Kind::Null => Ok(Value::Null),
            Kind::Bool(value) => Ok(Value::Bool(value)),
            Kind::Int => resolve::int(&self.text).ok_or(YamlError::Number(self.position)),
            Kind::Float => resolve::float(&self.text).ok_or(YamlError::Number(self.position)),
            Kind::Merge => Err(unknown("merge")),
            Kind::DefaultValue if !is_key => Err(unknown("value")),
            Kind::Timestamp | Kind::Text | Kind::DefaultValue => Ok(self.plain_text()),
        }
    }

    fn plain_text(&self) -> Value {
        Value::String(self.text.clone().into_owned())
    }

    /// What an explicit tag makes of the text.
    fn tagged(&self, tag: &str) -> Result<Value, YamlError> {
        let mismatch = || YamlError::TagMismatch {
            tag: tag.to_owned(),
            position: self.position,
        };
        let kind = resolve::kind(&self.text);
        match tag.strip_prefix(CORE) {
            Some("str") => Ok(self.plain_text()),
            Some("null") => Ok(Value::Null),
            Some("bool") => match kind {
                Kind::Bool(value) => Ok(Value::Bool(value)),
                _ => Err(mismatch()),
            },
            Some("int") if kind == Kind::Int => resolve::int(&self.text).ok_or_else(mismatch),
            Some("float") if matches!(kind, Kind::Int | Kind::Float) => {
                resolve::float(&self.text).ok_or_else(mismatch)
            }
            Some("timestamp") if kind == Kind::Timestamp => Ok(self.plain_text()),
            Some("int" | "float" | "timestamp" | "seq" | "map") => Err(mismatch()),
            _ => Err(YamlError::Tag {
                tag: tag.to_owned(),
                position: self.position,
            }),
        }
    }
}

/// A key as JSON's writers make it.
fn key_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Null => Some("null".to_owned()),
        Value::Bool(value) => Some(value.to_string()),
        Value::Number(number) => Some(python::number(number)),
        Value::Array(_) | Value::Object(_) => None,
    }
}

/// The tag written out; `!` alone says nothing.
fn tag_of(tag: Option<&Tag>) -> Option<String> {
    tag.map(|tag| format!("{}{}", tag.handle, tag.suffix))
        .filter(|tag| tag != "!")
}

fn check_collection_tag(
    tag: Option<&Tag>,
    name: &str,
    position: Position,
) -> Result<(), YamlError> {
    let Some(tag) = tag_of(tag) else {
        return Ok(());
    };
    match tag.strip_prefix(CORE) {
        Some(own) if own == name => Ok(()),
        Some("str" | "int" | "float" | "bool" | "null" | "seq" | "map" | "timestamp") => {
            Err(YamlError::TagMismatch { tag, position })
        }
        _ => Err(YamlError::Tag { tag, position }),
    }
}
