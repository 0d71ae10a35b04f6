//! Settings of retention, by Dify's names where it has one. Nothing of people is deleted unless one of them says so.

use std::time::Duration;

use gatewright_domain::{settings, settings::SettingError};
use uuid::Uuid;

use super::batches::Pace;

settings! {
    /// How long what apps and their users leave behind is kept.
    pub struct RetentionSettings {
        /// Whether old messages are deleted, with their files, feedback, and conversations of which nothing is left.
        ENABLE_CLEAN_MESSAGES => messages: bool = false, "true";
        /// Whether old runs are deleted, with their nodes, logs, forms and pauses.
        ENABLE_WORKFLOW_RUN_CLEANUP_TASK => runs: bool = false, "true";
        /// Whether files are deleted that end users uploaded long ago and that no message has. Runs of workflows that had one as an input keep its name only.
        GATEWRIGHT_CLEAN_FILES => files: bool = false, "true";
        /// Whether end users are deleted who came long ago and of whom nothing is left.
        GATEWRIGHT_CLEAN_END_USERS => end_users: bool = false, "true";
        /// Days that messages, runs, files and end users are kept, at least 1.
        SANDBOX_EXPIRED_RECORDS_RETENTION_DAYS => days: u32 = 30, "365";
        /// Rows that are looked at in one transaction, 1 to 10000; fewer when PostgreSQL does not get through with them in its time.
        SANDBOX_EXPIRED_RECORDS_CLEAN_BATCH_SIZE => batch: u32 = 1000, "1000";
        /// Milliseconds between two batches.
        SANDBOX_EXPIRED_RECORDS_CLEAN_BATCH_MAX_INTERVAL => pause_millis: u32 = 200, "200";
        /// Whether old runs are deleted by the two settings that follow.
        WORKFLOW_LOG_CLEANUP_ENABLED => run_logs: bool = false, "true";
        /// Days that runs are kept then, at least 1.
        WORKFLOW_LOG_RETENTION_DAYS => run_log_days: u32 = 30, "90";
        /// Runs that are looked at in one transaction, 1 to 10000.
        WORKFLOW_LOG_CLEANUP_BATCH_SIZE => run_log_batch: u32 = 100, "100";
        /// Ids of workflows, separated by commas: only their runs are deleted by it; empty: those of all.
        WORKFLOW_LOG_CLEANUP_SPECIFIC_WORKFLOW_IDS => run_log_workflows: String = String::new(), "0f0c1b5e-2c0e-4f5d-9a5e-0d6c3c2f7a11";
    }
}

/// Rows of the largest batch.
const MAX_BATCH: u32 = 10_000;

impl RetentionSettings {
    fn validate(&self) -> Result<(), SettingError> {
        let fail = |name, problem: &str, example| {
            Err(SettingError {
                name,
                problem: problem.into(),
                example,
            })
        };
        for (name, days) in [
            ("SANDBOX_EXPIRED_RECORDS_RETENTION_DAYS", self.days),
            ("WORKFLOW_LOG_RETENTION_DAYS", self.run_log_days),
        ] {
            if days == 0 {
                return fail(name, "must be at least 1", "30");
            }
        }
        for (name, size) in [
            ("SANDBOX_EXPIRED_RECORDS_CLEAN_BATCH_SIZE", self.batch),
            ("WORKFLOW_LOG_CLEANUP_BATCH_SIZE", self.run_log_batch),
        ] {
            if !(1..=MAX_BATCH).contains(&size) {
                return fail(name, "must be from 1 to 10000", "1000");
            }
        }
        if workflow_ids(&self.run_log_workflows).is_err() {
            return fail(
                "WORKFLOW_LOG_CLEANUP_SPECIFIC_WORKFLOW_IDS",
                "must be ids of workflows, separated by commas",
                "0f0c1b5e-2c0e-4f5d-9a5e-0d6c3c2f7a11",
            );
        }
        Ok(())
    }

    /// How fast rows are deleted.
    pub(super) fn pace(&self) -> Pace {
        self.pace_of(self.batch)
    }

    /// How fast runs are deleted by the settings of run logs.
    pub(super) fn run_log_pace(&self) -> Pace {
        self.pace_of(self.run_log_batch)
    }

    fn pace_of(&self, size: u32) -> Pace {
        Pace {
            size: i64::from(size),
            pause: Duration::from_millis(u64::from(self.pause_millis)),
        }
    }

    /// The workflows whose runs are deleted; none: those of all.
    pub(super) fn workflows(&self) -> Vec<Uuid> {
        // Checked when they were loaded.
        workflow_ids(&self.run_log_workflows).unwrap_or_default()
    }
}

fn workflow_ids(list: &str) -> Result<Vec<Uuid>, uuid::Error> {
    let words = list.split(',').map(str::trim).filter(|id| !id.is_empty());
    words.map(Uuid::parse_str).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workflow_that_is_no_id_is_refused_and_must_not_mean_all() {
        let with = |list: &str| RetentionSettings {
            run_log_workflows: list.into(),
            ..RetentionSettings::default()
        };
        let id = "0f0c1b5e-2c0e-4f5d-9a5e-0d6c3c2f7a11";
        assert_eq!(
            with(&format!(" {id} ,")).workflows(),
            [id.parse::<Uuid>().unwrap()]
        );
        assert!(with("").workflows().is_empty());
        assert!(with(&format!("{id},x")).validate().is_err());
    }

    #[test]
    fn nothing_of_people_is_deleted_by_default() {
        let settings = RetentionSettings::default();
        let on = [
            settings.messages,
            settings.runs,
            settings.run_logs,
            settings.files,
            settings.end_users,
        ];
        assert_eq!(on, [false; 5]);
    }
}
