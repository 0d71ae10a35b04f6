//! One run: takes what happens, asks the engine, keeps, tells, and begins what is to be done, in this order.

mod goes_on;
mod judged;

use std::{collections::VecDeque, sync::Arc};

use gatewright_domain::Clock;
use gatewright_engine::{Event, Micros};
use gatewright_run_events::{Json, RunError, RunEvent, RunLog, RunStatus};
use tokio::sync::{mpsc, oneshot};

pub(crate) use self::goes_on::GoesOn;
use crate::{
    Checkpoint, Commit, Committed, Machine, OutputRule, Ports, Record, RunObserver, RunPlan,
    RunStore, StoreError, Wake,
    calls::{Calls, News},
    commit::{Outcome, Step, Waiting, comes_from_the_world, keeps_answer},
    judging::Judging,
    memory::{Memory, Stored},
    micros::unix_seconds,
    observer,
    stamp::{Stamp, ended_as},
    words::Watch,
};

/// What others ask of a task.
#[derive(Debug)]
pub(crate) enum Command {
    /// Happens to the run.
    Event(Box<Event>),
    /// Leave the run to another process as soon as nothing is under way that must not be begun twice.
    HandOver,
}

/// What a task begins with.
pub(crate) struct Begin {
    pub(crate) plan: Arc<RunPlan>,
    pub(crate) machine: Box<dyn Machine>,
    pub(crate) memory: Memory,
    pub(crate) tells_text: bool,
    pub(crate) log: Arc<RunLog>,
    pub(crate) goes_on: GoesOn,
    pub(crate) commands: mpsc::Receiver<Command>,
    pub(crate) observer: Option<Arc<dyn RunObserver>>,
    pub(crate) begun: oneshot::Sender<Result<(), StoreError>>,
}

/// The task of one run in this process.
pub(crate) struct RunTask {
    plan: Arc<RunPlan>,
    machine: Box<dyn Machine>,
    log: Arc<RunLog>,
    store: Arc<dyn RunStore>,
    clock: Arc<dyn Clock>,
    stamp: Stamp,
    /// Where somebody judges the answer.
    judging: Option<Judging>,
    calls: Calls,
    waiting: Waiting,
    /// Events that come before anything from outside.
    ahead: VecDeque<Event>,
    commands: mpsc::Receiver<Command>,
    /// Told when the run is in storage for the first time, or why it is not.
    begun: Option<oneshot::Sender<Result<(), StoreError>>>,
    leaving: bool,
    goes_on: GoesOn,
}

impl RunTask {
    pub(crate) fn new(begin: Begin, ports: &Ports) -> Self {
        let Begin {
            plan,
            machine,
            memory,
            tells_text,
            log,
            goes_on,
            commands,
            observer,
            begun,
        } = begin;
        let rule = plan
            .dialogue
            .as_deref()
            .and_then(|dialogue| dialogue.output_rule.clone());
        let (words, judge) = match rule {
            None => (None, None),
            Some(OutputRule::Words(words)) => (Some(words), None),
            Some(OutputRule::Judged(judge)) => (None, Some(judge)),
        };
        Self {
            stamp: Stamp {
                watch: words.map(|rule| Watch::new(rule, &memory.said.whole())),
                plan: Arc::clone(&plan),
                memory,
                forms: Arc::clone(&ports.forms),
                tells_text,
                observer,
            },
            judging: judge.map(Judging::new),
            calls: Calls::new(Arc::clone(&plan), Arc::clone(&ports.runner)),
            store: Arc::clone(&ports.store),
            clock: Arc::clone(&ports.clock),
            waiting: Waiting::default(),
            ahead: VecDeque::new(),
            begun: Some(begun),
            leaving: false,
            goes_on,
            plan,
            machine,
            log,
            commands,
        }
    }

    /// Runs until the run is over, waits, or is somebody else's. `first` are the events that it begins with.
    pub(crate) async fn run(mut self, first: Vec<Event>) {
        self.ahead.extend(first);
        let mut outcome = Outcome::Goes;
        loop {
            if outcome == Outcome::Waits {
                self.heard_while_pausing();
            }
            let event = match (self.ahead.pop_front(), outcome) {
                (Some(event), _) => event,
                (None, Outcome::Goes | Outcome::Yields) => match self.next(outcome).await {
                    Ok(Some(event)) => event,
                    Ok(None) => return,
                    Err(error) => return self.broken(error),
                },
                (None, Outcome::Waits | Outcome::Over) => {
                    if outcome == Outcome::Waits {
                        self.goes_on.set();
                    }
                    return;
                }
            };
            match self.turn(event).await {
                Ok(Outcome::Over) => return,
                Ok(next) => outcome = next,
                Err(error) => return self.broken(error),
            }
        }
    }

