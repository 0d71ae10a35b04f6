//! Readers of single members, and the macro that makes a body out of them: one declaration gives the
//! schema and what is read.

#![allow(
    missing_docs,
    clippy::option_option,
    clippy::unnecessary_wraps,
    reason = "outside: a problem was noted; inside: the member is absent"
)]

use chrono_tz::Tz;
use gatewright_domain::{
    Secret,
    account::{Email, check_password_policy},
    language::Language,
    text::visible_name,
};
use uuid::Uuid;

use super::fields::Fields;

/// Declares a body. Each member has a type, the schema's type, and a reader.
#[macro_export]
macro_rules! body {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $ty:ty as $schema:ty = $read:ident,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, $crate::reexport::utoipa::ToSchema)]
        pub struct $name {
            $($(#[$field_doc])* #[schema(value_type = $schema)] $field: $ty,)+
        }

        impl $crate::extract::FromFields for $name {
            fn from_fields(fields: &mut $crate::extract::Fields) -> Option<Self> {
                $(let $field = $crate::extract::read::$read(fields, stringify!($field));)+
                Some(Self { $($field: $field?,)+ })
            }
        }
    };
}

/// Invitations in one request.
const MOST_EMAILS: usize = 100;
/// Tags in one request.
const MOST_TAGS: usize = 200;

pub fn text(fields: &mut Fields, name: &str) -> Option<String> {
    fields.text(name)
}

pub fn optional(fields: &mut Fields, name: &str) -> Option<Option<String>> {
    Some(fields.optional_text(name))
}

pub fn secret(fields: &mut Fields, name: &str) -> Option<Secret> {
    fields.secret(name)
}

pub fn optional_secret(fields: &mut Fields, name: &str) -> Option<Option<Secret>> {
    if fields.is_absent(name) {
        return Some(None);
    }
    fields.secret(name).map(Some)
}

/// A new password, within the policy.
pub fn new_password(fields: &mut Fields, name: &str) -> Option<Secret> {
    let password = fields.secret(name)?;
    match check_password_policy(password.expose()) {
        Ok(()) => Some(password),
        Err(violation) => {
            fields.problem("value_error", name, violation);
            None
        }
    }
}

pub fn email(fields: &mut Fields, name: &str) -> Option<Email> {
    fields.parsed(name)
}

/// One of the languages of console.md §1.12.
pub fn language(fields: &mut Fields, name: &str) -> Option<String> {
    let tag = fields.text(name)?;
    if Language::or_default(Some(&tag)).tag == tag {
        return Some(tag);
    }
    fields.problem("value_error", name, "is not a supported language.");
    None
}

pub fn optional_language(fields: &mut Fields, name: &str) -> Option<Option<String>> {
    if fields.is_absent(name) {
        return Some(None);
    }
    language(fields, name).map(Some)
}

/// A time zone of IANA's.
pub fn timezone(fields: &mut Fields, name: &str) -> Option<String> {
    let zone = fields.text(name)?;
    if zone.parse::<Tz>().is_ok() {
        return Some(zone);
    }
    fields.problem("value_error", name, "is not a valid timezone.");
    None
}

pub fn optional_timezone(fields: &mut Fields, name: &str) -> Option<Option<String>> {
    if fields.is_absent(name) {
        return Some(None);
    }
    timezone(fields, name).map(Some)
}

pub fn theme(fields: &mut Fields, name: &str) -> Option<String> {
    let theme = fields.text(name)?;
    if matches!(theme.as_str(), "light" | "dark") {
        return Some(theme);
    }
    fields.problem("value_error", name, "must be light or dark");
    None
}

/// A name, as it is seen. Every name of a body is read here.
fn within(fields: &mut Fields, name: &str, (least, most): (usize, usize)) -> Option<String> {
    let name_seen = visible_name(&fields.text(name)?);
    if (least..=most).contains(&name_seen.chars().count()) {
        return Some(name_seen);
    }
    let problem = format!("must have from {least} to {most} characters");
    fields.problem("value_error", name, problem);
    None
}

/// The name of an account (console.md §7.9).
pub fn account_name(fields: &mut Fields, name: &str) -> Option<String> {
    within(fields, name, (3, 30))
}

/// The name that somebody gives who takes up an invitation.
pub fn short_name(fields: &mut Fields, name: &str) -> Option<String> {
    within(fields, name, (1, 30))
}

pub fn optional_short_name(fields: &mut Fields, name: &str) -> Option<Option<String>> {
    if fields.is_absent(name) {
        return Some(None);
    }
    short_name(fields, name).map(Some)
}

/// The name of a workspace.
pub fn workspace_name(fields: &mut Fields, name: &str) -> Option<String> {
    within(fields, name, (1, 255))
}

/// The name of a tag.
pub fn tag_name(fields: &mut Fields, name: &str) -> Option<String> {
    within(fields, name, (1, 50))
}

/// The member `type`, which cannot be a field's plain name.
const TYPE: &str = "type";

pub fn optional_type(fields: &mut Fields, _: &str) -> Option<Option<String>> {
    match fields.optional_text(TYPE) {
        Some(kind) if !kind.is_empty() => tag_type(fields, TYPE).map(Some),
        none => Some(none),
    }
}

/// What a tag is for.
pub fn tag_type(fields: &mut Fields, _: &str) -> Option<String> {
    let name = TYPE;
    let kind = fields.text(name)?;
    if matches!(kind.as_str(), "knowledge" | "app" | "snippet") {
        return Some(kind);
    }
    fields.problem("value_error", name, "must be knowledge, app or snippet");
    None
}

pub fn uuid(fields: &mut Fields, name: &str) -> Option<Uuid> {
    fields.parsed(name)
}

pub fn emails(fields: &mut Fields, name: &str) -> Option<Vec<String>> {
    let emails = fields.texts(name, MOST_EMAILS)?;
    if emails.is_empty() {
        fields.problem("too_short", name, "List should have at least 1 item");
        return None;
    }
    Some(emails)
}

pub fn tag_ids(fields: &mut Fields, name: &str) -> Option<Vec<Uuid>> {
    let texts = fields.texts(name, MOST_TAGS)?;
    let ids: Option<Vec<Uuid>> = texts
        .iter()
        .map(|text| Uuid::try_parse(text).ok())
        .collect();
    if ids.is_none() {
        fields.problem("value_error", name, "Each item should be a UUID");
    }
    ids
}
