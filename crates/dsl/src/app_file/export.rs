//! A file on its way out.

use serde_json::{Map, Value, json};

use super::{AppBody, AppFile, WorkflowPart, secrets};
use crate::{
    features::current_features,
    graph::{self, DatasetIdCipher},
    variable::{Scope, Variable, VariableType},
    version::{NEWEST_VERSION, OLDEST_CURRENT_VERSION},
    yaml,
};

/// What an export may contain.
#[derive(Clone, Copy, Default)]
pub struct Export<'a> {
    /// Secrets in clear, and ids of credentials: for a copy within the workspace, or when an editor asks.
    pub include_secret: bool,
    /// Encrypts ids of datasets; without it they stay plain.
    pub dataset_ids: Option<&'a dyn DatasetIdCipher>,
}

impl AppFile {
    /// The file as YAML: the same app gives the same text. Without secrets (unless asked), without ids of
    /// credentials, addresses of webhooks and plugin subscriptions.
    pub fn export(&self, export: Export<'_>) -> String {
        yaml::write(&self.to_document(export))
    }

    /// The document of [`AppFile::export`].
    pub fn to_document(&self, export: Export<'_>) -> Value {
        let mut document = json!({
            "app": self.app,
            "dependencies": self.dependencies,
            "kind": "app",
            "version": self.export_version(),
        });
        match &self.body {
            AppBody::Workflow(workflow) => document["workflow"] = workflow.to_document(export),
            AppBody::ModelConfig(config) => {
                let mut config = config.clone();
                if !export.include_secret {
                    secrets::drop_credentials(&mut config);
                }
                if let Some(cipher) = export.dataset_ids {
                    graph::seal_config_dataset_ids(&mut config, cipher);
                }
                document["model_config"] = Value::Object(config);
            }
        }
        document
    }

    /// The oldest version whose readers understand everything in the file: 0.6.0, or 0.7.0 when there is an
    /// environment variable that is a model, or a node that takes its model from one.
    pub fn export_version(&self) -> &'static str {
        let is_newer = match &self.body {
            AppBody::Workflow(workflow) => workflow.uses_0_7(),
            AppBody::ModelConfig(_) => false,
        };
        if is_newer {
            NEWEST_VERSION
        } else {
            OLDEST_CURRENT_VERSION
        }
    }
}

impl WorkflowPart {
    fn to_document(&self, export: Export<'_>) -> Value {
        let mut graph = self.graph.clone();
        secrets::clear_places(&mut graph);
        if !export.include_secret {
            graph::each_data_mut(&mut graph).for_each(secrets::drop_credentials);
        }
        if let Some(cipher) = export.dataset_ids {
            graph::seal_dataset_ids(&mut graph, cipher);
        }
        let environment = |variable: &Variable| {
            if export.include_secret {
                variable.in_file(Scope::Environment)
            } else {
                variable.blanked().in_file(Scope::Environment)
            }
        };
        let conversation = |variable: &Variable| variable.in_file(Scope::Conversation);
        json!({
            "graph": graph,
            "features": current_features(self.features.clone()),
            "environment_variables": self.environment_variables.iter().map(environment).collect::<Vec<_>>(),
            "conversation_variables": self.conversation_variables.iter().map(conversation).collect::<Vec<_>>(),
            "rag_pipeline_variables": self.rag_pipeline_variables,
        })
    }

    fn uses_0_7(&self) -> bool {
        let is_model = |variable: &Variable| variable.value_type == VariableType::Llm;
        let selects_model = |node: &Value| {
            let data: Option<&Map<String, Value>> = node.get("data").and_then(Value::as_object);
            data.and_then(|data| data.get("model_selector"))
                .is_some_and(|selector| selector[0] == "env")
        };
        self.environment_variables.iter().any(is_model)
            || graph::nodes(&self.graph).iter().any(selects_model)
    }
}
