ALTER TABLE sites DROP COLUMN gatewright_remote_pictures;
ALTER TABLE sites DROP COLUMN gatewright_embed_origins;
