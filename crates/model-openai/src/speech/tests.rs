//! Against a server that really listens: what reaches it, and what is made of its answers.

use futures_util::TryStreamExt as _;
use gatewright_model::{
    ConfiguredSpeech, Endpoints, ModelType, ModeratorCatalogue as _, Recording,
    SpeechCatalogue as _, Utterance,
};
use gatewright_outbound::streaming::StreamingClient;
use gatewright_test_support::scripted_server::{
    Asked, ScriptedServer, Step, answer, chunk, chunked_head,
};
use serde_json::Value;

use crate::EndpointCatalogue;

const WORKSPACE: &str = "00000000-0000-0000-0000-000000000001";

fn catalogue(server: &ScriptedServer) -> EndpointCatalogue {
    let file = format!(
        "[[endpoint]]\nname = \"e\"\nbase_url = \"{}\"\napi_key = \"sk-1\"\nproviders = [\"p\"]\n\
         model = [{{ name = \"hears\", type = \"speech2text\", upstream = \"whisper\", body = {{ language = \"en\" }} }}, \
         {{ name = \"speaks\", type = \"tts\", voices = [\"low\", \"high\"], body = {{ speed = 2 }} }}, \
         {{ name = \"judges\", type = \"moderation\" }}]\n\
         [defaults]\nspeech2text = {{ provider = \"p\", model = \"hears\" }}\ntts = {{ provider = \"p\", model = \"speaks\" }}\n\
         moderation = {{ provider = \"p\", model = \"judges\" }}",
        server.url("/v1")
    );
    let endpoints = Endpoints::parse(&file, &|_| Err(String::new())).unwrap();
    EndpointCatalogue::new(endpoints.into(), StreamingClient::new().unwrap())
}

async fn model(server: &ScriptedServer, model_type: ModelType) -> ConfiguredSpeech {
    let catalogue = catalogue(server);
    let found = catalogue.speech(WORKSPACE.parse().unwrap(), model_type);
    found.await.unwrap()
}

async fn server_of(steps: Vec<Step>) -> ScriptedServer {
    ScriptedServer::start(move |_: &Asked| steps.clone())
        .await
        .unwrap()
}

fn json(text: &str) -> Vec<Step> {
    answer("200 OK", "content-type: application/json\r\n", text)
}

fn recording() -> Recording {
    Recording {
        format: "mp3",
        bytes: b"ID3 sound".to_vec().into(),
        user: Some("ada".to_owned()),
    }
}

fn text(text: &str, voice: Option<&str>) -> Utterance {
    Utterance {
        text: text.to_owned(),
        voice: voice.map(str::to_owned),
    }
}

