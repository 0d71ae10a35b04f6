//! The cookies: which there are, what they are called and how they are protected, from the public
//! addresses alone (DECISIONS §4 "Public URLs"). [`ALL`] is the one list: what sets, what reads and
//! what clears goes by it.

mod clear;
mod held;
#[cfg(test)]
mod tests;

use actix_web::{
    HttpRequest, HttpResponse, HttpResponseBuilder,
    cookie::{Cookie, SameSite, time::Duration},
};
use chrono::TimeDelta;
use gatewright_auth::{
    console::{ConsoleSettings, KNOWN_BROWSER_LIFETIME},
    envelope::{GRANT_LIFETIME, STATE_LIFETIME},
    origin::PublicUrls,
    sso::SIGN_IN_LIFETIME,
};
use gatewright_usecase_identity::console::SessionTokens;

pub use held::Held;

/// How far a cookie reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// This host; with `COOKIE_DOMAIN` everything below that domain.
    Console,
    /// This host, whatever the domain of the console's cookies: only the API reads it.
    Host,
    /// This host, below a path, by a name that others know: no prefix.
    Path,
}

/// What a cookie ends with, besides its own time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ends {
    /// With the session.
    Session,
    /// With what somebody was about to do; signing out ends it too.
    Errand,
    /// With nothing: it knows the browser, not who is signed in.
    Never,
}

/// A cookie of ours.
#[derive(Debug, PartialEq, Eq)]
pub struct Kind {
    /// The name without a prefix; of several the beginning of their names.
    base: &'static str,
    /// Whether there are several, one for each code or round trip.
    is_many: bool,
    path: &'static str,
    reach: Reach,
    same_site: SameSite,
    http_only: bool,
    ends: Ends,
}

impl Kind {
    const fn new(base: &'static str, reach: Reach, ends: Ends) -> Self {
        Self {
            base,
            is_many: false,
            path: "/",
            reach,
            same_site: SameSite::Lax,
            http_only: true,
            ends,
        }
    }

    const fn many(self) -> Self {
        Self {
            is_many: true,
            ..self
        }
    }

    const fn strict(self) -> Self {
        Self {
            same_site: SameSite::Strict,
            ..self
        }
    }

    const fn below(self, path: &'static str) -> Self {
        Self { path, ..self }
    }
}

/// The access token of a console session.
pub const ACCESS: Kind = Kind::new("access_token", Reach::Console, Ends::Session);
/// The refresh token of a console session.
pub const REFRESH: Kind = Kind::new("refresh_token", Reach::Console, Ends::Session).strict();
/// Readable by scripts: the page copies it into the header.
pub const CSRF: Kind = Kind {
    http_only: false,
    ..Kind::new("csrf_token", Reach::Console, Ends::Session)
};
/// Who answered `INIT_PASSWORD` may set up.
pub const INIT: Kind = Kind::new("session", Reach::Console, Ends::Errand);
/// Tells a browser that an account was signed in with from others.
pub const KNOWN_BROWSER: Kind =
    Kind::new("gatewright_known_browser", Reach::Console, Ends::Never).strict();
/// One per code, so that two codes in two tabs do not take each other's receipt.
pub const RECEIPT: Kind = Kind::new("gatewright_lookup_", Reach::Host, Ends::Errand).many();
/// One per round trip. Lax: the way back comes from another site.
const SSO_STATE: Kind = Kind::new("gatewright_sso_", Reach::Host, Ends::Errand).many();
/// One per round trip.
const SIGN_IN_STATE: Kind = Kind::new("gatewright_signin", Reach::Host, Ends::Errand).many();
/// Says that a session was renewed a moment ago: a page that is asked for without one then does not
/// renew again.
pub const RENEWED: Kind = Kind::new("gatewright_renewed", Reach::Host, Ends::Errand);
/// The approval grant (device-flow.md §6.6): its name and path are Dify's.
pub const APPROVAL_GRANT: Kind =
    Kind::new("device_approval_grant", Reach::Path, Ends::Errand).below("/openapi/v1/oauth/device");
/// The code that this browser looked up, for the pages under `/device` alone.
pub const DEVICE_CODE: Kind =
    Kind::new("gatewright_device_code", Reach::Path, Ends::Errand).below("/device");

/// Every cookie of ours.
pub const ALL: [&Kind; 11] = [
    &ACCESS,
    &REFRESH,
    &CSRF,
    &INIT,
    &KNOWN_BROWSER,
    &RECEIPT,
    &SSO_STATE,
    &SIGN_IN_STATE,
    &RENEWED,
    &APPROVAL_GRANT,
    &DEVICE_CODE,
];

