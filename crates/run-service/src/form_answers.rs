//! Forms as surfaces use them: looked at, and answered once.

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use gatewright_auth::{
    bearer::RateLimiter as _,
    form_token::{TOKEN_CHARS, digest},
};
use gatewright_domain::{
    Class, Classify, ErrorKind,
    error::{RateLimited, Unavailable},
    ids::AppId,
};
use gatewright_storage_kit::StorageError;
use gatewright_storage_runs::{
    end_user,
    form::{self, FoundForm, Submission},
    lease::{self, Lease},
    run::Creator,
};
use gatewright_usecase_apps::App;
use gatewright_usecase_kit::Ctx;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::{
    LEASE_SECONDS, RunService, RunServiceError,
    end_users::session,
    form_check::{self, Misfit},
};

/// Where a form is shown: which recipients' tokens open it there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FormSurface {
    /// Programs that may use this app: tokens of the web app alone.
    Program(AppId),
    /// The page of the form: tokens of the web app, and of people who got a mail.
    Page,
}

impl FormSurface {
    fn takes(self, recipient: &str) -> bool {
        match self {
            Self::Program(_) => recipient == "standalone_web_app",
            Self::Page => matches!(
                recipient,
                "standalone_web_app" | "email_member" | "email_external"
            ),
        }
    }

    fn shows(self, app: Uuid) -> bool {
        match self {
            Self::Program(own) => own.0 == app,
            Self::Page => true,
        }
    }
}

/// A form that waits to be answered.
#[derive(Debug, Clone, PartialEq)]
pub struct OpenForm {
    /// The app whose run asks.
    pub app: AppId,
    /// What the author called the node that asks.
    pub title: String,
    /// Markdown, its variables filled in; `{{#$output.name#}}` marks the place of a field.
    pub content: String,
    /// Fields, as defined.
    pub inputs: Vec<Value>,
    /// Defaults that came from variables, by field, as texts.
    pub defaults: Map<String, Value>,
    /// Buttons, as defined.
    pub actions: Vec<Value>,
    /// When the form ends, in Unix seconds.
    pub expiration_time: i64,
}

/// An answer to a form.
#[derive(Debug, Clone)]
pub struct FormAnswer {
    /// The id of the button that was pressed.
    pub action: String,
    /// The answers by field.
    pub inputs: Map<String, Value>,
    /// Who answers, where that is known.
    pub by: Option<Creator>,
}

