//! Access and CSRF tokens, the init session and the cookie of a known browser: small signed claims,
//! each under a key of its own purpose, the first two bound to one session.

use chrono::{DateTime, TimeDelta, Utc};
use gatewright_crypto::{
    equal::secrets_equal,
    keys::{HmacKey, KeyRing, MasterKeys, Purpose},
};
use gatewright_domain::{
    era::Era,
    ids::{AccountId, ConsoleSessionId},
};

use crate::claims::{ClaimsError, Unverified, seal};

const ACCESS_SUBJECT: &str = "Console API Passport";
const MAX_ACCESS: TimeDelta = TimeDelta::minutes(1440);
/// How long a browser that signed in stays known.
pub const KNOWN_BROWSER_LIFETIME: TimeDelta = TimeDelta::days(180);
const INIT_LIFETIME: TimeDelta = TimeDelta::hours(1);

/// Who an access token speaks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccessClaims {
    /// The account that signed in: `user_id` of the token.
    pub account_id: AccountId,
    /// The session that the token belongs to.
    pub session_id: ConsoleSessionId,
}

/// Why a CSRF check failed; goes into `X-Gatewright-Reason`, never into the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.code())]
pub enum CsrfFailure {
    /// The header `X-CSRF-Token` was not sent.
    HeaderMissing,
    /// The cookie with the CSRF token was not sent.
    CookieMissing,
    /// Header and cookie differ.
    Mismatch,
    /// Malformed or not signed by us.
    Invalid,
    /// Past its life.
    Expired,
    /// Of another account.
    OtherUser,
    /// Of another session of the same account.
    OtherSession,
    /// Two cookies of this session: which of them the page means cannot be told.
    Several,
    /// Sent by a page of another origin.
    ForeignOrigin,
}

impl CsrfFailure {
    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::HeaderMissing => "csrf_header_missing",
            Self::CookieMissing => "csrf_cookie_missing",
            Self::Mismatch => "csrf_mismatch",
            Self::Invalid => "csrf_invalid",
            Self::Expired => "csrf_expired",
            Self::OtherUser => "csrf_other_user",
            Self::OtherSession => "csrf_other_session",
            Self::Several => "several_csrf_tokens",
            Self::ForeignOrigin => "foreign_origin",
        }
    }
}

/// A browser that signed in before; has a budget of failed sign-ins of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownBrowser {
    /// Whose browser it is.
    pub account_id: AccountId,
    /// The account's when it signed in: in another one the browser is a stranger.
    pub era: Era,
    /// Tells browsers of one account apart.
    pub browser: String,
}

/// The keys of the console's tokens.
#[derive(Debug, Clone)]
pub struct ConsoleKeys {
    access: KeyRing,
    csrf: KeyRing,
    refresh: KeyRing,
    init: KeyRing,
    known_browser: KeyRing,
}

impl ConsoleKeys {
    /// Derives the keys of access and CSRF tokens from the installation's keys.
    pub fn new(master: &MasterKeys) -> Self {
        Self {
            access: master.ring(Purpose::ConsoleAccess),
            csrf: master.ring(Purpose::ConsoleCsrf),
            refresh: master.ring(Purpose::ConsoleRefresh),
            init: master.ring(Purpose::InitSession),
            known_browser: master.ring(Purpose::KnownBrowser),
        }
    }

    pub(super) fn refresh_keys(&self) -> std::sync::Arc<[HmacKey]> {
        self.refresh.keys()
    }

    /// An access token (console.md §2.1, plus the session).
    pub fn seal_access(
        &self,
        claims: AccessClaims,
        edition: &str,
        now: DateTime<Utc>,
        lifetime: TimeDelta,
    ) -> String {
        let (user, session) = (claims.account_id.to_string(), claims.session_id.to_string());
        let texts = [
            ("user_id", user.as_str()),
            ("iss", edition),
            ("sub", ACCESS_SUBJECT),
            ("sid", &session),
        ];
        seal(&self.access, &texts, now, lifetime)
    }

