DROP INDEX gatewright_device_redemptions_token;
ALTER TABLE gatewright_device_redemptions DROP COLUMN ip;
