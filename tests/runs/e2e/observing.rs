//! What is seen of the real server from outside: its figures, and its traces.

use gatewright_test_db::TestDb;
use serde_json::{Value, json};

use crate::{
    chatflows::{file, memory, model, says},
    support::{
        events::{events, names},
        model_server::ModelServer,
        otlp::{Collector, Span},
        process::{Server, wait_until},
    },
};

/// A server with one published chatflow that asks a model.
struct World {
    server: Server,
    token: String,
    app: String,
    figures: String,
    _db: TestDb,
    _model: ModelServer,
}

/// A word that a caller says, and that must be in no figure and no span.
const SECRET: &str = "sesame-opens";

impl World {
    async fn with(extra: &[(&str, &str)]) -> Self {
        let db = TestDb::create().await;
        let model_server = ModelServer::start().await;
        let mut settings = vec![
            ("REDIS_KEY_PREFIX", db.key_prefix.as_str()),
            ("GATEWRIGHT_MODEL_ENDPOINTS", model_server.endpoints()),
            ("GATEWRIGHT_OUTBOUND_ALLOW", "127.0.0.0/8"),
            ("GATEWRIGHT_METRICS_PORT", "0"),
            ("LOG_OUTPUT_FORMAT", "json"),
        ];
        settings.extend_from_slice(extra);
        let server = Server::start(&db.database_url, &db.redis_url, &settings).await;
        let session = server.sign_in().await;
        let (token, _) = server.log_in(&session, "laptop").await;
        let nodes = [model(&memory(0)), says("{{#llm.text#}}")];
        let app = server.published(&session, &file(&nodes)).await;
        let figures = lines(&server, "event", "metrics.ready")[0]["address"]
            .as_str()
            .unwrap()
            .to_owned();
        Self {
            server,
            token,
            app,
            figures,
            _db: db,
            _model: model_server,
        }
    }

    /// Asks the app, and reads the whole stream.
    async fn ask(&self, query: &str, traceparent: Option<&str>) -> Vec<Value> {
        let url = format!("{}/openapi/v1/apps/{}/run", self.server.url, self.app);
        let body = json!({"inputs": {}, "query": query, "auto_generate_name": false});
        let mut request = self.server.http.post(url).bearer_auth(&self.token);
        if let Some(traceparent) = traceparent {
            request = request.header("traceparent", traceparent);
        }
        let answer = request.json(&body).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        events(&answer.text().await.unwrap())
    }

    /// The figures as Prometheus reads them.
    async fn scrape(&self) -> String {
        let url = format!("http://{}/metrics", self.figures);
        let answer = self.server.http.get(url).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        answer.text().await.unwrap()
    }
}

/// Lines of the log in which a member has this value.
fn lines(server: &Server, member: &str, value: &str) -> Vec<Value> {
    let log = server.log();
    let lines = log
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines.filter(|line| line[member] == value).collect()
}

/// The value of a line of figures; 0 where there is none.
fn figure(text: &str, line: &str) -> f64 {
    let mut lines = text.lines();
    let found = lines.find_map(|one| one.strip_prefix(line)?.strip_prefix(' '));
    found.map_or(0.0, |value| value.trim().parse().unwrap())
}

const ASKED: &str = "{method=\"POST\",route=\"/openapi/v1/apps/{app_id}/run\",status=\"2xx\"}";

