//! Apps that hear and speak: `/v1`, `/api` and the console, before a server of models that does both.

use gatewright_test_support::scripted_server::{
    Asked, ScriptedServer, Step, answer, chunk, chunked_head,
};
use serde_json::{Value, json};

use super::web_app::{Visitor, code_of, visitor_of};
use crate::support::{
    Answer, Browser, Harness,
    apps::{APPS, NOWHERE, make_key, published},
    basic_account,
    model_server::endpoint_file,
    talking::{echoes, file},
};

const MIB: usize = 1024 * 1024;

/// What it hears it says the length of; what it reads out is the text between brackets, said in two pieces; `hold` waits before the
/// second one, `fail` is nothing that can be said.
fn script(asked: &Asked) -> Vec<Step> {
    let kind = "content-type: application/json\r\n";
    if asked.target == "/v1/audio/transcriptions" {
        let text = asked.text();
        let sound = text.matches('z').count();
        let said = json!({"text": format!("heard {sound} letters")});
        return answer("200 OK", kind, said.to_string());
    }
    let body: Value = serde_json::from_slice(&asked.body).unwrap_or_default();
    let (text, voice) = (
        body["input"].as_str().unwrap_or_default(),
        body["voice"].as_str().unwrap_or_default(),
    );
    if text == "fail" {
        return answer(
            "500 Internal Server Error",
            kind,
            r#"{"error": {"message": "hoarse"}}"#,
        );
    }
    let mut steps = vec![chunked_head("audio/mpeg"), chunk(format!("[{voice}:"))];
    if text == "hold" {
        steps.push(Step::Wait);
    }
    steps.extend([chunk(format!("{text}]")), chunk("")]);
    steps
}

/// A chatflow that hears and speaks, a key of it, and the server that does it for it.
struct World {
    h: Harness,
    owner: Browser,
    app: String,
    key: String,
    server: ScriptedServer,
    _file: tempfile::NamedTempFile,
}

const MODELS: &str = "providers = [\"scripted\"]\n\
    [[endpoint.model]]\nname = \"ear\"\ntype = \"speech2text\"\n\
    [[endpoint.model]]\nname = \"mouth\"\ntype = \"tts\"\nvoices = [\"low\", \"high\"]\n";
const DEFAULTS: &str = "[defaults]\nspeech2text = { provider = \"scripted\", model = \"ear\" }\n\
    tts = { provider = \"scripted\", model = \"mouth\" }\n";

impl World {
    async fn new() -> Self {
        Self::of(true, DEFAULTS).await
    }

    async fn of(is_on: bool, defaults: &str) -> Self {
        let server = ScriptedServer::start(script).await.unwrap();
        let models = endpoint_file(&server, &format!("{MODELS}{defaults}"));
        let path = models.path().to_str().unwrap().to_owned();
        let h = Harness::with(&[("GATEWRIGHT_MODEL_ENDPOINTS", &path)]).await;
        let mut owner = basic_account(&h).await;
        let mut app: Value = serde_json::from_str(&file(&[echoes()])).unwrap();
        app["workflow"]["features"]["speech_to_text"] = json!({"enabled": is_on});
        app["workflow"]["features"]["text_to_speech"] =
            json!({"enabled": is_on, "language": "en-US", "voice": "high"});
        let app = published(&h, &mut owner, &app.to_string()).await;
        let key = make_key(&h, &mut owner, &app).await.1;
        Self {
            h,
            owner,
            app,
            key,
            server,
            _file: models,
        }
    }

    fn request(&self, path: &str) -> reqwest::RequestBuilder {
        self.h.request("POST", path).bearer_auth(&self.key)
    }

    async fn hear(&self, file: &[u8]) -> Answer {
        let request = self.request("/v1/audio-to-text");
        Answer::read(form(request, file).send().await.unwrap()).await
    }

    async fn speak(&self, body: &Value) -> Answer {
        let request = self.request("/v1/text-to-audio").json(body);
        Answer::read(request.send().await.unwrap()).await
    }

    async fn visitor(&self) -> Visitor<'_> {
        let code = code_of(&self.h, &self.app).await;
        visitor_of(&self.h, &code, "ada").await
    }

    async fn said(&self, user: &str) -> Value {
        let body =
            json!({"inputs": {}, "query": "morning", "user": user, "auto_generate_name": false});
        let request = self.request("/v1/chat-messages").json(&body);
        Answer::read(request.send().await.unwrap())
            .await
            .expect(200)
            .json()
    }
}

/// A part with a recording of a type.
fn sound(name: &str, media_type: &str, content: &[u8]) -> Vec<u8> {
    let head = format!(
        "--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: {media_type}\r\n\r\n"
    );
    [head.as_bytes(), content, b"\r\n"].concat()
}

fn form(request: reqwest::RequestBuilder, part: &[u8]) -> reqwest::RequestBuilder {
    request
        .header("content-type", "multipart/form-data; boundary=edge")
        .body([part, b"--edge--\r\n"].concat())
}

