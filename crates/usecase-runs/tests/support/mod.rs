//! Ports that do what a test says: a machine that follows a script, a runner that waits for a word, a store in memory.

pub(crate) mod recording;

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use gatewright_domain::Clock;
use gatewright_engine::{
    CallId, CallResult, Effect, Event, Failure, Happened, Happening, Micros, NodeCall, Start,
    call::{CodeAnswer, CodeCall, CodeLanguage, HttpBody, HttpCall, HttpMethod},
    happening::{FormRequired, NodeEnd, NodeRef, RunEnd, StartReason, Status},
};
use gatewright_run_events::{
    CreatedBy, Form, Json, MessageIdentity, Recipient, RecipientKind, RunEvent, RunLog,
};
use gatewright_usecase_runs::{
    Capacity, Commit, Committed, FormIssuer, Machine, NodeRunner, NodeWork, PortFuture, Ports,
    RunHandle, RunKey, RunPlan, RunRegistry, RunStore, StartError, StoreError,
};
use serde_json::{Map, json};
use tokio::sync::{Notify, Semaphore};
use uuid::Uuid;

pub(crate) const RUN: Uuid = Uuid::from_u128(7);

/// What the machine does when it hears something.
pub(crate) type Rule = Box<dyn FnMut(&Event) -> Vec<Effect> + Send>;

/// A machine that follows a rule.
pub(crate) struct Scripted(pub(crate) Rule);

// Only ever used by one task at a time.
impl Machine for Scripted {
    fn step(&mut self, clock: &dyn Fn() -> Micros, event: Event) -> Vec<Effect> {
        let mut effects = (self.0)(&event);
        for effect in &mut effects {
            if let Effect::Emit(happened) = effect {
                happened.at = clock();
            }
        }
        effects
    }

    fn state(&self) -> Result<Json, serde_json::Error> {
        Ok(Json::from(json!("state")))
    }
}

/// Answers of a machine, one behind the other, whatever it hears; a stop ends it.
pub(crate) fn script(steps: impl IntoIterator<Item = Vec<Effect>>) -> Box<dyn Machine> {
    let mut steps: VecDeque<_> = steps.into_iter().collect();
    let rule = move |event: &Event| match event {
        Event::Stop { reason } => finished(Status::Stopped, Some(reason)),
        _ => steps.pop_front().unwrap_or_default(),
    };
    Box::new(Scripted(Box::new(rule)))
}

/// It happens at the instant of its step.
pub(crate) fn emit(what: Happening) -> Effect {
    Effect::Emit(Happened { at: 0, what })
}

pub(crate) fn begins() -> Effect {
    emit(Happening::RunStarted {
        reason: StartReason::Initial,
    })
}

pub(crate) fn goes_on() -> Effect {
    emit(Happening::RunStarted {
        reason: StartReason::Resumption,
    })
}

pub(crate) fn node(execution: u64, node_type: &str) -> NodeRef {
    NodeRef {
        execution,
        node_id: format!("node{execution}"),
        node_type: node_type.to_owned(),
        title: "Title".to_owned(),
        within: Vec::new(),
    }
}

pub(crate) fn node_end(execution: u64, node_type: &str, status: Status) -> Box<NodeEnd> {
    Box::new(NodeEnd {
        node: node(execution, node_type),
        status,
        started_at: 1_000_000,
        inputs: Map::new().into(),
        process_data: Map::new().into(),
        outputs: Map::new().into(),
        error: None,
        metadata: Map::new().into(),
    })
}

pub(crate) fn node_started(execution: u64) -> Effect {
    emit(Happening::NodeStarted {
        node: node(execution, "code"),
    })
}

pub(crate) fn node_finished(execution: u64) -> Effect {
    emit(Happening::NodeFinished {
        end: node_end(execution, "code", Status::Succeeded),
    })
}

pub(crate) fn text(text: &str) -> Effect {
    emit(Happening::Text {
        selector: vec!["llm".to_owned(), "text".to_owned()],
        text: text.to_owned(),
    })
}

/// The end, and that it is one.
pub(crate) fn finished(status: Status, error: Option<&str>) -> Vec<Effect> {
    let end = RunEnd {
        status,
        outputs: Map::new().into(),
        error: error.map(str::to_owned),
        total_steps: 2,
        total_tokens: 0,
        exceptions_count: 0,
        started_at: 1_000_000,
    };
    vec![
        emit(Happening::RunFinished(Box::new(end))),
        Effect::Finished,
    ]
}

pub(crate) fn asks(execution: u64) -> Effect {
    emit(Happening::FormRequired(Box::new(FormRequired {
        node: node(execution, "human-input"),
        form_content: "Well?".to_owned(),
        form_template: "{{#a.b#}}?".to_owned(),
        inputs: Vec::new(),
        actions: Vec::new(),
        resolved_default_values: Map::new().into(),
        delivery_methods: Vec::new(),
        timeout_seconds: 60,
    })))
}

