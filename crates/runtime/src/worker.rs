//! A worker, built from settings.

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use gatewright_auth::{
    account::{CodeKeys, InvitationKeys},
    form_token::FormKeys,
};
use gatewright_domain::error::Unavailable;
use gatewright_jobs::{QueueName, Runner, RunnerSettings, Scheduler};
use gatewright_mail::{Mailer, Templates};
use gatewright_objects::Objects;
use gatewright_usecase_kit::{
    AuditBaseKeys,
    mail::{MailDelivery, MailSender},
};
use gatewright_usecase_maintenance::{
    Cleaner, Emptier, FormMailer, JobConnections, end_user::EndUsers, handlers, schedules,
};

use crate::{platform::Platform, settings::ServerSettings};

/// How often a worker looks when nothing is announced.
const POLL: Duration = Duration::from_secs(1);
/// How often a worker asks whether announcements still reach it.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How long a worker that is told to stop may finish what it began.
const TIMEOUT: Duration = Duration::from_secs(30);

/// What a worker is to do.
#[derive(Debug, Clone)]
pub struct Duties {
    /// The queues it serves.
    pub queues: Vec<QueueName>,
    /// Jobs at the same time.
    pub concurrency: usize,
    /// Whether it fires schedules.
    pub schedules: bool,
    /// A job without a sign of life for so long is another worker's.
    pub lease: TimeDelta,
}

/// The worker.
///
/// # Errors
/// In words for whoever wrote the settings.
pub fn runner(
    platform: &Platform,
    settings: &ServerSettings,
    duties: Duties,
) -> Result<Runner<JobConnections>, String> {
    let delivery = Arc::new(MailDelivery {
        pool: platform.pool.clone(),
        mailer: Mailer::new(&settings.mail)?,
    });
    let mail_sender = MailSender {
        delivery: Arc::clone(&delivery),
        templates: Templates::load(settings.mail.templates.as_deref())
            .map_err(|error| error.to_string())?,
        codes: CodeKeys::new(&platform.master),
        invitations: InvitationKeys::new(&platform.master),
        urls: settings.urls.clone(),
    };
    let emptier = Emptier {
        pool: platform.pool.clone(),
        objects: Objects::new(&settings.objects),
    };
    let form_mailer = FormMailer {
        pool: platform.pool.clone(),
        delivery,
        templates: Templates::load(settings.mail.templates.as_deref())
            .map_err(|error| error.to_string())?,
        keys: FormKeys::new(&platform.master),
        urls: settings.urls.clone(),
    };
    let scheduler = if duties.schedules {
        scheduler(settings)?
    } else {
        Scheduler::default()
    };
    Ok(Runner {
        connections: JobConnections(platform.pool.clone()),
        handlers: handlers(
            Arc::new(mail_sender),
            Arc::new(cleaner(platform, settings)),
            Arc::new(emptier),
            Arc::new(form_mailer),
        ),
        scheduler,
        settings: RunnerSettings {
            queues: duties.queues,
            concurrency: duties.concurrency,
            lease: duties.lease,
            poll: POLL,
            heartbeat: HEARTBEAT,
            timeout: TIMEOUT,
        },
        clock: Arc::clone(&platform.env.clock),
        ids: Arc::clone(&platform.env.ids),
    })
}

/// The schedules that are switched on.
///
/// # Errors
/// In words for whoever wrote the settings.
pub fn scheduler(settings: &ServerSettings) -> Result<Scheduler, String> {
    schedules(&settings.maintenance, &settings.retention).map_err(|error| error.to_string())
}

/// What deletes what has outlived its use.
pub fn cleaner(platform: &Platform, settings: &ServerSettings) -> Cleaner {
    Cleaner {
        pool: platform.pool.clone(),
        settings: settings.maintenance.clone(),
        retention: settings.retention.clone(),
        bases: AuditBaseKeys::new(&platform.master),
        env: platform.env.clone(),
    }
}

/// What tells of end users, and erases them.
pub fn end_users(platform: &Platform, settings: &ServerSettings) -> EndUsers {
    EndUsers {
        pool: platform.pool.clone(),
        objects: Objects::new(&settings.objects),
        env: platform.env.clone(),
    }
}

/// A connection for looking after the queue.
///
/// # Errors
/// When the database does not answer.
pub async fn connection(platform: &Platform) -> Result<gatewright_storage_kit::Conn, Unavailable> {
    platform.pool.get().await
}