#[actix_web::test]
async fn figures_count_what_happened_exactly_and_show_nothing_of_what_was_said() {
    let world = World::with(&[]).await;
    let before = world.scrape().await;
    assert!(
        !before.contains("gatewright_runs_started_total{"),
        "{before}"
    );
    assert_eq!(
        names(&world.ask(SECRET, None).await).last(),
        Some(&"workflow_finished")
    );
    assert_eq!(
        world.ask("break:0123", None).await.last().unwrap()["data"]["status"],
        "failed"
    );
    let after = world.scrape().await;
    let small = "{provider=\"scripted\",model=\"small\"";
    for (line, grown) in [
        (format!("gatewright_http_requests_total{ASKED}"), 2.0),
        (
            "gatewright_runs_started_total{surface=\"openapi\"}".to_owned(),
            2.0,
        ),
        (
            "gatewright_runs_ended_total{status=\"succeeded\"}".to_owned(),
            1.0,
        ),
        (
            "gatewright_runs_ended_total{status=\"failed\"}".to_owned(),
            1.0,
        ),
        (
            "gatewright_run_duration_seconds_count{status=\"succeeded\"}".to_owned(),
            1.0,
        ),
        (
            "gatewright_node_duration_seconds_count{type=\"llm\",status=\"succeeded\"}".to_owned(),
            1.0,
        ),
        (
            "gatewright_node_duration_seconds_count{type=\"start\",status=\"succeeded\"}"
                .to_owned(),
            2.0,
        ),
        (
            format!("gatewright_model_calls_total{small},outcome=\"answered\"}}"),
            1.0,
        ),
        (
            format!("gatewright_model_calls_total{small},outcome=\"failed\"}}"),
            1.0,
        ),
        (
            format!("gatewright_model_tokens_total{small},kind=\"prompt\"}}"),
            7.0,
        ),
        (
            format!("gatewright_model_tokens_total{small},kind=\"completion\"}}"),
            5.0,
        ),
    ] {
        let grew = figure(&after, &line) - figure(&before, &line);
        assert!(
            (grew - grown).abs() < f64::EPSILON,
            "{line} {grew}: {after}"
        );
    }
    // Of the answer that broke off the first piece came perhaps.
    let first = figure(
        &after,
        &format!("gatewright_model_first_token_seconds_count{small}}}"),
    );
    assert!((1.0..=2.0).contains(&first), "{after}");
    for line in ["gatewright_http_open_streams", "gatewright_runs_active"] {
        wait_until(line, async || figure(&world.scrape().await, line) == 0.0).await;
    }
    for (line, least) in [
        ("gatewright_queue_readable", 1.0),
        ("gatewright_pool_connections_max{pool=\"postgres\"}", 1.0),
        ("process_resident_memory_bytes", 1e6),
        ("process_open_fds", 5.0),
    ] {
        assert!(figure(&after, line) >= least, "{line}: {after}");
    }
    assert!(
        !after.contains(SECRET) && !after.contains(&world.app),
        "{after}"
    );
}

#[actix_web::test]
async fn figures_are_on_a_listener_of_their_own_on_the_loopback_with_bounded_labels() {
    let world = World::with(&[]).await;
    assert!(world.figures.starts_with("127.0.0.1:"), "{}", world.figures);
    let at_the_api = world.server.get("/metrics", &world.token).await.unwrap();
    assert_eq!(at_the_api.status(), 404);
    let before = world.scrape().await;
    for number in 0..50 {
        let path = format!("/console/api/nowhere-{number}/{SECRET}");
        world.server.get(&path, "none").await.unwrap();
        let path = format!("/openapi/v1/apps/{SECRET}-{number}/run");
        let method = format!("M{number}").parse().unwrap();
        let request = world
            .server
            .http
            .request(method, format!("{}{path}", world.server.url));
        request.send().await.unwrap();
    }
    let after = world.scrape().await;
    let more = after.lines().count() - before.lines().count();
    // A hundred requests made a handful of new label sets, of a histogram and a counter each.
    assert!(more < 100, "{more} lines more");
    assert!(!after.contains(SECRET) && !after.contains("M49"), "{after}");
    let elsewhere = format!("http://{}/", world.figures);
    assert_eq!(
        world
            .server
            .http
            .get(elsewhere)
            .send()
            .await
            .unwrap()
            .status(),
        404
    );
}

#[actix_web::test]
async fn server_without_a_port_for_figures_shows_none() {
    let db = TestDb::create().await;
    let server = Server::on(&db).await;
    assert!(!server.log().contains("metrics.ready"));
}

