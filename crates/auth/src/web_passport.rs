//! Passports of web apps (apps.md §1.3): what a browser shows on `/api` instead of an account. Signed under a key of their own, so that
//! none is a session and no session is one; those that Dify signed go on being good.

use chrono::{DateTime, TimeDelta, Utc};
use gatewright_crypto::{
    jws,
    keys::{KeyRing, MasterKeys, Purpose},
};
use gatewright_domain::ids::{AppId, EndUserId};
use serde_json::Value;

use crate::claims::{ClaimsError, Unverified, seal};

/// How long a passport is good. Who comes back before gets another one for the same user.
pub const LIFETIME: TimeDelta = TimeDelta::days(90);
/// From then on who comes back is given another one.
const FRESH: TimeDelta = TimeDelta::days(30);

const SUBJECT: &str = "Web API Passport";

/// Whose passport it is, and for which app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PassportClaims {
    /// The app that may be used with it.
    pub app: AppId,
    /// The code in the address of the app's page when it was made: another code, and it is worth nothing.
    pub code: String,
    /// The row of the visitor, an end user of the app.
    pub end_user: EndUserId,
}

/// A passport that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenPassport {
    /// What it says.
    pub claims: PassportClaims,
    /// When it ends; those of Dify never do.
    pub expires_at: Option<DateTime<Utc>>,
}

impl OpenPassport {
    /// Whether another one should take its place when its visitor comes back.
    pub fn is_to_renew(&self, now: DateTime<Utc>) -> bool {
        self.expires_at
            .is_none_or(|end| now > end - (LIFETIME - FRESH))
    }
}

/// The keys of passports.
#[derive(Debug, Clone)]
pub struct PassportKeys {
    own: KeyRing,
    dify: KeyRing,
}

impl PassportKeys {
    /// Derives them from the installation's keys.
    pub fn new(master: &MasterKeys) -> Self {
        Self {
            own: master.ring(Purpose::WebPassport),
            dify: master.shared_ring(),
        }
    }

    /// A passport that says this, from now on.
    pub fn seal(&self, claims: &PassportClaims, now: DateTime<Utc>) -> String {
        let (app, user) = (claims.app.to_string(), claims.end_user.to_string());
        let texts = [
            ("iss", app.as_str()),
            ("sub", SUBJECT),
            ("app_id", &app),
            ("app_code", &claims.code),
            ("end_user_id", &user),
        ];
        seal(&self.own, &texts, now, LIFETIME)
    }

    /// Reads a passport: one of ours while it lasts, or one of Dify's.
    ///
    /// # Errors
    /// When it is none, or is over.
    pub fn open(&self, token: &str, now: DateTime<Utc>) -> Result<OpenPassport, ClaimsError> {
        match Unverified::open(&self.own, token) {
            Ok(claims) => {
                let expires_at = Some(claims.require_live(now, LIFETIME)?);
                let text = |name: &str| claims.text(name).ok().map(str::to_owned);
                let claims = read(text).ok_or(ClaimsError::Shape)?;
                Ok(OpenPassport { claims, expires_at })
            }
            Err(_) => self.open_of_dify(token),
        }
    }

    /// Dify signs everything with one key: what is no passport of an anonymous visitor is told by its claims.
    fn open_of_dify(&self, token: &str) -> Result<OpenPassport, ClaimsError> {
        let claims = jws::verify_unnamed(&self.dify, token);
        let claims = claims.map_err(|_| ClaimsError::Signature)?;
        let is_of_another_kind = ["token_source", "user_id", "exp"]
            .iter()
            .any(|name| claims.contains_key(*name));
        if is_of_another_kind {
            return Err(ClaimsError::Shape);
        }
        let text = |name: &str| claims.get(name).and_then(Value::as_str).map(str::to_owned);
        Ok(OpenPassport {
            claims: read(text).ok_or(ClaimsError::Shape)?,
            expires_at: None,
        })
    }
}

fn read(text: impl Fn(&str) -> Option<String>) -> Option<PassportClaims> {
    if text("sub")? != SUBJECT {
        return None;
    }
    Some(PassportClaims {
        app: text("app_id")?.parse().ok()?,
        code: text("app_code")?,
        end_user: text("end_user_id")?.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    use uuid::Uuid;

    use super::*;
    use crate::console::{AccessClaims, ConsoleKeys};

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap()
    }

    fn master() -> MasterKeys {
        MasterKeys::new(&[3; 32], [])
    }

    fn claims() -> PassportClaims {
        PassportClaims {
            app: AppId(Uuid::from_u128(1)),
            code: "AbCdEfGhIjKlMnOp".into(),
            end_user: EndUserId(Uuid::from_u128(2)),
        }
    }

    /// As `PyJWT` writes it.
    fn of_dify(payload: &str) -> String {
        let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
        let message = format!(
            "{}.{}",
            part(r#"{"alg":"HS256","typ":"JWT"}"#),
            part(payload)
        );
        let code = master().shared_ring().active().sign(message.as_bytes());
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(code))
    }

    #[test]
    fn passport_is_good_for_its_life_and_renewed_in_its_last_two_thirds() {
        let keys = PassportKeys::new(&master());
        let token = keys.seal(&claims(), now());
        let open = keys.open(&token, now()).unwrap();
        assert_eq!(open.claims, claims());
        assert!(!open.is_to_renew(now() + TimeDelta::days(30)));
        assert!(open.is_to_renew(now() + TimeDelta::days(31)));
        assert!(keys.open(&token, now() + TimeDelta::days(89)).is_ok());
        let late = now() + TimeDelta::days(90) + TimeDelta::minutes(1);
        assert_eq!(keys.open(&token, late), Err(ClaimsError::Expired));
    }

    #[test]
    fn passport_of_dify_is_good_and_no_other_token_of_dify_is_a_passport() {
        let keys = PassportKeys::new(&master());
        let (app, user) = (claims().app, claims().end_user);
        let passport = format!(
            r#"{{"iss":"{app}","sub":"Web API Passport","app_id":"{app}","app_code":"AbCdEfGhIjKlMnOp","end_user_id":"{user}"}}"#
        );
        let open = keys.open(&of_dify(&passport), now()).unwrap();
        assert_eq!(open.claims, claims());
        assert!(open.is_to_renew(now()));
        for other in [
            passport.replace("Web API", "Console API"),
            passport.replace("\"iss\"", "\"token_source\""),
            passport.replace("\"iss\"", "\"user_id\""),
            passport.replace("app_code", "code"),
        ] {
            assert_eq!(
                keys.open(&of_dify(&other), now()),
                Err(ClaimsError::Shape),
                "{other}"
            );
        }
    }

    #[test]
    fn passport_is_no_session_and_a_session_no_passport() {
        let (passports, console) = (PassportKeys::new(&master()), ConsoleKeys::new(&master()));
        let passport = passports.seal(&claims(), now());
        assert_eq!(
            console.open_access(&passport, now()),
            Err(ClaimsError::Signature)
        );
        let session = AccessClaims {
            account_id: Uuid::from_u128(1).to_string().parse().unwrap(),
            session_id: Uuid::from_u128(2).to_string().parse().unwrap(),
        };
        let session = console.seal_access(session, "SELF_HOSTED", now(), TimeDelta::hours(1));
        assert_eq!(passports.open(&session, now()), Err(ClaimsError::Signature));
    }
}
