//! The pool: every variable of a run, by node and name.
//!
//! A snapshot is a clone and costs one pointer. Values are shared; a write after a snapshot copies pointers only.

use std::{collections::BTreeMap, fmt, sync::Arc};

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::{Selector, Value, Variable, VariableType, file, render, render::Form};

/// The node name of system variables.
pub const SYSTEM: &str = "sys";
/// The node name of the workflow's environment.
pub const ENVIRONMENT: &str = "env";
/// The node name of conversation variables.
pub const CONVERSATION: &str = "conversation";

/// How much a pool may hold, in bytes of JSON text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PoolLimits {
    /// How many bytes one variable may have.
    pub variable_bytes: usize,
    /// All variables together.
    pub total_bytes: usize,
}

impl Default for PoolLimits {
    /// 8 MiB a variable, 64 MiB altogether: room for the largest outputs that nodes are allowed.
    fn default() -> Self {
        Self {
            variable_bytes: 8 << 20,
            total_bytes: 64 << 20,
        }
    }
}

/// A write that the limits refuse. The pool is as before.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PoolError {
    /// The variable alone is too large.
    #[error("variable {node}.{name} is too large: {bytes} bytes, at most {limit} are allowed")]
    VariableTooLarge {
        /// The node of the variable.
        node: String,
        /// The name of the variable.
        name: String,
        /// About its bytes.
        bytes: usize,
        /// How many bytes are allowed.
        limit: usize,
    },
    /// The variables of the run are too large together.
    #[error("the variables of this run are too large: at most {limit} bytes are allowed")]
    Full {
        /// How many bytes are allowed.
        limit: usize,
    },
}

type Scope = BTreeMap<Arc<str>, Variable>;

/// All variables of a run.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(from = "Stored", into = "Stored")]
pub struct Pool {
    nodes: Arc<BTreeMap<Arc<str>, Arc<Scope>>>,
    bytes: usize,
    limits: PoolLimits,
}

impl Pool {
    /// An empty pool.
    pub fn new(limits: PoolLimits) -> Self {
        Self {
            limits,
            ..Self::default()
        }
    }

    /// Sets `node.name`; an older value goes. Refused past the limits.
    pub fn set(&mut self, node: &str, name: &str, variable: Variable) -> Result<(), PoolError> {
        let bytes = variable.value().bytes();
        if bytes > self.limits.variable_bytes {
            return Err(PoolError::VariableTooLarge {
                node: node.to_owned(),
                name: name.to_owned(),
                bytes,
                limit: self.limits.variable_bytes,
            });
        }
        let before = self.variable(node, name).map_or(0, |v| v.value().bytes());
        let total = self.bytes - before + bytes;
        if total > self.limits.total_bytes {
            return Err(PoolError::Full {
                limit: self.limits.total_bytes,
            });
        }
        self.insert(node, name, variable);
        self.bytes = total;
        Ok(())
    }

    fn insert(&mut self, node: &str, name: &str, variable: Variable) {
        let nodes = Arc::make_mut(&mut self.nodes);
        let scope = match nodes.get_mut(node) {
            Some(scope) => Arc::make_mut(scope),
            None => Arc::make_mut(nodes.entry(node.into()).or_default()),
        };
        match scope.get_mut(name) {
            Some(old) => *old = variable,
            None => {
                scope.insert(name.into(), variable);
            }
        }
    }

    /// Sets the outputs of a node, one by one, in their order; stops at the first that is refused.
    pub fn set_outputs<N: AsRef<str>>(
        &mut self,
        node: &str,
        outputs: impl IntoIterator<Item = (N, Variable)>,
    ) -> Result<(), PoolError> {
        outputs
            .into_iter()
            .try_for_each(|(name, variable)| self.set(node, name.as_ref(), variable))
    }

    /// Forgets all variables of a node: of a container's children before their next round.
    pub fn forget(&mut self, node: &str) {
        if !self.nodes.contains_key(node) {
            return;
        }
        if let Some(scope) = Arc::make_mut(&mut self.nodes).remove(node) {
            self.bytes -= scope.values().map(|v| v.value().bytes()).sum::<usize>();
        }
    }

