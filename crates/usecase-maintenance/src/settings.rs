//! Settings of housekeeping: each schedule has a switch.

use chrono_tz::Tz;
use gatewright_domain::{settings, settings::SettingError};

settings! {
    /// Housekeeping by the worker's schedules.
    pub struct MaintenanceSettings {
        /// The time zone that schedules are read in.
        LOG_TZ => zone: String = "UTC".into(), "Europe/Zurich";
        /// Every so many days of a month, 1 to 31.
        CELERY_BEAT_SCHEDULER_TIME => every_days: u32 = 1, "1";
        /// Whether dead bearers are deleted.
        ENABLE_CLEAN_OAUTH_ACCESS_TOKENS_TASK => bearers: bool = true, "true";
        /// Days that a revoked or expired bearer is kept.
        OAUTH_ACCESS_TOKEN_RETENTION_DAYS => bearer_days: u32 = 30, "30";
        /// Whether ended console sessions, redemptions of device grants and records of mails are deleted.
        GATEWRIGHT_CLEAN_SESSIONS => sessions: bool = true, "true";
        /// Days that these are kept.
        GATEWRIGHT_SESSION_RETENTION_DAYS => session_days: u32 = 30, "30";
        /// Whether expired invitations, and accounts that were invited and never came, are deleted.
        GATEWRIGHT_CLEAN_INVITATIONS => invitations: bool = true, "true";
        /// Days that an expired invitation is kept.
        GATEWRIGHT_INVITATION_RETENTION_DAYS => invitation_days: u32 = 30, "30";
        /// Whether dead letters are deleted.
        GATEWRIGHT_CLEAN_DEAD_LETTERS => dead_letters: bool = true, "true";
        /// Days that a dead letter is kept.
        GATEWRIGHT_DEAD_LETTER_RETENTION_DAYS => dead_letter_days: u32 = 30, "30";
        /// Whether forms of runs whose time is over are ended, so that their runs go on without an answer.
        ENABLE_HUMAN_INPUT_TIMEOUT_TASK => forms: bool = true, "true";
        /// Minutes between two looks, 1 to 59.
        HUMAN_INPUT_TIMEOUT_TASK_INTERVAL => form_minutes: u32 = 1, "1";
        /// Seconds after which a form is expired and its run stopped, however long its node would wait.
        HUMAN_INPUT_GLOBAL_TIMEOUT_SECONDS => form_seconds: u32 = 604_800, "604800";
        /// Whether old events of the audit trail are deleted.
        GATEWRIGHT_CLEAN_AUDIT => audit: bool = false, "true";
        /// Days that events are kept, at least 30.
        GATEWRIGHT_AUDIT_RETENTION_DAYS => audit_days: u32 = 400, "400";
    }
}

impl MaintenanceSettings {
    fn validate(&self) -> Result<(), SettingError> {
        let fail = |name, problem: &str, example| {
            Err(SettingError {
                name,
                problem: problem.into(),
                example,
            })
        };
        if self.zone.parse::<Tz>().is_err() {
            return fail("LOG_TZ", "is no IANA time zone", "Europe/Zurich");
        }
        if !(1..=31).contains(&self.every_days) {
            return fail("CELERY_BEAT_SCHEDULER_TIME", "must be from 1 to 31", "1");
        }
        if !(1..=59).contains(&self.form_minutes) {
            return fail(
                "HUMAN_INPUT_TIMEOUT_TASK_INTERVAL",
                "must be from 1 to 59",
                "1",
            );
        }
        if self.form_seconds < 1 {
            return fail(
                "HUMAN_INPUT_GLOBAL_TIMEOUT_SECONDS",
                "must be positive",
                "604800",
            );
        }
        if self.audit_days < 30 {
            return fail(
                "GATEWRIGHT_AUDIT_RETENTION_DAYS",
                "must be at least 30",
                "400",
            );
        }
        Ok(())
    }

    /// The time zone.
    pub fn tz(&self) -> Tz {
        self.zone.parse().unwrap_or(Tz::UTC)
    }
}
