-- expand
-- Where a device was when it was let in: its owner tells their own devices apart by it.
ALTER TABLE gatewright_device_redemptions ADD COLUMN ip TEXT;
CREATE INDEX gatewright_device_redemptions_token ON gatewright_device_redemptions (token_id);
