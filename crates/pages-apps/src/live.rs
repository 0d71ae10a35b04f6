//! A run's page while the run goes on: its changing part as server-sent events, written by the template that the page itself is
//! written by. The script of the page puts them in their place and knows nothing else.

use std::{sync::Arc, time::Duration};

use actix_web::{
    HttpRequest, HttpResponse,
    rt::time::timeout,
    web::{Bytes, Data, Path},
};
use askama::Template as _;
use futures_util::stream;
use gatewright_http_kit::event_stream;
use gatewright_run_service::{RunService, Talk};
use gatewright_usecase_apps::Apps;

use super::{
    progress::{News, Progress},
    run::{RunPath, Seen},
    state::{RunState, is_running},
};
use gatewright_pages_kit::guard::csrf_token;
use gatewright_run_form::problem;

/// What happens within this time is shown at once: a quick loop has hundreds of nodes a second.
const GATHER: Duration = Duration::from_millis(200);
/// How often a run is looked at that goes on in another process, or waits.
const LOOK: Duration = Duration::from_secs(1);
/// Silence after which a comment is sent: whoever is gone is noticed.
const SILENCE: Duration = Duration::from_secs(15);
/// Looks and texts after which a stream ends. The browser comes again by itself, and is asked again who it is.
const MAX_EVENTS: u32 = 600;

/// Streams what changes on the page of a run. Whoever may not see it gets the answer that the page gives.
pub(super) async fn get(
    apps: Data<Apps>,
    runs: Data<RunService>,
    path: Path<RunPath>,
    request: HttpRequest,
) -> HttpResponse {
    let seen = match Seen::of(&apps, &runs, &path, &request).await {
        Ok(seen) => seen,
        Err(answer) => return answer,
    };
    let talk = match runs.talk(&seen.trace).await {
        Ok(talk) => talk,
        Err(error) => return problem::of_run(seen.visit.language, &error),
    };
    let live = Live {
        talk,
        token: csrf_token(&request, &seen.visit.session),
        progress: None,
        shown: String::new(),
        events: 0,
        is_over: false,
        runs: runs.into_inner(),
        seen,
    };
    let body = stream::unfold(live, |mut live| async {
        let event = live.next().await?;
        Some((Ok::<_, actix_web::Error>(Bytes::from(event)), live))
    });
    event_stream("no-store").streaming(body)
}

/// One open stream.
struct Live {
    runs: Arc<RunService>,
    seen: Seen,
    token: String,
    /// What was said before, which does not change.
    talk: Option<Talk>,
    /// What the run says, while it is under way in this process.
    progress: Option<Progress>,
    /// The state that was sent last.
    shown: String,
    events: u32,
    is_over: bool,
}

impl Live {
    /// The next event; none when the stream is over. The first one is the state, whatever it is.
    async fn next(&mut self) -> Option<String> {
        if self.is_over || self.events >= MAX_EVENTS {
            return None;
        }
        self.events += 1;
        if self.events == 1 {
            return Some(self.state().await);
        }
        loop {
            match self.news().await {
                News::Text(text) if text.is_empty() => {}
                News::Text(text) => return Some(event("text", &text)),
                News::State | News::End => {
                    let state = self.state().await;
                    if !state.is_empty() {
                        return Some(state);
                    }
                }
                News::Nothing => return Some(": still here\n\n".to_owned()),
            }
        }
    }

    async fn news(&mut self) -> News {
        let Some(progress) = &mut self.progress else {
            actix_web::rt::time::sleep(LOOK).await;
            return News::State;
        };
        let Ok(news) = timeout(SILENCE, progress.next()).await else {
            return News::Nothing;
        };
        match news {
            News::State => {
                let all = async { while progress.next().await != News::End {} };
                if timeout(GATHER, all).await.is_ok() {
                    self.progress = None;
                }
            }
            News::End => self.progress = None,
            _ => {}
        }
        news
    }

    /// The state when it is another than was sent last; empty otherwise. With the end of the run the stream ends.
    async fn state(&mut self) -> String {
        let (app, run) = (self.seen.app.id, self.seen.trace.run.id);
        let (workspace, seen) = (self.seen.visit.workspace.id, self.seen.trace.clone());
        let found = self.runs.trace_again(workspace, app, seen);
        match found.await {
            Ok(Some(trace)) => self.seen.trace = trace,
            // The browser comes again, and the page says what is the matter.
            _ => {
                self.is_over = true;
                return String::new();
            }
        }
        if self.progress.is_none() {
            self.progress = self.runs.watch(app, run).map(Progress::new);
        }
        if let Some(progress) = &mut self.progress {
            progress.catch_up();
        }
        let text = self.progress.as_ref().map_or("", Progress::text);
        let trace = &self.seen.trace;
        let state = RunState::new(&self.seen.visit, trace, self.token.clone(), text);
        let state = state.within(self.talk.as_ref()).at(self.seen.path());
        let state = state.render().unwrap_or_default();
        let mut events = String::new();
        if state != self.shown {
            events = event("state", &state);
            self.shown = state;
        }
        if !is_running(&trace.run) && trace.run.status != "paused" {
            self.is_over = true;
            events.push_str(&event("end", ""));
        }
        events
    }
}

/// One event; its data is a JSON text, which has no line breaks.
fn event(name: &str, text: &str) -> String {
    format!("event: {name}\ndata: {}\n\n", serde_json::json!(text))
}