    /// The run waits, and this task is about to end, unless something was sent to it until now. Whoever comes later is refused.
    fn heard_while_pausing(&mut self) {
        self.drain();
        if self.ahead.is_empty() {
            self.commands.close();
            self.drain();
        }
    }

    fn drain(&mut self) {
        while let Ok(command) = self.commands.try_recv() {
            let Command::Event(event) = command else {
                continue;
            };
            let resumes = self.ahead.is_empty() && !matches!(*event, Event::Stop { .. });
            self.ahead.extend(resumes.then_some(Event::Resume));
            self.ahead.push_back(*event);
        }
    }

    /// What happens next; nothing when the run was left to others. A run that can do more at once lets others go first, and hears what
    /// was sent to it.
    async fn next(&mut self, outcome: Outcome) -> Result<Option<Event>, StoreError> {
        let can_do_more = outcome == Outcome::Yields;
        if can_do_more {
            tokio::task::yield_now().await;
        }
        loop {
            if self.leaving && !self.calls.holds_unrepeatable() {
                let records = self.waiting.take();
                self.keep(records, Outcome::Goes).await?;
                return Ok(None);
            }
            tokio::select! {
                biased;
                Some(command) = self.commands.recv() => match command {
                    Command::Event(event) => return Ok(Some(*event)),
                    Command::HandOver => self.leaving = true,
                },
                news = self.calls.next() => match news {
                    News::Event(event) => return Ok(Some(event)),
                    News::Reasoning { node_id, text, is_final } => {
                        let event = self.stamp.reasoning(&node_id, &text, is_final);
                        let _ = self.log.append(event);
                    }
                },
                (text, verdict) = Judging::next_of(self.judging.as_mut()) => self.judged(&text, verdict),
                () = std::future::ready(()), if can_do_more => return Ok(Some(Event::Continue)),
            }
        }
    }

    async fn turn(&mut self, event: Event) -> Result<Outcome, StoreError> {
        let from_the_world = comes_from_the_world(&event);
        let mut step = self.step(event).await;
        let records = std::mem::take(&mut step.records);
        let keep_first = step.keep_first || from_the_world && !records.is_empty();
        self.waiting.add(records);
        if !keep_first && !self.waiting.is_full() {
            return self.tell(step, Committed::default()).await;
        }
        let records = self.waiting.take();
        match self.keep(records, step.outcome).await {
            Ok(committed) => self.tell(step, committed).await,
            Err(StoreError::Rejected(reason)) if self.begun.is_none() => {
                self.fail(Some(step), &reason).await
            }
            Err(error) => Err(error),
        }
    }

    /// One step of the engine; what nobody waits for any more ends at once.
    async fn step(&mut self, event: Event) -> Step {
        let clock = &self.clock;
        let effects = self.machine.step(&|| instant(&**clock), event);
        let mut step = Step::default();
        for effect in effects {
            if keeps_answer(&effect) {
                step.events.extend(self.last_judgement().await);
            }
            step.take(effect, &mut self.stamp);
        }
        for call in step.cancelled.drain(..) {
            self.calls.cancel(call);
        }
        self.look();
        step
    }

    /// Tells readers, then begins what is to be done.
    async fn tell(&mut self, mut step: Step, committed: Committed) -> Result<Outcome, StoreError> {
        let over = step.outcome == Outcome::Over;
        if let Some(reason) = committed.stop.as_ref().filter(|_| over) {
            ended_as(&mut step.events, RunStatus::Stopped, reason);
        }
        self.observe(&step);
        for event in step.events {
            if self.log.append(event).is_err() && !over {
                return self
                    .fail(None, "The run said more than its log can hold.")
                    .await;
            }
        }
        if let Some(begun) = self.begun.take() {
            let _ = begun.send(Ok(()));
        }
        if over {
            return Ok(Outcome::Over);
        }
        if let Some(reason) = committed.stop {
            // Nothing new begins: the run ends with the next step.
            self.ahead.clear();
            self.ahead.push_back(Event::Stop { reason });
            return Ok(step.outcome);
        }
        self.hear_answers(committed.answered, step.outcome == Outcome::Waits);
        for (id, node_id, call) in step.calls {
            self.calls.begin(id, node_id, call);
        }
        for (id, after) in step.timers {
            self.calls.wait(id, after);
        }
        Ok(step.outcome)
    }

