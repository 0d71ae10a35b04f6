//! What a worker does: the handlers of all jobs, and the schedules.

use std::{sync::Arc, time::Duration};

use futures_util::{FutureExt as _, future::BoxFuture, stream::BoxStream};
use gatewright_domain::error::Unavailable;
use gatewright_jobs::{Connections, Handlers, Schedule, ScheduleError, Scheduler};
use gatewright_storage_kit::{Conn, Pool};

use super::{
    clean::{CleanUp, Cleaner, Purge},
    delete_contents::Emptier,
    end_forms::EndForms,
    form_mail::FormMailer,
    retention_settings::RetentionSettings,
    settings::MaintenanceSettings,
};
use gatewright_usecase_kit::mail::{MailSender, SendFormMail, SendMail};
use gatewright_usecase_kit::{DeleteApp, DeleteContents, DeleteConversation};

/// The pool, for the queue.
#[derive(Clone)]
pub struct JobConnections(pub Pool);

impl Connections for JobConnections {
    type Conn = Conn;

    fn get(&self) -> BoxFuture<'_, Result<Conn, Unavailable>> {
        self.0.get().boxed()
    }

    fn listen(&self, channel: &'static str, heartbeat: Duration) -> BoxStream<'static, ()> {
        self.0.listen(channel, heartbeat)
    }
}

/// Who does what.
pub fn handlers(
    mail_sender: Arc<MailSender>,
    cleaner: Arc<Cleaner>,
    emptier: Arc<Emptier>,
    form_mailer: Arc<FormMailer>,
) -> Handlers {
    let forms = Arc::clone(&cleaner);
    let conversations = Arc::clone(&cleaner);
    let apps = Arc::clone(&cleaner);
    Handlers::default()
        .with(move |running, job: SendFormMail| {
            let form_mailer = Arc::clone(&form_mailer);
            async move { form_mailer.send(running, job).await }
        })
        .with(move |running, _: EndForms| {
            let forms = Arc::clone(&forms);
            async move { forms.run_end_forms(running).await.map(drop) }
        })
        .with(move |running, job: DeleteConversation| {
            let cleaner = Arc::clone(&conversations);
            async move { cleaner.delete_conversation(running, job).await }
        })
        .with(move |running, job: DeleteApp| {
            let cleaner = Arc::clone(&apps);
            async move { cleaner.delete_app(running, job).await }
        })
        .with(move |running, job: SendMail| {
            let mail_sender = Arc::clone(&mail_sender);
            async move { mail_sender.send(running, job).await }
        })
        .with(move |running, job: CleanUp| {
            let cleaner = Arc::clone(&cleaner);
            async move { cleaner.run(running, job).await.map(drop) }
        })
        .with(move |running, job: DeleteContents| {
            let emptier = Arc::clone(&emptier);
            async move { emptier.run(running, job).await }
        })
}

/// The schedules that are switched on.
///
/// # Errors
/// When a schedule cannot be read.
pub fn schedules(
    settings: &MaintenanceSettings,
    retention: &RetentionSettings,
) -> Result<Scheduler, ScheduleError> {
    let zone = settings.tz();
    let purges = purges(settings, retention).into_iter();
    let on = purges.filter(|(is_on, ..)| *is_on);
    let list =
        on.map(|(_, name, times, purge)| Schedule::new(name, &times, zone, CleanUp { purge }));
    let mut list = list.collect::<Result<Vec<_>, _>>()?;
    if settings.forms {
        let times = format!("0 */{} * * * *", settings.form_minutes);
        let job = EndForms {};
        list.push(Schedule::new(
            "human_input_form_timeout",
            &times,
            zone,
            job,
        )?);
    }
    Ok(Scheduler::new(list))
}

/// Each purge: whether it is switched on, its name, its times, and what goes.
fn purges(
    settings: &MaintenanceSettings,
    retention: &RetentionSettings,
) -> [(bool, &'static str, String, Purge); 12] {
    let (every, daily) = (settings.every_days, 1);
    // The times are Dify's, where it has the task; what nobody else keeps is always cleaned.
    [
        (
            settings.bearers,
            "clean_oauth_access_tokens_task",
            at(5, 0, every),
            Purge::Bearers,
        ),
        (
            settings.sessions,
            "clean_sessions",
            at(5, 10, every),
            Purge::Sessions,
        ),
        (
            settings.invitations,
            "clean_invitations",
            at(5, 20, every),
            Purge::Invitations,
        ),
        (
            settings.dead_letters,
            "clean_dead_letters",
            at(5, 30, every),
            Purge::DeadLetters,
        ),
        (
            settings.audit,
            "clean_audit",
            at(5, 40, every),
            Purge::Audit,
        ),
        (true, "clean_apps", at(5, 50, every), Purge::Apps),
        (true, "clean_leftovers", at(5, 55, daily), Purge::Leftovers),
        (
            retention.runs,
            "clean_workflow_runs_task",
            at(0, 0, daily),
            Purge::Runs,
        ),
        (
            retention.run_logs,
            "clean_workflow_runlogs_precise",
            at(2, 0, daily),
            Purge::RunLogs,
        ),
        (
            retention.messages,
            "clean_messages",
            at(4, 0, every),
            Purge::Messages,
        ),
        (
            retention.files,
            "clean_files",
            at(4, 20, every),
            Purge::Files,
        ),
        (
            retention.end_users,
            "clean_end_users",
            at(4, 40, every),
            Purge::EndUsers,
        ),
    ]
}

/// At this time of every so many days; seconds first, and `*/1` is every day.
fn at(hour: u32, minute: u32, every_days: u32) -> String {
    format!("0 {minute} {hour} */{every_days} * *")
}
