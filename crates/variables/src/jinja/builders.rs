//! Functions and filters that build lists and objects: what they give is metered.

use minijinja::{
    Environment, Error, State, Value, filters,
    value::{Kwargs, Rest, ValueKind},
};
use minijinja_contrib::globals;

use super::meter;

/// `batch(count, fill_with)`.
pub(super) fn batch(
    state: &State,
    value: Value,
    count: usize,
    fill_with: Option<Value>,
) -> Result<Value, Error> {
    meter::own(state, filters::batch(state, value, count, fill_with)?)
}

/// `slice(count, fill_with)`.
pub(super) fn slice(
    state: &State,
    value: Value,
    count: usize,
    fill_with: Option<Value>,
) -> Result<Value, Error> {
    meter::own(state, filters::slice(state, value, count, fill_with)?)
}

/// `map(…)`.
pub(super) fn guard_map(env: &mut Environment<'static>) {
    let map = Value::from_function(filters::map);
    env.add_filter(
        "map",
        move |state: &mut State, value: Value, args: Rest<Value>, named: Kwargs| {
            let mut args: Vec<Value> = std::iter::once(value).chain(args.0).collect();
            if named.args().next().is_some() {
                args.push(Value::from(named));
            }
            let mapped = map.call(state, &args)?;
            meter::own(state, mapped)
        },
    );
}

/// `dict(object, name=value, …)`.
pub(super) fn dict(state: &State, object: Option<Value>, named: Kwargs) -> Result<Value, Error> {
    let mut pairs = Vec::new();
    if let Some(object) = object.filter(|object| !object.is_undefined()) {
        for key in object.try_iter()? {
            let value = object.get_item(&key)?;
            pairs.push((key, value));
        }
    }
    for name in named.args() {
        pairs.push((Value::from(name), named.get(name)?));
    }
    meter::own(state, Value::from_pairs(pairs))
}

/// `cycler(item, …)`.
pub(super) fn cycler(state: &State, items: Rest<Value>) -> Result<Value, Error> {
    let items = items.0.into_iter().map(|item| meter::own(state, item));
    globals::cycler(items.collect::<Result<_, _>>()?)
}

/// `namespace(name=value, …)`: what it begins with is metered, as what is assigned later.
pub(super) fn guard_namespace(env: &mut Environment<'static>) {
    let Some((_, namespace)) = env.globals().find(|(name, _)| *name == "namespace") else {
        return;
    };
    env.add_function(
        "namespace",
        move |state: &mut State, defaults: Option<Value>, named: Kwargs| {
            let mut pairs = Vec::new();
            if let Some(defaults) = defaults.filter(|value| value.kind() == ValueKind::Map) {
                for key in defaults.try_iter()? {
                    let value = meter::own(state, defaults.get_item(&key)?)?;
                    pairs.push((key, value));
                }
            }
            for name in named.args() {
                let value = meter::own(state, named.get(name)?)?;
                pairs.push((Value::from(name), value));
            }
            namespace.call(state, &[Value::from_pairs(pairs)])
        },
    );
}
