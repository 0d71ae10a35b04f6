//! Who judges what is said to apps and what they say: the model of the workspace, or an API extension of it.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::{FutureExt as _, future::BoxFuture};
use gatewright_model::ModeratorCatalogue;
use gatewright_outbound::guard::{GuardedClient, Limits};
use gatewright_run_service::{
    InputVerdict, JudgedBy, JudgedCase, Judges, NotJudged, OutputVerdict, Told,
};
use gatewright_usecase_apps::{ApiExtensions, ExtensionError, RemoteApi};
use http::{HeaderValue, Request, header};
use serde_json::{Map, Value, json};

/// Whoever has not judged by then does not.
const TIMEOUT: Duration = Duration::from_secs(15);
/// An answer has so many bytes at most.
const MAX_ANSWER_BYTES: usize = 1024 * 1024;

/// Asks servers elsewhere through the guard.
pub(crate) struct GuardedApi(pub(crate) GuardedClient);

impl GuardedApi {
    async fn ask(&self, url: &str, key: &str, body: &Value) -> Result<Value, String> {
        let mut bearer = HeaderValue::try_from(format!("Bearer {key}"))
            .map_err(|_| "the key cannot be sent".to_owned())?;
        bearer.set_sensitive(true);
        let request = Request::post(url)
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::AUTHORIZATION, bearer)
            .body(Bytes::from(body.to_string()))
            .map_err(|_| "the address is no URL".to_owned())?;
        let limits = Limits {
            head: TIMEOUT,
            silence: TIMEOUT,
            total: TIMEOUT,
            redirects: 0,
            ..Limits::default()
        };
        let reached = self.0.read(request, &limits, MAX_ANSWER_BYTES).await;
        let response = reached.map_err(|error| error.to_string())?.response;
        if !response.status().is_success() {
            return Err(format!("the server answered {}", response.status()));
        }
        let answer = serde_json::from_slice(response.body());
        answer.map_err(|_| "the answer is no JSON".to_owned())
    }
}

impl RemoteApi for GuardedApi {
    fn post<'a>(
        &'a self,
        url: &'a str,
        key: &'a str,
        body: &'a Value,
    ) -> BoxFuture<'a, Result<Value, String>> {
        self.ask(url, key, body).boxed()
    }
}

/// The judges of workspaces.
#[derive(Clone)]
pub(crate) struct WorkspaceJudges {
    pub(crate) models: Arc<dyn ModeratorCatalogue>,
    pub(crate) extensions: Arc<ApiExtensions>,
}

impl WorkspaceJudges {
    async fn flags(&self, case: JudgedCase, text: String) -> Result<bool, NotJudged> {
        let model = self.models.moderator(case.workspace).await;
        let model = model.map_err(|error| NotJudged::Nobody(error.to_string()))?;
        let judged = tokio::time::timeout(TIMEOUT, model.flags(text)).await;
        let late = |_| NotJudged::Silent("the model took too long".to_owned());
        let flags = judged.map_err(late)?;
        flags.map_err(|error| NotJudged::Silent(error.to_string()))
    }

    async fn ask(
        &self,
        case: JudgedCase,
        id: uuid::Uuid,
        point: &str,
        params: Value,
    ) -> Result<Value, NotJudged> {
        let body = json!({"point": point, "params": params});
        let answer = self.extensions.ask(case.workspace, id, &body).await;
        answer.map_err(|error| match error {
            ExtensionError::Silent(why) => NotJudged::Silent(why),
            ExtensionError::Unavailable(outage) => NotJudged::Silent(outage.to_string()),
            other => NotJudged::Nobody(other.to_string()),
        })
    }

    async fn input_of(self, case: JudgedCase, told: Told) -> Result<InputVerdict, NotJudged> {
        match case.by {
            JudgedBy::Model => {
                let texts = told.inputs.values().filter_map(Value::as_str);
                let all: Vec<&str> = std::iter::once(told.query.as_str()).chain(texts).collect();
                let is_flagged = self.flags(case, all.join("\n")).await?;
                Ok(if is_flagged {
                    InputVerdict::Flagged(None)
                } else {
                    InputVerdict::Fine
                })
            }
            JudgedBy::Extension(id) => {
                let params =
                    json!({"app_id": case.app, "inputs": told.inputs, "query": told.query});
                let answer = self.ask(case, id, "app.moderation.input", params).await?;
                input_verdict(&answer, told)
            }
        }
    }

