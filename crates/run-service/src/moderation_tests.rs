//! What becomes of questions and answers, by words and by judges.

use futures_util::{FutureExt as _, future, future::BoxFuture};
use gatewright_domain::{
    Classify as _,
    ids::{AppId, WorkspaceId},
};
use gatewright_usecase_runs::Verdict;
use serde_json::json;
use uuid::Uuid;

use super::*;
use crate::judges::{NotJudged, OutputVerdict};

fn of(own: &Value) -> Result<Option<Moderation>, RunServiceError> {
    let features = json!({"sensitive_word_avoidance": own});
    Moderation::of(features.as_object().unwrap())
}

fn case(by: JudgedBy) -> Case {
    Case {
        workspace: WorkspaceId(Uuid::from_u128(1)),
        app: AppId(Uuid::from_u128(2)),
        by,
    }
}

fn told(query: &str, inputs: &Value) -> Told {
    Told {
        query: query.to_owned(),
        inputs: inputs.as_object().unwrap().clone(),
    }
}

/// Judges by the first word of what it is told.
struct ByWord;

impl Judges for ByWord {
    fn find(&self, case: Case) -> BoxFuture<'_, Result<(), NotJudged>> {
        let found = match case.by {
            JudgedBy::Extension(id) if id.is_nil() => Err(NotJudged::Nobody("no such".into())),
            JudgedBy::Model | JudgedBy::Extension(_) => Ok(()),
        };
        future::ready(found).boxed()
    }

    fn input(&self, _: Case, told: Told) -> BoxFuture<'_, Result<InputVerdict, NotJudged>> {
        let verdict = match told.query.split(' ').next().unwrap_or_default() {
            "flag" => Ok(InputVerdict::Flagged(None)),
            "own" => Ok(InputVerdict::Flagged(Some("Its own.".into()))),
            "override" => Ok(InputVerdict::Overridden(super::tests::told(
                "mild",
                &json!({"a": "***", "b": "x", "c": "new"}),
            ))),
            "silent" => Err(NotJudged::Silent("gone".into())),
            _ => Ok(InputVerdict::Fine),
        };
        future::ready(verdict).boxed()
    }

    fn output(
        &self,
        _: Case,
        text: String,
    ) -> BoxFuture<'static, Result<OutputVerdict, NotJudged>> {
        let verdict = match text.as_str() {
            "flag" => Ok(OutputVerdict::Flagged(None)),
            "override" => Ok(OutputVerdict::Overridden("mild".into())),
            "silent" => Err(NotJudged::Silent("gone".into())),
            _ => Ok(OutputVerdict::Fine),
        };
        future::ready(verdict).boxed()
    }
}

fn heard(rules: &Moderation, told: &Told) -> Result<Heard, RunServiceError> {
    let heard = rules.hear(&ByWord, case, told);
    heard.now_or_never().unwrap()
}

fn judged(kind: &Value) -> Moderation {
    let own = json!({"enabled": true, "type": kind, "config": {"api_based_extension_id": "00000000-0000-0000-0000-000000000009",
        "inputs_config": {"enabled": true, "preset_response": "No such input."},
        "outputs_config": {"enabled": true, "preset_response": "No such output."}}});
    of(&own).unwrap().unwrap()
}

#[test]
fn question_and_its_inputs_are_looked_through_for_each_row_of_words() {
    let own = json!({"enabled": true, "type": "keywords", "config": {"keywords": "badword\n\n\0\n  Worse ",
        "inputs_config": {"enabled": true, "preset_response": "No such input."},
        "outputs_config": {"enabled": false, "preset_response": "x"}}});
    let rules = of(&own).unwrap().unwrap();
    for (query, inputs, hit) in [
        ("a BADWORD in it", json!({}), true),
        ("a bad\0word in it", json!({}), true),
        ("fine", json!({"a": "bad\0word"}), true),
        ("fine", json!({"a": 1, "b": "wORSE"}), true),
        ("fine", json!({"a": null, "b": "bad word"}), false),
        ("", json!({}), false),
    ] {
        let heard = heard(&rules, &told(query, &inputs)).unwrap();
        let expected = if hit {
            Heard::Answered("No such input.".to_owned())
        } else {
            Heard::Fine
        };
        assert_eq!(heard, expected, "{query} {inputs}");
    }
    let judges: Arc<dyn Judges> = Arc::new(ByWord);
    assert_eq!(rules.output_rule(&judges, case), None);
}

#[test]
fn judge_says_what_becomes_of_a_question_and_no_input_changes_its_type() {
    for kind in ["openai_moderation", "api"] {
        let rules = judged(&json!(kind));
        let inputs = json!({"a": "bad", "b": 1});
        for (query, expected) in [
            ("fine", Heard::Fine),
            ("flag it", Heard::Answered("No such input.".into())),
            ("own words", Heard::Answered("Its own.".into())),
            (
                "override it",
                Heard::Overridden(told("mild", &json!({"a": "***", "b": 1}))),
            ),
        ] {
            let heard = heard(&rules, &told(query, &inputs)).unwrap();
            assert_eq!(heard, expected, "{query}");
        }
        let error = heard(&rules, &told("silent", &inputs)).unwrap_err();
        assert!(matches!(error, RunServiceError::Unavailable(_)), "{error}");
    }
}

#[tokio::test]
async fn answer_that_nobody_can_judge_is_not_said() {
    let judges: Arc<dyn Judges> = Arc::new(ByWord);
    let rule = judged(&json!("api")).output_rule(&judges, case);
    let Some(OutputRule::Judged(judge)) = rule else {
        panic!("answers are judged");
    };
    for (text, expected) in [
        ("fine", Verdict::Fine),
        ("flag", Verdict::Instead("No such output.".into())),
        ("silent", Verdict::Instead("No such output.".into())),
        ("override", Verdict::Rewritten("mild".into())),
    ] {
        assert_eq!(judge.0.judge(text.to_owned()).await, expected, "{text}");
    }
}

#[test]
fn moderation_that_cannot_be_done_is_refused_and_one_that_is_off_is_none() {
    for kind in ["api", "cloud", ""] {
        let refused = of(&json!({"enabled": true, "type": kind, "config": {}}));
        assert!(refused.is_err(), "{kind}");
        let off = of(&json!({"enabled": false, "type": kind}));
        assert_eq!(off.unwrap(), None);
    }
    for words in ["word\n".repeat(1_001), "x".repeat(100_001)] {
        let own = json!({"enabled": true, "type": "keywords", "config": {"keywords": words}});
        assert!(of(&own).is_err(), "{} bytes", words.len());
    }
    assert_eq!(Moderation::of(&Map::new()).unwrap(), None);
    let nobody = json!({"enabled": true, "type": "api", "config": {"api_based_extension_id": "00000000-0000-0000-0000-000000000000",
        "outputs_config": {"enabled": true}}});
    let nobody = of(&nobody).unwrap().unwrap();
    let error = heard(&nobody, &Told::default()).unwrap_err();
    assert_eq!(error.class().code, "invalid_param");
    let empty = of(&json!({"enabled": true, "type": "keywords", "config": {
        "inputs_config": {"enabled": true}, "outputs_config": {"enabled": true}}}));
    let empty = empty.unwrap().unwrap();
    assert_eq!(heard(&empty, &Told::default()).unwrap(), Heard::Fine);
    let judges: Arc<dyn Judges> = Arc::new(ByWord);
    assert_eq!(empty.output_rule(&judges, case), None);
}
