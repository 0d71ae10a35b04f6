//! Lists and objects of templates that count how often they are looked into.
//!
//! All that a template is given, and all that it builds, is of these. When the count is used up they are empty, so
//! that whatever walks through them ends soon, and rendering fails. They are nested to a bounded depth, and hold no
//! namespaces: nothing can contain itself.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use minijinja::{
    Error, ErrorKind, State, Value,
    value::{Enumerator, Object, ObjectRepr, ValueKind},
};
use serde_json::Value as Json;

use super::print;

/// The filter around what a template builds.
pub(super) const OWN: &str = "own__";
/// The filter around what a template gives a name: it leaves namespaces alone.
pub(super) const OWN_ASSIGNED: &str = "own_set__";
/// The filter around what is sliced, compared, gone through or looked up.
pub(super) const CHARGE: &str = "charge__";
/// The variable under which filters find the meter.
pub(super) const METER: &str = "meter__";

/// How deep they may be nested.
const MAX_DEPTH: usize = 150;

/// The count of one rendering.
#[derive(Debug)]
pub(super) struct Meter(AtomicU64);

impl Meter {
    /// A count of so many looks.
    pub(super) fn new(looks: u64) -> Arc<Self> {
        Arc::new(Self(AtomicU64::new(looks)))
    }

    /// Takes from the count; false when it is used up.
    pub(super) fn take(&self, looks: u64) -> bool {
        let left = self.0.load(Ordering::Relaxed);
        self.0.store(left.saturating_sub(looks), Ordering::Relaxed);
        left > looks
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.load(Ordering::Relaxed) == 0
    }
}

impl Object for Meter {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn render(self: &Arc<Self>, _f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Ok(())
    }
}

/// A list, or a tuple.
pub(super) struct List {
    pub(super) items: Vec<Value>,
    pub(super) is_tuple: bool,
    depth: usize,
    meter: Arc<Meter>,
}

/// An object. Keys keep their order.
pub(super) struct Members {
    pub(super) pairs: Vec<(Value, Value)>,
    places: BTreeMap<Value, usize>,
    depth: usize,
    meter: Arc<Meter>,
}

impl Object for List {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let index = key.as_usize()?;
        self.meter.take(1).then(|| self.items.get(index).cloned())?
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        if self.meter.take(1) {
            Enumerator::Seq(self.items.len())
        } else {
            Enumerator::Empty
        }
    }

    fn enumerator_len(self: &Arc<Self>) -> Option<usize> {
        Some(if self.meter.is_empty() {
            0
        } else {
            self.items.len()
        })
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = print::Metered::new(f, &self.meter);
        let _stopped = print::write_list(&mut out, &self.items, self.is_tuple, 0);
        Ok(())
    }
}

impl Object for Members {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        if !self.meter.take(1) {
            return None;
        }
        let place = self.places.get(key)?;
        self.pairs.get(*place).map(|(_, value)| value.clone())
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        let looks = self.pairs.len() as u64 + 1;
        if self.meter.take(looks) {
            Enumerator::Values(self.pairs.iter().map(|(key, _)| key.clone()).collect())
        } else {
            Enumerator::Empty
        }
    }

    fn enumerator_len(self: &Arc<Self>) -> Option<usize> {
        Some(if self.meter.is_empty() {
            0
        } else {
            self.pairs.len()
        })
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = print::Metered::new(f, &self.meter);
        let _stopped = print::write_pairs(&mut out, &self.pairs, 0);
        Ok(())
    }
}

impl fmt::Debug for List {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "list of {}", self.items.len())
    }
}

impl fmt::Debug for Members {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "object of {}", self.pairs.len())
    }
}

/// JSON as a template sees it.
pub(super) fn from_json(json: &Json, meter: &Arc<Meter>) -> Result<Value, Error> {
    Ok(match json {
        Json::Null => Value::from(()),
        Json::Bool(truth) => Value::from(*truth),
        Json::Number(number) => match (number.as_i64(), number.as_u64(), number.as_f64()) {
            (Some(whole), _, _) => Value::from(whole),
            (_, Some(whole), _) => Value::from(whole),
            (_, _, Some(float)) => Value::from(float),
            _ => Value::UNDEFINED,
        },
        Json::String(text) => Value::from(text.as_str()),
        Json::Array(items) => {
            let items = items.iter().map(|item| from_json(item, meter));
            list(items.collect::<Result<_, _>>()?, false, meter)?
        }
        Json::Object(members) => {
            let pairs = members
                .iter()
                .map(|(key, value)| Ok((Value::from(key.as_str()), from_json(value, meter)?)));
            object(pairs.collect::<Result<_, Error>>()?, meter)?
        }
    })
}