    /// The variable `node.name`.
    pub fn variable(&self, node: &str, name: &str) -> Option<&Variable> {
        self.nodes.get(node)?.get(name)
    }

    /// What a selector addresses. Behind the name, objects are entered by key and files by attribute; lists
    /// cannot be entered. `None` where there is nothing (null is something).
    pub fn get(&self, selector: &Selector) -> Option<Found<'_>> {
        let variable = self.variable(selector.node(), selector.name())?;
        let mut inner = None;
        for key in selector.path() {
            inner = Some(enter(inner.unwrap_or(variable.json()), key)?);
        }
        Some(Found { variable, inner })
    }

    /// The variables of a node, by name.
    pub fn of_node(&self, node: &str) -> impl Iterator<Item = (&str, &Variable)> {
        self.nodes
            .get(node)
            .into_iter()
            .flat_map(|scope| scope.iter().map(|(name, variable)| (&**name, variable)))
    }

    /// The nodes that have variables.
    pub fn nodes(&self) -> impl Iterator<Item = &str> {
        self.nodes.keys().map(|node| &**node)
    }

    /// About the bytes of all variables as JSON text.
    pub const fn bytes(&self) -> usize {
        self.bytes
    }

    /// How many bytes the pool takes.
    pub const fn limits(&self) -> PoolLimits {
        self.limits
    }
}

/// One step into a value: an object's member or a file's attribute.
fn enter<'a>(value: &'a Json, key: &str) -> Option<&'a Json> {
    let members = value.as_object()?;
    if file::is_file(value) {
        return file::attribute(members, key);
    }
    members.get(key)
}

/// What a selector addresses: a variable or something inside it. Borrowed: nothing is copied.
#[derive(Clone, Copy)]
pub struct Found<'a> {
    variable: &'a Variable,
    inner: Option<&'a Json>,
}

impl<'a> Found<'a> {
    /// The value that was found, as JSON.
    pub fn json(&self) -> &'a Json {
        self.inner.unwrap_or_else(|| self.variable.json())
    }

    /// Its type; that of a value inside another one is inferred.
    pub fn kind(&self) -> VariableType {
        self.inner
            .map_or_else(|| self.variable.kind(), VariableType::of)
    }

    /// About the bytes of the value as JSON text.
    pub fn bytes(&self) -> usize {
        match self.inner {
            None => self.variable.value().bytes(),
            Some(inner) => crate::value::bytes_of(inner),
        }
    }

    /// The value on its own: a whole variable is shared, something inside one is copied.
    pub fn value(&self) -> Value {
        match self.inner {
            None => self.variable.value().clone(),
            Some(inner) => inner.clone().into(),
        }
    }

    /// The variable on its own, as [`value`](Self::value).
    pub fn variable(&self) -> Variable {
        match self.inner {
            None => self.variable.clone(),
            Some(_) => Variable::infer(self.value()),
        }
    }

    /// Writes it in a form.
    pub fn write<W: fmt::Write + ?Sized>(&self, out: &mut W, form: Form) -> fmt::Result {
        render::write_value(out, self.kind(), self.json(), form)
    }
}

impl fmt::Debug for Pool {
    /// Names and types; values can be large, and secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut map = f.debug_map();
        for (node, scope) in self.nodes.iter() {
            for (name, variable) in scope.iter() {
                map.entry(&format_args!("{node}.{name}"), &variable.kind().as_str());
            }
        }
        map.finish()
    }
}

/// What is serialised: the limits, and `node → name → {type, value}`.
#[derive(Serialize, Deserialize)]
struct Stored {
    limits: PoolLimits,
    nodes: BTreeMap<String, BTreeMap<String, Variable>>,
}

impl From<Pool> for Stored {
    fn from(pool: Pool) -> Self {
        let scope = |scope: &Scope| {
            scope
                .iter()
                .map(|(name, variable)| (name.to_string(), variable.clone()))
                .collect()
        };
        Self {
            limits: pool.limits,
            nodes: pool
                .nodes
                .iter()
                .map(|(node, variables)| (node.to_string(), scope(variables)))
                .collect(),
        }
    }
}