/// Why a form is not shown, or not answered.
#[derive(Debug, thiserror::Error)]
pub enum FormError {
    /// No token of any form, or one of another app's.
    #[error("Form not found")]
    NotFound,
    /// The token is good, but not here.
    #[error("This form cannot be answered here.")]
    OtherSurface,
    /// Somebody was faster.
    #[error("This form has already been submitted by another user, form_id={0}")]
    Submitted(Uuid),
    /// Its time is over, or its run.
    #[error("This form has expired, form_id={0}")]
    Expired(Uuid),
    /// The answer does not fit.
    #[error(transparent)]
    Misfit(#[from] Misfit),
    /// Too much from one address.
    #[error(transparent)]
    RateLimited(#[from] RateLimited),
    /// A store did not answer.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

gatewright_domain::from_charge!(FormError);

impl From<StorageError> for FormError {
    fn from(error: StorageError) -> Self {
        Self::Unavailable(error.into())
    }
}

impl Classify for FormError {
    fn class(&self) -> Class<'_> {
        match self {
            Self::NotFound => Class::not_found("form_not_found"),
            Self::OtherSurface => Class::forbidden("recipient_surface_mismatch")
                .hint("Answer it where its recipients are told of it: by the link of their mail, or in the console."),
            Self::Submitted(_) => {
                Class::new(ErrorKind::Precondition, "human_input_form_submitted")
            }
            Self::Expired(_) => Class::new(ErrorKind::Precondition, "human_input_form_expired"),
            Self::Misfit(_) => Class::invalid("invalid_form_data"),
            Self::RateLimited(limited) => limited.class("too_many_requests"),
            Self::Unavailable(error) => error.class(),
        }
    }
}

impl RunService {
    /// The form that a token opens.
    ///
    /// # Errors
    /// When there is none here, it was answered, its time is over, or PostgreSQL does not answer.
    pub async fn form(
        &self,
        ctx: &Ctx,
        surface: FormSurface,
        token: &str,
    ) -> Result<OpenForm, FormError> {
        let found = self.find_form(surface, token).await?;
        self.require_open(&found, ctx.now)?;
        let definition = definition(&found);
        let list = |name: &str| definition[name].as_array().cloned().unwrap_or_default();
        let defaults = definition["default_values"]
            .as_object()
            .into_iter()
            .flatten();
        let as_text = |value: &Value| match value {
            Value::String(text) => Value::String(text.clone()),
            other => Value::String(other.to_string()),
        };
        Ok(OpenForm {
            app: AppId(found.app_id),
            title: definition["node_title"]
                .as_str()
                .unwrap_or_default()
                .to_owned(),
            content: found.rendered_content.clone(),
            inputs: list("inputs"),
            defaults: defaults
                .map(|(name, value)| (name.clone(), as_text(value)))
                .collect(),
            actions: list("user_actions"),
            expiration_time: found.expiration_time.and_utc().timestamp(),
        })
    }

    /// Answers a form, and has its run go on, whichever process has it. Of several answers at once exactly one counts.
    ///
    /// # Errors
    /// As of [`Self::form`], and when the answer does not fit.
    pub async fn submit_form(
        &self,
        ctx: &Ctx,
        surface: FormSurface,
        token: &str,
        answer: FormAnswer,
    ) -> Result<(), FormError> {
        let found = self.find_form(surface, token).await?;
        self.require_open(&found, ctx.now)?;
        let run = found.run_id.ok_or(FormError::NotFound)?;
        let inputs = form_check::check(&definition(&found), &answer.action, answer.inputs)?;
        let data = Value::Object(inputs).to_string();
        let submission = Submission {
            form_id: found.id,
            action: &answer.action,
            data: &data,
            recipient_id: found.recipient_id,
            by: answer.by,
            at: ctx.now,
            made_after: self.made_after(ctx.now),
        };
        let goes_on = self.keep_answer(run, &submission).await?;
        self.go_on(run, goes_on).await;
        Ok(())
    }

    /// The user of an app by the name that the holder of its key uses, if they are known.
    ///
    /// # Errors
    /// When PostgreSQL does not answer.
    pub async fn known_user(
        &self,
        app: &App,
        user: &str,
    ) -> Result<Option<Creator>, RunServiceError> {
        let mut conn = self.pool.get().await?;
        let found = end_user::find(&mut conn, session(app, user)).await?;
        Ok(found.map(Creator::EndUser))
    }

    /// Pays for a page of a form, for whoever has no other credential than its token.
    ///
    /// # Errors
    /// When there were too many from this address, or Redis does not answer.
    pub async fn charge_form(&self, ctx: &Ctx) -> Result<(), FormError> {
        let key = ctx.address.limit_key();
        Ok(self.people.limiter.charge(&self.people.limit, &key).await?)
    }

    async fn find_form(&self, surface: FormSurface, token: &str) -> Result<FoundForm, FormError> {
        // What cannot be a token costs no look.
        if token.len() > TOKEN_CHARS || !token.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(FormError::NotFound);
        }
        let mut conn = self.pool.get().await?;
        let found = form::find_by_token(&mut conn, &digest(token)).await?;
        let found = found.filter(|form| surface.shows(form.app_id));
        let found = found.ok_or(FormError::NotFound)?;
        if !surface.takes(&found.recipient_type) {
            return Err(FormError::OtherSurface);
        }
        Ok(found)
    }

    fn require_open(&self, found: &FoundForm, now: DateTime<Utc>) -> Result<(), FormError> {
        let is_over = |at: NaiveDateTime| at.and_utc() <= now;
        match found.status.as_str() {
            "submitted" => Err(FormError::Submitted(found.id)),
            "waiting"
                if !found.is_run_over
                    && !is_over(found.expiration_time)
                    && found.created_at.and_utc() > self.made_after(now) =>
            {
                Ok(())
            }
            _ => Err(FormError::Expired(found.id)),
        }
    }

    /// Forms that were made before are expired.
    fn made_after(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        now - TimeDelta::seconds(self.people.form_seconds)
    }

    /// Keeps an answer, and takes the run if it waits for nothing but answers. The lease is locked first, as whoever writes the run
    /// does: a run pauses before or behind this, never in between.
    async fn keep_answer(
        &self,
        run: Uuid,
        submission: &Submission<'_>,
    ) -> Result<Option<Lease>, FormError> {
        let mut tx = self.pool.begin().await?;
        let leases = lease::lock(&mut tx, &[run]).await?;
        let Some(held) = leases.first() else {
            return Err(FormError::Expired(submission.form_id));
        };
        if !form::submit(&mut tx, submission).await? {
            let is_submitted = form::is_submitted(&mut tx, submission.form_id).await?;
            let form = submission.form_id;
            return Err(if is_submitted {
                FormError::Submitted(form)
            } else {
                FormError::Expired(form)
            });
        }
        let taken = if held.owner.is_none() {
            lease::take_waiting(&mut tx, run, self.people.owner, LEASE_SECONDS).await?
        } else {
            lease::request_wake(&mut tx, run).await?;
            None
        };
        tx.commit().await?;
        Ok(taken)
    }

    /// What was kept cannot be lost any more: whoever finds the run's lease lapsed reads the answer too.
    async fn go_on(&self, run: Uuid, taken: Option<Lease>) {
        let outcome = match taken {
            Some(lease) => self.take_up(lease).await,
            None => self.tell_answers(run).await,
        };
        if let Err(error) = outcome {
            tracing::warn!(
                event = "run.answer_waits",
                %run,
                %error,
                "a form was answered, and its run goes on a little later"
            );
        }
    }
}

fn definition(found: &FoundForm) -> Value {
    serde_json::from_str(&found.definition).unwrap_or_default()
}
