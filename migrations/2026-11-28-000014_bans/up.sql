-- expand
-- What an account was when it was locked out, so that letting it in again restores that. The reference has
-- one column for both.
CREATE TABLE gatewright_bans (
    account_id uuid NOT NULL CONSTRAINT gatewright_bans_pkey PRIMARY KEY,
    status_before varchar(16) NOT NULL
);