impl From<Stored> for Pool {
    /// What was within the limits once is taken as it is.
    fn from(stored: Stored) -> Self {
        let mut pool = Self::new(stored.limits);
        for (node, scope) in stored.nodes {
            for (name, variable) in scope {
                pool.bytes += variable.value().bytes();
                pool.insert(&node, &name, variable);
            }
        }
        pool
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn pool() -> Pool {
        let mut pool = Pool::default();
        let file = json!({"dify_model_identity": "__dify__file__", "type": "image", "filename": "a.png",
            "size": 73, "url": "http://x/a", "secret_key": "k"});
        pool.set("start", "file", Variable::infer(file)).unwrap();
        let object = json!({"a": {"b": [1, {"c": 2}]}, "nothing": null});
        pool.set("start", "object", Variable::infer(object))
            .unwrap();
        let empty = Variable::typed(VariableType::ArrayString, json!([])).unwrap();
        pool.set(CONVERSATION, "names", empty).unwrap();
        pool
    }

    #[test]
    fn selector_enters_objects_by_key_and_files_by_attribute() {
        let pool = pool();
        for (selector, value) in [
            (
                json!(["start", "object", "a", "b"]),
                Some(json!([1, {"c": 2}])),
            ),
            (json!(["start", "object", "nothing"]), Some(json!(null))),
            (json!(["start", "object", "nothing", "x"]), None),
            (json!(["start", "object", "a", "x"]), None),
            (json!(["start", "object", "a", "b", "0"]), None),
            (json!(["start", "object", "a", "b", "c"]), None),
            (json!(["start", "file", "name"]), Some(json!("a.png"))),
            (json!(["start", "file", "size"]), Some(json!(73))),
            (json!(["start", "file", "extension"]), Some(json!(null))),
            (json!(["start", "file", "filename"]), None),
            (json!(["start", "file", "secret_key"]), None),
            (json!(["start", "missing"]), None),
            (json!(["nobody", "file"]), None),
            (json!(["conversation", "names"]), Some(json!([]))),
        ] {
            let found = pool.get(&Selector::from_json(&selector).unwrap());
            assert_eq!(found.map(|f| f.json().clone()), value, "{selector}");
        }
    }

    #[test]
    fn snapshot_does_not_see_later_writes_and_shares_values() {
        let mut pool = pool();
        let before = pool.clone();
        pool.set("start", "object", Variable::infer("new")).unwrap();
        pool.set("llm", "text", Variable::infer("hi")).unwrap();
        assert!(before.variable("llm", "text").is_none());
        assert!(
            before
                .variable("start", "object")
                .unwrap()
                .json()
                .is_object()
        );
        let shared = |p: &Pool| p.variable("start", "file").unwrap().value().clone();
        assert!(shared(&pool).is_same(&shared(&before)));
    }

    #[test]
    fn pool_reads_back_with_its_types() {
        let pool = pool();
        let text = serde_json::to_string(&pool).unwrap();
        let back: Pool = serde_json::from_str(&text).unwrap();
        assert!(back == pool);
        assert_eq!(back.bytes(), pool.bytes());
        let kind = back.variable(CONVERSATION, "names").unwrap().kind();
        assert_eq!(kind, VariableType::ArrayString);
    }

    #[test]
    fn write_past_a_limit_changes_nothing() {
        let mut pool = Pool::new(PoolLimits {
            variable_bytes: 100,
            total_bytes: 150,
        });
        let text = |n: usize| Variable::infer("x".repeat(n));
        let large = pool.set("a", "b", text(99)).unwrap_err();
        assert!(
            large
                .to_string()
                .contains("a.b is too large: 101 bytes, at most 100")
        );
        pool.set("a", "b", text(98)).unwrap();
        let full = pool.set("a", "c", text(49)).unwrap_err();
        assert_eq!(full, PoolError::Full { limit: 150 });
        assert_eq!(pool.bytes(), 100);
        // What it replaces does not count.
        pool.set("a", "b", text(50)).unwrap();
        pool.set("a", "c", text(49)).unwrap();
        pool.forget("a");
        assert_eq!(pool.bytes(), 0);
        assert_eq!(pool.nodes().count(), 0);
    }
}