/// Longer than a redirect takes, shorter than any access token lives.
const RENEWED_LIFETIME: TimeDelta = TimeDelta::seconds(20);
/// As much of a digest or nonce as tells cookies of one browser apart.
const TAIL: usize = 12;

/// How cookies are named and protected on this installation.
#[derive(Debug, Clone)]
pub struct CookiePolicy {
    secure: bool,
    domain: Option<String>,
    /// The domains that cookies of this host can have been set for.
    domains: Vec<String>,
    /// What stands before our paths in the API's address.
    base_path: String,
}

impl CookiePolicy {
    /// From the public addresses alone.
    pub fn new(urls: &PublicUrls) -> Self {
        Self {
            secure: urls.is_https(),
            domain: urls.cookie_domain().map(str::to_owned),
            domains: urls.cookie_domains(),
            base_path: urls.api().map_or("", |api| api.path()).to_owned(),
        }
    }

    /// The name on the wire: `__Host-` binds a cookie to exactly this host over https.
    fn name(&self, kind: &Kind, tail: &str) -> String {
        let is_bound = match kind.reach {
            Reach::Console => self.domain.is_none(),
            Reach::Host => true,
            Reach::Path => false,
        };
        let prefix = if self.secure && is_bound {
            "__Host-"
        } else {
            ""
        };
        format!("{prefix}{}{tail}", kind.base)
    }

    fn domain(&self, kind: &Kind) -> Option<&str> {
        self.domain
            .as_deref()
            .filter(|_| kind.reach == Reach::Console)
    }

    fn path(&self, kind: &Kind) -> String {
        match kind.reach {
            Reach::Path => format!("{}{}", self.base_path, kind.path),
            Reach::Console | Reach::Host => kind.path.to_owned(),
        }
    }

    /// What a request holds of a kind.
    pub fn held(&self, request: &HttpRequest, kind: &Kind) -> Held {
        Held::of(request, &self.name(kind, ""))
    }

    /// Whether a request holds any cookie of a kind.
    pub fn has(&self, request: &HttpRequest, kind: &Kind) -> bool {
        !self.held(request, kind).is_empty()
    }

    /// Puts a session into the browser, and takes out what an earlier configuration, or somebody
    /// else, left there under our names. Those lines come first: who keeps cookies by name alone is
    /// left with the right ones.
    pub fn sign_in(
        &self,
        response: &mut HttpResponseBuilder,
        request: &HttpRequest,
        tokens: SessionTokens,
        settings: &ConsoleSettings,
    ) {
        let (access, refresh) = (settings.access_lifetime(), settings.idle_lifetime());
        for cookie in self.stale(request, tokens.known_browser.is_some()) {
            response.cookie(cookie);
        }
        response
            .cookie(self.cookie(&ACCESS, "", tokens.access, Some(access)))
            .cookie(self.cookie(&REFRESH, "", tokens.refresh, Some(refresh)))
            .cookie(self.cookie(&CSRF, "", tokens.csrf, Some(access)));
        if let Some(known) = tokens.known_browser {
            response.cookie(self.known_browser(known));
        }
    }