#[tokio::test]
async fn recording_reaches_the_server_in_a_form_and_its_text_comes_back() {
    let server = server_of(json(r#"{"text": " Hello there. \n"}"#)).await;
    let found = model(&server, ModelType::Speech2text).await;
    let said = found.speech.transcribe(recording()).await.unwrap();
    assert_eq!(said, "Hello there.");
    let asked = server.asked().remove(0);
    assert_eq!(asked.target, "/v1/audio/transcriptions");
    assert_eq!(asked.header("authorization"), Some("Bearer sk-1"));
    let form = asked.text();
    for part in [
        "name=\"model\"\r\n\r\nwhisper\r\n",
        "name=\"language\"\r\n\r\nen\r\n",
        "name=\"user\"\r\n\r\nada\r\n",
        "filename=\"audio.mp3\"",
        "\r\n\r\nID3 sound\r\n--",
    ] {
        assert!(form.contains(part), "{part:?} in {form}");
    }
}

#[tokio::test]
async fn server_that_does_not_hear_says_why_and_odd_answers_are_no_text() {
    for (steps, class_name) in [
        (
            answer("401 Unauthorized", "", "sk-1"),
            "InvokeAuthorizationError",
        ),
        (
            answer("429 Too Many Requests", "", "slow"),
            "InvokeRateLimitError",
        ),
        (
            json(r#"{"error": {"message": "no", "code": 500}}"#),
            "InvokeServerUnavailableError",
        ),
        (json(r#"{"segments": []}"#), "InvokeBadRequestError"),
        (json("plain"), "InvokeBadRequestError"),
        (vec![Step::HangUp], "InvokeConnectionError"),
    ] {
        let server = server_of(steps).await;
        let found = model(&server, ModelType::Speech2text).await;
        let error = found.speech.transcribe(recording()).await.unwrap_err();
        assert_eq!(error.kind.class_name(), class_name, "{error}");
        assert!(!error.message.contains("sk-1"), "{error}");
    }
    let server = server_of(vec![]).await;
    let speaker = model(&server, ModelType::Tts).await;
    let error = speaker.speech.transcribe(recording()).await.unwrap_err();
    assert_eq!(error.kind.code(), "model_currently_not_support");
}

#[tokio::test]
async fn sound_is_passed_on_before_all_of_it_is_there() {
    let steps = vec![
        chunked_head("audio/mpeg"),
        chunk("one"),
        Step::Wait,
        chunk("two"),
        chunk(""),
    ];
    let server = server_of(steps).await;
    let found = model(&server, ModelType::Tts).await;
    let sound = found.speech.speak(text("Say it.", Some("high")));
    let mut sound = sound.await.unwrap();
    assert_eq!(sound.try_next().await.unwrap().unwrap(), "one");
    server.let_pass(1);
    assert_eq!(sound.try_next().await.unwrap().unwrap(), "two");
    assert_eq!(sound.try_next().await.unwrap(), None);
    let asked = server.asked().remove(0);
    assert_eq!(asked.target, "/v1/audio/speech");
    let body: Value = serde_json::from_slice(&asked.body).unwrap();
    let expected = serde_json::json!({"model": "speaks", "input": "Say it.", "voice": "high", "response_format": "mp3", "speed": 2});
    assert_eq!(body, expected);
}

#[tokio::test]
async fn long_text_is_asked_for_in_parts_and_is_one_stream() {
    let steps = |asked: &Asked| {
        let body: Value = serde_json::from_slice(&asked.body).unwrap();
        let length = body["input"].as_str().unwrap().chars().count();
        answer(
            "200 OK",
            "content-type: audio/mpeg\r\n",
            format!("[{length}]"),
        )
    };
    let server = ScriptedServer::start(steps).await.unwrap();
    let found = model(&server, ModelType::Tts).await;
    let sentence = format!("{}. ", "é".repeat(2_998));
    let sound = found.speech.speak(text(&sentence.repeat(3), None)).await;
    let all: Vec<_> = sound.unwrap().try_collect().await.unwrap();
    assert_eq!(all.concat(), b"[2999][2999][2999]");
    let first: Value = serde_json::from_slice(&server.asked()[0].body).unwrap();
    assert_eq!(first["voice"], "low");
}

#[tokio::test]
async fn speech_that_breaks_off_or_is_an_error_ends_as_one() {
    let broken = vec![chunked_head("audio/mpeg"), chunk("one"), Step::HangUp];
    let server = server_of(broken).await;
    let found = model(&server, ModelType::Tts).await;
    let mut sound = found.speech.speak(text("x", None)).await.unwrap();
    assert_eq!(sound.try_next().await.unwrap().unwrap(), "one");
    let error = sound.try_next().await.unwrap_err();
    assert_eq!(error.kind.class_name(), "InvokeConnectionError");
    for steps in [
        json(r#"{"error": {"message": "no voice"}}"#),
        answer("503 Service Unavailable", "", "no voice"),
    ] {
        let server = server_of(steps).await;
        let found = model(&server, ModelType::Tts).await;
        let refused = found.speech.speak(text("x", None)).await;
        let Err(error) = refused else {
            panic!("an error is no sound");
        };
        assert_eq!(error.message, "no voice");
    }
}

#[tokio::test]
async fn text_is_judged_and_an_odd_judgement_is_none() {
    for (answer, expected) in [
        (r#"{"results": [{"flagged": false}]}"#, Some(false)),
        (
            r#"{"results": [{"flagged": false}, {"flagged": true}]}"#,
            Some(true),
        ),
        (r#"{"results": []}"#, None),
        (r#"{"results": [{}]}"#, None),
        ("no", None),
    ] {
        let server = server_of(json(answer)).await;
        let catalogue = catalogue(&server);
        let judge = catalogue.moderator(WORKSPACE.parse().unwrap());
        let judged = judge.await.unwrap().flags("some text".to_owned()).await;
        assert_eq!(judged.ok(), expected, "{answer}");
        let asked = server.asked().remove(0);
        assert_eq!(asked.target, "/v1/moderations");
        let body: Value = serde_json::from_slice(&asked.body).unwrap();
        assert_eq!(
            body,
            serde_json::json!({"model": "judges", "input": "some text"})
        );
    }
}