#[actix_web::test]
async fn run_is_a_trace_with_its_nodes_and_its_model_and_its_request_links_to_it() {
    let collector = Collector::start().await;
    let endpoint = collector.endpoint();
    let world = World::with(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint),
        ("OTEL_EXPORTER_OTLP_HEADERS", "x-key=hush%20hush"),
        ("OTEL_SERVICE_NAME", "tested"),
        (
            "OTEL_RESOURCE_ATTRIBUTES",
            "deployment.environment.name=test",
        ),
    ])
    .await;
    let caller = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";
    let said = world.ask(SECRET, Some(caller)).await;
    let run = said.last().unwrap()["data"]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let trace = run.replace('-', "");
    let mut spans: Vec<Span> = vec![];
    let mut request: Vec<Span> = vec![];
    wait_until("the spans come", async || {
        spans = collector.of_trace(&trace);
        request = collector.of_trace("0af7651916cd43dd8448eb211c80319c");
        spans.len() == 5 && request.len() == 1
    })
    .await;
    let named = |name: &str| {
        let mut of_name = spans.iter().filter(|span| span.name == name);
        let one = of_name
            .next()
            .unwrap_or_else(|| panic!("{name}: {spans:?}"));
        assert!(of_name.next().is_none(), "{name} twice");
        one
    };
    let root = named("run");
    assert_eq!((root.parent.as_str(), root.id.as_str()), ("", &trace[16..]));
    assert_eq!(root.attributes["gatewright.run.id"], run);
    assert_eq!(root.attributes["gatewright.app.id"], world.app);
    assert_eq!(root.attributes["gatewright.run.status"], "succeeded");
    assert_eq!(root.resource["service.name"], "tested");
    assert_eq!(root.resource["deployment.environment.name"], "test");
    for node in ["node start", "node llm", "node answer"] {
        let node = named(node);
        assert_eq!(node.parent, root.id, "{node:?}");
        assert!(
            root.began <= node.began && node.began <= node.ended && node.ended <= root.ended,
            "{spans:?}"
        );
    }
    let call = named("chat small");
    assert_eq!(call.parent, named("node llm").id);
    for (name, value) in [
        ("gen_ai.operation.name", "chat"),
        ("gen_ai.provider.name", "scripted"),
        ("gen_ai.request.model", "small"),
        ("gen_ai.usage.input_tokens", "7"),
        ("gen_ai.usage.output_tokens", "5"),
        ("gen_ai.response.finish_reasons", "stop"),
    ] {
        assert_eq!(call.attributes[name], value, "{call:?}");
    }
    let request = &request[0];
    assert_eq!(
        (request.parent.as_str(), request.kind),
        ("b7ad6b7169203331", 2)
    );
    assert_eq!(request.name, "POST /openapi/v1/apps/{app_id}/run");
    assert_eq!(request.links, [(trace.clone(), root.id.clone())]);
    let asked = lines(&world.server, "run_id", &run);
    let line = asked
        .iter()
        .find(|line| line["event"] == "http.request")
        .expect("its line");
    assert_eq!(
        line["request_id"],
        request.attributes["gatewright.request.id"]
    );
    assert_eq!(line["tenant_id"], root.attributes["gatewright.tenant.id"]);
    let left = asked
        .iter()
        .find(|line| line["event"] == "run.left_process");
    assert!(
        left.is_some_and(|line| line["tenant_id"] == root.attributes["gatewright.tenant.id"]),
        "{asked:?}"
    );
    let sent = collector.asked();
    assert!(
        sent.iter()
            .all(|one| one.target == "/v1/traces" && one.method == "POST")
    );
    assert!(
        sent.iter()
            .all(|one| one.header("x-key") == Some("hush hush"))
    );
    assert!(sent.iter().all(|one| !one.text().contains(SECRET)));
    assert!(!world.server.log().contains("hush"));
}

#[actix_web::test]
async fn collector_that_is_gone_costs_a_line_and_a_figure_and_comes_back() {
    let collector = Collector::start().await;
    collector.refuse(true);
    let endpoint = collector.endpoint();
    let world = World::with(&[("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint)]).await;
    let dropped = "gatewright_spans_dropped_total{reason=\"not_taken\"}";
    for _ in 0..2 {
        let before = figure(&world.scrape().await, dropped);
        assert_eq!(
            names(&world.ask("hello", None).await).last(),
            Some(&"workflow_finished")
        );
        wait_until("spans are dropped", async || {
            figure(&world.scrape().await, dropped) >= before + 5.0
        })
        .await;
    }
    assert_eq!(
        lines(&world.server, "event", "trace.collector_lost").len(),
        1
    );
    collector.refuse(false);
    world.ask("hello", None).await;
    wait_until("spans are taken", async || {
        figure(&world.scrape().await, "gatewright_spans_exported_total") > 0.0
    })
    .await;
    assert_eq!(
        lines(&world.server, "event", "trace.collector_back").len(),
        1
    );
}
