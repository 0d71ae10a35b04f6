//! A file on its way in: first what it is, then every part of it.

use serde_json::{Map, Value};

use super::{AppBody, AppFile, AppMeta, Dependency, ImportError, WorkflowPart};
use crate::{
    graph::{self, DatasetIdCipher},
    python,
    variable::{Scope, Variable},
    version::{ASSUMED_VERSION, ImportStatus, status_of_import},
    yaml,
};

/// A file of which is known that it is an app file, and of which version.
#[derive(Clone, Debug, PartialEq)]
pub struct AppDocument {
    version: String,
    status: ImportStatus,
    root: Map<String, Value>,
}

impl AppDocument {
    /// Reads the text, up to the version. The text of a file that has to be confirmed
    /// ([`ImportStatus::Pending`]) is what the caller keeps until then; nothing else of it is checked yet.
    ///
    /// A hostile file of 10 MB costs up to a second: call it where a thread may be busy so long.
    pub fn open(text: &str) -> Result<Self, ImportError> {
        let Value::Object(root) = yaml::read(text)? else {
            return Err(ImportError::NotAMapping);
        };
        let version = match root.get("version") {
            Some(Value::String(version)) if !version.is_empty() => version.clone(),
            Some(value) if !python::is_falsy(value) => {
                return Err(ImportError::VersionType(python::class(value)));
            }
            _ => ASSUMED_VERSION.to_owned(),
        };
        // Any `kind` is taken for `app`, as the original does.
        match root.get("app") {
            Some(Value::Object(app)) if !app.is_empty() => {}
            _ => return Err(ImportError::AppMissing),
        }
        Ok(Self {
            status: status_of_import(&version)?,
            version,
            root,
        })
    }

    /// The version that the file says; one that says nothing is of 0.1.0.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// What an import becomes, if nothing else is wrong with it.
    pub fn status(&self) -> ImportStatus {
        self.status
    }

    /// Every part of the file. Ids of datasets that were encrypted for this workspace become plain ones
    /// with the `cipher`; others that are no UUIDs are dropped, as are all encrypted ones without a cipher.
    pub fn into_app_file(
        self,
        cipher: Option<&dyn DatasetIdCipher>,
    ) -> Result<AppFile, ImportError> {
        let empty = Map::new();
        let app = self.root.get("app").and_then(Value::as_object);
        let app = AppMeta::read(app.unwrap_or(&empty))?;
        let body = if app.mode.has_graph() {
            AppBody::Workflow(self.workflow(cipher)?)
        } else {
            AppBody::ModelConfig(self.model_config(cipher)?)
        };
        Ok(AppFile {
            dependencies: Dependency::read_all(self.root.get("dependencies"))?,
            version: self.version,
            app,
            body,
        })
    }

    fn workflow(&self, cipher: Option<&dyn DatasetIdCipher>) -> Result<WorkflowPart, ImportError> {
        let part = match self.root.get("workflow") {
            Some(Value::Object(part)) if !part.is_empty() => part,
            _ => return Err(ImportError::WorkflowMissing),
        };
        let environment = list(
            part,
            "environment_variables",
            "workflow.environment_variables",
        )?;
        let conversation = list(
            part,
            "conversation_variables",
            "workflow.conversation_variables",
        )?;
        let pipeline = list(
            part,
            "rag_pipeline_variables",
            "workflow.rag_pipeline_variables",
        )?;
        let mut graph = mapping(part, "graph", "workflow.graph")?;
        graph::check_shape(&graph)?;
        graph::open_dataset_ids(&mut graph, cipher);
        Ok(WorkflowPart {
            graph,
            features: mapping(part, "features", "workflow.features")?,
            environment_variables: Variable::read_all(environment, Scope::Environment)?,
            conversation_variables: Variable::read_all(conversation, Scope::Conversation)?,
            rag_pipeline_variables: pipeline.to_vec(),
        })
    }

    fn model_config(
        &self,
        cipher: Option<&dyn DatasetIdCipher>,
    ) -> Result<Map<String, Value>, ImportError> {
        match self.root.get("model_config") {
            Some(Value::Object(config)) if !config.is_empty() => {
                let mut config = config.clone();
                graph::open_config_dataset_ids(&mut config, cipher);
                Ok(config)
            }
            _ => Err(ImportError::ModelConfigMissing),
        }
    }
}

fn mapping(
    part: &Map<String, Value>,
    key: &str,
    path: &'static str,
) -> Result<Map<String, Value>, ImportError> {
    match part.get(key) {
        None | Some(Value::Null) => Ok(Map::new()),
        Some(Value::Object(members)) => Ok(members.clone()),
        Some(_) => Err(ImportError::Shape {
            path,
            expected: "a mapping",
        }),
    }
}

fn list<'a>(
    part: &'a Map<String, Value>,
    key: &str,
    path: &'static str,
) -> Result<&'a [Value], ImportError> {
    match part.get(key) {
        None | Some(Value::Null) => Ok(&[]),
        Some(Value::Array(items)) => Ok(items),
        Some(_) => Err(ImportError::Shape {
            path,
            expected: "a list",
        }),
    }
}
