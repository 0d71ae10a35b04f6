//! The pages of apps for visitors in a real browser, against the real binary: a chat that streams and is found again, a workflow, a form
//! that a run waits for, the bubble on another site, and all of it without our script.

use gatewright_test_db::TestDb;
use gatewright_test_support::scripted_server::{ScriptedServer, answer};
use serde_json::{Value, json};

use super::remote::Chromium;
use crate::support::{apps::file, asking, model_server::ModelServer, process::Server};

/// What a page may load, itself included, with the module for formulas.
const MAX_BYTES: u64 = 100_000;
/// The style sheet and that of the colour, the icon, and the modules.
const MAX_FILES: u64 = 16;

/// A chatflow whose model says this prompt again; one input, a question to begin with, files.
fn chat(prompt: &str) -> String {
    let node = |id: &str, data: Value| json!({"id": id, "data": data});
    let nodes = [
        node(
            "start",
            json!({"type": "start", "title": "Start", "variables": [
            {"variable": "who", "label": "Your name", "type": "text-input", "required": true, "max_length": 48}]}),
        ),
        node(
            "llm",
            json!({"type": "llm", "title": "Thinking", "model": {"provider": "scripted", "name": "small", "mode": "chat",
            "completion_params": {}}, "prompt_template": [{"id": "s", "role": "user", "text": prompt}],
            "prompt_config": {"jinja2_variables": []}, "context": {"enabled": false, "variable_selector": []}, "vision": {"enabled": false}}),
        ),
        node(
            "answer",
            json!({"type": "answer", "title": "Answer", "answer": "{{#llm.text#}}", "variables": []}),
        ),
    ];
    let edge = |from: &str, to: &str| json!({"id": format!("{from}-{to}"), "source": from, "sourceHandle": "source", "target": to, "targetHandle": "target", "type": "custom"});
    json!({
        "app": {"mode": "advanced-chat", "name": "Travel desk", "icon": "🧭", "icon_type": "emoji", "icon_background": "#E0F2FE",
            "description": "Plans journeys by train."},
        "kind": "app", "version": "0.6.0", "dependencies": [],
        "workflow": {"conversation_variables": [], "environment_variables": [],
            "features": {"opening_statement": "Hello {{who}}, where do you want to go?", "suggested_questions": ["To Vienna, by night"],
                "file_upload": {"enabled": true, "number_limits": 2, "allowed_file_types": ["image", "document"],
                    "allowed_file_upload_methods": ["local_file"]}},
            "graph": {"nodes": nodes, "edges": [edge("start", "llm"), edge("llm", "answer")]}},
    })
    .to_string()
}

/// Says again what is asked.
const ECHO: &str = "{{#sys.query#}}";

/// What is answered: its first half, and when the test says so the second.
const PLAN: &str = "hold:## Your journey\n\nTwo trains, **one change** in Basel; the fare is a *Sparpreis*.\n\n- Leave Zürich at `20:40`\n- Sleep\n\n\
    | Stop | Arrival | Platform |\n|---|--:|:-:|\n| Basel | 21:35 | 4 |\n| Wien Hbf | 7:55 | 12 |\n\nIt takes $t = \\frac{s}{v}$ hours:\n\n\
    ```python\nhours = 815 / 72\n```\n\nSee [the timetable](https://example.com). ![map](https://tracker.example/map.png) <script>window.hacked = 1</script>";

struct World {
    _db: TestDb,
    model: ModelServer,
    server: Server,
    session: (String, String),
    browser: Chromium,
}

impl World {
    async fn new() -> Self {
        let db = TestDb::create().await;
        let model = ModelServer::start().await;
        let settings = [
            ("REDIS_KEY_PREFIX", db.key_prefix.as_str()),
            ("GATEWRIGHT_MODEL_ENDPOINTS", model.endpoints()),
            ("GATEWRIGHT_OUTBOUND_ALLOW", "127.0.0.0/8"),
        ];
        let starting = Server::start(&db.database_url, &db.redis_url, &settings);
        let (server, browser) = tokio::join!(starting, Chromium::start());
        let session = server.sign_in().await;
        Self {
            _db: db,
            model,
            server,
            session,
            browser,
        }
    }

    /// Publishes an app; the code in the address of its page.
    async fn published(&self, text: &str, site: Value) -> String {
        let app = self.server.published(&self.session, text).await;
        let path = format!("/console/api/apps/{app}/site");
        let site = self.server.post_as(&self.session, &path, &site).await;
        site["code"].as_str().unwrap().to_owned()
    }

    async fn goto(&mut self, path: &str) {
        let url = format!("{}{path}", self.server.url);
        self.browser.goto(&url).await;
    }

    async fn look(&mut self, name: &str) {
        self.browser.look_within(name, MAX_BYTES, MAX_FILES).await;
        self.draw(name).await;
    }

