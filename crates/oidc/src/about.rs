//! Address and name of somebody: from the ID token, or from the userinfo endpoint when the token
//! leaves one of the first two out.

use gatewright_auth::sso::ProviderError;
use gatewright_domain::external_subject::SubjectEmail;

use crate::claims::{Claims, MalformedClaim};

/// What is known of somebody so far.
#[derive(Debug, Clone, Default)]
pub(crate) struct About {
    email: Option<String>,
    is_verified: Option<bool>,
    /// `name`, when there is a usable one.
    pub(crate) name: Option<String>,
}

impl About {
    /// Reads what claims say about the person.
    pub(crate) fn read(claims: &Claims) -> Result<Self, MalformedClaim> {
        let email = claims.text("email")?.filter(|text| !text.is_empty());
        Ok(Self {
            email: email.map(str::to_owned),
            is_verified: claims.truth("email_verified")?,
            name: claims.text_if_any("name").map(str::to_owned),
        })
    }

    /// Whether the address, or whether it is verified, is not said.
    pub(crate) fn is_incomplete(&self) -> bool {
        self.email.is_none() || self.is_verified.is_none()
    }

    /// With what the userinfo endpoint says about the same subject. What it says of an address counts
    /// for the address that it tells, if it tells one.
    pub(crate) fn completed_by(self, userinfo: Self) -> Self {
        Self {
            email: userinfo.email.or(self.email),
            is_verified: userinfo.is_verified,
            name: self.name.or(userinfo.name),
        }
    }

    /// The address, when the provider vouches for it.
    pub(crate) fn verified_email(&self) -> Result<SubjectEmail, ProviderError> {
        let email = self.email.as_deref().ok_or(ProviderError::EmailMissing)?;
        let email = email.parse().map_err(|_| ProviderError::EmailUnusable)?;
        if self.is_verified == Some(true) {
            Ok(email)
        } else {
            Err(ProviderError::EmailNotVerified)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn about(json: &str) -> About {
        About::read(&Claims::read("it", json.as_bytes()).unwrap()).unwrap()
    }

    #[test]
    fn e3_email_is_verified_only_by_the_claim_about_that_email() {
        let token = about(r#"{"email": "a@b.example"}"#);
        assert!(token.is_incomplete());
        let told = |json: &str| token.clone().completed_by(about(json)).verified_email();
        assert_eq!(
            told(r#"{"email_verified": true}"#).unwrap().as_str(),
            "a@b.example"
        );
        let other = told(r#"{"email": "c@d.example", "email_verified": true}"#);
        assert_eq!(other.unwrap().as_str(), "c@d.example");
        for unverified in [
            "{}",
            r#"{"email_verified": false}"#,
            r#"{"email": "c@d.example"}"#,
        ] {
            assert!(
                matches!(told(unverified), Err(ProviderError::EmailNotVerified)),
                "{unverified}"
            );
        }
    }

    #[test]
    fn e5_email_missing_unusable_and_unverified_are_distinguished() {
        let kind = |json: &str| about(json).verified_email().unwrap_err();
        assert!(matches!(kind("{}"), ProviderError::EmailMissing));
        let blank = r#"{"email": " a@b.example ", "email_verified": true}"#;
        assert!(matches!(kind(blank), ProviderError::EmailUnusable));
        let unsure = r#"{"email": "a@b.example", "email_verified": false}"#;
        assert!(matches!(kind(unsure), ProviderError::EmailNotVerified));
    }
}
