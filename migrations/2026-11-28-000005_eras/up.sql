-- expand
-- The era of an account: what was given in another one is over. Every ending of what an account has
-- open begins a new one (dev/adr/0009-eras.md). The constant stands for the time before the first.
ALTER TABLE accounts
    ADD COLUMN IF NOT EXISTS gatewright_era uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000';

-- The same for everybody at once: people without an account have no row that it could stand in.
CREATE TABLE gatewright_eras (
    subject varchar(32) NOT NULL CONSTRAINT gatewright_eras_pkey PRIMARY KEY,
    era uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000'
);
INSERT INTO gatewright_eras (subject) VALUES ('external');

-- When a refresh token was last spent, by the clock of the database: those of the nodes may differ.
ALTER TABLE gatewright_console_sessions ADD COLUMN rotated_in_db timestamptz;

-- Whoever invites gives authority too: an invitation ends with the era of its inviter.
ALTER TABLE gatewright_invitations ADD COLUMN inviter_era uuid;