    /// The right to set up, until the browser is closed.
    pub fn init(&self, value: String) -> Cookie<'static> {
        self.cookie(&INIT, "", value, None)
    }

    fn known_browser(&self, value: String) -> Cookie<'static> {
        self.cookie(&KNOWN_BROWSER, "", value, Some(KNOWN_BROWSER_LIFETIME))
    }

    /// Set beside a renewed session, for 20 seconds.
    pub fn renewed(&self) -> Cookie<'static> {
        self.cookie(&RENEWED, "", "1".into(), Some(RENEWED_LIFETIME))
    }

    /// Host-only, so that no sibling of this host can plant one over https: a receipt says that a
    /// code was looked up in this very browser.
    pub fn receipt(&self, code_digest: &str, value: String, life: TimeDelta) -> Cookie<'static> {
        self.cookie(&RECEIPT, tail(code_digest), value, Some(life))
    }

    /// The receipts of a code that a request holds.
    pub fn held_receipt(&self, request: &HttpRequest, code_digest: &str) -> Held {
        Held::of(request, &self.name(&RECEIPT, tail(code_digest)))
    }

    /// The state envelope of one round trip that begins, and without those of many before it: `trip`
    /// is its nonce.
    pub fn begin_sso(
        &self,
        request: &HttpRequest,
        trip: &str,
        value: String,
    ) -> Vec<Cookie<'static>> {
        let mut cookies = self.crowded_out(request, &SSO_STATE);
        cookies.push(self.sso_state(trip, value));
        cookies
    }

    fn sso_state(&self, trip: &str, value: String) -> Cookie<'static> {
        self.cookie(&SSO_STATE, tail(trip), value, Some(STATE_LIFETIME))
    }

    /// Clears a state.
    pub fn cleared_sso_state(&self, trip: &str) -> Cookie<'static> {
        cleared(self.sso_state(trip, String::new()))
    }

    /// All states of this browser.
    pub fn read_sso_states(&self, request: &HttpRequest) -> Vec<String> {
        held::beginning(request, &self.name(&SSO_STATE, ""))
            .map(|(_, value)| value)
            .collect()
    }

    /// Sets the approval grant.
    pub fn approval_grant(&self, value: String) -> Cookie<'static> {
        self.cookie(&APPROVAL_GRANT, "", value, Some(GRANT_LIFETIME))
    }

    /// Clears the approval grant, with the attributes that it was set with.
    pub fn cleared_approval_grant(&self) -> Cookie<'static> {
        cleared(self.approval_grant(String::new()))
    }

    /// The state of one sign-in through an identity provider that begins. `trip` is the `state` of its
    /// address.
    pub fn begin_sign_in(
        &self,
        request: &HttpRequest,
        trip: &str,
        value: String,
    ) -> Vec<Cookie<'static>> {
        let mut cookies = self.crowded_out(request, &SIGN_IN_STATE);
        cookies.push(self.sign_in_state(trip, value));
        cookies
    }

    fn sign_in_state(&self, trip: &str, value: String) -> Cookie<'static> {
        let tail = sign_in_tail(trip);
        self.cookie(&SIGN_IN_STATE, &tail, value, Some(SIGN_IN_LIFETIME))
    }

    /// Clears the state of one sign-in.
    pub fn cleared_sign_in_state(&self, trip: &str) -> Cookie<'static> {
        cleared(self.sign_in_state(trip, String::new()))
    }

    /// The states of one sign-in that a request holds.
    pub fn held_sign_in_state(&self, request: &HttpRequest, trip: &str) -> Held {
        Held::of(request, &self.name(&SIGN_IN_STATE, &sign_in_tail(trip)))
    }

    /// The code that this browser looked up.
    pub fn device_code(&self, value: String, life: TimeDelta) -> Cookie<'static> {
        self.cookie(&DEVICE_CODE, "", value, Some(life))
    }

    /// Clears the code that this browser looked up.
    pub fn cleared_device_code(&self) -> Cookie<'static> {
        cleared(self.device_code(String::new(), TimeDelta::zero()))
    }

    /// A cookie as it is set today. Without a life it ends with the browser.
    fn cookie(
        &self,
        kind: &Kind,
        tail: &str,
        value: String,
        life: Option<TimeDelta>,
    ) -> Cookie<'static> {
        let mut cookie = Cookie::build(self.name(kind, tail), value)
            .path(self.path(kind))
            .secure(self.secure)
            .http_only(kind.http_only)
            .same_site(kind.same_site)
            .finish();
        if let Some(domain) = self.domain(kind) {
            cookie.set_domain(domain.to_owned());
        }
        if let Some(life) = life {
            cookie.set_max_age(Duration::seconds(life.num_seconds()));
        }
        cookie
    }
}

/// Puts cookies into an answer that is made already.
pub fn put(answer: &mut HttpResponse, cookies: impl IntoIterator<Item = Cookie<'static>>) {
    for cookie in cookies {
        if let Err(error) = answer.add_cookie(&cookie) {
            tracing::error!(event = "http.cookie_invalid", %error, "a cookie cannot be set");
        }
    }
}

fn cleared(mut cookie: Cookie<'static>) -> Cookie<'static> {
    cookie.set_value("");
    cookie.set_max_age(Duration::ZERO);
    cookie.set_expires(actix_web::cookie::time::OffsetDateTime::UNIX_EPOCH);
    cookie
}

fn tail(text: &str) -> &str {
    text.get(..TAIL).unwrap_or(text)
}

/// The end of a `state`, whose beginning says what it is for. It may be anything that stands in a
/// link: it is looked for among the names of cookies, and nothing else.
fn sign_in_tail(trip: &str) -> String {
    let start = trip.len().saturating_sub(TAIL);
    format!("_{}", trip.get(start..).unwrap_or_default())
}
