//! Schedules. Every worker looks; whoever inserts a tick's row enqueues its job, in one transaction,
//! so each tick fires once however many look. Of ticks that nobody was there for, the latest fires.

use std::str::FromStr as _;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use diesel::sql_types::{Text, Timestamptz};
use diesel_async::{
    AnsiTransactionManager, AsyncPgConnection, RunQueryDsl, TransactionManager as _,
};
use futures_util::future::BoxFuture;
use gatewright_domain::{IdGen, error::Unavailable};

use crate::{
    job::{Job, JobId},
    store::{enqueue, unavailable},
};

type Enqueue = Box<
    dyn for<'a> Fn(
            &'a mut AsyncPgConnection,
            JobId,
            DateTime<Utc>,
        ) -> BoxFuture<'a, Result<(), Unavailable>>
        + Send
        + Sync,
>;

/// Enqueues a job whenever its time comes.
pub struct Schedule {
    name: &'static str,
    times: cron::Schedule,
    zone: Tz,
    enqueue: Enqueue,
}

/// The expression is not one of cron's.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is no schedule: {1}")]
pub struct ScheduleError(String, String);

impl Schedule {
    /// `times` has six fields, seconds first, read in `zone`.
    ///
    /// # Errors
    /// When `times` cannot be read.
    pub fn new<J: Job + Clone + Sync>(
        name: &'static str,
        times: &str,
        zone: Tz,
        job: J,
    ) -> Result<Self, ScheduleError> {
        let times = cron::Schedule::from_str(times)
            .map_err(|error| ScheduleError(times.to_owned(), error.to_string()))?;
        let enqueue: Enqueue = Box::new(move |conn, id, now| {
            let job = job.clone();
            Box::pin(async move { enqueue(conn, id, &job, now, now).await })
        });
        Ok(Self {
            name,
            times,
            zone,
            enqueue,
        })
    }

    /// What it is called.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// When it fires next.
    pub fn next(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let local = now.with_timezone(&self.zone);
        self.times.after(&local).next().map(|at| at.to_utc())
    }

    /// The latest tick that is due.
    fn latest(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        // A tick of this very second is due, and `after` means after.
        let just_after = (now + chrono::TimeDelta::seconds(1)).with_timezone(&self.zone);
        self.times
            .after(&just_after)
            .next_back()
            .map(|at| at.to_utc())
            .filter(|at| *at <= now)
    }
}

/// All schedules of an installation.
#[derive(Default)]
pub struct Scheduler(Vec<Schedule>);

impl Scheduler {
    /// A scheduler that fires these schedules.
    pub fn new(schedules: Vec<Schedule>) -> Self {
        Self(schedules)
    }

    /// The schedules, in the order in which they were given.
    pub fn schedules(&self) -> &[Schedule] {
        &self.0
    }

    /// Fires what is due and was not fired. Returns the names of what this call fired.
    ///
    /// # Errors
    /// When the database does not answer: then the next call fires it.
    pub async fn tick(
        &self,
        conn: &mut AsyncPgConnection,
        ids: &dyn IdGen,
        now: DateTime<Utc>,
    ) -> Result<Vec<&'static str>, Unavailable> {
        let mut fired = vec![];
        for schedule in &self.0 {
            let Some(due) = schedule.latest(now) else {
                continue;
            };
            if fire(conn, schedule, JobId::generate(ids), due, now).await? {
                fired.push(schedule.name);
            }
        }
        Ok(fired)
    }
}

async fn fire(
    conn: &mut AsyncPgConnection,
    schedule: &Schedule,
    id: JobId,
    due: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<bool, Unavailable> {
    AnsiTransactionManager::begin_transaction(conn)
        .await
        .map_err(unavailable)?;
    let outcome = async {
        let is_ours = claim_tick(conn, schedule.name, due).await?;
        if is_ours {
            (schedule.enqueue)(conn, id, now).await?;
        }
        Ok(is_ours)
    }
    .await;
    let ended = match outcome {
        Ok(_) => AnsiTransactionManager::commit_transaction(conn).await,
        Err(_) => AnsiTransactionManager::rollback_transaction(conn).await,
    };
    outcome.and_then(|is_ours| ended.map(|()| is_ours).map_err(unavailable))
}

/// A later tick than any before it, or nothing: also a worker whose clock is behind fires none twice.
async fn claim_tick(
    conn: &mut AsyncPgConnection,
    name: &str,
    due: DateTime<Utc>,
) -> Result<bool, Unavailable> {
    let inserted = diesel::sql_query(
        "INSERT INTO gatewright_schedule_ticks (schedule, due_at) SELECT $1, $2 \
         WHERE NOT EXISTS (SELECT 1 FROM gatewright_schedule_ticks WHERE schedule = $1 AND due_at >= $2) \
         ON CONFLICT DO NOTHING",
    )
    .bind::<Text, _>(name)
    .bind::<Timestamptz, _>(due)
    .execute(conn)
    .await
    .map_err(unavailable)?;
    if inserted == 1 {
        // What is long past cannot fire again; the table stays small.
        diesel::sql_query(
            "DELETE FROM gatewright_schedule_ticks WHERE schedule = $1 AND due_at < $2",
        )
        .bind::<Text, _>(name)
        .bind::<Timestamptz, _>(due - chrono::TimeDelta::days(2))
        .execute(conn)
        .await
        .map_err(unavailable)?;
    }
    Ok(inserted == 1)
}