    /// Forms that the run waits for were answered while it was kept: it goes on with them. What it knows already is passed over.
    fn hear_answers(&mut self, answered: Vec<Wake>, waits: bool) {
        let forms = &self.stamp.memory.forms;
        let is_open = |wake: &Wake| wake.execution().is_none_or(|at| forms.contains_key(&at));
        let mut open = answered.into_iter().filter(is_open);
        if let Some(first) = open.next() {
            // Only a run that waits says that it goes on.
            let first = if waits {
                first.events()
            } else {
                first.event().into_iter().collect()
            };
            self.ahead.extend(first);
            self.ahead.extend(open.filter_map(Wake::event));
        }
    }

    /// Ends the run as failed, whatever the engine was about to do. What was not kept so far may be why: only the end is.
    async fn fail(&mut self, refused: Option<Step>, reason: &str) -> Result<Outcome, StoreError> {
        let end = refused.filter(|step| step.outcome == Outcome::Over);
        let mut step = match end {
            Some(end) => end,
            None => {
                let reason = reason.to_owned();
                self.step(Event::Stop { reason }).await
            }
        };
        ended_as(&mut step.events, RunStatus::Failed, reason);
        self.waiting.take();
        let records = self.end_of(&step.events);
        self.keep(records, Outcome::Over).await?;
        self.observe(&step);
        for event in step.events {
            // What ends a run is always taken.
            let _ = self.log.append(event);
        }
        Ok(Outcome::Over)
    }

    /// What is in storage now is told to whoever looks on.
    fn observe(&self, step: &Step) {
        if let Some(observer) = &self.stamp.observer {
            for event in &step.events {
                observer::tell(&**observer, &self.plan, event, step.lasted);
            }
        }
    }

    /// The records of an end alone.
    fn end_of(&self, events: &[RunEvent]) -> Vec<Record> {
        let message = self.plan.message.as_ref().map(|_| Record::Message {
            answer: self.stamp.memory.said.whole(),
            end: self.stamp.memory.message_end(Json::array()),
        });
        let end = events.iter().filter_map(|event| match event {
            RunEvent::WorkflowFinished(end) => Some(Record::Finished(end.clone())),
            _ => None,
        });
        message.into_iter().chain(end).collect()
    }

    /// Keeps records and the state behind them.
    async fn keep(
        &mut self,
        records: Vec<Record>,
        outcome: Outcome,
    ) -> Result<Committed, StoreError> {
        let checkpoint = if outcome == Outcome::Over {
            Checkpoint::Drop
        } else {
            self.checkpoint()?
        };
        let commit = Commit {
            plan: Arc::clone(&self.plan),
            key: self.plan.key,
            records,
            checkpoint,
        };
        self.store.commit(commit).await
    }

    fn checkpoint(&self) -> Result<Checkpoint, StoreError> {
        let stored = |engine: Json| {
            Json::of(&Stored {
                engine,
                memory: self.stamp.memory.without_tokens(),
            })
        };
        let state = self.machine.state().and_then(stored);
        let state = state.map_err(|error| {
            StoreError::Rejected(format!("The run's state cannot be kept: {error}"))
        })?;
        Ok(Checkpoint::Save(state))
    }

    /// The run cannot go on here. Readers hear of it, unless they never heard of the run; what is another process's they read from there.
    fn broken(&mut self, error: StoreError) {
        if error == StoreError::Conflict {
            // Whoever began it looks again.
            if let Some(begun) = self.begun.take() {
                let _ = begun.send(Err(error));
            }
            return;
        }
        tracing::warn!(
            event = "run.cannot_continue",
            run_id = %self.plan.key.run_id,
            %error,
            "a run cannot go on in this process"
        );
        match self.begun.take() {
            Some(begun) => {
                let _ = begun.send(Err(error));
            }
            None if error == StoreError::Fenced => self.goes_on.set(),
            None => {
                let error = RunEvent::Error(RunError::internal().after_start());
                let _ = self.log.append(error);
            }
        }
    }

    fn now(&self) -> Micros {
        instant(&*self.clock)
    }
}

/// Microseconds since 1970.
fn instant(clock: &dyn Clock) -> Micros {
    Micros::try_from(clock.now().timestamp_micros()).unwrap_or_default()
}

impl Drop for RunTask {
    /// However the task ends: nobody waits for ever.
    fn drop(&mut self) {
        if !self.goes_on.is_set() {
            self.log.close();
        }
        tracing::debug!(
            event = "run.left_process",
            run_id = %self.plan.key.run_id,
            at = unix_seconds(self.now()),
            "a run leaves this process"
        );
    }
}