#[actix_web::test]
async fn what_is_said_to_an_app_becomes_text_by_the_workspace_s_model() {
    let world = World::new().await;
    for (name, media_type) in [
        ("a.mp3", "audio/mp3"),
        ("a.mp3", "audio/mpeg"),
        ("a.mp3", "application/octet-stream"),
        ("blob", "audio/webm"),
    ] {
        let heard = world.hear(&sound(name, media_type, b"zzz")).await;
        let heard = heard.expect(200).json();
        assert_eq!(heard, json!({"text": "heard 3 letters"}), "{media_type}");
    }
    let visitor = world.visitor().await;
    let request = visitor.request("POST", "/api/audio-to-text");
    let part = sound("a.wav", "audio/wav", b"z");
    let heard = Answer::read(form(request, &part).send().await.unwrap()).await;
    assert_eq!(heard.expect(200).json()["text"], "heard 1 letters");
    let cookies = world.owner.cookies.iter().map(|(n, v)| format!("{n}={v}"));
    let path = format!("{APPS}/{}/audio-to-text", world.app);
    let request = (world.h.request("POST", &path))
        .header("cookie", cookies.collect::<Vec<_>>().join("; "))
        .header("x-csrf-token", world.owner.csrf());
    let heard = Answer::read(form(request, &part).send().await.unwrap()).await;
    assert_eq!(heard.expect(200).json()["text"], "heard 1 letters");
}

#[actix_web::test]
async fn recording_that_is_none_or_too_large_or_odd_is_refused_by_its_name() {
    let world = World::new().await;
    let large = sound("a.mp3", "audio/mp3", &vec![b'x'; 30 * MIB + 1]);
    for (part, status, code) in [
        (vec![], 400, "no_audio_uploaded"),
        (sound("a.mp3", "audio/mp3", b""), 400, "no_audio_uploaded"),
        (
            sound("a.txt", "text/plain", b"z"),
            415,
            "unsupported_audio_type",
        ),
        (
            sound("a.mp3", "audio/midi", b"z"),
            415,
            "unsupported_audio_type",
        ),
        (large, 413, "audio_too_large"),
    ] {
        let refused = world.hear(&part).await.expect(status);
        assert_eq!(refused.code(), code);
    }
    assert!(world.server.asked().is_empty());
}

#[actix_web::test]
async fn texts_and_answers_are_read_out_by_the_voice_that_the_app_has() {
    let world = World::new().await;
    for (body, expected) in [
        (json!({"text": "say it", "user": "ada"}), "[high:say it]"),
        (
            json!({"text": "say it", "voice": "low", "streaming": true}),
            "[low:say it]",
        ),
        (json!({"text": "say it", "voice": "odd"}), "[high:say it]"),
    ] {
        let said = world.speak(&body).await.expect(200);
        assert_eq!(said.header("content-type"), "audio/mpeg");
        assert_eq!(said.body, expected, "{body}");
    }
    let message = world.said("ada").await["message_id"].clone();
    let body = json!({"message_id": message, "text": "other", "user": "ada"});
    let said = world.speak(&body);
    assert_eq!(said.await.expect(200).body, "[high:morning (turn 1)]");
    for (body, status, code) in [
        (
            json!({"message_id": message, "user": "bob"}),
            404,
            "not_found",
        ),
        (
            json!({"message_id": NOWHERE, "user": "ada"}),
            404,
            "not_found",
        ),
        (json!({"user": "ada"}), 400, "invalid_param"),
        (json!({"text": " \n", "user": "ada"}), 400, "invalid_param"),
        (json!({"text": "fail"}), 400, "completion_request_error"),
    ] {
        let refused = world.speak(&body).await.expect(status);
        assert_eq!(refused.code(), code, "{body}");
    }
}

#[actix_web::test]
async fn sound_reaches_a_visitor_while_the_rest_is_being_made() {
    let world = World::new().await;
    let visitor = world.visitor().await;
    let request = visitor.request("POST", "/api/text-to-audio");
    let mut answer = request.json(&json!({"text": "hold"})).send().await.unwrap();
    assert_eq!(answer.chunk().await.unwrap().unwrap(), "[high:");
    world.server.go_on();
    assert_eq!(answer.chunk().await.unwrap().unwrap(), "hold]");
    assert_eq!(answer.chunk().await.unwrap(), None);
}

#[actix_web::test]
async fn editor_hears_answers_of_the_draft_and_chooses_among_the_model_s_voices() {
    let mut world = World::new().await;
    let message = world.said("ada").await["message_id"].clone();
    let path = format!("{APPS}/{}/text-to-audio", world.app);
    let voices = format!("{path}/voices?language=en-US");
    let voices = world.owner.get(&world.h, &voices).await.expect(200);
    assert_eq!(
        voices.json(),
        json!([{"name": "low", "value": "low"}, {"name": "high", "value": "high"}])
    );
    let body = json!({"text": "", "message_id": message});
    let said = world.owner.post(&world.h, &path, body.clone()).await;
    assert_eq!(said.expect(200).body, "[high:morning (turn 1)]");
    let mut stranger = world.h.add_account("mallory").await;
    let refused = stranger.post(&world.h, &path, body).await.expect(404);
    assert_eq!(refused.code(), "app_not_found");
}

#[actix_web::test]
async fn app_that_neither_hears_nor_speaks_and_workspace_without_models_say_so() {
    for (is_on, defaults, code) in [
        (false, DEFAULTS, "app_unavailable"),
        (true, "", "provider_not_initialize"),
    ] {
        let world = World::of(is_on, defaults).await;
        let heard = world.hear(&sound("a.mp3", "audio/mp3", b"z")).await;
        assert_eq!(heard.expect(400).code(), code);
        let said = world.speak(&json!({"text": "say it"})).await;
        assert_eq!(said.expect(400).code(), code);
        assert!(world.server.asked().is_empty());
    }
}
