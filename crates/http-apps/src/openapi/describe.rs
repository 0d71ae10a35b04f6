//! What an app is and takes.

use actix_web::{
    HttpRequest,
    web::{Data, Json, Path},
};
use gatewright_http_kit::{
    error::{ErrorBody, OpenApiFailure},
    extract::{AppsReadScope, Require, read_query},
    input::{FieldProblem, text::Text},
    time::iso,
};
use gatewright_usecase_apps::{Apps, Description, OpenApp, Parameters};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};

use super::{apps::ProgramTag, failure::NotDone};

/// The blocks of the description that are asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct DescribeQuery {
    /// Some of `info`, `parameters`, `input_schema`, with commas; all by default.
    #[param(inline)]
    fields: Option<Text>,
}

impl DescribeQuery {
    pub(super) fn fields(&self) -> Option<&str> {
        self.fields.as_deref()
    }
}

/// Facts about an app.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProgramAppInfo {
    id: String,
    name: String,
    description: Option<String>,
    mode: String,
    /// The name of who made it.
    author: Option<String>,
    tags: Vec<ProgramTag>,
    /// ISO 8601 without zone; UTC.
    updated_at: Option<String>,
    /// Whether programs may run it.
    service_api_enabled: bool,
    /// Whether it answers in conversations with a graph or tools.
    is_agent: bool,
}

impl ProgramAppInfo {
    fn new(description: &Description) -> Self {
        let app = &description.app;
        Self {
            id: app.id.to_string(),
            name: app.name.clone(),
            description: Some(app.description.clone()),
            mode: app.mode.clone(),
            author: description.author.clone(),
            tags: description.tags.iter().map(ProgramTag::from).collect(),
            updated_at: Some(iso(app.updated_at)),
            service_api_enabled: app.has_api,
            is_agent: matches!(app.mode.as_str(), "agent-chat" | "advanced-chat"),
        }
    }
}

/// An app; what was not asked for is null.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProgramApp {
    info: Option<ProgramAppInfo>,
    /// What its page shows and takes.
    #[schema(value_type = Option<Object>)]
    parameters: Option<Value>,
    /// JSON Schema (2020-12) of what a run takes.
    #[schema(value_type = Option<Object>)]
    input_schema: Option<Value>,
}

impl ProgramApp {
    pub(super) fn new(description: &Description, blocks: Blocks) -> Self {
        let parameters = || match &description.parameters {
            Some(parameters) => told(parameters),
            None => json!({"opening_statement": null, "suggested_questions": [],
                "user_input_form": [], "file_upload": null, "system_parameters": {}}),
        };
        Self {
            info: blocks.info.then(|| ProgramAppInfo::new(description)),
            parameters: blocks.parameters.then(parameters),
            input_schema: blocks
                .input_schema
                .then(|| description.input_schema.clone()),
        }
    }
}

fn told(parameters: &Parameters) -> Value {
    let system = &parameters.system_parameters;
    json!({
        "opening_statement": parameters.opening_statement,
        "suggested_questions": parameters.suggested_questions,
        "suggested_questions_after_answer": parameters.suggested_questions_after_answer,
        "speech_to_text": parameters.speech_to_text,
        "text_to_speech": parameters.text_to_speech,
        "retriever_resource": parameters.retriever_resource,
        "annotation_reply": parameters.annotation_reply,
        "more_like_this": parameters.more_like_this,
        "user_input_form": parameters.user_input_form,
        "sensitive_word_avoidance": parameters.sensitive_word_avoidance,
        "file_upload": parameters.file_upload,
        "system_parameters": {
            "image_file_size_limit": system.image_file_size_limit,
            "video_file_size_limit": system.video_file_size_limit,
            "audio_file_size_limit": system.audio_file_size_limit,
            "file_size_limit": system.file_size_limit,
            "workflow_file_upload_limit": system.workflow_file_upload_limit,
        },
    })
}

/// Which blocks are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Blocks {
    info: bool,
    parameters: bool,
    input_schema: bool,
}

impl Blocks {
    pub(super) const ALL: Self = Self {
        info: true,
        parameters: true,
        input_schema: true,
    };

    /// Of a list with commas; an empty one is all, one of commas alone is nothing.
    pub(super) fn read(fields: Option<&str>) -> Result<Self, OpenApiFailure> {
        let Some(fields) = fields.filter(|fields| !fields.trim().is_empty()) else {
            return Ok(Self::ALL);
        };
        let mut blocks = Self {
            info: false,
            parameters: false,
            input_schema: false,
        };
        for field in fields
            .split(',')
            .map(str::trim)
            .filter(|field| !field.is_empty())
        {
            match field {
                "info" => blocks.info = true,
                "parameters" => blocks.parameters = true,
                "input_schema" => blocks.input_schema = true,
                _ => {
                    let msg =
                        "Value error, unknown field(s); known are info, parameters, input_schema";
                    let problem = FieldProblem::new("value_error", "fields", msg);
                    return Err(OpenApiFailure::Query(vec![problem]));
                }
            }
        }
        Ok(blocks)
    }
}

/// What an app is and takes. Newer clients ask at `/apps/{app_id}`.
#[utoipa::path(
    get, path = "/openapi/v1/apps/{app_id}/describe", operation_id = "describe_app",
    extensions(("x-also-at" = json!(["GET /openapi/v1/apps/{app_id}"]))),
    params(("app_id" = String, Path), DescribeQuery),
    security(("bearer" = [])),
    responses((status = 200, body = ProgramApp), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody), (status = "default", body = ErrorBody)),
)]
pub(crate) async fn describe(
    apps: Data<Apps>,
    caller: Require<AppsReadScope>,
    request: HttpRequest,
    app_id: Path<String>,
) -> Result<Json<ProgramApp>, OpenApiFailure> {
    let workspaces = &caller.identity.workspaces;
    let reached = apps.reach(workspaces, &app_id, OpenApp::default()).await;
    let reached = reached.map_err(NotDone)?;
    let query: DescribeQuery = read_query(&request).map_err(OpenApiFailure::Query)?;
    let blocks = Blocks::read(query.fields())?;
    let description = apps.describe(reached.app).await.map_err(NotDone)?;
    Ok(Json(ProgramApp::new(&description, blocks)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_those_that_are_named() {
        let read = |fields: &str| Blocks::read(Some(fields)).ok();
        let of = |info, parameters, input_schema| {
            Some(Blocks {
                info,
                parameters,
                input_schema,
            })
        };
        for (fields, blocks) in [
            ("", of(true, true, true)),
            ("info", of(true, false, false)),
            (" info , input_schema ", of(true, false, true)),
            (",", of(false, false, false)),
            ("nope", None),
            ("info,nope", None),
        ] {
            assert_eq!(read(fields), blocks, "{fields}");
        }
        assert_eq!(Blocks::read(None).ok(), Some(Blocks::ALL));
    }
}
