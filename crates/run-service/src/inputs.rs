//! What a run is given: the inputs that its start node declares, and files, which become values once it is certain
//! that their sender may see them (apps.md §3.10).

use futures_util::future::try_join_all;
use gatewright_domain::{file::FileOwner, ids::WorkspaceId};
use gatewright_run_events::CreatedBy;
use gatewright_usecase_files::{FileAsker, Files, RunFileError};
use gatewright_usecase_kit::Ctx;
use gatewright_variables::inputs::{
    FileRules, Input, InputField, SentFile, SentFileError, validate,
};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::RunServiceError;

/// Files beside the inputs, where the app does not say how many it takes.
const USUAL_FILES: usize = 3;
/// Files of one run, whatever its app says: each may cost a look-up or a call to another server.
const MAX_FILES: usize = 50;

/// The inputs that a start node declares, in its order. Files are still as their sender names them.
pub(crate) struct CheckedInputs {
    fields: Vec<InputField>,
    inputs: Vec<(String, Input)>,
}

/// What a start node declares, in its order.
///
/// # Errors
/// When its declarations cannot be read.
pub(crate) fn input_fields(graph: &Map<String, Value>) -> Result<Vec<InputField>, RunServiceError> {
    let nodes = graph.get("nodes").and_then(Value::as_array);
    let nodes = nodes.into_iter().flatten();
    let start = nodes
        .map(|node| &node["data"])
        .find(|data| data["type"] == "start");
    match start.map_or(&Value::Null, |data| &data["variables"]) {
        Value::Null => Ok(vec![]),
        list => serde_json::from_value(list.clone())
            .map_err(|error| RunServiceError::Graph(format!("start node: {error}"))),
    }
}

/// Which files an app takes beside its inputs.
#[derive(Debug, Default, Deserialize)]
struct UploadFeature {
    #[serde(default)]
    enabled: bool,
    #[serde(flatten)]
    rules: FileRules,
    #[serde(default)]
    number_limits: Option<usize>,
}

/// Makes values of files that callers name.
pub(crate) struct FileResolver<'a> {
    pub(crate) files: &'a Files,
    pub(crate) ctx: &'a Ctx,
    pub(crate) asker: FileAsker,
}

impl CheckedInputs {
    /// Checks what a caller sent against what the graph's start node declares.
    ///
    /// # Errors
    /// The first input that does not fit; a start node whose declarations cannot be read.
    pub(crate) fn read(
        graph: &Map<String, Value>,
        sent: &Map<String, Value>,
    ) -> Result<Self, RunServiceError> {
        let fields = input_fields(graph)?;
        let inputs = validate(&fields, sent)?;
        Ok(Self { fields, inputs })
    }

    /// The inputs as values.
    ///
    /// # Errors
    /// [`RunServiceError::File`] for the first file that is not taken.
    pub(crate) async fn resolve(
        self,
        resolver: &FileResolver<'_>,
    ) -> Result<Map<String, Value>, RunServiceError> {
        let count = |input: &Input| match input {
            Input::Value(_) => 0,
            Input::File(_) => 1,
            Input::Files(files) => files.len(),
        };
        require_few(self.inputs.iter().map(|(_, input)| count(input)).sum())?;
        let mut values = Map::new();
        for (field, (name, input)) in self.fields.iter().zip(self.inputs) {
            let value = match input {
                Input::Value(value) => value,
                Input::File(file) => resolver.one(&field.files, &file).await?,
                Input::Files(files) => resolver.all(&field.files, &files).await?.into(),
            };
            values.insert(name, value);
        }
        Ok(values)
    }
}

impl FileResolver<'_> {
    /// `sys.files`: what was sent beside the inputs, if the app takes files at all.
    ///
    /// # Errors
    /// [`RunServiceError::File`] for the first file that is not taken; too many of them.
    pub(crate) async fn beside(
        &self,
        features: &Map<String, Value>,
        sent: &[Value],
    ) -> Result<Vec<Value>, RunServiceError> {
        let feature = features.get("file_upload").cloned().unwrap_or_default();
        let feature: UploadFeature = serde_json::from_value(feature).unwrap_or_default();
        if !feature.enabled || sent.is_empty() {
            return Ok(vec![]);
        }
        let most = feature.number_limits.unwrap_or(USUAL_FILES);
        if sent.len() > most {
            let problem = format!("files must be less than {most} files");
            return Err(RunServiceError::Graph(problem));
        }
        require_few(sent.len())?;
        let files = sent.iter().map(|file| file.as_object().cloned());
        let files: Option<Vec<_>> = files.collect();
        let files = files.ok_or(RunFileError::Sent(SentFileError::Malformed(
            "files must be a list of files",
        )))?;
        self.all(&feature.rules, &files).await
    }

    async fn all(
        &self,
        rules: &FileRules,
        files: &[Map<String, Value>],
    ) -> Result<Vec<Value>, RunServiceError> {
        // At the same time: each may be a call to another server.
        try_join_all(files.iter().map(|file| self.one(rules, file))).await
    }

    async fn one(
        &self,
        rules: &FileRules,
        file: &Map<String, Value>,
    ) -> Result<Value, RunServiceError> {
        let sent = SentFile::parse(file).map_err(RunFileError::from)?;
        let value = self.files.resolve(self.ctx, self.asker, &sent).await?;
        rules.check(&value).map_err(RunFileError::from)?;
        Ok(value.to_json())
    }
}

/// On whose behalf a run sees files.
///
/// # Errors
/// When the ids of whoever began it are none.
pub(crate) fn asker(
    workspace: WorkspaceId,
    created_by: &CreatedBy,
) -> Result<FileAsker, RunServiceError> {
    let owner = match created_by {
        CreatedBy::Account { id, .. } => id.parse().map(FileOwner::Account),
        CreatedBy::EndUser { id, .. } => id.parse().map(FileOwner::EndUser),
    };
    let owner = owner.map_err(|_| RunFileError::Unknown)?;
    Ok(FileAsker { workspace, owner })
}

fn require_few(files: usize) -> Result<(), RunServiceError> {
    if files <= MAX_FILES {
        return Ok(());
    }
    let problem = format!("at most {MAX_FILES} files can be sent to a run");
    Err(RunServiceError::Graph(problem))
}
