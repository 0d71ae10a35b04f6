//! Plugins that an app needs.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::ImportError;

/// Where a plugin comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DependencyKind {
    /// A plugin of the marketplace.
    Marketplace,
    /// A release of a repository.
    Github,
    /// An uploaded package.
    Package,
}

impl DependencyKind {
    fn identifier_key(self) -> &'static str {
        match self {
            Self::Marketplace => "marketplace_plugin_unique_identifier",
            Self::Github => "github_plugin_unique_identifier",
            Self::Package => "plugin_unique_identifier",
        }
    }
}

/// A plugin that an app needs. Serialized as it stands in files and in `leaked_dependencies`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dependency {
    /// Where it comes from.
    #[serde(rename = "type")]
    pub kind: DependencyKind,
    /// Its unique identifier under a name that depends on the kind, and more: kept as it is.
    pub value: Map<String, Value>,
    /// Of a missing one: the version of the same plugin that is installed.
    #[serde(default)]
    pub current_identifier: Option<String>,
}

impl Dependency {
    /// `author/name:1.2.3@checksum`.
    pub fn unique_identifier(&self) -> &str {
        self.value
            .get(self.kind.identifier_key())
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    /// `author/name`.
    pub fn plugin_id(&self) -> &str {
        plugin_id(self.unique_identifier())
    }

    /// Reads the part `dependencies`; a file without one needs nothing.
    pub(super) fn read_all(value: Option<&Value>) -> Result<Vec<Self>, ImportError> {
        let items = match value {
            None | Some(Value::Null) => return Ok(Vec::new()),
            Some(Value::Array(items)) => items,
            Some(_) => {
                return Err(ImportError::Shape {
                    path: "dependencies",
                    expected: "a list",
                });
            }
        };
        let read = |(index, item): (usize, &Value)| {
            let wrong = |reason| ImportError::Dependency { index, reason };
            let dependency = Self::deserialize(item).map_err(|_| {
                wrong("type must be marketplace, github or package, value a mapping")
            })?;
            if dependency.unique_identifier().is_empty() {
                Err(wrong("its unique identifier is missing"))
            } else {
                Ok(dependency)
            }
        };
        items.iter().enumerate().map(read).collect()
    }
}

fn plugin_id(unique_identifier: &str) -> &str {
    unique_identifier
        .split([':', '@'])
        .next()
        .unwrap_or_default()
}

/// The dependencies that are not among the installed plugins (their unique identifiers), each with the
/// version of the same plugin that is installed instead: what `leaked_dependencies` of an import lists.
pub fn leaked_dependencies(dependencies: &[Dependency], installed: &[String]) -> Vec<Dependency> {
    let is_missing = |d: &&Dependency| !installed.iter().any(|i| i == d.unique_identifier());
    let with_current = |dependency: &Dependency| Dependency {
        current_identifier: installed
            .iter()
            .find(|i| plugin_id(i) == dependency.plugin_id())
            .cloned(),
        ..dependency.clone()
    };
    dependencies
        .iter()
        .filter(is_missing)
        .map(with_current)
        .collect()
}