    /// As the window shows it.
    async fn draw(&mut self, name: &str) {
        if let Ok(folder) = std::env::var("GATEWRIGHT_SCREENSHOTS") {
            let picture = json!({"screenshot": format!("{folder}/{name}.png"), "whole": false});
            self.browser.act(picture).await;
        }
    }

    /// As a phone in the dark shows it.
    async fn look_on_a_phone(&mut self, name: &str) {
        let phone = json!({"size": [390, 844]});
        self.browser.act(phone).await;
        self.look(name).await;
        self.browser.act(json!({"dark": true})).await;
        self.draw(name).await;
        let usual = json!({"size": [1280, 720], "dark": false});
        self.browser.act(usual).await;
    }

    async fn evaluate(&mut self, script: &str) -> Value {
        self.browser.act(json!({"evaluate": script})).await["value"].take()
    }

    async fn is_without_problems(&mut self) {
        assert_eq!(self.browser.problems().await, [] as [Value; 0]);
    }
}

#[tokio::test]
async fn browser_of_a_visitor_reads_an_answer_as_it_comes_and_finds_the_conversation_again() {
    let mut world = World::new().await;
    let site = json!({"title": "Travel desk", "chat_color_theme": "#0F766E", "custom_disclaimer": "Answers may be wrong: check the timetable.",
        "copyright": "Gatewright Railways", "privacy_policy": "https://example.com/privacy", "show_workflow_steps": true});
    let code = world.published(&chat(PLAN), site).await;
    world.goto(&format!("/chat/{code}")).await;
    world.browser.see("where do you want to go?").await;
    world.look("chat-empty").await;
    world.browser.fill("[name='input.who']", "Ada").await;
    world.browser.see("Hello Ada").await;
    world.browser.fill("#message", "To Vienna, by night").await;
    world.browser.act(json!({"keys": ["Enter"]})).await;
    world.browser.click(".said:not(#opening) strong").await;
    world.browser.see("Stop").await;
    // What is there stays there while the rest comes.
    let first = "window.first = document.querySelector('.said:not(#opening) .text').firstChild; window.first.nodeName";
    assert_eq!(world.evaluate(first).await, "H4");
    world.model.release(1);
    world.browser.see("the timetable").await;
    world.browser.click("[aria-label='Good answer']").await;
    assert_eq!(world.evaluate("window.first.isConnected").await, true);
    let drawn = "const t = document.querySelector('.said:not(#opening) .text'); \
        [t.querySelectorAll('li').length, t.querySelectorAll('td').length, t.querySelectorAll('math mfrac').length, t.querySelectorAll('pre[data-language=python]').length, \
         t.querySelectorAll('img, script').length, typeof window.hacked].join()";
    assert_eq!(world.evaluate(drawn).await, "2,6,1,1,0,undefined");
    world.look("chat").await;
    world.look_on_a_phone("chat-phone").await;
    // Another time: the conversation is in the list, with what was said of its answer.
    world.goto(&format!("/chat/{code}")).await;
    world.browser.click(".side li button").await;
    world.browser.see("one change").await;
    let liked =
        "document.querySelector('[aria-label=\"Good answer\"]').getAttribute('aria-pressed')";
    assert_eq!(world.evaluate(liked).await, "true");
    world.browser.click(".side summary").await;
    world.browser.click("text=Rename").await;
    world.browser.fill("dialog input", "To Vienna").await;
    world.browser.click("dialog .primary").await;
    world.browser.see("To Vienna").await;
    world.browser.click(".side summary").await;
    world.browser.click("text=Pin").await;
    world.browser.see("★").await;
    world.model.release(1);
    world.browser.fill("#message", "And back?").await;
    world.browser.click("#send").await;
    world
        .browser
        .click(".round:nth-of-type(2) [aria-label='Good answer']")
        .await;
    world.browser.click(".side summary").await;
    world.browser.click(".side .danger").await;
    world.browser.see("Delete this conversation").await;
    world.browser.click("dialog .danger").await;
    world.browser.see("No conversations yet.").await;
    world.is_without_problems().await;
}

#[tokio::test]
async fn browser_of_a_visitor_runs_a_workflow_and_answers_the_form_that_it_waits_for() {
    let mut world = World::new().await;
    let code = world.published(&file("0.6.0", "Greeter"), json!({})).await;
    world.goto(&format!("/workflow/{code}")).await;
    world
        .browser
        .fill("[name='input.name']", "Ada **Lovelace**")
        .await;
    world.browser.click("#send").await;
    world.browser.see("Succeeded").await;
    let bold = "document.querySelector('#result strong').textContent";
    assert_eq!(world.evaluate(bold).await, "Lovelace");
    world.look("web-workflow").await;
    let code = world
        .published(&asking::file(asking::WEB_APP), json!({}))
        .await;
    world.goto(&format!("/workflow/{code}")).await;
    world.browser.fill("[name='input.who']", "Bob").await;
    world.browser.click("#send").await;
    world.browser.see("Waiting for a person").await;
    world.look("web-form").await;
    world.browser.fill("#result textarea", "fine by me").await;
    world.browser.click("#result .form .primary").await;
    world.browser.see("Succeeded").await;
    world.browser.see("fine by me").await;
    world.is_without_problems().await;
}

