//! What is documented against what is read.

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use utoipa::PartialSchema;

use super::*;
use gatewright_http_kit::input::{FieldProblem, read};

#[derive(Debug, Deserialize)]
struct One<T> {
    #[allow(dead_code, reason = "only whether it can be read is looked at")]
    it: T,
}

fn problem<T: DeserializeOwned + std::fmt::Debug>(value: Value) -> Option<String> {
    let object = [("it".to_owned(), value)].into_iter().collect();
    let problems = read::<One<T>>(object).err()?;
    Some(problems.iter().map(FieldProblem::sentence).collect())
}

fn schema<T: PartialSchema>() -> Value {
    serde_json::to_value(T::schema()).unwrap()
}

fn takes_what_it_lists<T: DeserializeOwned + PartialSchema + std::fmt::Debug>(count: usize) {
    let listed = schema::<T>()["enum"].as_array().cloned().unwrap();
    assert_eq!(listed.len(), count, "{listed:?}");
    for value in listed {
        assert_eq!(problem::<T>(value.clone()), None, "{value}");
    }
    assert!(problem::<T>(json!("klingon")).is_some());
    assert!(problem::<T>(json!(7)).is_some());
}

#[test]
fn enumeration_input_takes_exactly_the_documented_values() {
    takes_what_it_lists::<LanguageTag>(23);
    takes_what_it_lists::<Theme>(2);
    takes_what_it_lists::<TagType>(3);
    takes_what_it_lists::<ModelType>(6);
    takes_what_it_lists::<PluginCategory>(6);
}

fn takes_its_lengths<T: DeserializeOwned + PartialSchema + std::fmt::Debug>(start: &str) {
    let said = |name: &str| usize::try_from(schema::<T>()[name].as_u64().unwrap()).unwrap();
    let (least, most) = (said("minLength"), said("maxLength"));
    let text = |length: usize| {
        let text: String = start.chars().chain("x".repeat(length).chars()).collect();
        json!(text.chars().take(length).collect::<String>())
    };
    for length in [least, most] {
        assert_eq!(problem::<T>(text(length)), None, "{length}");
    }
    for length in [least - 1, most + 1] {
        assert!(problem::<T>(text(length)).is_some(), "{length}");
    }
}

#[test]
fn text_input_takes_exactly_the_documented_lengths() {
    takes_its_lengths::<AccountName>("");
    takes_its_lengths::<GuestName>("");
    takes_its_lengths::<WorkspaceName>("");
    takes_its_lengths::<TagLabel>("");
    takes_its_lengths::<NewPassword>("a1");
}

#[test]
fn input_problem_has_the_message_of_its_type() {
    assert_eq!(
        problem::<AccountName>(json!("a\u{200b}b")).as_deref(),
        Some("it: must have from 3 to 30 characters")
    );
    assert_eq!(
        problem::<EmailAddress>(json!("nobody")).as_deref(),
        Some("it: is not a valid email.")
    );
    assert_eq!(
        problem::<Timezone>(json!("Mars/Olympus")).as_deref(),
        Some("it: is not a valid timezone.")
    );
    assert_eq!(
        problem::<Theme>(json!("blue")).as_deref(),
        Some("it: must be light or dark")
    );
    assert_eq!(
        problem::<Addresses>(json!(vec!["a@b.example"; 101])).as_deref(),
        Some("it: List should have at most 100 items")
    );
}