    /// Reads an access token. `token_source` marks the passport of a web application: refused.
    pub fn open_access(
        &self,
        token: &str,
        now: DateTime<Utc>,
    ) -> Result<AccessClaims, ClaimsError> {
        let claims = Unverified::open(&self.access, token)?;
        claims.require_live(now, MAX_ACCESS)?;
        if claims.has("token_source") || claims.text("sub")? != ACCESS_SUBJECT {
            return Err(ClaimsError::Shape);
        }
        Ok(AccessClaims {
            account_id: claims.parse("user_id")?,
            session_id: claims.parse("sid")?,
        })
    }

    /// Whether a good access token was made after now, beyond the leeway: by a machine with another
    /// clock.
    pub fn is_access_from_the_future(&self, token: &str, now: DateTime<Utc>) -> bool {
        let opened = Unverified::open(&self.access, token);
        opened.is_ok_and(|claims| claims.is_from_the_future(now))
    }

    /// A CSRF token for one session.
    pub fn seal_csrf(
        &self,
        claims: AccessClaims,
        now: DateTime<Utc>,
        lifetime: TimeDelta,
    ) -> String {
        let (user, session) = (claims.account_id.to_string(), claims.session_id.to_string());
        seal(
            &self.csrf,
            &[("sub", &user), ("sid", &session)],
            now,
            lifetime,
        )
    }

    /// The double submit: header equals cookie, and the token belongs to this very session.
    pub fn check_csrf(
        &self,
        header: Option<&[u8]>,
        cookie: Option<&str>,
        session: AccessClaims,
        now: DateTime<Utc>,
    ) -> Result<(), CsrfFailure> {
        let header = header
            .filter(|h| !h.is_empty())
            .ok_or(CsrfFailure::HeaderMissing)?;
        let cookie = cookie
            .filter(|c| !c.is_empty())
            .ok_or(CsrfFailure::CookieMissing)?;
        if !secrets_equal(header, cookie) {
            return Err(CsrfFailure::Mismatch);
        }
        let claims = Unverified::open(&self.csrf, cookie).map_err(|_| CsrfFailure::Invalid)?;
        match claims.require_live(now, MAX_ACCESS) {
            Ok(_) => {}
            Err(ClaimsError::Expired) => return Err(CsrfFailure::Expired),
            Err(_) => return Err(CsrfFailure::Invalid),
        }
        if claims.parse("sub") != Ok(session.account_id) {
            return Err(CsrfFailure::OtherUser);
        }
        if claims.parse("sid") != Ok(session.session_id) {
            return Err(CsrfFailure::OtherSession);
        }
        Ok(())
    }

    /// The proof that the init password was given.
    pub fn seal_init(&self, now: DateTime<Utc>) -> String {
        seal(&self.init, &[("sub", "init")], now, INIT_LIFETIME)
    }

    /// Whether this is such a proof.
    pub fn is_init(&self, token: &str, now: DateTime<Utc>) -> bool {
        Unverified::open(&self.init, token).is_ok_and(|claims| {
            claims.require_live(now, INIT_LIFETIME).is_ok() && claims.text("sub") == Ok("init")
        })
    }

    /// The cookie of a browser that signed in.
    pub fn seal_known_browser(&self, known: &KnownBrowser, now: DateTime<Utc>) -> String {
        let (account, era) = (known.account_id.to_string(), known.era.to_string());
        seal(
            &self.known_browser,
            &[("sub", &account), ("era", &era), ("jti", &known.browser)],
            now,
            KNOWN_BROWSER_LIFETIME,
        )
    }