    async fn output_of(self, case: JudgedCase, text: String) -> Result<OutputVerdict, NotJudged> {
        match case.by {
            JudgedBy::Model => Ok(if self.flags(case, text).await? {
                OutputVerdict::Flagged(None)
            } else {
                OutputVerdict::Fine
            }),
            JudgedBy::Extension(id) => {
                let params = json!({"app_id": case.app, "text": text});
                let answer = self.ask(case, id, "app.moderation.output", params).await?;
                Ok(match action(&answer)? {
                    Action::Fine => OutputVerdict::Fine,
                    Action::Direct(own) => OutputVerdict::Flagged(own),
                    Action::Overridden => {
                        let text = answer["text"].as_str().ok_or_else(odd)?;
                        OutputVerdict::Overridden(text.to_owned())
                    }
                })
            }
        }
    }
}

impl Judges for WorkspaceJudges {
    fn find(&self, case: JudgedCase) -> BoxFuture<'_, Result<(), NotJudged>> {
        async move {
            match case.by {
                JudgedBy::Model => {
                    let model = self.models.moderator(case.workspace).await;
                    model
                        .map(drop)
                        .map_err(|error| NotJudged::Nobody(error.to_string()))
                }
                JudgedBy::Extension(id) => {
                    let found = self.extensions.find(case.workspace, id).await;
                    found.map(drop).map_err(|error| match error {
                        ExtensionError::Unavailable(outage) => {
                            NotJudged::Silent(outage.to_string())
                        }
                        other => NotJudged::Nobody(other.to_string()),
                    })
                }
            }
        }
        .boxed()
    }

    fn input(
        &self,
        case: JudgedCase,
        told: Told,
    ) -> BoxFuture<'_, Result<InputVerdict, NotJudged>> {
        self.clone().input_of(case, told).boxed()
    }

    fn output(
        &self,
        case: JudgedCase,
        text: String,
    ) -> BoxFuture<'static, Result<OutputVerdict, NotJudged>> {
        self.clone().output_of(case, text).boxed()
    }
}

/// What an extension has done with a text.
enum Action {
    Fine,
    /// It is answered by these words; none: by those of the app.
    Direct(Option<String>),
    /// It is in the answer, changed.
    Overridden,
}

fn action(answer: &Value) -> Result<Action, NotJudged> {
    match (answer["flagged"].as_bool(), answer["action"].as_str()) {
        (Some(false), _) => Ok(Action::Fine),
        (Some(true), Some("overridden")) => Ok(Action::Overridden),
        (Some(true), _) => {
            let own = answer["preset_response"].as_str();
            let own = own.filter(|own| !own.is_empty());
            Ok(Action::Direct(own.map(str::to_owned)))
        }
        (None, _) => Err(odd()),
    }
}

fn input_verdict(answer: &Value, told: Told) -> Result<InputVerdict, NotJudged> {
    Ok(match action(answer)? {
        Action::Fine => InputVerdict::Fine,
        Action::Direct(own) => InputVerdict::Flagged(own),
        Action::Overridden => {
            let inputs: Option<Map<String, Value>> = answer["inputs"].as_object().cloned();
            let query = answer["query"].as_str().map(str::to_owned);
            InputVerdict::Overridden(Told {
                query: query.unwrap_or(told.query),
                inputs: inputs.unwrap_or(told.inputs),
            })
        }
    })
}

fn odd() -> NotJudged {
    NotJudged::Silent("the answer of the API extension is not understood".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answer_of_an_extension_is_a_verdict_or_none() {
        let told = || Told {
            query: "bad".to_owned(),
            inputs: Map::new(),
        };
        for (answer, expected) in [
            (json!({"flagged": false}), Some(InputVerdict::Fine)),
            (
                json!({"flagged": true, "action": "direct_output", "preset_response": "No."}),
                Some(InputVerdict::Flagged(Some("No.".to_owned()))),
            ),
            (
                json!({"flagged": true, "action": "direct_output", "preset_response": ""}),
                Some(InputVerdict::Flagged(None)),
            ),
            (
                json!({"flagged": true, "action": "overridden", "query": "***", "inputs": {}}),
                Some(InputVerdict::Overridden(Told {
                    query: "***".to_owned(),
                    inputs: Map::new(),
                })),
            ),
            (json!({"action": "overridden"}), None),
            (json!("no"), None),
        ] {
            let verdict = input_verdict(&answer, told()).ok();
            assert_eq!(verdict, expected, "{answer}");
        }
    }
}
