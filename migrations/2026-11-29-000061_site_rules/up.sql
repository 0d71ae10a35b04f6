-- expand
-- Ours: what the owner of an app allows its page beyond what Dify knows. Null: as the installation has it.
ALTER TABLE sites ADD COLUMN IF NOT EXISTS gatewright_embed_origins text;
ALTER TABLE sites ADD COLUMN IF NOT EXISTS gatewright_remote_pictures boolean;
