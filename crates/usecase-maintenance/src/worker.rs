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
    settings::MaintenanceSettings,
};
use gatewright_usecase_kit::mail::{MailSender, SendFormMail, SendMail};
use gatewright_usecase_kit::{DeleteContents, DeleteConversation};

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
pub fn schedules(settings: &MaintenanceSettings) -> Result<Scheduler, ScheduleError> {
    let zone = settings.tz();
    // Seconds first; `*/1` is every day.
    let daily = |minute: u32| format!("0 {minute} 5 */{} * *", settings.every_days);
    let table = [
        (
            settings.bearers,
            "clean_oauth_access_tokens_task",
            0,
            Purge::Bearers,
        ),
        (settings.sessions, "clean_sessions", 10, Purge::Sessions),
        (
            settings.invitations,
            "clean_invitations",
            20,
            Purge::Invitations,
        ),
        (
            settings.dead_letters,
            "clean_dead_letters",
            30,
            Purge::DeadLetters,
        ),
        (settings.audit, "clean_audit", 40, Purge::Audit),
        // Nobody else keeps these.
        (true, "clean_apps", 50, Purge::Apps),
    ];
    let on = table.into_iter().filter(|(is_on, ..)| *is_on);
    let list = on.map(|(_, name, minute, purge)| {
        Schedule::new(name, &daily(minute), zone, CleanUp { purge })
    });
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