/// Waits for the form of this execution.
pub(crate) fn pauses(execution: u64) -> Vec<Effect> {
    let paused = Happening::Paused {
        waiting: vec![node(execution, "human-input")],
        outputs: Map::new().into(),
        total_steps: 1,
        total_tokens: 0,
        started_at: 1_000_000,
    };
    vec![emit(paused), Effect::Pause]
}

pub(crate) fn id(execution: u64) -> CallId {
    CallId {
        execution,
        attempt: 0,
    }
}

/// A call that may be done twice.
pub(crate) fn calls_code(execution: u64) -> Effect {
    let call = CodeCall {
        language: CodeLanguage::Python3,
        code: String::new(),
        inputs: Map::new(),
    };
    Effect::Call {
        id: id(execution),
        node_id: format!("node{execution}"),
        call: NodeCall::Code(Box::new(call)),
    }
}

/// A call that must not be done twice.
pub(crate) fn posts(execution: u64) -> Effect {
    let call = HttpCall {
        method: HttpMethod::Post,
        url: "http://example.test/".to_owned(),
        params: Vec::new(),
        headers: Vec::new(),
        secret_header: None,
        body: HttpBody::None,
        timeout: [0; 3],
        ssl_verify: true,
        fail_on_status: false,
    };
    Effect::Call {
        id: id(execution),
        node_id: format!("node{execution}"),
        call: NodeCall::Http(Box::new(call)),
    }
}

pub(crate) fn plan(chat: bool) -> RunPlan {
    RunPlan {
        key: RunKey {
            run_id: RUN,
            epoch: 1,
        },
        task_id: Uuid::from_u128(8),
        tenant_id: Uuid::from_u128(9),
        app_id: Uuid::from_u128(10),
        workflow_id: Uuid::from_u128(11),
        message: chat.then(|| MessageIdentity {
            conversation_id: "c".to_owned(),
            message_id: "m".to_owned(),
            created_at: 1,
        }),
        dialogue: None,
        surface: gatewright_usecase_runs::Surface::Service,
        created_by: CreatedBy::EndUser {
            id: "e".to_owned(),
            user: "u".to_owned(),
        },
        inputs: Json::object(),
        stored_inputs: Json::object(),
    }
}

/// Two and a half seconds after the epoch, always.
#[derive(Debug)]
pub(crate) struct StandingClock;

impl Clock for StandingClock {
    fn now(&self) -> chrono::DateTime<chrono::Utc> {
        chrono::DateTime::from_timestamp_micros(2_500_000).unwrap()
    }
}

pub(crate) struct Forms;

impl FormIssuer for Forms {
    fn issue(&self, _plan: &RunPlan, required: &FormRequired, now: i64) -> Form {
        Form {
            form_id: format!("form{}", required.node.execution),
            node_id: required.node.node_id.clone(),
            node_title: required.node.title.clone(),
            form_content: required.form_content.clone(),
            form_template: required.form_content.clone(),
            inputs: Json::of(&required.inputs).unwrap(),
            actions: Json::of(&required.actions).unwrap(),
            display_in_ui: true,
            recipients: vec![Recipient {
                kind: RecipientKind::StandaloneWebApp,
                token: "token".to_owned(),
            }],
            resolved_default_values: Json::object(),
            expiration_time: now + 60,
        }
    }
}

/// Keeps commits, and answers as it is told: first what stands in `answers`, then well. Each commit waits for a permit.
pub(crate) struct Memory {
    pub(crate) commits: Mutex<Vec<Commit>>,
    pub(crate) answers: Mutex<VecDeque<Result<Committed, StoreError>>>,
    pub(crate) gate: Semaphore,
}

impl RunStore for Memory {
    fn commit(&self, commit: Commit) -> PortFuture<'_, Result<Committed, StoreError>> {
        Box::pin(async {
            self.gate.acquire().await.unwrap().forget();
            let answer = self.answers.lock().unwrap().pop_front();
            let answer = answer.unwrap_or_else(|| Ok(Committed::default()));
            if answer.is_ok() {
                self.commits.lock().unwrap().push(commit);
            }
            answer
        })
    }
}

/// What a runner that follows a script does with each call.
pub(crate) enum Does {
    /// Says these pieces, and what it thinks, and answers.
    Says(Vec<&'static str>, Option<&'static str>),
    /// Answers when the test says so.
    Waits,
    /// Fails in a way that nobody foresaw.
    Panics,
}

pub(crate) struct Runner {
    pub(crate) does: Does,
    pub(crate) begun: Mutex<Vec<String>>,
    pub(crate) ended: Arc<Mutex<Vec<String>>>,
    pub(crate) word: Arc<Notify>,
}