/// The cases that the server's renderer is held to, drawn by the script: at once, and letter by letter as they stream.
#[tokio::test]
async fn browser_draws_each_case_of_markdown_as_the_server_does() {
    let mut world = World::new().await;
    let code = world.published(&chat(ECHO), json!({})).await;
    world.goto(&format!("/chat/{code}")).await;
    let text = include_str!("../../../crates/markdown/cases.txt");
    let cases = text
        .split("\n====\n")
        .filter(|case| !case.trim().is_empty());
    let cases: Vec<Value> = cases
        .map(|case| {
            let (markdown, html) = case.split_once("\n----\n").unwrap();
            json!([markdown, html.trim_end()])
        })
        .collect();
    assert!(cases.len() > 15);
    let script = format!(
        "(async (cases) => {{
            const {{ configure, draw, Growing }} = await import('/webapp/0/markdown.js')
            configure({{ picture: 'Picture', thought: 'Thoughts' }}, (url) => url.startsWith('/files/'))
            const html = (box) => {{ box.normalize(); return box.innerHTML }}
            const wrong = []
            for (const [markdown, expected] of cases) {{
                const [server, whole, streamed] = [0, 0, 0].map(() => document.createElement('div'))
                server.innerHTML = expected
                whole.append(...draw(markdown))
                const growing = new Growing(streamed)
                for (let end = 1; end <= markdown.length; end += 1) growing.set(markdown.slice(0, end))
                if (html(whole) !== html(server) || html(streamed) !== html(server)) wrong.push([markdown, html(whole), html(streamed)])
            }}
            return wrong
        }})({})",
        Value::from(cases)
    );
    assert_eq!(world.evaluate(&script).await, json!([]));
}

#[tokio::test]
async fn browser_without_our_script_asks_and_is_answered() {
    let mut world = World::new().await;
    let code = world.published(&chat(ECHO), json!({})).await;
    world
        .browser
        .act(json!({"block": "**/webapp/**/*.js"}))
        .await;
    world.goto(&format!("/chat/{code}")).await;
    world.browser.fill("[name='input.who']", "Ada").await;
    world.browser.fill("#message", "To **Vienna**").await;
    world.browser.click("#send").await;
    world.browser.see("To Vienna").await;
    let bold = "document.querySelector('.said strong').textContent";
    assert_eq!(world.evaluate(bold).await, "Vienna");
    world.look("chat-plain").await;
}

#[tokio::test]
async fn browser_shows_the_bubble_on_another_site_and_no_frame_where_it_is_not_allowed() {
    let mut world = World::new().await;
    let code = world.published(&chat(ECHO), json!({})).await;
    let url = world.server.url.clone();
    let host = ScriptedServer::start(move |_| {
        let page = format!(
            "<!doctype html><html lang=\"en\"><title>Shop</title><body><h1>Shop</h1><script>window.difyChatbotConfig = {{token: '{code}', baseUrl: '{url}', inputs: {{who: 'Ada'}}}}</script>\
             <script src=\"{url}/embed.min.js\" id=\"{code}\" defer></script><iframe id=\"stolen\" src=\"{url}/signin\"></iframe></body></html>"
        );
        answer("200 OK", "content-type: text/html\r\n", &page)
    });
    let host = host.await.unwrap();
    world.browser.goto(&host.url("/")).await;
    world.browser.click("#dify-chatbot-bubble-button").await;
    let frame = "#dify-chatbot-bubble-window";
    world
        .browser
        .act(json!({"in": frame, "see": "Hello Ada"}))
        .await;
    world
        .browser
        .act(json!({"in": frame, "fill": "#message", "with": "To Vienna"}))
        .await;
    world
        .browser
        .act(json!({"in": frame, "click": "#send"}))
        .await;
    world
        .browser
        .act(json!({"in": frame, "click": "[aria-label='Good answer']"}))
        .await;
    world
        .evaluate("document.querySelector('#stolen').remove()")
        .await;
    world.draw("chat-bubble").await;
    world.browser.act(json!({"keys": ["Escape"]})).await;
    let problems = world.browser.problems().await;
    let refused = problems
        .iter()
        .any(|one| one.to_string().contains("frame-ancestors"));
    assert!(refused && problems.len() == 1, "{problems:?}");
}