fn list(items: Vec<Value>, is_tuple: bool, meter: &Arc<Meter>) -> Result<Value, Error> {
    let depth = deeper(items.iter())?;
    Ok(Value::from_object(List {
        items,
        is_tuple,
        depth,
        meter: Arc::clone(meter),
    }))
}

fn object(pairs: Vec<(Value, Value)>, meter: &Arc<Meter>) -> Result<Value, Error> {
    let depth = deeper(pairs.iter().flat_map(|(key, value)| [key, value]))?;
    let places = pairs
        .iter()
        .enumerate()
        .map(|(place, (key, _))| (key.clone(), place))
        .collect();
    Ok(Value::from_object(Members {
        pairs,
        places,
        depth,
        meter: Arc::clone(meter),
    }))
}

/// One more than the deepest of them.
fn deeper<'a>(values: impl Iterator<Item = &'a Value>) -> Result<usize, Error> {
    let depth = 1 + values.map(depth_of).max().unwrap_or_default();
    if depth > MAX_DEPTH {
        return Err(Error::new(
            ErrorKind::InvalidOperation,
            "lists and objects are nested too deep",
        ));
    }
    Ok(depth)
}

fn depth_of(value: &Value) -> usize {
    if let Some(list) = value.downcast_object_ref::<List>() {
        list.depth
    } else if let Some(object) = value.downcast_object_ref::<Members>() {
        object.depth
    } else {
        0
    }
}

/// A value with all its lists and objects metered; namespaces become objects.
pub(super) fn own(state: &State, value: Value) -> Result<Value, Error> {
    let meter = state
        .lookup(METER)
        .and_then(|meter| meter.downcast_object::<Meter>())
        .ok_or_else(|| Error::new(ErrorKind::InvalidOperation, "there is no meter"))?;
    own_with(value, &meter, 0)
}

fn own_with(value: Value, meter: &Arc<Meter>, depth: usize) -> Result<Value, Error> {
    let refuse = |why: &'static str| Error::new(ErrorKind::InvalidOperation, why);
    let is_metered = value.downcast_object_ref::<List>().is_some()
        || value.downcast_object_ref::<Members>().is_some();
    let is_list = is_list(&value);
    if is_metered || !(is_list || value.kind() == ValueKind::Map) {
        return Ok(value);
    }
    if depth > MAX_DEPTH {
        return Err(refuse("lists and objects are nested too deep"));
    }
    let length = value.len().unwrap_or_default() as u64;
    if !meter.take(length + 1) {
        return Err(refuse("lists are too long"));
    }
    if is_list {
        let is_tuple = value.is_tuple();
        let items = value
            .try_iter()?
            .map(|item| own_with(item, meter, depth + 1));
        return list(items.collect::<Result<_, _>>()?, is_tuple, meter);
    }
    let pairs = value.try_iter()?.map(|key| {
        let member = value.get_item(&key)?;
        Ok((
            own_with(key, meter, depth + 1)?,
            own_with(member, meter, depth + 1)?,
        ))
    });
    object(pairs.collect::<Result<_, Error>>()?, meter)
}

/// A list, or what is as long as one: a range, a list that is repeated.
fn is_list(value: &Value) -> bool {
    match value.kind() {
        ValueKind::Seq => true,
        ValueKind::Iterable => value.len().is_some(),
        _ => false,
    }
}

/// What a template gives a name: lists become metered, an object (it may be a namespace) stays what it is.
pub(super) fn own_assigned(state: &State, value: Value) -> Result<Value, Error> {
    if is_list(&value) {
        own(state, value)
    } else {
        Ok(value)
    }
}

/// A text that is sliced, compared, gone through or looked up pays for its length.
pub(super) fn charge(state: &State, value: Value) -> Result<Value, Error> {
    if let Some(text) = value.as_str() {
        state.consume_fuel(text.len() as u64 / 512)?;
    }
    Ok(value)
}