/// Notes that a call is over, however it ended.
struct Over(String, Arc<Mutex<Vec<String>>>);

impl Drop for Over {
    fn drop(&mut self) {
        self.1.lock().unwrap().push(self.0.clone());
    }
}

impl NodeRunner for Runner {
    fn run(&self, work: NodeWork) -> PortFuture<'static, Result<CallResult, Failure>> {
        self.begun.lock().unwrap().push(work.node_id.clone());
        let over = Over(work.node_id.clone(), Arc::clone(&self.ended));
        let signal = Arc::clone(&self.word);
        let (pieces, thought, waits, panics) = match &self.does {
            Does::Says(pieces, thought) => (pieces.clone(), *thought, false, false),
            Does::Waits => (Vec::new(), None, true, false),
            Does::Panics => (Vec::new(), None, false, true),
        };
        Box::pin(async move {
            let _over = over;
            assert!(!panics, "as the test wants");
            if let Some(thought) = thought {
                work.report.reasoning(thought.to_owned()).await;
            }
            for piece in pieces {
                work.report.text(piece.to_owned()).await;
            }
            if waits {
                signal.notified().await;
            }
            Ok(CallResult::Code(Box::new(CodeAnswer { result: json!({}) })))
        })
    }
}

/// A registry over these ports.
pub(crate) struct Bench {
    pub(crate) store: Arc<Memory>,
    pub(crate) runner: Arc<Runner>,
    pub(crate) registry: Arc<RunRegistry>,
}

pub(crate) fn bench(does: Does) -> Bench {
    let store = Arc::new(Memory {
        commits: Mutex::default(),
        answers: Mutex::default(),
        gate: Semaphore::new(1_000),
    });
    let runner = Arc::new(Runner {
        does,
        begun: Mutex::default(),
        ended: Arc::default(),
        word: Arc::default(),
    });
    let ports = Ports {
        runner: Arc::<Runner>::clone(&runner),
        store: Arc::<Memory>::clone(&store),
        forms: Arc::new(Forms),
        clock: Arc::new(StandingClock),
    };
    let capacity = Capacity {
        runs: 2,
        log_bytes: 8 << 20,
    };
    Bench {
        store,
        runner,
        registry: Arc::new(RunRegistry::new(ports, capacity)),
    }
}

impl Bench {
    pub(crate) async fn start(
        &self,
        chat: bool,
        machine: Box<dyn Machine>,
    ) -> Result<RunHandle, StartError> {
        self.registry
            .start(plan(chat), machine, Start::default())
            .await
    }

    pub(crate) fn answers(&self, answers: impl IntoIterator<Item = Result<Committed, StoreError>>) {
        self.store.answers.lock().unwrap().extend(answers);
    }

    pub(crate) fn commits(&self) -> usize {
        self.store.commits.lock().unwrap().len()
    }

    pub(crate) fn begun(&self) -> Vec<String> {
        self.runner.begun.lock().unwrap().clone()
    }

    pub(crate) fn ended(&self) -> Vec<String> {
        self.runner.ended.lock().unwrap().clone()
    }
}

/// Lets other tasks go on until something holds. Fails when it never does.
pub(crate) async fn until(mut holds: impl FnMut() -> bool) {
    for _ in 0..10_000 {
        if holds() {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("it never came to that");
}

/// The names of all events of a log that has been closed.
pub(crate) async fn names(log: &Arc<RunLog>) -> Vec<&'static str> {
    events(log).await.iter().map(name).collect()
}

/// All events of a log that has been closed.
pub(crate) async fn events(log: &Arc<RunLog>) -> Vec<RunEvent> {
    let mut reader = log.reader(0, true);
    let mut events = Vec::new();
    while let Some(batch) = reader.next().await.unwrap() {
        events.extend(batch.events.iter().map(|event| event.as_ref().clone()));
    }
    events
}

pub(crate) fn name(event: &RunEvent) -> &'static str {
    match event {
        RunEvent::WorkflowStarted(_) => "workflow_started",
        RunEvent::NodeStarted(_) => "node_started",
        RunEvent::NodeFinished(_) => "node_finished",
        RunEvent::NodeRetry(_) => "node_retry",
        RunEvent::TextChunk(_) => "text",
        RunEvent::TextReplace(_) => "text_replace",
        RunEvent::ReasoningChunk(_) => "reasoning",
        RunEvent::MessageEnd(_) => "message_end",
        RunEvent::HumanInputRequired(_) => "human_input_required",
        RunEvent::WorkflowPaused(_) => "workflow_paused",
        RunEvent::WorkflowFinished(_) => "workflow_finished",
        RunEvent::Error(_) => "error",
        _ => "other",
    }
}