    /// Reads such a cookie; anything wrong with it means an unknown browser.
    pub fn open_known_browser(&self, token: &str, now: DateTime<Utc>) -> Option<KnownBrowser> {
        let claims = Unverified::open(&self.known_browser, token).ok()?;
        claims.require_live(now, KNOWN_BROWSER_LIFETIME).ok()?;
        Some(KnownBrowser {
            account_id: claims.parse("sub").ok()?,
            // An older version did not say: the first one.
            era: if claims.has("era") {
                claims.parse("era").ok()?
            } else {
                Era::default()
            },
            browser: claims.text("jti").ok()?.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    const HOUR: TimeDelta = TimeDelta::hours(1);

    fn keys() -> ConsoleKeys {
        ConsoleKeys::new(&MasterKeys::new(&[3; 32], []))
    }

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap()
    }

    fn claims(account: u128, session: u128) -> AccessClaims {
        AccessClaims {
            account_id: AccountId(Uuid::from_u128(account)),
            session_id: ConsoleSessionId(Uuid::from_u128(session)),
        }
    }

    #[test]
    fn sec_130_sec_131_csrf_check_names_each_kind_of_failure() {
        let keys = keys();
        let token = keys.seal_csrf(claims(1, 1), now(), HOUR);
        let check = |header: Option<&str>, cookie: Option<&str>, who, at| {
            keys.check_csrf(header.map(str::as_bytes), cookie, who, at)
        };
        let t = Some(token.as_str());
        assert_eq!(check(t, t, claims(1, 1), now()), Ok(()));
        assert_eq!(
            check(None, t, claims(1, 1), now()),
            Err(CsrfFailure::HeaderMissing)
        );
        assert_eq!(
            check(Some(""), t, claims(1, 1), now()),
            Err(CsrfFailure::HeaderMissing)
        );
        assert_eq!(
            check(t, None, claims(1, 1), now()),
            Err(CsrfFailure::CookieMissing)
        );
        assert_eq!(
            check(Some("x"), t, claims(1, 1), now()),
            Err(CsrfFailure::Mismatch)
        );
        assert_eq!(
            check(Some("é"), Some("x"), claims(1, 1), now()),
            Err(CsrfFailure::Mismatch)
        );
        assert_eq!(
            check(Some("x"), Some("x"), claims(1, 1), now()),
            Err(CsrfFailure::Invalid)
        );
        assert_eq!(
            check(t, t, claims(1, 1), now() + HOUR * 2),
            Err(CsrfFailure::Expired)
        );
        assert_eq!(
            check(t, t, claims(2, 1), now()),
            Err(CsrfFailure::OtherUser)
        );
        assert_eq!(
            check(t, t, claims(1, 2), now()),
            Err(CsrfFailure::OtherSession)
        );
    }

    #[test]
    fn passport_of_one_purpose_is_refused_for_another() {
        let keys = keys();
        let access = keys.seal_access(claims(1, 1), "SELF_HOSTED", now(), HOUR);
        let csrf = keys.seal_csrf(claims(1, 1), now(), HOUR);
        assert_eq!(keys.open_access(&access, now()), Ok(claims(1, 1)));
        assert_eq!(keys.open_access(&csrf, now()), Err(ClaimsError::Signature));
        assert!(!keys.is_init(&access, now()));
        assert!(keys.open_known_browser(&csrf, now()).is_none());
    }

    #[test]
    fn sec_145_passport_signed_by_a_previous_key_verifies() {
        let old = ConsoleKeys::new(&MasterKeys::new(&[3; 32], []));
        let new = ConsoleKeys::new(&MasterKeys::new(&[4; 32], [&[3; 32][..]]));
        let token = old.seal_access(claims(1, 1), "SELF_HOSTED", now(), HOUR);
        assert_eq!(new.open_access(&token, now()), Ok(claims(1, 1)));
        let fresh = new.seal_access(claims(1, 1), "SELF_HOSTED", now(), HOUR);
        assert_eq!(old.open_access(&fresh, now()), Err(ClaimsError::Signature));
    }
}
